"""The ledger: what people said is found again, and nothing of it names them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from core.world import DAY, HOUR, START

from storelink.consent import Ask, Given, Ledger
from storelink.models import MessageClass
from storelink.policy.question import Basis, Standing
from storelink.storage import Database
from storelink.testing import FrozenClock

TRANSACTIONAL, RELATIONSHIP, MARKETING = MessageClass
ADA = "ada@example.com"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


@pytest.fixture
def ledger(database: Database, clock: FrozenClock) -> Ledger:
    return Ledger(database, clock)


def test_what_was_said_is_known_by_the_address(ledger: Ledger) -> None:
    ledger.record("shop", ADA, "email", MARKETING, Given.GRANTED, source="checkout")
    expected = Standing(Basis.CONSENT, START, "checkout")
    assert expected == ledger.standing("shop", " ADA@example.com", "email", MARKETING)
    assert Standing() == ledger.standing("shop", ADA, "email", RELATIONSHIP)
    assert Standing() == ledger.standing("shop", ADA, "sms", MARKETING)
    assert Standing() == ledger.standing("other", ADA, "email", MARKETING)


def test_a_refusal_of_everything_ends_what_was_agreed(ledger: Ledger, clock: FrozenClock) -> None:
    ledger.record("shop", ADA, "email", MARKETING, Given.CONFIRMED, source="form")
    clock.advance(HOUR)
    ledger.record("shop", ADA, "*", "*", Given.REFUSED, source="preferences")
    for channel, message_class in (("email", MARKETING), ("sms", RELATIONSHIP)):
        assert Standing(Basis.REFUSED, START + HOUR, "preferences") == ledger.standing(
            "shop", ADA, channel, message_class, bought_at=START + DAY
        )


def test_many_are_asked_for_at_once(ledger: Ledger) -> None:
    ledger.record("shop", ADA, "email", MARKETING, Given.REFUSED, source="form")
    ledger.record("shop", "+4915123456789", "sms", MARKETING, Given.GRANTED, source="form")
    found = ledger.standings(
        "shop",
        [
            Ask("bob@example.com", "email", MARKETING, START),
            Ask(ADA, "email", MARKETING, START),
            Ask("+49 1512 3456789", "sms", MARKETING),
            Ask(None, "email", MARKETING),
        ],
    )
    expected = [Basis.PURCHASE, Basis.REFUSED, Basis.CONSENT, Basis.NONE]
    assert expected == [standing.basis for standing in found]


def test_history_tells_everything_in_the_order_in_which_it_was_said(
    ledger: Ledger, clock: FrozenClock
) -> None:
    wording = "Yes, send me offers."
    ledger.record("shop", ADA, "email", MARKETING, Given.REFUSED, source="preferences")
    clock.advance(HOUR)
    ledger.record(
        "shop", ADA, "email", MARKETING, Given.GRANTED, START - DAY, source="form", wording=wording
    )
    told = [(one.state, one.at, one.known_at, one.wording) for one in ledger.history("shop", ADA)]
    assert [
        (Given.GRANTED, START - DAY, START + HOUR, wording),
        (Given.REFUSED, START, START, None),
    ] == told
    assert [] == ledger.history("shop", "bob@example.com")


def test_saying_the_same_again_is_recognized(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.record("shop", ADA, "email", MARKETING, Given.GRANTED, START, source="form")
    assert 1 == len(ledger.history("shop", ADA))


def test_no_address_is_in_the_table(ledger: Ledger, database: Database) -> None:
    ledger.record("shop", ADA, "email", MARKETING, Given.GRANTED, source="form")
    with database.read() as tx:
        (row,) = [row for batch in tx.everything.rows("consents") for row in batch]
    assert ADA not in str(row)
    assert 64 == len(row["address"])


@pytest.mark.parametrize(("channel", "about"), [("*", MARKETING), ("email", "*")])
def test_nobody_agrees_to_everything(ledger: Ledger, channel: str, about: str) -> None:
    with pytest.raises(ValueError, match="only a refusal"):
        ledger.record("shop", ADA, channel, about, Given.GRANTED, source="form")


def test_nobody_says_nothing(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="no address"):
        ledger.record("shop", " ", "email", MARKETING, Given.GRANTED, source="form")
