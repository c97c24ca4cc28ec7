"""Addresses are recognized, however they are spelled, and never kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from core.world import ADA, START
from hypothesis import given
from hypothesis import strategies as st

from storelink.consent import Addresses, open_addresses
from storelink.consent.addresses import KEY
from storelink.errors import ConfigError
from storelink.models import Contact
from storelink.storage import Database
from storelink.testing import FrozenClock
from storelink.toolkit.contact import normal

CLOCK = FrozenClock(START)
KEY_A, KEY_B = "a" * 32, "b" * 32
ADDRESSES = Addresses(KEY_A.encode())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Example.COM ", "ada@example.com"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("ada@b\u00fccher.example", "ada@XN--BCHER-KVA.example"),
        ("ada@example.com.", "ada@example.com"),
        ("ada@stra\u00dfe.example", "ada@strasse.example"),
        ("+49 1512 3456789", "+4915123456789"),
        ("+\u0664\u0669 1512 3456789", "+4915123456789"),
    ],
)
def test_one_address_has_one_hash_however_it_is_spelled(one: str, other: str) -> None:
    assert ADDRESSES.of(one) == ADDRESSES.of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.com", "a.da@example.com"),
        ("ada@example.com", "ada+shop@example.com"),
        ("ada@gmail.com", "ada@googlemail.com"),
        ("+4915123456789", "+4915123456780"),
    ],
)
def test_what_only_a_provider_knows_to_be_the_same_is_not(one: str, other: str) -> None:
    assert ADDRESSES.of(one) != ADDRESSES.of(other)


@given(st.one_of(st.text(max_size=40), st.emails(), st.from_regex(r"\+?\d{3,15}", fullmatch=True)))
def test_what_is_normal_stays_so(address: str) -> None:
    known = normal(address)
    assert known is None or known == normal(known)


@pytest.mark.parametrize("address", [None, "", "  "])
def test_no_address_has_no_hash(address: str | None) -> None:
    assert ADDRESSES.of(address) is None


def test_a_person_is_one_as_guest_and_with_an_account() -> None:
    guest = ADDRESSES.person(ADA, "0")
    assert guest is not None
    assert guest == ADDRESSES.person(Contact(email="ADA@example.com", phone="+4915123456789"), "7")
    assert guest == ADDRESSES.of("ada@example.com")


def test_a_person_without_an_address_is_an_account_or_nobody() -> None:
    assert ADDRESSES.person(Contact(), "7") not in (None, ADDRESSES.person(Contact(), "8"))
    assert ADDRESSES.person(Contact()) is None


def test_another_key_gives_another_hash_and_neither_is_shown() -> None:
    assert ADDRESSES.of("ada@example.com") != Addresses(KEY_B.encode()).of("ada@example.com")
    assert "Addresses()" == repr(ADDRESSES)


def test_a_key_is_made_once_and_found_again(database: Database) -> None:
    first = open_addresses(database, CLOCK)
    assert first == open_addresses(database, CLOCK, make=lambda: KEY_B)
    with database.read() as tx:
        assert first == Addresses((tx.keys.get(KEY) or "").encode())


def test_a_key_that_is_given_is_not_kept(database: Database) -> None:
    assert ADDRESSES == open_addresses(database, CLOCK, KEY_A)
    with database.read() as tx:
        assert tx.keys.get(KEY) is None
        assert KEY_A not in {tx.keys.get(name) for name in ("addresses", "addresses/seal")}


@pytest.mark.parametrize(("first", "second"), [(KEY_A, KEY_B), (KEY_A, None), (None, KEY_A)])
def test_another_key_than_before_is_refused(
    database: Database, first: str | None, second: str | None
) -> None:
    """With it, nobody who refused would be found."""
    open_addresses(database, CLOCK, first)
    with pytest.raises(ConfigError, match="give the former key"):
        open_addresses(database, CLOCK, second)
    open_addresses(database, CLOCK, first)


def test_a_short_key_is_refused(database: Database) -> None:
    with pytest.raises(ConfigError, match="at least 16 bytes"):
        open_addresses(database, CLOCK, "short")


def test_those_who_open_it_at_once_get_the_same_key(database: Database, database_url: str) -> None:
    found: list[Addresses] = []
    barrier = threading.Barrier(3)

    def open_it() -> None:
        own = Database(database_url)
        barrier.wait()
        found.append(open_addresses(own, CLOCK))
        own.close()

    threads = [threading.Thread(target=open_it) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [found[0]] * 3 == found
