"""The journeys of three customers, and their picture."""

from __future__ import annotations

import re
import struct
from itertools import pairwise

import pytest
from demo.conftest import DemoRun
from demo.test_gallery import LOADS, Page
from hypothesis import given
from hypothesis import strategies as st

from storelink.demo.slide import CARD_HEIGHT, CARD_WIDTH, SPAN, spread
from storelink.demo.travelers import TRAVELERS, Traveler

CARD = re.compile(r"left:([\d.]+)px;top:([\d.]+)px")


@pytest.fixture(scope="module")
def html(demo_run: DemoRun) -> str:
    return (demo_run.folder.path / "journey.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parsed(html: str) -> Page:
    return Page(html)


@pytest.mark.parametrize("traveler", TRAVELERS, ids=lambda one: one.buyer.locale)
def test_each_journey_is_as_it_should_be(demo_run: DemoRun, traveler: Traveler) -> None:
    """What was sent, in its order, and what was not, with its reason."""
    name = traveler.buyer.name
    about = [one for one in demo_run.report.checks if one.what.startswith(f"{name}: ")]
    assert [("", True)] * 2 == [(one.found, one.met) for one in about]


def test_there_are_three_languages_and_both_platforms() -> None:
    assert ["en-GB", "fa-IR", "ja-JP"] == [one.buyer.locale for one in TRAVELERS]
    assert {"boutique", "atelier"} == {one.store for one in TRAVELERS}


def test_every_mail_is_a_card_with_its_subject(demo_run: DemoRun, parsed: Page) -> None:
    """The picture shows what arrived, and nothing else."""
    files = list((demo_run.folder.path / "journey").glob("*.eml"))
    assert len(files) == len(parsed.all("article"))
    assert sum(len(one.gets) for one in TRAVELERS) == len(files)


def test_persian_runs_from_the_right(parsed: Page) -> None:
    """Its cards, and no others."""
    directions = [one["dir"] for one in parsed.all("article")]
    languages = [one["lang"] for one in parsed.all("p") if one.get("class") == "subject"]
    expected = ["rtl" if language.startswith("fa") else "ltr" for language in languages]
    assert {"rtl", "ltr"} == set(directions)
    assert expected == directions


def test_it_says_what_was_not_sent_and_why(parsed: Page) -> None:
    chips = [one for one in parsed.all("p") if one.get("class") == "chip"]
    assert len(chips) >= sum(len(one.spared) for one in TRAVELERS)
    assert "order 4721 should have been shipped" in parsed.text


def test_no_card_lies_on_another(parsed: Page) -> None:
    """Nor leaves the slide."""
    found = [CARD.search(one["style"]) for one in parsed.all("article")]
    places = [(float(one[1]), float(one[2])) for one in found if one]
    assert len(places) == len(parsed.all("article"))
    assert all(0 <= x <= SPAN - CARD_WIDTH for x, _ in places)
    lanes = iter(len(one.gets) for one in TRAVELERS)
    start = 0
    for count in lanes:
        lane = places[start : start + count]
        start += count
        for number, (x, y) in enumerate(lane):
            for other_x, other_y in lane[number + 1 :]:
                assert abs(x - other_x) >= CARD_WIDTH or abs(y - other_y) >= CARD_HEIGHT


def test_it_is_well_formed_and_loads_nothing(parsed: Page, html: str) -> None:
    """No script, style, image or font from anywhere."""
    assert [] == parsed.all("script")
    assert [] == parsed.all("link")
    for attribute in LOADS:
        assert [] == parsed.values(attribute)
    assert not re.search(r"url\(|@import", html)
    assert all(one["href"].startswith("#") for one in parsed.all("use"))


def test_the_picture_fills_a_slide(demo_run: DemoRun) -> None:
    """1920 by 1080, where there is a browser; otherwise there is the page alone."""
    shown = demo_run.folder.picture
    if shown.suffix == ".html":
        pytest.skip("there is no browser")
    raw = shown.read_bytes()
    assert b"\x89PNG\r\n\x1a\n" == raw[:8]
    assert (1920, 1080) == struct.unpack(">II", raw[16:24])


@given(st.lists(st.floats(0, SPAN), max_size=6))
def test_what_is_spread_never_overlaps(wanted: list[float]) -> None:
    """It stays in its order, and on the slide."""
    places = spread(sorted(wanted), 200)
    assert all(0 <= place <= SPAN - 200 for place in places)
    assert all(b - a >= 200 for a, b in pairwise(places))
