"""What plugins read payloads with: exact numbers, times that can be, addresses that can be."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from storelink.errors import PayloadError
from storelink.models import Kind, Money, Record
from storelink.toolkit.contact import e164, mail_address
from storelink.toolkit.payload import MAX_DEPTH, Reader, exact_json, parse_json

NUMBERS = [b"0.1", b"19.90", b"-0.00", b"1e-7", b"1E+20", b"719.2800000000001", b"3.0", b"1e300"]


def reader(value: Any) -> Reader:
    return Reader({"x": value}, "body")


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_says_the_same_however_it_was_parsed(text: bytes) -> None:
    """`json.load` and `requests` give floats, `parse_json` gives `Decimal`."""
    exact, approximate = parse_json(text), float(text)

    assert exact_json({"n": [exact]}) == exact_json({"n": [approximate]})
    assert Decimal(exact_json(approximate)) == exact


@pytest.mark.parametrize(
    ("value", "text"), [(2.5, "2.5"), (Decimal("2.50"), "2.5"), (700.0, "700"), (-0.0, "0")]
)
def test_a_number_is_kept_as_plain_text(value: Decimal | float, text: str) -> None:
    assert exact_json(value) == text


def test_a_float_is_read_as_the_text_that_it_came_from() -> None:
    assert reader(0.1).decimal("x") == Decimal("0.1")
    assert reader(19.9).money("x", "EUR") == Money("19.90", "EUR")
    assert reader(2.0).integer("x") == 2


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), Decimal("NaN"), 1e300]
)
def test_what_is_no_amount_is_refused(value: Decimal | float) -> None:
    with pytest.raises(PayloadError, match=r"^body\.x: expected an amount"):
        reader(value).money("x", "EUR")
    with pytest.raises(PayloadError, match=r"^body\.x: expected a whole number"):
        reader(value).integer("x")


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")]
)
def test_what_json_cannot_keep_is_refused(value: Decimal | float) -> None:
    with pytest.raises(PayloadError, match="not finite"):
        exact_json({"x": value})


def test_numbers_are_kept_as_text_however_deep_they_lie() -> None:
    value = {"a": [1, Decimal("2.50"), {"b": [3.0, None, True, "x"]}], "c": Decimal("0.10")}

    assert exact_json(value) == {"a": [1, "2.5", {"b": ["3", None, True, "x"]}], "c": "0.1"}


def test_what_is_kept_is_not_what_was_given() -> None:
    value: dict[str, Any] = {"a": {"b": ["x"]}}
    kept = exact_json(value)
    value["a"]["b"].append("y")

    assert kept == {"a": {"b": ["x"]}}


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_a_body_may_be_nested_so_deep_and_no_deeper(start: str, end: str) -> None:
    times = MAX_DEPTH // (start.count("[") + start.count("{"))
    deepest = start * times + "0" + end * times
    parse_json(deepest.encode())

    with pytest.raises(PayloadError, match="nested too deeply"):
        parse_json(f"[{deepest}]".encode())


def test_many_lists_and_brackets_in_a_text_are_no_nesting() -> None:
    body = {"lists": [[]] * MAX_DEPTH, "text": "{[" * MAX_DEPTH}

    assert parse_json(json.dumps(body).encode()) == body


@pytest.mark.parametrize(
    "text", [rb'"\ud83d"', rb'"\uD83D"', rb'["\udE00\ud83d"]', rb'{"\uDc00": 1}']
)
def test_half_a_character_is_no_text(text: bytes) -> None:
    with pytest.raises(PayloadError, match="not valid Unicode"):
        parse_json(text)


def test_half_is_no_whole_number() -> None:
    with pytest.raises(PayloadError, match="a whole number"):
        reader(0.5).integer("x")


def test_money_itself_refuses_floats() -> None:
    with pytest.raises(ValueError, match="not float"):
        Money(19.9, "EUR")


def test_no_money_is_not_free() -> None:
    """Zero is an amount: only `None` says that nothing is known."""
    assert [bool(Money.zero("EUR")), bool(Money("5", "EUR"))] == [True, True]


def test_missing_money_is_called_missing() -> None:
    with pytest.raises(PayloadError, match=r"^order\.total: missing$"):
        Record(Kind.ORDER, "1", fields={"total": None})


@pytest.mark.parametrize(
    "text",
    [
        "1969-12-31T23:59:59Z",
        "2101-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_time_that_no_store_has_lived_through_is_refused(text: str) -> None:
    with pytest.raises(PayloadError, match=r"^body\.x: expected a time between 1970 and 2100, got"):
        reader(text).time("x")


def test_the_first_and_the_last_moment_are_times() -> None:
    assert reader("1970-01-01T00:00:00Z").time("x") == datetime(1970, 1, 1, tzinfo=UTC)
    assert reader("2101-01-01T00:30:00+01:00").time("x") == datetime(
        2100, 12, 31, 23, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text", ["soon", "2026-11-22T03:00:00", f"2026-11-22T03:00:00.{'0' * 64}Z"]
)
def test_a_time_has_an_offset(text: str) -> None:
    with pytest.raises(PayloadError, match=r"^body\.x: expected a time with an offset"):
        reader(text).time("x")


def test_one_text_is_two_times_where_one_reader_takes_it_for_utc() -> None:
    naive = reader("2026-11-22T03:00:00")

    assert naive.time("x", naive_is_utc=True) == datetime(2026, 11, 22, 3, tzinfo=UTC)
    with pytest.raises(PayloadError, match="a time with an offset"):
        naive.time("x")


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        ("030 231250", "DE", "+4930231250"),
        ("030 231250", "AT", "+4330231250"),
        (" +49 30 231250 ", None, "+4930231250"),
        ("+49 30 231250", "no country", "+4930231250"),
        (" 030 231250 ", None, "030 231250"),
        ("030 231250", "Germany", "030 231250"),
        ("call me", "DE", "call me"),
        ("1" * 300, "DE", "1" * 300),
        ("  ", "DE", None),
    ],
)
def test_a_phone_is_brought_into_one_form_or_kept(
    phone: str, country: str | None, expected: str | None
) -> None:
    assert expected == e164(phone, country)


@pytest.mark.parametrize("text", [" Ana@b.example\n", "ana@b.example", "öl@bücher.example", "a@b"])
def test_an_address_is_trimmed_and_otherwise_kept(text: str) -> None:
    assert mail_address(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "  ",
        "ana",
        "ana b@c.example",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example\x00",
        "a\x7f@b.example",
        "a\u00a0@b.example",
        "a@b.example\u2028c",
        "a\u202e@b.example",
    ],
)
def test_what_can_be_no_address_is_none(text: str | None) -> None:
    assert mail_address(text) is None
