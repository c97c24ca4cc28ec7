"""Orders and parcels as no shop would enter them on purpose, and yet does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from core.world import ADA, DAY, MUG, START, TEA, World

from storelink.contracts import Facts, Reason, Send, Skip
from storelink.events import OrderCompleted, OrderPlaced, ShipmentCreated
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.models import (
    LineItem,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Person,
    Shipment,
    Tracking,
)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    return new_world(hooks=[TrackingUpdates()])


def test_one_number_on_two_records_is_told_once(world: World) -> None:
    """A plugin and the platform, or the same number entered twice."""
    order_id = world.timeline.place(ADA, [MUG, TEA])
    first = world.timeline.ship(order_id, number="SAME")
    world.wait(DAY)
    second = world.timeline.ship(order_id, number="SAME")
    world.timeline.ship(order_id, number="OTHER")
    world.wait(30 * DAY)

    told = [key.partition("shipment:")[2].partition("/")[0] for key in world.sent()]
    assert first in told
    assert second not in told
    assert 2 == len(told)
    assert "another parcel of the order carries the same tracking number" in str(
        world.link.explain("shop", order_id)
    )


def test_when_the_told_record_goes_its_twin_stays_quiet_no_longer(world: World) -> None:
    """The number is told through the record that stands."""
    order_id = world.timeline.place(ADA, [MUG, TEA])
    first = world.store.ship(order_id, number="SAME", carrier="DHL")
    second = world.store.ship(order_id, number="SAME", carrier="DHL")
    world.store.untrack(order_id, first)
    world.tell()
    assert [f"tracking/shipment:{second}/created"] == world.sent()


@pytest.mark.parametrize(
    ("status", "reason"),
    [(OrderStatus.DRAFT, Reason.NOT_PLACED), (OrderStatus.FAILED, Reason.PAYMENT_FAILED)],
)
def test_a_parcel_of_what_is_no_order_is_not_told(status: OrderStatus, reason: Reason) -> None:
    parcel = Shipment(id="7", order_id="1", tracking=(Tracking(number="N"),))
    order = an_order(status=status, shipments=(parcel,))
    facts = Facts([happened(ShipmentCreated, "7/created", shipment_id="7")])
    decisions = list(TrackingUpdates().decide(order, facts, START))
    assert [reason] == [one.reason for one in decisions if isinstance(one, Skip)]


def test_the_number_is_not_told_before_the_order_was_paid() -> None:
    """A notice that was dated back does not overtake the thank-you."""
    parcel = Shipment(id="7", order_id="1", tracking=(Tracking(number="N"),))
    order = an_order(paid_at=START, shipments=(parcel,))
    early = happened(ShipmentCreated, "7/created", shipment_id="7", at=START - DAY)
    (decision,) = TrackingUpdates().decide(order, Facts([early]), START)
    assert isinstance(decision, Send)
    assert START == decision.due_at


def test_a_removed_parcel_does_not_move_the_review() -> None:
    order = an_order(status=OrderStatus.COMPLETED)
    facts = Facts(
        [
            happened(OrderCompleted, "completed"),
            happened(ShipmentCreated, "9/created", shipment_id="9", at=START + 3 * DAY),
        ]
    )
    person = Person(store="shop", key="ada", orders=(order,))
    (decision,) = ReviewRequest().decide(person, facts, START)
    assert isinstance(decision, Send)
    assert START + timedelta(days=12) == decision.due_at


def test_a_status_that_nobody_knows_is_said_to_be_so() -> None:
    """Cash on delivery and a status of the shop's own: good or not, nobody can say."""
    order = an_order(
        status=OrderStatus.UNKNOWN,
        payment_status=PaymentStatus.PENDING,
        payment_methods=("cod",),
    )
    (thanks,) = ThankYou().decide(order, Facts([happened(OrderPlaced, "placed")]), START)
    person = Person(store="shop", key="ada", orders=(order,))
    (review,) = ReviewRequest().decide(person, Facts(), START)
    assert [Reason.UNKNOWN_STATUS] * 2 == [
        one.reason for one in (thanks, review) if isinstance(one, Skip)
    ]


def an_order(**fields: object) -> Order:
    line = LineItem(id="1", title="Mug", product_id="p", quantity=1, total=Money("12", "EUR"))
    known = {
        "id": "1",
        "store": "shop",
        "number": "#1",
        "status": OrderStatus.OPEN,
        "payment_status": PaymentStatus.PAID,
        "currency": "EUR",
        "total": Money("12", "EUR"),
        "contact": ADA,
        "lines": (line,),
    }
    return Order.model_validate({**known, **fields})


def happened(kind: type, what: str, **fields: object):
    known = {"id": f"shop/{what}", "store": "shop", "order_id": "1", "at": START}
    return kind.model_validate({**known, **fields})
