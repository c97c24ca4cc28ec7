"""The lint of messages: the packaged ones pass it, and each rule finds what it is for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from storelink.cli.main import cli
from storelink.models import MessageClass, Outgoing
from storelink.preview import spam
from storelink.preview.lint import Mark, lint
from storelink.preview.markup import read
from storelink.preview.rules import ERROR, RULES, WARNING, Sheet
from storelink.preview.segments import segments
from storelink.preview.written import Shop
from storelink.rendering.content import Block, Content, Offer

GOOD = (
    '<html lang="en" dir="ltr"><style>.a { color: #111111 } '
    "@media (prefers-color-scheme: dark) { .g { background: #000000 } .a { color: #eeeeee } }"
    '</style><body class="g"><div style="display:none">Soon with you</div>'
    '<p class="a">Hello</p><a class="a" href="https://shop.example/">Look</a>'
    '<img src="https://shop.example/a.png" alt="" width="9" height="9">'
    '<table role="presentation"></table></body></html>'
)


def broken(
    old: str = "",
    new: str = "",
    *,
    subject: str = "Thanks",
    sms: str = "Thanks",
    locale: str = "en",
    blocks: tuple[Block, ...] = (),
) -> set[tuple[str, str]]:
    """Return the rules that a good message breaks after a change, with their levels."""
    assert old in GOOD
    html = GOOD.replace(old, new, 1) if old else GOOD + new
    mail = Outgoing(key="k", store="s", to="a@b.example", subject=subject, text="Hello", html=html,
                    message_class=MessageClass.TRANSACTIONAL)  # fmt: skip
    sheet = Sheet(locale, mail, sms, Content(subject, blocks=blocks), read(html), "DE")
    return {(name, level) for name, rule in RULES.items() for level, _ in rule(sheet)}


def test_every_packaged_message_passes_in_every_language() -> None:
    assert [] == lint(Shop(), spam=False)


def test_a_good_message_breaks_no_rule() -> None:
    assert set() == broken()


@pytest.mark.parametrize(
    ("old", "new", "rule", "level"),
    [
        ("", " " * 61_000, "size", WARNING),
        ("", " " * 105_000, "size", ERROR),
        ("Soon with you", "", "preheader", WARNING),
        ("Soon with you", "x" * 131, "preheader", WARNING),
        ('href="https://shop.example/"', 'href=""', "links", ERROR),
        ('href="https://shop.example/"', 'href="/orders"', "links", ERROR),
        (' alt=""', "", "images", ERROR),
        (' width="9" height="9"', "", "images", WARNING),
        ("https://shop.example/a.png", "a.png", "images", ERROR),
        (' lang="en"', "", "lang", ERROR),
        (' dir="ltr"', "", "lang", ERROR),
        (' role="presentation"', "", "tables", ERROR),
        ("#111111", "#999999", "contrast", ERROR),
        ("#eeeeee", "#222222", "contrast", ERROR),
        ('class="g"', 'class="g" style="display:flex"', "clients", ERROR),
        ("<p", "<svg></svg><p", "clients", ERROR),
        (".a {", ".b { width: calc(1px + 1em) } .a {", "clients", ERROR),
    ],
)
def test_a_rule_finds_what_is_wrong_with_a_mail(old: str, new: str, rule: str, level: str) -> None:
    assert {(rule, level)} == broken(old, new)


def test_a_rule_finds_what_is_wrong_with_its_words() -> None:
    assert {("subject", WARNING)} == broken(subject="x" * 71)
    assert {("unresolved", ERROR)} == broken(subject="Hello {{ name }}")
    assert {("sms", WARNING)} == broken(sms="x" * 700)
    assert {("language", WARNING)} == broken(locale="sv")
    assert {("advertising", ERROR)} == broken(blocks=(Offer("Buy more"),))


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 1), ("é" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("ж" * 70, 1),
     ("ж" * 71, 2), ("🧨" * 36, 2)],
)  # fmt: skip
def test_a_text_message_is_counted_as_networks_count(text: str, count: int) -> None:
    assert count == segments(text)


def test_a_shops_own_mistakes_are_found(tmp_path: Path) -> None:
    messages = tmp_path / "messages"
    messages.mkdir()
    start = '{% extends "storelink/messages/thank_you.jinja" %}'
    (messages / "thank_you.jinja").write_text(start + "{% block help %}{{ nmae }}{% endblock %}")
    (messages / "gift.jinja").write_text(
        '{% extends "messages/message.jinja" %}{% block subject %}Gift{% endblock %}'
        "{% block body %}{{ data.gift }}{% endblock %}"
    )
    done = CliRunner().invoke(
        cli, ["templates", "lint", str(tmp_path), "--no-spam", "--locale", "de", "--json"]
    )
    found = {(one["level"], one["rule"], one["message"]) for one in json.loads(done.stdout)}

    assert 1 == done.exit_code
    assert {
        ("error", "mistake", ""),
        ("error", "render", "thank_you"),
        ("warning", "render", "gift"),
    } == found


def test_what_is_so_in_several_languages_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "layout.html").write_text(
        '{% extends "storelink/layout.html" %}{% block header %}<a href="">x</a>{% endblock %}'
    )
    marks = lint(Shop(templates=tmp_path), locales=["de", "fr"], spam=False)
    assert {("error", "links", "de, fr")} == {(one[0], one[1], one[3]) for one in marks}


def test_a_missing_spam_filter_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert None is spam.score([b""])
    [mark] = lint(Shop(), locales=["en"])
    assert Mark("note", "spam", "", "", mark.text) == mark


def test_points_of_a_spam_filter_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program stands in for SpamAssassin: it answers in its words, folded as it does."""
    program = tmp_path / "spamassassin"
    status = r"X-Spam-Status: No, score=1.7 required=5.0 tests=FONT_X,\n\tHTML_Y autolearn=no\n"
    program.write_text(f"#!/bin/sh\nprintf 'From a\\n{status}\\nHello\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert [spam.Score(1.7, ("FONT_X", "HTML_Y"))] == spam.score([b"Subject: x\r\n\r\nHello"])
    assert None is spam.score([b"", b""])
