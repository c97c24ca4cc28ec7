"""The previews in a real browser, which is started once: pictures, and the gallery by keyboard."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from storelink.cli.main import cli
from storelink.preview.gallery import Gallery
from storelink.preview.looks import SIZES
from storelink.preview.written import Shop
from storelink.toolkit.serving import served

CHROMIUM = os.environ.get("STORELINK_CHROMIUM") or shutil.which("chromium")

if CHROMIUM is None and os.environ.get("CI") != "true":
    pytest.skip("there is no chromium: apt-get install chromium", allow_module_level=True)

START = '{% extends "storelink/messages/thank_you.jinja" %}'
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def seen(png: bytes) -> tuple[int, int, bytes]:
    """Return the width, the kinds of bytes and the first pixel of an RGB picture (PNG)."""
    assert b"\x89PNG\r\n\x1a\n" == png[:8]
    width, depth, kind = struct.unpack(">4x4xI4xBB", png[8:26])
    assert (8, 2) == (depth, kind)  # what Chromium writes where nothing is transparent
    at, data = 8, b""
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += length + 12
    rows = zlib.decompress(data)
    return width, len(set(rows)), rows[1:4]


def test_pictures_are_taken_in_both_widths_and_both_colors(tmp_path: Path) -> None:
    words = ["preview", "--out", str(tmp_path), "--png", "--message", "thank_you"]
    done = CliRunner().invoke(cli, [*words, "--locale", "fa"])
    assert 0 == done.exit_code, done.output
    grounds = {}
    for look in ("light", "dark"):
        for size, width in SIZES.items():
            name = f"email.{look}.{size}.png"
            found, kinds, ground = seen((tmp_path / "thank_you" / "fa" / name).read_bytes())
            assert width == found
            assert kinds > 64, "it is blank"
            grounds[look, size] = sum(ground)
    for size in SIZES:
        assert grounds["light", size] > 600, "white is 765"
        assert grounds["dark", size] < 200, "black is 0"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "messages").mkdir()
    return tmp_path


@pytest.fixture
def page(browser: Any, templates: Path) -> Iterator[Any]:
    """The gallery, opened; in the end its console has no error."""
    said: list[str] = []
    with served(Gallery(Shop(templates=templates), locales=["en", "fa"])) as url:
        page = browser.new_context().new_page()
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url)
        yield page
        page.context.close()
    assert [] == said


def test_the_gallery_shows_a_saved_template_by_itself(page: Any, templates: Path) -> None:
    """Two saves right after one another, too: none falls between a look and the next."""
    page.get_by_role("link", name="Thank you", exact=True).click()
    file = templates / "messages" / "thank_you.jinja"
    file.write_text(START + "{% block headline %}Hooray!{% endblock %}")
    page.frame_locator("iframe").get_by_role("heading", name="Hooray!").wait_for()
    file.write_text(START + "{% block headline %}{{ nmae }}{% endblock %}")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "nmae" in alert.inner_text()


def test_the_gallery_is_switched_by_keyboard(page: Any) -> None:
    page.keyboard.press("Tab")
    assert "Go to the message" == page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    for wanted in ("fa", "dark", "phone"):
        for _ in range(20):
            page.keyboard.press("Tab")
            if wanted == page.evaluate("document.activeElement.innerText"):
                break
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    assert {"fa", "dark", "phone"} <= set(
        page.locator(".switches a[aria-current]").all_inner_texts()
    )
    assert str(SIZES["phone"]) == page.locator("iframe").get_attribute("width")
    assert "rtl" == page.frame_locator("iframe").locator("html").get_attribute("dir")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_gallery(page: Any, scheme: str) -> None:
    import axe_playwright_python

    page.emulate_media(color_scheme=scheme)
    page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8"))
    # What the frame holds is a mail without scripts, which the lint looks at.
    told = page.evaluate("rules => axe.run(document, {runOnly: rules, iframes: false})", RULES)
    assert told["passes"]
    found = [one for one in told["violations"] if one["impact"] in ("serious", "critical")]
    assert [] == [(one["id"], node["html"]) for one in found for node in one["nodes"]]
