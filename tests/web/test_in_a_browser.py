"""The pages in a real browser: WCAG 2.2 AA by axe, no sideways scrolling, no request elsewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web_pages import OPERATOR, Hosted

from storelink.links import Purpose
from storelink.models.enums import ShipmentStatus as Status
from storelink.rendering.pages.words import languages
from storelink.toolkit.serving import served

CHROMIUM = os.environ.get("STORELINK_CHROMIUM") or shutil.which("chromium")

if CHROMIUM is None and os.environ.get("CI") != "true":
    pytest.skip("there is no chromium: apt-get install chromium", allow_module_level=True)

SIZES = {"phone": (360, 740), "desktop": (1280, 900)}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Without its sandbox, for tests run as root in containers; only our own pages are opened.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hosted, str]]:
    hosted = Hosted(tmp_path_factory.mktemp("shop"))
    with hosted.link, served(hosted.site) as url:
        yield hosted, url


@pytest.fixture(scope="module")
def paths(site: tuple[Hosted, str]) -> dict[str, str]:
    hosted, _ = site
    order, new = hosted.order(), hosted.order()
    parcel = hosted.ship(order, lines={0: 1})
    late = hosted.ship(order, number="77", lines={0: 1})
    hosted.scan(order, parcel, Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY)
    hosted.scan(order, late, Status.DELAYED)
    return {
        "tracking": hosted.path(Purpose.TRACKING, order),
        "new order": hosted.path(Purpose.TRACKING, new),
        "preferences": hosted.path(Purpose.PREFERENCES, order),
        "review": hosted.path(Purpose.ANSWER, order) + "?v=4",
        "nowhere": "/t/nowhere",
    }


def opened(browser: Any, url: str, **options: Any) -> Any:
    page = browser.new_context(**options).new_page()
    page.goto(url)
    return page


def findings(page: Any, axe: str) -> list[str]:
    """Return what axe finds serious or critical, and where."""
    page.evaluate(axe)
    told = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    assert told["passes"]
    return [
        f"{one['id']}: {node['html']} ({node['failureSummary']})"
        for one in told["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def with_language(path: str, tag: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={tag}"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("tag", "scheme"),  # the colors are the same in every language
    [("en", "light"), ("hi", "light"), ("bn", "light"), ("fa", "light"), ("en", "dark")],
)
def test_axe_finds_nothing_serious(
    browser: Any, axe: str, site: tuple[Hosted, str], paths: dict[str, str], tag: str, size: str,
    scheme: str,
) -> None:  # fmt: skip
    width, height = SIZES[size]
    look = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    page = browser.new_context(**look).new_page()
    for name, path in paths.items():
        page.goto(site[1] + with_language(path, tag))
        assert [] == findings(page, axe), name
    page.context.close()


def test_axe_would_find_something(browser: Any, axe: str, site: tuple[Hosted, str]) -> None:
    """The check itself works under our own content policy."""
    page = opened(browser, f"{site[1]}/t/nowhere")
    page.evaluate("document.querySelector('main').innerHTML = '<input><img src=x>'")
    assert {"label", "image-alt"} <= {one.partition(":")[0] for one in findings(page, axe)}


@pytest.mark.parametrize("size", SIZES)
def test_the_operators_page_is_fine_too(
    browser: Any, axe: str, site: tuple[Hosted, str], size: str
) -> None:
    known = {"username": "me", "password": OPERATOR}
    page = opened(browser, f"{site[1]}/operator?store=atelier&order=1001", http_credentials=known)
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    assert "Status:" in page.inner_text("main")
    assert [] == findings(page, axe)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("tag", languages())
def test_nothing_scrolls_sideways_at_320_pixels(
    browser: Any, site: tuple[Hosted, str], paths: dict[str, str], tag: str
) -> None:
    """WCAG 2.2, 1.4.10."""
    for path in paths.values():
        page = opened(
            browser, site[1] + with_language(path, tag), viewport={"width": 320, "height": 640}
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.context.close()


def test_the_pages_ask_nobody_else_and_break_no_rule_of_their_own(
    browser: Any, site: tuple[Hosted, str], paths: dict[str, str]
) -> None:
    asked: list[str] = []
    said: list[str] = []
    page = browser.new_context(java_script_enabled=False).new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: said.append(line.text))
    for path in paths.values():
        page.goto(site[1] + path)
    assert {site[1] + path for path in paths.values()} == set(asked)
    assert [] == [line for line in said if "Content Security Policy" in line]


def test_a_person_unsubscribes_and_changes_her_mind_by_keyboard(
    browser: Any, axe: str, site: tuple[Hosted, str], paths: dict[str, str]
) -> None:
    hosted, url = site
    page = browser.new_context().new_page()
    page.goto(url + paths["preferences"])
    before = hosted.boxes.allowed
    page.get_by_role("button", name="None of these any more").press("Enter")
    assert [] == findings(page, axe)
    assert "you will not get these messages" in page.get_by_role("status").inner_text()
    assert set() == hosted.boxes.allowed
    page.get_by_role("button", name="Undo").press("Enter")
    assert before == hosted.boxes.allowed


def test_a_person_answers_in_her_language(
    browser: Any, axe: str, site: tuple[Hosted, str], paths: dict[str, str]
) -> None:
    hosted, url = site
    page = browser.new_context().new_page()
    page.goto(url + with_language(paths["review"], "fa"))
    assert page.get_by_role("radio", name="۴").is_checked()
    page.get_by_role("button", name="ارسال").click()
    assert [] == findings(page, axe)
    assert "سپاسگزاریم!" == page.get_by_role("heading", level=1).inner_text()
    assert 4 == hosted.asked.given[-1].rating
