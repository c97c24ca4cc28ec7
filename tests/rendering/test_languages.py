"""Which language a message is written in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storelink.models import Contact, Message, Order, Outgoing
from storelink.rendering import Brand, Context, Renderer

Write = Callable[..., Outgoing]
Put = Callable[[str, str], Path]


@pytest.fixture
def brand() -> Brand:
    return Brand(name="Atelier", locale="de-AT")


@pytest.fixture
def translated(put: Put) -> Put:
    """A shop that wrote its note in several languages."""
    for tag in ("en", "de", "fa", "fa-IR"):
        put(f"{tag}/note/subject.txt", f"subject {tag}")
        put(f"{tag}/note/body.txt", f"body {tag}")
    return put


@pytest.mark.parametrize(
    ("wanted", "subject", "locale"),
    [
        ("fa-IR", "subject fa-IR", "fa-IR"),
        ("fa", "subject fa", "fa"),
        ("fa-AF", "subject fa", "fa-AF"),
        ("fa_IR", "subject fa-IR", "fa-IR"),
        ("ja", "subject de", "de-AT"),
        (None, "subject de", "de-AT"),
        ("../../etc", "subject de", "de-AT"),
        ("en-IN", "subject en", "en-IN"),
    ],
)
def test_nearest_language_is_taken(
    write: Write, translated: Put, wanted: str | None, subject: str, locale: str
) -> None:
    """The person's language, from special to general; then the shop's; then English."""
    sent = write("note", locale=wanted)

    assert (subject, locale) == (sent.subject, sent.locale)


def test_language_of_the_order_counts_where_none_is_given(
    write: Write, translated: Put, make_order: Callable[..., Order]
) -> None:
    assert "subject fa" == write("note", make_order(contact=Contact(locale="fa"))).subject


def test_english_is_the_last_resort(folder: Path, make_order: Callable[..., Order]) -> None:
    """Neither the person's language nor the shop's is translated; English is better than none."""
    context = Context(about=make_order(), locale="zu-ZA")
    shop = Brand(name="A", locale="sv")

    sent = Renderer(folder, shop).render(Message("thank_you"), context, key="k", to="x")

    assert ("en", "Thank you for your order #1042") == (sent.locale, sent.subject)


def test_one_message_never_mixes_languages(write: Write, put: Put) -> None:
    """A translation without a subject is no translation yet."""
    put("fa/note/body.txt", "body fa")
    put("de/note/subject.txt", "subject de")
    put("de/note/body.txt", "body de")

    sent = write("note", locale="fa")

    assert ("subject de", "body de\n") == (sent.subject, sent.text)


def test_region_fills_up_from_its_language(write: Write, translated: Put, folder: Path) -> None:
    """Austrian German may override one file and take the rest from German."""
    translated("de-AT/note/subject.txt", "subject de-AT")

    sent = write("note", locale="de-AT")

    assert ("subject de-AT", "body de\n") == (sent.subject, sent.text)


def test_numbers_and_dates_follow_the_message(write: Write, put: Put) -> None:
    """An Austrian text has Austrian amounts; an English one for India has India's dates."""
    put("de/sum/subject.txt", "x")
    put("de/sum/body.txt", "{{ order.total }} am {{ order.placed_at }}")
    put("en/sum/subject.txt", "x")
    put("en/sum/body.txt", "{{ order.total }} on {{ order.placed_at }}")

    assert "€\xa02.405,90 am 3. November 2026\n" == write("sum", locale="ja").text
    assert "€2,405.90 on 3 November 2026\n" == write("sum", locale="en-IN").text


def test_html_tells_language_and_direction(write: Write, translated: Put) -> None:
    persian, german = write("note", locale="fa").html or "", write("note").html or ""

    assert '<html lang="fa" dir="rtl">' in persian
    assert 'align="right" class="card' in persian
    assert '<html lang="de-AT" dir="ltr">' in german
    assert 'align="left" class="card' in german


def test_unknown_region_is_written_like_its_language(write: Write, translated: Put) -> None:
    """A well-formed tag that CLDR does not know must not stop a message."""
    assert "subject de" == write("note", locale="de-XX").subject


def test_renderer_needs_no_translation_of_the_brand(folder: Path) -> None:
    """A shop with a language of its own and no templates in it writes English."""
    Renderer(folder, Brand(name="A", locale="zh-Hant-TW"))
