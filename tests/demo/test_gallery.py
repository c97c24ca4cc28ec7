"""The gallery: one file, well formed, that shows what is in it and runs none of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from demo.conftest import DemoRun

from storelink.demo.expectations import Check
from storelink.demo.gallery import page
from storelink.demo.report import Report

VOID = {"meta", "link", "input", "br", "img", "hr"}
LOADS = {"src", "srcset", "poster", "data", "background", "action", "formaction", "ping"}


class Page(HTMLParser):
    """Reads a page, and complains about elements that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def values(self, attribute: str) -> list[str]:
        return [found[attribute] for _, found in self.elements if attribute in found]


@pytest.fixture(scope="module")
def gallery(demo_run: DemoRun) -> str:
    return demo_run.folder.gallery.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parsed(gallery: str) -> Page:
    return Page(gallery)


def test_it_is_well_formed(parsed: Page) -> None:
    """Every element is closed, in order; no id is there twice."""
    assert [] == parsed.open
    ids = parsed.values("id")
    assert len(set(ids)) == len(ids)


def test_it_shows_every_order_and_every_mail(parsed: Page, demo_run: DemoRun) -> None:
    """Each mail can be read, and its file can be opened."""
    report = demo_run.report
    assert len(report.orders) == len(parsed.all("article"))
    linked = {one.get("href", "") for one in parsed.all("a")}
    assert {f"mail/{mail.file}" for mail in report.received.mails} <= linked
    assert len(report.received.mails) == len(parsed.all("iframe"))


def test_it_tells_why(parsed: Page, demo_run: DemoRun) -> None:
    """The sentences are those of explain, and the subjects those of the mails."""
    for order in demo_run.report.orders:
        for telling in order.tellings:
            assert telling.why in parsed.text


def test_it_loads_nothing(parsed: Page, gallery: str) -> None:
    """No script, style, image or font from anywhere; the policy forbids it to the mails, too."""
    for attribute in LOADS:
        assert [] == parsed.values(attribute)
    assert [] == parsed.all("link")
    style = gallery.partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"url\(|@import", style)
    (policy,) = [
        one["content"]
        for one in parsed.all("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; img-src data:")
    assert gallery.index("Content-Security-Policy") < gallery.index("srcdoc")


def test_mails_cannot_do_anything(parsed: Page) -> None:
    """They are shown in frames where scripts, forms and windows are forbidden."""
    for frame in parsed.all("iframe"):
        assert "allow-same-origin" == frame["sandbox"]
        assert "src" not in frame
        assert frame["title"].startswith("Mail: ")


def test_it_can_be_used_by_everybody(parsed: Page) -> None:
    """A language, headings without gaps, and a name for each control."""
    (html,) = parsed.all("html")
    assert "en" == html["lang"]
    levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch(r"h[1-6]", tag)]
    assert 1 == levels[0]
    assert all(below - above <= 1 for above, below in pairwise(levels))
    labels = [tag for tag, _ in parsed.elements].count("label")
    controls = [one for one in parsed.elements if one[0] in ("input", "select")]
    assert len(controls) == labels


HOSTILE = "<script>alert(1)</script>\"' onmouseover=x &amp;"


def test_data_cannot_become_markup(make_report: Callable[..., Report]) -> None:
    """Names, subjects and reasons are text, whatever they hold."""
    report = make_report(
        buyer=HOSTILE, subject=HOSTILE, why=HOSTILE, checks=(Check(HOSTILE, False, HOSTILE),)
    )

    parsed = Page(page(report))

    assert [] == parsed.open
    assert 1 == len(parsed.all("script"))
    assert [] == parsed.values("onmouseover")
    assert parsed.text.count("<script>alert(1)</script>\"'") >= 5


def test_a_mails_html_stays_in_its_frame(make_report: Callable[..., Report]) -> None:
    """It is an attribute's value, and cannot end it."""
    html = '<html><head></head><body class="x">\'"</iframe><script>alert(1)</script></body></html>'

    parsed = Page(page(make_report(html=html)))

    (frame,) = parsed.all("iframe")
    assert "</iframe><script>alert(1)</script>" in frame["srcdoc"]
    assert 1 == len(parsed.all("script"))


@pytest.mark.parametrize(("language", "direction"), [("fa-IR", "rtl"), ("de", "ltr")])
def test_text_runs_as_its_language_does(
    make_report: Callable[..., Report], language: str, direction: str
) -> None:
    """A Persian mail's plain text starts at the right."""
    (text,) = Page(page(make_report(language=language))).all("pre")
    assert {"dir": direction, "lang": language} == text


def test_a_message_sent_twice_is_said_at_the_top(make_report: Callable[..., Report]) -> None:
    """The page would not hide what the demo is there to disprove."""
    report = make_report(copies=2)

    assert not report.is_good
    assert 1 == report.to_dict()["messages"]["sent"]
    assert 1 == report.to_dict()["sent_twice"]
    assert "1 of them twice" in Page(page(report)).text
