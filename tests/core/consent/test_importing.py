"""What a platform says of consents comes into the ledger, and never becomes more than it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from core.world import DAY, HOUR, START

from storelink.consent import Given, Ledger, importing
from storelink.consent.importing import Box, Import
from storelink.mirror import Source, absorb
from storelink.models import ConsentChannel, ConsentState, Contact, Kind, MessageClass
from storelink.models.record import Record, Snapshot
from storelink.policy.question import Basis, Standing
from storelink.storage import Database
from storelink.testing import FrozenClock

RELATIONSHIP, MARKETING = MessageClass.RELATIONSHIP, MessageClass.MARKETING
ADA = "ada@example.com"


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    database = Database(database_url)
    yield Ledger(database, FrozenClock(START))
    database.close()


def consent(state: ConsentState, at: datetime | None = START, **fields: Any) -> Record:
    told = {"level": "single_opt_in", "address": ADA, **fields}
    return Record(
        kind=Kind.CONSENT,
        id="7/email",
        updated_at=at,
        fields={
            "customer_id": "7",
            "channel": ConsentChannel.EMAIL,
            "state": state,
            "at": at,
            **told,
        },
    )


def order(ticked: Any, **fields: Any) -> Record:
    told = {
        "created_at": START,
        "contact": Contact(email=ADA, phone="+4915123456789"),
        "attributes": {"newsletter": ticked},
        **fields,
    }
    return Record(kind=Kind.ORDER, id="1042", updated_at=START, fields=told)


BOX = Box(attribute="newsletter", wording="Yes, send me offers.")


def importer(ledger: Ledger, **options: Any) -> Import:
    return Import(addresses=ledger.addresses, platforms={"shop": "shopify"}, **options)


def take(ledger: Ledger, *records: Record, **options: Any) -> None:
    for record in records:
        with ledger._database.write() as tx:
            importer(ledger, **options).take(tx, "shop", Snapshot((record,)), START + DAY)


def standing(ledger: Ledger, message_class: MessageClass = MARKETING) -> Standing:
    return ledger.standing("shop", ADA, "email", message_class)


@pytest.mark.parametrize(
    ("state", "level", "expected"),
    [
        (ConsentState.SUBSCRIBED, "single_opt_in", Basis.CONSENT),
        (ConsentState.SUBSCRIBED, None, Basis.CONSENT),
        (ConsentState.SUBSCRIBED, "confirmed_opt_in", Basis.CONFIRMED),
        (ConsentState.PENDING, "confirmed_opt_in", Basis.NONE),
        (ConsentState.NEVER_SUBSCRIBED, None, Basis.NONE),
        (ConsentState.UNSUBSCRIBED, "confirmed_opt_in", Basis.REFUSED),
        (ConsentState.REDACTED, "confirmed_opt_in", Basis.REFUSED),
        (ConsentState.UNKNOWN, "confirmed_opt_in", Basis.NONE),
    ],
)
def test_a_state_of_the_platform_is_what_it_says(
    ledger: Ledger, state: ConsentState, level: str | None, expected: Basis
) -> None:
    take(ledger, consent(state, level=level))
    assert expected == standing(ledger).basis


@pytest.mark.parametrize("state", sorted(set(ConsentState) - {ConsentState.SUBSCRIBED}))
def test_nothing_but_a_subscription_is_a_consent(ledger: Ledger, state: ConsentState) -> None:
    take(ledger, consent(state, level="confirmed_opt_in"))
    assert standing(ledger).basis not in (Basis.CONSENT, Basis.CONFIRMED)


def test_taking_it_again_changes_nothing(ledger: Ledger) -> None:
    take(ledger, consent(ConsentState.SUBSCRIBED), consent(ConsentState.SUBSCRIBED))
    (entry,) = ledger.history("shop", ADA)
    assert (START, START + DAY, "shopify", "single_opt_in") == (
        entry.at,
        entry.known_at,
        entry.source,
        entry.level,
    )
    expected = {"platform": "shopify", "consent": "7/email", "state": "subscribed"}
    assert expected == entry.provenance


def test_a_stale_subscription_that_is_told_late_changes_nothing(ledger: Ledger) -> None:
    take(
        ledger,
        consent(ConsentState.UNSUBSCRIBED, START + HOUR),
        consent(ConsentState.SUBSCRIBED, START),
    )
    assert Standing(Basis.REFUSED, START + HOUR, "shopify") == standing(ledger)


def test_a_refusal_covers_all_that_is_not_needed_and_a_consent_only_what_was_asked(
    ledger: Ledger,
) -> None:
    take(ledger, consent(ConsentState.SUBSCRIBED))
    assert Basis.NONE == standing(ledger, RELATIONSHIP).basis
    take(ledger, consent(ConsentState.UNSUBSCRIBED, START + HOUR))
    assert Basis.REFUSED == standing(ledger, RELATIONSHIP).basis
    assert Basis.NONE == standing(ledger, MessageClass.TRANSACTIONAL).basis


def test_a_form_may_ask_for_more_than_marketing(ledger: Ledger) -> None:
    take(ledger, consent(ConsentState.SUBSCRIBED), classes=(MARKETING, RELATIONSHIP))
    assert [Basis.CONSENT] * 2 == [standing(ledger, one).basis for one in (MARKETING, RELATIONSHIP)]


def test_a_consent_without_a_time_is_no_proof_and_a_refusal_is_heeded_at_once(
    ledger: Ledger,
) -> None:
    take(ledger, consent(ConsentState.SUBSCRIBED, None))
    assert Standing() == standing(ledger)
    take(ledger, consent(ConsentState.UNSUBSCRIBED, None))
    assert Standing(Basis.REFUSED, START + DAY, "shopify") == standing(ledger)


@pytest.mark.parametrize("address", [None, " "])
def test_a_consent_of_nobody_is_left_out(ledger: Ledger, address: str | None) -> None:
    take(ledger, consent(ConsentState.REDACTED, address=address))
    with ledger._database.read() as tx:
        assert 0 == tx.everything.counts()["consents"]


def test_a_refusal_whose_time_only_the_delivery_tells_counts_from_then(ledger: Ledger) -> None:
    take(ledger, replace(consent(ConsentState.UNSUBSCRIBED, None), updated_at=START + HOUR))
    assert START + HOUR == standing(ledger).at


@pytest.mark.parametrize("ticked", ["1", "Yes", " on ", True, 1])
def test_a_box_that_was_ticked_at_the_checkout_is_a_consent(ledger: Ledger, ticked: Any) -> None:
    for _ in range(2):
        take(ledger, order(ticked), boxes={"shop": (BOX,)})
    assert Standing(Basis.CONSENT, START, "checkout") == standing(ledger)
    (entry,) = ledger.history("shop", ADA)
    assert "Yes, send me offers." == entry.wording
    expected = {"platform": "shopify", "order": "1042", "attribute": "newsletter"}
    assert expected == entry.provenance


@pytest.mark.parametrize("ticked", ["0", "no", "", None, False, 0, {"value": "1"}])
def test_a_box_that_was_not_ticked_says_nothing(ledger: Ledger, ticked: Any) -> None:
    take(ledger, order(ticked), boxes={"shop": (BOX,)})
    assert Standing() == standing(ledger)


def test_a_box_that_the_shop_did_not_name_says_nothing(ledger: Ledger) -> None:
    take(ledger, order("1"))
    take(ledger, order("1"), boxes={"other": (BOX,)})
    take(ledger, order("1", attributes={"gift": "1"}), boxes={"shop": (BOX,)})
    assert [] == ledger.history("shop", ADA)


def test_a_box_asks_for_its_channel_and_its_classes(ledger: Ledger) -> None:
    box = replace(BOX, channel="sms", classes=(RELATIONSHIP,))
    take(ledger, order("1"), boxes={"shop": (box,)})
    assert Standing() == standing(ledger)
    found = ledger.standing("shop", "+4915123456789", "sms", RELATIONSHIP)
    assert Basis.CONSENT == found.basis


def test_an_old_box_does_not_end_a_newer_refusal(ledger: Ledger) -> None:
    """Orders are told again and again, each time with the box as it was at the checkout."""
    ledger.record("shop", ADA, "email", "*", Given.REFUSED, START + HOUR, source="preferences")
    take(ledger, order("1"), boxes={"shop": (BOX,)})
    assert Basis.REFUSED == standing(ledger).basis


def test_what_the_mirror_knew_before_is_caught_up_with_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PAGE", 2)
    database, states = ledger._database, list(ConsentState)
    told = [
        replace(
            consent(state, address=f"{state}@example.com", customer_id=str(number)),
            id=f"{number}/email",
        )
        for number, state in enumerate(states)
    ]
    with database.write() as tx:
        absorb(tx, "shop", Snapshot(tuple(told)), Source(START), now=START)
        absorb(
            tx,
            "shop",
            Snapshot((replace(told[0], id="9/email", deleted=True, fields={}),)),
            Source(START),
            now=START,
        )
    clock = FrozenClock(START + DAY)
    assert len(states) + 1 == importer(ledger).catch_up(database, clock, "shop")
    assert 0 == importer(ledger).catch_up(database, clock, "shop")
    found = {
        state: ledger.standing("shop", f"{state}@example.com", "email", MARKETING).basis
        for state in states
    }
    refused = dict.fromkeys((ConsentState.UNSUBSCRIBED, ConsentState.REDACTED), Basis.REFUSED)
    nothing = dict.fromkeys(states, Basis.NONE)
    assert {**nothing, **refused, ConsentState.SUBSCRIBED: Basis.CONSENT} == found


def test_catching_up_and_being_told_are_the_same(ledger: Ledger) -> None:
    record = consent(ConsentState.SUBSCRIBED)
    with ledger._database.write() as tx:
        absorb(tx, "shop", Snapshot((record,)), Source(START), now=START)
    take(ledger, record)
    importer(ledger).catch_up(ledger._database, FrozenClock(START), "shop")
    assert 1 == len(ledger.history("shop", ADA))


def test_a_refusal_without_a_time_that_is_told_again_is_none_of_its_own(ledger: Ledger) -> None:
    """Told at each import, it would otherwise end every consent that was given meanwhile."""
    refused = consent(ConsentState.UNSUBSCRIBED, at=None)
    take(ledger, refused, refused)
    assert Basis.REFUSED == standing(ledger).basis
    rows = len(ledger.history("shop", ADA))
    said = START + 2 * DAY
    ledger.record("shop", ADA, "email", MARKETING, Given.GRANTED, said, source="preferences")
    ledger._clock.advance(3 * DAY)  # type: ignore[attr-defined]
    ledger.record("shop", ADA, "email", MARKETING, Given.GRANTED, said + HOUR, source="preferences")
    take(ledger, refused)
    assert Basis.CONSENT == standing(ledger).basis
    assert rows + 2 == len(ledger.history("shop", ADA))


def test_a_refusal_without_a_time_counts_again_after_the_platform_told_of_a_consent(
    ledger: Ledger,
) -> None:
    refused = consent(ConsentState.UNSUBSCRIBED, at=None)
    again = replace(refused, updated_at=START + 2 * DAY)
    take(ledger, refused, consent(ConsentState.SUBSCRIBED), again)
    assert Basis.REFUSED == standing(ledger).basis
    assert 5 == len(ledger.history("shop", ADA))
