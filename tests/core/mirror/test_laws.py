"""Merging is a join: neither the order nor the number of tellings matters."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from core.mirror.shelf import ZERO, at
from hypothesis import given
from hypothesis import strategies as st

from storelink.events import OrderRefunded, ShipmentDelayed
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Held, Source, Version, merge
from storelink.mirror.rows import event_row
from storelink.mirror.telling import is_better
from storelink.models import Kind, Money, Record, Scan, ShipmentStatus


class Telling(NamedTuple):
    record: Record
    source: Source


versions = st.none() | st.integers(0, 3).map(at)
hints = st.integers(0, 6).map(lambda second: Source(at(second)))

order_fields = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["pending", "open", "cancelled"]),
        "number": st.sampled_from(["#1", "#2"]),
        "tags": st.sampled_from([(), ("gift",)]),
        "paid_at": st.none() | st.integers(0, 2).map(at),
        "total": st.sampled_from([Money("1", "EUR"), Money("1.00", "EUR"), Money("2", "EUR")]),
    },
)
orders = st.builds(
    Record,
    kind=st.just(Kind.ORDER),
    id=st.just("1"),
    updated_at=versions,
    fields=order_fields,
    children=st.fixed_dictionaries(
        {}, optional={"shipments": st.sampled_from([(), ("p",), ("q", "p"), ("p", "q")])}
    ),
    deleted=st.booleans(),
    needs_read=st.none() | st.just("a delta"),
    raw=st.sampled_from([{}, {"a": 1}, {"a": 2}]),
)
scans = st.builds(
    Scan,
    id=st.sampled_from(["s", "t"]),
    status=st.sampled_from(ShipmentStatus),
    at=st.integers(0, 2).map(at),
)
parcels = st.builds(
    Record,
    kind=st.just(Kind.SHIPMENT),
    id=st.just("p"),
    order_id=st.just("1"),
    within=st.just("shipments"),
    updated_at=versions,
    fields=st.fixed_dictionaries({}, optional={"status": st.sampled_from(["in_transit", "x"])}),
    scans=st.lists(scans, max_size=2).map(tuple),
)

webhooks = st.builds(Telling, orders, hints) | st.builds(Telling, parcels, hints)


@st.composite
def several(draw: st.DrawFn, *, reads: bool) -> list[Telling]:
    """Tellings of one object: webhooks in any number, and reads that began at different times."""
    records = draw(st.sampled_from([orders, parcels]))
    told = draw(st.lists(st.builds(Telling, records, hints), min_size=1, max_size=6))
    moments = draw(st.lists(st.integers(0, 6), unique=True, max_size=3 if reads else 0))
    for second in moments:
        told.append(Telling(draw(records), Source(at(second + 0.5), is_read=True)))
    return draw(st.permutations(told))


def told(tellings: Sequence[Telling]) -> Held:
    held = None
    for record, source in tellings:
        held = merge(held, record, source)
    assert held is not None
    return held


def state(held: Held) -> dict[str, Any]:
    """What must not depend on the order of arrival: everything but the open questions."""
    return {"cells": dict(held.cells), "seen": held.seen, "order_id": held.order_id}


@given(several(reads=True), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_state(tellings: list[Telling], chance: random.Random) -> None:
    shuffled = [*tellings]
    chance.shuffle(shuffled)
    assert state(told(tellings)) == state(told(shuffled))


@given(several(reads=False), st.randoms(use_true_random=False))
def test_repeated_webhooks_change_nothing(tellings: list[Telling], chance: random.Random) -> None:
    doubled = tellings * 2
    chance.shuffle(doubled)
    once, twice = told(tellings), told(doubled)
    assert state(once) == state(twice)
    assert once.is_deleted == twice.is_deleted
    assert once.deleted_since == twice.deleted_since


@given(several(reads=True))
def test_the_last_telling_repeated_changes_no_value(tellings: list[Telling]) -> None:
    once = told(tellings)
    again = merge(once, *tellings[-1])
    assert {name: cell.value for name, cell in once.cells.items()} == {
        name: cell.value for name, cell in again.cells.items()
    }
    assert once.is_deleted == again.is_deleted


@given(several(reads=True), several(reads=True))
def test_a_later_read_has_the_last_word(one: list[Telling], other: list[Telling]) -> None:
    """Whatever was told and in whatever order: after one more read, all is as it says."""
    kind = one[0].record.kind
    known = told([telling for telling in [*one, *other] if telling.record.kind is kind])
    final = Record(kind=kind, id=known.id, updated_at=at(9), fields={"status": "unknown"})
    settled = merge(known, final, Source(at(60), is_read=True))
    assert settled.needs_read_since is None
    assert settled.needs_read is None
    assert not settled.is_deleted
    assert "unknown" == settled.value("status")
    assert not settled.cells["status"].tied


@given(st.lists(st.builds(Telling, orders, hints), min_size=1, max_size=6))
def test_a_deletion_mutes_whatever_else_is_told_by_webhook(tellings: list[Telling]) -> None:
    expected = any(telling.record.deleted for telling in tellings)
    assert expected == told(tellings).is_deleted


# -- facts -----------------------------------------------------------------------------------------

refunds = st.builds(
    OrderRefunded,
    id=st.just("shop/refund/9/refunded"),
    store=st.just("shop"),
    at=st.integers(0, 3).map(lambda micros: ZERO + timedelta(microseconds=micros)),
    exact=st.booleans(),
    order_id=st.just("1"),
    refund_id=st.just("9"),
    amount=st.none() | st.sampled_from([Money("1", "EUR"), Money("2", "EUR")]),
)
facts = st.builds(
    Fact,
    refunds,
    st.builds(Version, st.integers(-1, 2), st.integers(-1, 2)),
)


def better(known: Fact, told: Fact) -> Fact:
    """The telling that stands."""
    stands = is_better(event_row(told, ZERO), event_row(known, ZERO))
    return told if stands else known


def same(one: Fact, other: Fact) -> bool:
    """Two tellings of a fact are the same when the same event is known."""
    return one.event == other.event


@given(facts, facts)
def test_the_better_telling_does_not_depend_on_the_order(one: Fact, other: Fact) -> None:
    assert same(better(one, other), better(other, one))


@given(facts, facts, facts)
def test_the_better_telling_does_not_depend_on_the_grouping(a: Fact, b: Fact, c: Fact) -> None:
    assert same(better(better(a, b), c), better(a, better(b, c)))


@given(facts, facts)
def test_the_better_telling_is_one_of_the_two(one: Fact, other: Fact) -> None:
    winner = better(one, other)
    assert winner in (one, other)
    assert same(winner, better(winner, one))
    assert same(winner, better(winner, other))


@given(facts, facts)
def test_an_exact_time_beats_an_estimate_and_an_estimate_is_the_earliest(
    one: Fact, other: Fact
) -> None:
    winner = better(one, other).event
    assert winner.exact == (one.event.exact or other.event.exact)
    if not winner.exact:
        assert min(one.event.at, other.event.at) == winner.at


def test_of_two_equal_tellings_the_one_that_says_more_stands() -> None:
    """One payload tells the new promise, another of the same second leaves it out."""
    silent = ShipmentDelayed(
        id="x", store="shop", at=ZERO, order_id="1", shipment_id="p", scan_id="s"
    )
    telling = silent.model_copy(update={"promised_at": ZERO + timedelta(days=2)})
    version = Version(5, -1)
    known, told_later = Fact(silent, version), Fact(telling, version)
    assert telling == better(known, told_later).event
    assert telling == better(told_later, replace(known)).event
