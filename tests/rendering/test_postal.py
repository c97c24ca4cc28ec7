"""Addresses in the order of their country, and names as a whole."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.models import Address, Contact, Order, Outgoing
from storelink.rendering.locales import babel_locale
from storelink.rendering.postal import address_lines, full_name
from storelink.rendering.session import Session, rendering


def session(tag: str) -> Session:
    return Session(babel_locale(tag), zoneinfo.ZoneInfo("UTC"))


def lines(tag: str, **fields: str) -> list[str]:
    with rendering(session(tag)):
        return address_lines(Address(**fields))


STREET = {"line1": "1 Road", "line2": "Door 2", "city": "Town", "region": "RG", "postcode": "123"}


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("US", ["1 Road", "Door 2", "Town, RG 123", "United States"]),
        ("GB", ["1 Road", "Door 2", "Town", "123", "United Kingdom"]),
        ("CA", ["1 Road", "Door 2", "Town RG 123", "Canada"]),
        ("AU", ["1 Road", "Door 2", "Town RG 123", "Australia"]),
        ("IN", ["1 Road", "Door 2", "Town 123", "India"]),
        ("BD", ["1 Road", "Door 2", "Town - 123", "Bangladesh"]),
        ("IR", ["Town", "1 Road", "Door 2", "123", "Iran"]),
        ("SA", ["1 Road", "Door 2", "Town 123", "Saudi Arabia"]),
        ("AE", ["1 Road", "Door 2", "Town", "United Arab Emirates"]),
        ("EG", ["1 Road", "Door 2", "Town", "123", "Egypt"]),
        ("DE", ["1 Road", "Door 2", "123 Town", "Germany"]),
        ("AT", ["1 Road", "Door 2", "123 Town", "Austria"]),
        ("CH", ["1 Road", "Door 2", "123 Town", "Switzerland"]),
        ("FR", ["1 Road", "Door 2", "123 Town", "France"]),
        ("BE", ["1 Road", "Door 2", "123 Town", "Belgium"]),
        ("ES", ["1 Road", "Door 2", "123 Town", "Spain"]),
        ("MX", ["1 Road", "Door 2", "123 Town", "Mexico"]),
        ("PT", ["1 Road", "Door 2", "123 Town", "Portugal"]),
        ("BR", ["1 Road", "Door 2", "Town-RG", "123", "Brazil"]),
        ("JP", ["1 Road", "Door 2", "Town, RG", "123", "Japan"]),
        ("XX", ["1 Road", "Door 2", "123 Town", "XX"]),
    ],
)
def test_an_address_has_the_order_of_its_country(country: str, expected: list[str]) -> None:
    assert expected == lines("en", **STREET, country=country)


@pytest.mark.parametrize(
    ("country", "expected"),
    [("DE", ["Ana Silva", "Nord", "Germany"]), ("FR", ["Nord", "Ana Silva", "France"])],
)
def test_the_company_stands_where_the_country_has_it(country: str, expected: list[str]) -> None:
    names = {"first_name": "Ana", "last_name": "Silva", "company": "Nord"}
    assert expected == lines("en", **names, country=country)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"city": "Salem", "postcode": "97301", "country": "US"}, ["Salem 97301"]),
        ({"region": "OR", "postcode": "97301", "country": "US"}, ["OR 97301"]),
        ({"city": "Salem", "country": "US"}, ["Salem"]),
        ({"postcode": "1216", "country": "BD"}, ["1216"]),
    ],
)
def test_what_is_missing_leaves_no_comma_and_no_dash(
    fields: dict[str, str], expected: list[str]
) -> None:
    *told, _ = lines("en", **fields)
    assert expected == told


def test_no_address_has_no_lines() -> None:
    assert [] == address_lines(None)
    assert [] == lines("en")


# -- Japan -----------------------------------------------------------------------------------------

TOKYO = {
    "first_name": "太郎",
    "last_name": "山田",
    "line1": "神宮前1-2-3",
    "city": "渋谷区",
    "region": "JP-13",
    "postcode": "150-0001",
    "country": "JP",
}
IN_LATIN = {**TOKYO, "first_name": "Taro", "last_name": "Yamada", "line1": "1-2-3 Jingumae"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["〒150-0001", "東京都渋谷区神宮前1-2-3", "山田 太郎 様"]),
        (
            {"line2": "101", "company": "株式会社北"},
            ["〒150-0001", "東京都渋谷区神宮前1-2-3 101", "株式会社北", "山田 太郎 様"],
        ),
        ({"region": "JP13"}, ["〒150-0001", "東京都渋谷区神宮前1-2-3", "山田 太郎 様"]),
        ({"region": "東京都"}, ["〒150-0001", "東京都渋谷区神宮前1-2-3", "山田 太郎 様"]),
        ({"city": "東京都渋谷区"}, ["〒150-0001", "東京都渋谷区神宮前1-2-3", "山田 太郎 様"]),
        ({"region": "JP-47"}, ["〒150-0001", "沖縄県渋谷区神宮前1-2-3", "山田 太郎 様"]),
        ({"region": "JP-48"}, ["〒150-0001", "JP-48渋谷区神宮前1-2-3", "山田 太郎 様"]),
        ({"postcode": "〒150-0001"}, ["〒150-0001", "東京都渋谷区神宮前1-2-3", "山田 太郎 様"]),
        (
            {"first_name": "Ana", "last_name": "Silva"},
            ["〒150-0001", "東京都渋谷区神宮前1-2-3", "Ana Silva 様"],
        ),
        (
            {"first_name": "", "last_name": "", "company": "株式会社北"},
            ["〒150-0001", "東京都渋谷区神宮前1-2-3", "株式会社北 御中"],
        ),
    ],
)
def test_who_reads_japanese_is_told_an_address_in_japan_from_the_postcode_to_the_name(
    changes: dict[str, str], expected: list[str]
) -> None:
    assert expected == lines("ja", **{**TOKYO, **changes})


def test_who_does_not_read_japanese_is_told_it_from_the_name_to_the_country() -> None:
    romaji = {**IN_LATIN, "city": "Shibuya-ku"}
    expected = ["Taro Yamada", "1-2-3 Jingumae", "Shibuya-ku, Tokyo", "150-0001", "Japan"]
    assert expected == lines("en", **romaji)
    assert [*expected[:-1], "日本"] == lines("ja", **romaji)  # Latin letters are not run together
    assert ["太郎 山田", "神宮前1-2-3", "渋谷区, 東京都", "150-0001", "Japan"] == lines(
        "en", **TOKYO
    )


def test_an_address_elsewhere_keeps_its_order_for_who_reads_japanese() -> None:
    assert ["123 Town", "ドイツ"] == lines("ja", city="Town", postcode="123", country="DE")


@pytest.mark.parametrize(
    ("tag", "given_name", "family", "expected"),
    [
        ("ja", "太郎", "山田", "山田 太郎"),
        ("ja-JP", "さくら", "", "さくら"),
        ("ja", "Ana", "Silva", "Ana Silva"),
        ("en", "太郎", "山田", "太郎 山田"),
    ],
)
def test_the_family_name_comes_first_in_japanese(
    tag: str, given_name: str, family: str, expected: str
) -> None:
    with rendering(session(tag)):
        assert expected == full_name(Contact(first_name=given_name, last_name=family))


def test_a_mail_is_addressed_as_its_language_writes_names(
    write: Callable[..., Outgoing], put: Callable[[str, str], object], order: Order
) -> None:
    put("ja/note/subject.txt", "-")
    put("ja/note/body.txt", "-")
    contact = Contact(first_name="太郎", last_name="山田", locale="ja")

    sent = write("note", order.model_copy(update={"contact": contact}), locale="ja")
    assert "山田 太郎" == sent.to_name


# -- the law ---------------------------------------------------------------------------------------

PARTS = {"line1": "αあ1", "line2": "βい2", "city": "γう3", "postcode": "δえ4"}
"""Each part has letters of its own, which no country has in its name."""


@given(
    tag=st.sampled_from(["en", "ja", "fa"]),
    country=st.sampled_from(["AT", "BR", "GB", "HU", "IR", "IT", "JP", "US", "XX"]),
    fields=st.fixed_dictionaries(
        {name: st.text(letters, min_size=1, max_size=4) for name, letters in PARTS.items()}
    ),
)
def test_every_part_is_told_once(tag: str, country: str, fields: dict[str, str]) -> None:
    told = "\n".join(lines(tag, **fields, country=country))
    assert dict.fromkeys(PARTS, 1) == {
        name: len(re.findall(f"[{letters}]+", told)) for name, letters in PARTS.items()
    }
    assert [] == [part for part in fields.values() if part not in told]
