"""Addresses that must not be written to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from core.world import HOUR, START

from storelink.consent import Look, Suppressed, SuppressionList, Why
from storelink.models import MessageClass
from storelink.storage import Database
from storelink.testing import FrozenClock

TRANSACTIONAL, RELATIONSHIP, MARKETING = MessageClass
ADA = "ada@example.com"


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def suppressions(database: Database, clock: FrozenClock) -> SuppressionList:
    return SuppressionList(database, clock)


def reason(
    suppressions: SuppressionList,
    message_class: MessageClass = MARKETING,
    *,
    address: str = ADA,
    channel: str = "email",
) -> Why | None:
    found = suppressions.against("shop", address, channel, message_class)
    return found.why if found else None


@pytest.mark.parametrize(
    ("why", "needed"),
    [
        (Why.HARD_BOUNCE, Why.HARD_BOUNCE),
        (Why.BY_HAND, Why.BY_HAND),
        (Why.COMPLAINT, None),
        (Why.OPT_OUT, None),
        (Why.ERASED, None),
    ],
)
def test_whoever_against_gets_nothing_but_at_most_what_the_order_needs(
    suppressions: SuppressionList, why: Why, needed: Why | None
) -> None:
    suppressions.suppress("shop", ADA, why, source="smtp")
    assert [needed, why, why] == [reason(suppressions, one) for one in MessageClass]


def test_an_address_against_however_it_is_spelled_and_nobody_else_is(
    suppressions: SuppressionList,
) -> None:
    suppressions.suppress("shop", "ADA@Example.com", Why.HARD_BOUNCE, source="smtp")
    assert Why.HARD_BOUNCE == reason(suppressions)
    assert Why.HARD_BOUNCE == reason(suppressions, channel="whatsapp")
    assert reason(suppressions, address="bob@example.com") is None
    assert suppressions.against("other", ADA, "email", MARKETING) is None


def test_a_channel_can_be_suppressed_alone(suppressions: SuppressionList) -> None:
    phone = "+4915123456789"
    suppressions.suppress("shop", phone, Why.OPT_OUT, source="sms", channel="sms")
    assert Why.OPT_OUT == reason(suppressions, address=phone, channel="sms")
    assert reason(suppressions, address=phone, channel="whatsapp") is None


def test_what_is_lifted_counts_no_longer_until_it_happens_again(
    suppressions: SuppressionList, clock: FrozenClock
) -> None:
    assert not suppressions.lift("shop", ADA, Why.HARD_BOUNCE)
    suppressions.suppress("shop", ADA, Why.HARD_BOUNCE, source="smtp")
    clock.advance(HOUR)
    assert suppressions.lift("shop", ADA, Why.HARD_BOUNCE)
    assert reason(suppressions) is None
    suppressions.suppress("shop", ADA, Why.HARD_BOUNCE, source="smtp", at=START)  # told late
    assert reason(suppressions) is None
    clock.advance(HOUR)
    suppressions.suppress("shop", ADA, Why.HARD_BOUNCE, source="smtp")
    assert Why.HARD_BOUNCE == reason(suppressions)


def test_lifting_one_reason_leaves_another(suppressions: SuppressionList) -> None:
    for why in (Why.HARD_BOUNCE, Why.COMPLAINT):
        suppressions.suppress("shop", ADA, why, source="smtp")
    assert suppressions.lift("shop", ADA, Why.HARD_BOUNCE)
    assert Why.COMPLAINT == reason(suppressions)


def test_many_are_looked_up_at_once(suppressions: SuppressionList, clock: FrozenClock) -> None:
    suppressions.suppress("shop", ADA, Why.ERASED, source="privacy request")
    clock.advance(HOUR)
    suppressions.suppress("shop", ADA, Why.COMPLAINT, source="smtp", channel="email")
    looks = [
        Look("bob@example.com", "email", MARKETING),
        Look(ADA, "email", MARKETING),
        Look(ADA, "email", TRANSACTIONAL),
        Look(None, "email", MARKETING),
    ]
    expected = [None, Suppressed(Why.ERASED, START, "privacy request"), None, None]
    assert expected == suppressions.look("shop", looks)


def test_no_address_is_in_the_table(suppressions: SuppressionList, database: Database) -> None:
    suppressions.suppress("shop", ADA, Why.ERASED, source="privacy request")
    with database.read() as tx:
        (row,) = [row for batch in tx.everything.rows("suppressions") for row in batch]
    assert ADA not in str(row)


def test_nobody_without_an_address_against(suppressions: SuppressionList) -> None:
    with pytest.raises(ValueError, match="no address"):
        suppressions.suppress("shop", " ", Why.BY_HAND, source="desk")
