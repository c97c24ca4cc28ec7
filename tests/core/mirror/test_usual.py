"""What is normal is learned from the store's own past, once, and group by group."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, HOUR, MUG, World
from hypothesis import given
from hypothesis import strategies as st

from storelink.contracts.hook import Facts, Hook, Skip
from storelink.models import (
    Address,
    Money,
    Order,
    OrderStatus,
    Shipment,
    ShipmentStatus,
    ShippingLine,
    Tracking,
)
from storelink.models.usual import ENOUGH, RECENT, Course, Sketch, Usual, longest_silence, names

AUSTRIA = Address(country="AT")


class Curious(Hook[Order]):
    """Remembers what is usual by the last order that it was asked about."""

    name = "curious"

    def __init__(self) -> None:
        self.usual = Usual()
        self.order: Order | None = None

    def decide(self, subject: Order, facts: Facts, now: datetime) -> list[Skip]:
        self.usual, self.order = facts.usual, subject
        return []


def asked(world: World, curious: Curious, carrier: str = "DHL", home: Address = AUSTRIA) -> Any:
    """Ask what is usual for a new parcel."""
    order_id = world.store.place(ADA, [MUG])
    world.store.edit(order_id, shipping_address=home)
    world.store.ship(order_id, number="N", carrier=carrier)
    world.tell()
    assert curious.order is not None
    return curious.usual.transit(curious.order.shipments[0], curious.order, home="AT")


def past(world: World, days: float, number: int, carrier: str = "DHL") -> None:
    """Let so many parcels to Austria arrive after so many days, each packed in two hours."""
    ids = [world.store.place(ADA, [MUG]) for _ in range(number)]
    world.clock.advance(2 * HOUR)
    for one in ids:
        world.store.edit(one, shipping_address=AUSTRIA)
    sent = {one: world.store.ship(one, number=one, carrier=carrier) for one in ids}
    for step in (0.25, 0.75):
        world.clock.advance(step * days * DAY)
        status = ShipmentStatus.IN_TRANSIT if step == 0.25 else ShipmentStatus.DELIVERED
        for one, parcel in sent.items():
            world.store.scan(one, parcel, status)
    world.absorb()
    world.link.sweep("shop")


@pytest.fixture
def curious() -> Curious:
    return Curious()


@pytest.fixture
def world(new_world: Callable[..., World], curious: Curious) -> World:
    return new_world(hooks=[curious])


def test_a_shop_learns_from_its_own_parcels(world: World, curious: Curious) -> None:
    before = asked(world, curious)
    past(world, 4, 20)
    few = asked(world, curious)
    past(world, 8, 20)
    after = asked(world, curious)

    assert 0 == before.of == few.of
    assert (40, "carrier=dhl/to=at") == (after.of, after.group)
    assert [4 * DAY, 8 * DAY, 8 * DAY] == [after.p50, after.p80, after.p95]


def test_how_long_packing_takes_is_asked_of_orders_that_are_not_shipped(
    world: World, curious: Curious
) -> None:
    past(world, 4, 35)
    world.timeline.place(ADA, [MUG])
    handling = curious.usual.handling()
    assert handling is not None
    assert (35, 2 * HOUR, 2 * HOUR) == (handling.of, handling.p50, handling.p95)


def test_a_parcel_that_was_called_off_is_none(world: World, curious: Curious) -> None:
    past(world, 4, 35)
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.scan(order_id, world.timeline.ship(order_id), ShipmentStatus.CANCELLED)
    assert curious.usual.handling() is not None


def test_what_is_known_is_learned_once(world: World, curious: Curious) -> None:
    past(world, 4, 32)
    before = asked(world, curious)
    for _ in range(3):
        world.link.sweep("shop")
    assert before == asked(world, curious)


def test_a_carrier_that_is_new_is_judged_by_the_others(world: World, curious: Curious) -> None:
    past(world, 4, 32)
    same = asked(world, curious, carrier="Post")
    elsewhere = asked(world, curious, carrier="Post", home=Address(country="JP"))
    assert ("to=at", "") == (same.group, elsewhere.group)
    assert 4 * DAY == same.p95 == elsewhere.p95


def test_the_longest_silence_is_learned(world: World, curious: Curious) -> None:
    past(world, 4, 32)
    asked(world, curious)
    assert curious.order is not None
    silence = curious.usual.silence(curious.order.shipments[0], curious.order)
    assert 3 * DAY == silence.p95
    assert curious.usual.shows_scans
    assert curious.usual.shows_arrivals


# -- values ----------------------------------------------------------------------------------------

AT = datetime(2026, 11, 2, tzinfo=UTC)
PARCEL = Shipment(id="7", order_id="1", tracking=(Tracking(number="N", carrier=" DHL "),))


def an_order(country: str | None = "AT") -> Order:
    return Order(
        id="1",
        store="shop",
        number="#1",
        status=OrderStatus.OPEN,
        currency="EUR",
        total=Money("1", "EUR"),
        shipping_address=Address(country=country),
        shipping=(ShippingLine(title="Express/Air", code=None),),
    )


def test_groups_widen_step_by_step() -> None:
    assert [
        "transit/carrier=dhl/service=express%2Fair/to=at",
        "transit/carrier=dhl/to=at",
        "transit/to=at",
        "transit",
    ] == names(Course.TRANSIT, PARCEL, an_order())
    assert ["silence"] == names(Course.SILENCE, Shipment(id="7", order_id="1"), an_order(None))


@pytest.mark.parametrize(
    ("home", "country", "days"),
    [
        ("AT", "AT", 8),
        ("at", "DE", 9),
        ("AT", "US", 21),
        ("US", "US", 8),
        (None, "AT", 21),
        ("AT", None, 21),
    ],
    ids=["domestic", "in the Union", "abroad", "domestic elsewhere", "from nowhere", "to nowhere"],
)
def test_the_table_is_for_who_has_no_past(home: str, country: str | None, days: int) -> None:
    usual = Usual().transit(PARCEL, an_order(country), home=home)
    assert (timedelta(days), 0) == (usual.p95, usual.of)


@given(st.lists(st.integers(1, 10_000), min_size=ENOUGH, max_size=RECENT))
def test_percentiles_are_durations_that_there_were(minutes: list[int]) -> None:
    usual = Usual({"transit": Sketch(len(minutes), tuple(minutes))})
    found = usual.transit(PARCEL, an_order())
    assert found.p50 <= found.p80 <= found.p95
    for share, one in ((0.5, found.p50), (0.8, found.p80), (0.95, found.p95)):
        assert sum(minute * 60 <= one.total_seconds() for minute in minutes) >= share * len(minutes)
        assert one.total_seconds() / 60 in minutes


@given(st.lists(st.integers(1, 9)), st.lists(st.integers(1, 9)))
def test_a_sketch_keeps_the_newest(old: list[int], new: list[int]) -> None:
    sketch = Sketch().with_more([0] * RECENT).with_more(old).with_more(new)
    assert RECENT == len(sketch.recent)
    assert RECENT + len(old) + len(new) == sketch.of
    assert tuple(old + new) == sketch.recent[RECENT - len(old) - len(new) :]


def test_a_parcel_that_nobody_reported_on_says_nothing_of_silence() -> None:
    sent = PARCEL.model_copy(update={"shipped_at": AT, "delivered_at": AT + DAY})
    assert longest_silence(sent) is None
