"""Money, dates and names as people read them."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from storelink.models import Money, Outgoing
from storelink.rendering.filters import day_of, in_language, moment_of, money, shown, weekday_of
from storelink.rendering.locales import babel_locale
from storelink.rendering.session import Session, rendering

Write = Callable[..., Outgoing]


def session(tag: str, zone: str = "UTC") -> Session:
    return Session(babel_locale(tag), zoneinfo.ZoneInfo(zone))


@pytest.mark.parametrize(
    ("tag", "amount", "expected"),
    [
        ("en", Money("1234.5", "EUR"), "€1,234.50"),
        ("en", Money("1234", "JPY"), "¥1,234"),
        ("en", Money("12.345", "KWD"), "KWD\xa012.345"),
        ("en-IN", Money("1234567.5", "INR"), "₹12,34,567.50"),
        ("hi-IN", Money("1234567.5", "INR"), "₹12,34,567.50"),
        ("bn-BD", Money("1234567.5", "BDT"), "১২,৩৪,৫৬৭.৫০৳"),
        ("fa-IR", Money("1234.5", "EUR"), "\u200e€\xa0۱٬۲۳۴٫۵۰"),
        ("ar-EG", Money("1234.5", "EUR"), "\u200f١٬٢٣٤٫٥٠\xa0€"),
        ("ar-AE", Money("1234.5", "EUR"), "\u200f1,234.50\xa0€"),
        ("de-DE", Money("1234.5", "EUR"), "1.234,50\xa0€"),
        ("fr-FR", Money("1234.5", "EUR"), "1\u202f234,50\xa0€"),
        ("de-CH", Money("1234.5", "CHF"), "CHF\xa01’234.50"),
        ("en", Money("-5", "USD"), "-$5.00"),
        ("en", Money("1", "XYZ"), "XYZ\xa01.00"),
    ],
)
def test_money_is_written_as_the_language_does(tag: str, amount: Money, expected: str) -> None:
    with rendering(session(tag)):
        assert expected == money(amount)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "Tuesday, November 17"),
        ("en-GB", "Tuesday 17 November"),
        ("de", "Dienstag, 17. November"),
        ("fr", "mardi 17 novembre"),
        ("es", "martes, 17 de noviembre"),
        ("pt-PT", "terça-feira, 17 de novembro"),
        ("ru", "вторник, 17 ноября"),
        ("fa", "سه‌شنبه ۲۶ آبان"),
        ("hi", "मंगलवार, 17 नवंबर"),
        ("ja", "11月17日(火曜日)"),
    ],
)
def test_day_has_its_weekday_and_no_year(tag: str, expected: str) -> None:
    with rendering(session(tag)):
        assert expected == weekday_of(datetime(2026, 11, 17, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 11, 17, 20, tzinfo=UTC), "18 November 2026"),
        ("2026-11-17T20:00:00+00:00", "18 November 2026"),
        ("2026-11-17T23:59:59Z", "17 November 2026"),
        (datetime(2026, 11, 17, 23, 59, 59, 999_999, tzinfo=UTC), "17 November 2026"),
        (datetime(2026, 11, 17, 23, 59, 58, tzinfo=UTC), "18 November 2026"),
        (datetime(2026, 11, 17, 1, tzinfo=timezone(timedelta(hours=5))), "17 November 2026"),
        (date(2026, 11, 17), "17 November 2026"),
    ],
)
def test_date_is_the_shops_day(value: object, expected: str) -> None:
    """An instant is told in the shop's zone; a date without a time is no instant and stays."""
    with rendering(session("en-IN", "Asia/Kolkata")):
        assert expected == day_of(value)


def test_moment_is_told_in_the_shops_zone() -> None:
    with rendering(session("en-GB", "Asia/Kolkata")):
        assert "18 November 2026, 01:30" == moment_of(datetime(2026, 11, 17, 20, tzinfo=UTC))


@pytest.mark.parametrize("value", [datetime(2026, 11, 17), "2026-11-17T20:00:00", 5, None])  # noqa: DTZ001
def test_time_without_a_zone_is_refused(value: object) -> None:
    with rendering(session("en")), pytest.raises(TypeError, match="with a time zone"):
        day_of(value)


def test_values_print_themselves_properly() -> None:
    with rendering(session("de", "Europe/Berlin")):
        printed = [shown(value) for value in (Money("5", "EUR"), None, True, 7, "x")]
        printed.append(shown(datetime(2026, 11, 17, 23, 30, tzinfo=UTC)))

    assert ["5,00\xa0€", "", "True", "7", "x", "18. November 2026"] == printed


def test_value_is_isolated_and_escaped_in_html(
    write: Write, put: Callable[[str, str], object]
) -> None:
    put("en/note/subject.txt", "-")
    put("en/note/body.txt", "-")
    put("en/note/body.html", "<p>{{ data.value|isolate }}</p>")

    html = write("note", data={"value": "<i>نیلوفر</i>\u202e"}).html

    assert "<p><bdi>&lt;i&gt;نیلوفر&lt;/i&gt;</bdi></p>" == html


@pytest.mark.parametrize(
    ("locale", "value", "expected"),
    [
        ("en", "Ana", "Ana"),
        ("en", "نیلوفر", "\u2068نیلوفر\u2069"),
        ("en", "दार्जिलिंग", "दार्जिलिंग"),
        ("en", "#1042", "#1042"),
        ("en", "", ""),
        ("fa", "نیلوفر", "نیلوفر"),
        ("fa", "Ana", "\u2068Ana\u2069"),
        ("fa", "#1042", "\u2068#1042\u2069"),
        ("fa", "فرش Persia", "\u2068فرش Persia\u2069"),
    ],
)
def test_text_is_isolated_only_where_its_direction_differs(
    write: Write, put: Callable[[str, str], object], locale: str, value: str, expected: str
) -> None:
    """Invisible characters are added to plain text only where they change what is seen."""
    put(f"{locale}/note/subject.txt", "-")
    put(f"{locale}/note/body.txt", "[{{ data.value|isolate }}]")

    sent = write("note", locale=locale, data={"value": value})
    assert f"[{expected}]\n" == sent.text.removeprefix("\u200f")


def test_bidi_controls_in_data_do_not_break_out(write: Write) -> None:
    """A right-to-left override in a name would turn the rest of the mail around."""
    sent = write("any", subject="-", text="[{{ data.v|isolate }}]", data={"v": "a\u202eb\u2069c"})

    assert "[abc]\n" == sent.text


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("de-AT", "Jänner"),
        ("de-CH", "Januar"),
        ("de", "Januar"),
        ("zh-TW", "一月"),
        ("fr", "January"),
        ("en-GB", "January"),
    ],
)
def test_of_words_by_language_the_nearest_to_the_readers_is_taken(tag: str, expected: str) -> None:
    names = {"de-AT": "Jänner", "de": "Januar", "zh": "一月", "en": "January"}
    with rendering(session(tag)):
        assert expected == in_language(names)


@pytest.mark.parametrize(
    ("value", "expected"), [({"hi": "जनवरी"}, "जनवरी"), ({}, None), ("January", "January")]
)
def test_words_in_no_language_of_the_readers_are_better_than_none(
    value: object, expected: object
) -> None:
    with rendering(session("fr")):
        assert expected == in_language(value)
