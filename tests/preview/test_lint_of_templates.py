"""The lint looks at what a usual order does not show: other languages, and large orders."""

from __future__ import annotations

from pathlib import Path

import pytest

from storelink.models import Outgoing
from storelink.preview.lint import lint
from storelink.preview.markup import read
from storelink.preview.rules import ERROR, RULES, WARNING, Sheet
from storelink.preview.samples import sample
from storelink.preview.written import Shop
from storelink.rendering.blocks import LINES
from storelink.rendering.content import Content
from storelink.rendering.prose import Prose

OWN = '{% extends "storelink/messages/thank_you.jinja" %}{% block help %}HELP{% endblock %}'
LONG = '{% for line in order.lines %}{{ line.title }} {{ "TEXT" }} {% endfor %}'


def marks(folder: Path, *, says: str, locales: list[str]) -> set[tuple[str, str, str]]:
    """Return what is wrong with a shop that *says* something of its own in one message."""
    path = folder / "messages" / "thank_you.jinja"
    path.parent.mkdir(exist_ok=True)
    path.write_text(OWN.replace("HELP", says), encoding="utf-8")
    found = lint(Shop(templates=folder), locales=locales, spam=False)
    return {(one.level, one.rule, one.locales) for one in found if one.message == "thank_you"}


@pytest.mark.parametrize(
    ("locales", "expected"),
    [
        (["en", "de"], {(WARNING, "prose", "en, de")}),
        (["de"], set()),
        (["de-DE", "de-AT"], set()),
    ],
)
def test_a_shop_is_warned_of_prose_if_it_has_more_than_one_language(
    tmp_path: Path, locales: list[str], expected: set[tuple[str, str, str]]
) -> None:
    assert expected == marks(tmp_path, says="Schreib uns einfach.", locales=locales)


def test_prose_is_quoted_with_its_file_and_line(tmp_path: Path) -> None:
    marks(tmp_path, says=f"\n{'Write to us. ' * 9}", locales=["en"])
    found = lint(Shop(templates=tmp_path), locales=["en", "de"], spam=False)
    [text] = [one.text for one in found if one.rule == "prose"]
    assert (
        "messages/thank_you.jinja in your templates, line 2: "
        "'Write to us. Write to us. Write to us. W…' "
        "is outside {% trans %}, so it is the same in all languages"
    ) == text


@pytest.mark.parametrize(("is_packaged", "level"), [(True, ERROR), (False, WARNING)])
def test_prose_in_a_packaged_message_is_an_error(is_packaged: bool, level: str) -> None:
    mail = Outgoing(key="k", store="s", to="a@b.example", subject="Hi", text="Hi")
    prose = (Prose("messages/x.jinja, line 1", "Hello", is_packaged),)
    sheet = Sheet("en", mail, "Hi", Content("Hi"), read(""), prose=prose)
    assert [level] == [found for found, _ in RULES["prose"](sheet)]


@pytest.mark.parametrize(("letters", "level"), [(300, WARNING), (1500, ERROR)])
def test_sizes_are_judged_with_a_large_order_too(tmp_path: Path, letters: int, level: str) -> None:
    """The usual order has two things; neither length is too much for it."""
    text = LONG.replace("TEXT", "1" * letters)
    assert {(level, "size", "en")} == marks(tmp_path, says=text, locales=["en"])


def test_a_large_order_fills_what_a_mail_tells_of() -> None:
    lines = sample("en", "large").lines
    assert LINES == len(lines)
    assert all(len(line.title) >= 40 and line.image_url for line in lines)
