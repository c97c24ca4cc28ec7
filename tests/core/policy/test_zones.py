"""In which zone a person lives, and how well that is known."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.policy import clocks, zones
from storelink.policy.hours import Hours, next_open
from storelink.policy.question import Confidence, Zone
from storelink.policy.zones import infer, subdivision, zones_of

STATED, CERTAIN, LIKELY, UNKNOWN = Confidence

EAST, CENTRAL = "America/New_York", "America/Chicago"
MOUNTAIN, WEST = "America/Denver", "America/Los_Angeles"

CERTAINTIES = [
    # the country
    ({"country": "DE"}, "Europe/Berlin", "country"),
    ({"country": " in "}, "Asia/Kolkata", "country"),
    ({"country": "KZ"}, "Asia/Almaty", "country"),  # one clock since 2024
    ({"country": "XK"}, "Europe/Belgrade", "country"),
    ({"country": "FR"}, "Europe/Paris", "country"),
    ({"country": "DE", "region": "BY", "postcode": "80331"}, "Europe/Berlin", "country"),
    # the region, as ISO, Shopify and WooCommerce write it
    ({"country": "US", "region": "CA"}, WEST, "region"),
    ({"country": "US", "region": "US-CA"}, WEST, "region"),
    ({"country": "us", "region": "ny"}, EAST, "region"),
    ({"country": "US", "region": "HI"}, "Pacific/Honolulu", "region"),
    ({"country": "US", "region": "PR"}, "America/Puerto_Rico", "region"),
    ({"country": "CA", "region": "NS"}, "America/Halifax", "region"),
    ({"country": "AU", "region": "QLD"}, "Australia/Brisbane", "region"),
    ({"country": "BR", "region": "SP"}, "America/Sao_Paulo", "region"),
    ({"country": "MX", "region": "Q ROO"}, "America/Cancun", "region"),
    ({"country": "MX", "region": "QR"}, "America/Cancun", "region"),
    ({"country": "MX", "region": "MX-ROO"}, "America/Cancun", "region"),
    ({"country": "RU", "region": "KGD"}, "Europe/Kaliningrad", "region"),
    ({"country": "ID", "region": "BA"}, "Asia/Makassar", "region"),
    ({"country": "CL", "region": "CL-MA"}, "America/Punta_Arenas", "region"),
    ({"country": "ES", "region": "TF"}, "Atlantic/Canary", "region"),
    ({"country": "PT", "region": "PT-20"}, "Atlantic/Azores", "region"),
    # the postcode
    ({"country": "ES", "postcode": "35001"}, "Atlantic/Canary", "postcode"),
    ({"country": "ES", "postcode": "28001"}, "Europe/Madrid", "postcode"),
    ({"country": "PT", "postcode": "9500-321"}, "Atlantic/Azores", "postcode"),
    ({"country": "FR", "postcode": "97400"}, "Indian/Reunion", "postcode"),
    ({"country": "FR", "postcode": "75011"}, "Europe/Paris", "postcode"),
    ({"country": "US", "region": "TX", "postcode": "79901"}, MOUNTAIN, "postcode"),
    ({"country": "US", "region": "TX", "postcode": "75001-1234"}, CENTRAL, "postcode"),
    ({"country": "US", "region": "TN", "postcode": "37902"}, EAST, "postcode"),
    ({"country": "US", "region": "FL", "postcode": "32501"}, CENTRAL, "postcode"),
    ({"country": "US", "region": "AZ", "postcode": "85001"}, "America/Phoenix", "postcode"),
    ({"country": "US", "postcode": "10001"}, EAST, "postcode"),
    ({"country": "US", "postcode": "96799"}, "Pacific/Pago_Pago", "postcode"),
    ({"country": "CA", "region": "BC", "postcode": "v6b 1a1"}, "America/Vancouver", "postcode"),
    ({"country": "CA", "region": "ON", "postcode": "M5V 3L9"}, "America/Toronto", "postcode"),
    ({"country": "AU", "region": "NSW", "postcode": "2000"}, "Australia/Sydney", "postcode"),
    ({"country": "NZ", "postcode": "8942"}, "Pacific/Chatham", "postcode"),
    # a region that nobody knows leaves the postcode
    ({"country": "US", "region": "Texas!", "postcode": "75001"}, CENTRAL, "postcode"),
]


@pytest.mark.parametrize(("known", "name", "source"), CERTAINTIES)
def test_an_address_tells_the_zone(known: dict[str, str], name: str, source: str) -> None:
    assert Zone((name,), CERTAIN, source) == infer(**known)


DOUBTS: list[tuple[dict[str, Any], set[str], str]] = [
    ({"country": "US", "region": "TX"}, {CENTRAL, MOUNTAIN}, "region"),
    ({"country": "US", "region": "TX", "postcode": "79821"}, {CENTRAL, MOUNTAIN}, "postcode"),
    (
        {"country": "US", "region": "AZ", "postcode": "86515"},
        {"America/Phoenix", MOUNTAIN},
        "postcode",
    ),
    # they contradict each other
    ({"country": "US", "region": "CA", "postcode": "10001"}, {WEST, EAST}, "region"),
    ({"country": "ID"}, {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}, "country"),
    ({"country": "PT"}, {"Europe/Lisbon", "Atlantic/Azores"}, "country"),
]


@pytest.mark.parametrize(("known", "names", "source"), DOUBTS)
def test_where_several_zones_are_possible_each_counts(
    known: dict[str, Any], names: set[str], source: str
) -> None:
    found = infer(**known)
    assert (names, UNKNOWN, source) == (set(found.names), found.confidence, found.source)


def test_nobody_knows_where_in_a_country_somebody_lives() -> None:
    found = infer(country="US", phone="+12125550123", store_zone="America/New_York")
    assert (UNKNOWN, "country", EAST) == (found.confidence, found.source, found.names[0])
    assert {EAST, CENTRAL, MOUNTAIN, WEST, "America/Anchorage", "Pacific/Honolulu"} < set(
        found.names
    )


def test_what_the_account_states_comes_first() -> None:
    found = infer(stated="Asia/Tokyo", country="DE", phone="+4915112345678")
    assert Zone(("Asia/Tokyo",), STATED, "account") == found


@pytest.mark.parametrize("stated", ["", "CEST+2", "Mars/Olympus", "../../../etc/passwd", "Factory"])
def test_a_stated_zone_that_is_none_is_no_evidence(stated: str) -> None:
    assert Zone(("Europe/Berlin",), CERTAIN, "country") == infer(stated=stated, country="DE")


def test_the_country_of_the_phone_is_likely() -> None:
    assert Zone(("Europe/Berlin",), LIKELY, "phone") == infer(phone="+4915112345678")
    assert LIKELY is infer(phone="+18765550123").confidence, "+1, and Jamaica"
    assert ("country", ("Europe/Vienna",)) == fields(infer(country="AT", phone="+4915112345678"))


def test_the_phone_of_a_country_with_many_clocks_tells_only_the_country() -> None:
    found = infer(phone="+61412345678")
    assert (zones_of("AU"), UNKNOWN, "phone") == (found.names, found.confidence, found.source)


def test_a_number_that_no_country_has_given_out_may_be_of_any_with_its_code() -> None:
    found = infer(phone="+15555555555", store_zone="Europe/Berlin")
    assert set(zones_of("US")) | {"America/St_Johns"} <= set(found.names)


@pytest.mark.parametrize("phone", [None, "", "030 123456", "+", "+999123", "call me"])
def test_if_nothing_else_is_known_the_customer_lives_where_the_store_is(phone: str | None) -> None:
    found = infer(country="ZZ", phone=phone, store_zone="Europe/Berlin")
    assert Zone(("Europe/Berlin",), LIKELY, "store") == found


def test_if_nothing_at_all_is_known_it_may_be_anywhere() -> None:
    found = infer(store_zone="nowhere")
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    offsets = {noon.astimezone(clocks.clock(name)).utcoffset() for name in found.names}
    assert UNKNOWN is found.confidence
    assert (timedelta(hours=-11), timedelta(hours=14)) == (min(offsets), max(offsets))  # type: ignore[type-var]
    assert next_open(Hours.parse("8:00-21:00"), noon, found.names) is None


texts = (
    st.none() | st.text(max_size=8) | st.sampled_from(["US", "CA", "US-CA", "10001", "+1", "AU"])
)


@given(texts, texts, texts, texts, texts, texts)
def test_whatever_a_platform_sends_there_is_an_answer(
    stated: str | None,
    country: str | None,
    region: str | None,
    postcode: str | None,
    phone: str | None,
    store_zone: str | None,
) -> None:
    found = infer(
        stated=stated,
        country=country,
        region=region,
        postcode=postcode,
        phone=phone,
        store_zone=store_zone,
    )
    assert found.names
    assert set(found.names) <= clocks.names()
    if len(found.names) > 1:
        assert UNKNOWN is found.confidence


def test_every_country_of_the_database_is_known() -> None:
    """All 247 of zone.tab, each with zones that there are."""
    known = {code: zones_of(code) for code in zones.countries()}
    assert len(known) >= 247
    assert all(names and set(names) <= clocks.names() for names in known.values())
    single = [code for code, names in known.items() if len(names) == 1]
    assert len(single) >= 216


def test_the_table_names_zones_that_there_are_and_reaches_all_of_a_country() -> None:
    for country, parts in zones._parts().items():
        named = {name for names in parts.regions.values() for name in names}
        named |= {name for names in parts.postcodes.values() for name in names}
        assert named <= clocks.names(), country
        reached = {zones._course(name) for name in named}
        unreached = {name for name in zones_of(country) if zones._course(name) not in reached}
        assert unreached <= {"Antarctica/Macquarie"}, country


def test_one_clock_counts_once_in_a_country() -> None:
    assert ("America/Argentina/Buenos_Aires",) == zones_of("AR")
    assert ("Europe/Madrid", "Atlantic/Canary") == zones_of("ES")
    assert () == zones_of("ZZ")


def test_the_data_has_a_version() -> None:
    assert re.fullmatch(r"\d{4}[a-z]+, parts of countries \d{4}-\d\d-\d\d", zones.version())


@pytest.mark.parametrize(
    ("region", "code"),
    [("CA", "CA"), ("US-CA", "CA"), (" us-ca ", "CA"), ("ca", "CA"), ("", None), (None, None)],
)
def test_a_region_has_one_code(region: str | None, code: str | None) -> None:
    assert code == subdivision("US", region)


def test_the_zone_of_the_machine_is_never_asked() -> None:
    """An ambient zone, here Kiribati, changes no answer."""
    code = (
        "from storelink.policy.zones import infer;"
        "print(infer().names, infer(country='US', region='TX'), infer(store_zone='UTC'))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "TZ": ambient},
        ).stdout
        for ambient in ("UTC", "Pacific/Kiritimati")
    ]
    assert told[0] == told[1]


def fields(found: Zone) -> tuple[str, tuple[str, ...]]:
    return found.source, found.names
