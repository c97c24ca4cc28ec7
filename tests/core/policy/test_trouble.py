"""What is wrong with an order keeps everything away that the order does not need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from core.world import ADA, DAY, MUG, World

from storelink.consent import Given
from storelink.delivery.lawful import Rules
from storelink.events import Event, OrderPaid
from storelink.events.types import (
    OrderStalled,
    ReturnAsked,
    ShipmentDelivered,
    ShipmentException,
    ShipmentOverdue,
    ShipmentStuck,
)
from storelink.hooks import ProactiveCare
from storelink.models import (
    Address,
    Message,
    MessageClass,
    MessageState,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Refund,
    RefundLine,
    Return,
    ReturnLine,
    Shipment,
    ShipmentStatus,
)
from storelink.policy.trouble import open_return, open_trouble
from storelink.rendering import Brand

NOW = datetime(2026, 11, 10, tzinfo=UTC)


def happened(kind: type[Event], days_ago: float, **fields: Any) -> Event:
    what = {"id": f"{kind.type}/{days_ago}", "store": "shop", "order_id": "1"}
    return kind(**{**what, "at": NOW - timedelta(days=days_ago), **fields})


STALLED = happened(OrderStalled, 1, promised_at=NOW)
STUCK = happened(ShipmentStuck, 1, shipment_id="7", why="silent")
OVERDUE = happened(ShipmentOverdue, 1, shipment_id="7", promised_at=NOW)
DAMAGED = happened(ShipmentException, 1, shipment_id="7", scan_id="9")
ARRIVED = happened(ShipmentDelivered, 0.5, shipment_id="7")
PARCEL = Shipment(id="7", order_id="1", status=ShipmentStatus.IN_TRANSIT)


class Case(NamedTuple):
    """What is known of an order, and whether anything is wrong."""

    events: tuple[Event, ...]
    is_open: bool
    order: Mapping[str, Any] = {}


SENT = {"shipments": (PARCEL,)}
CASES = {
    "nothing happened": Case((), False),
    "stalled": Case((STALLED,), True),
    "stalled for long": Case((happened(OrderStalled, 90, promised_at=NOW),), True),
    "stalled, and shipped since": Case((STALLED,), False, SENT),
    "stalled, and completed since": Case((STALLED,), False, {"status": OrderStatus.COMPLETED}),
    "stalled, and cancelled since": Case((STALLED,), False, {"status": OrderStatus.CANCELLED}),
    "stalled, and refunded since": Case(
        (STALLED,), False, {"payment_status": PaymentStatus.REFUNDED}
    ),
    "stalled, and deleted since": Case((STALLED,), False, {"deleted_at": NOW}),
    "stalled from tomorrow on": Case((happened(OrderStalled, -1, promised_at=NOW),), False),
    "another order is stalled": Case(
        (happened(OrderStalled, 1, promised_at=NOW, order_id="2"),), False
    ),
    "a parcel is stuck": Case((STUCK,), True, SENT),
    "a parcel is overdue": Case((OVERDUE,), True, SENT),
    "a parcel is damaged": Case((DAMAGED,), True, SENT),
    "it arrived since": Case((OVERDUE, ARRIVED), False, SENT),
    "it arrived, by its status": Case(
        (STUCK,),
        False,
        {"shipments": (PARCEL.model_copy(update={"status": ShipmentStatus.DELIVERED}),)},
    ),
    "it was taken off": Case((STUCK,), False),
    "refunded since": Case((STUCK,), False, {**SENT, "payment_status": PaymentStatus.REFUNDED}),
    "nothing was heard of it for weeks": Case(
        (happened(ShipmentOverdue, 15, shipment_id="7", promised_at=NOW),), False, SENT
    ),
    "one of two arrived": Case(
        (STUCK, ARRIVED, happened(ShipmentStuck, 1, shipment_id="8", why="late")),
        True,
        {"shipments": (PARCEL, PARCEL.model_copy(update={"id": "8"}))},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_trouble(case: Case) -> None:
    order = Order(
        **{
            "id": "1",
            "store": "shop",
            "number": "#1",
            "status": OrderStatus.OPEN,
            "payment_status": PaymentStatus.PAID,
            "currency": "EUR",
            "total": Money("12", "EUR"),
            **case.order,
        }
    )
    told = open_trouble(order, case.events, NOW)
    assert case.is_open == (told is not None)
    assert told is None or "#1" in told


ASKED = happened(ReturnAsked, 1, answer_id="return/1-a")


@pytest.mark.parametrize(
    ("event", "returns", "is_open"),
    [
        (ASKED, [], True),
        (happened(ReturnAsked, 15, answer_id="return/1-a"), [], False),
        (ASKED, [Return(id="r", order_id="1", key="1-a", status="declined")], False),
        (ASKED, [Return(id="r", order_id="1", key="1-b", status="declined")], True),
    ],
)
def test_a_request_on_its_way_to_the_store_is_a_return(
    event: Event, returns: list[Return], is_open: bool
) -> None:
    known: dict[str, Any] = {"id": "1", "store": "shop", "number": "#1", "currency": "EUR"}
    known |= {"status": OrderStatus.OPEN, "total": Money("12", "EUR")}
    order = Order(**known, returns=returns)
    assert is_open is (open_trouble(order, [event], NOW) is not None)


def going_back(status: str, received: int = 0, **fields: Any) -> Return:
    line = ReturnLine(line_id="1", quantity=1, processed_quantity=received)
    known = {"id": "r", "order_id": "1", "status": status, "lines": (line,), "requested_at": NOW}
    return Return(**{**known, **fields})


PAID_BACK = Refund(id="m", order_id="1", lines=(RefundLine(line_id="1", quantity=1),))
A_SUM = Refund(id="m", order_id="1", lines=())


@pytest.mark.parametrize(
    ("back", "refunds", "days", "is_open"),
    [
        (going_back("requested"), (), 0, True),
        (going_back("open"), (), 59, True),
        (going_back("open"), (), 60, False),
        (going_back("open", approved_at=NOW + 20 * DAY), (), 60, True),
        (going_back("requested", requested_at=None), (), 70, True),
        (going_back("requested", requested_at=None), (), 90, False),
        (going_back("declined"), (), 0, False),
        (going_back("cancelled"), (), 0, False),
        (going_back("closed"), (), 0, False),
        (going_back("open", 1), (), 0, True),
        (going_back("open", 1), (), 70, True),
        (going_back("open", 1), (), 90, False),
        (going_back("open", 1), (PAID_BACK,), 0, False),
        (going_back("open", 1), (A_SUM,), 0, False),
        (going_back("open"), (PAID_BACK,), 0, True),
        (going_back("open", exchanged=True), (), 0, False),
        (going_back("open", lines=None), (PAID_BACK,), 0, True),
    ],
)
def test_a_return_is_open_until_it_is_made_good(
    back: Return, refunds: tuple[Refund, ...], days: int, is_open: bool
) -> None:
    known: dict[str, Any] = {"id": "1", "store": "shop", "number": "#1", "currency": "EUR"}
    known |= {"status": OrderStatus.OPEN, "total": Money("12", "EUR")}
    known |= {"updated_at": NOW + 20 * DAY}  # when the goods came
    order = Order(**known, returns=(back,), refunds=refunds)
    assert is_open is (open_return(order, NOW + days * DAY) is not None)


def test_an_advertisement_waits_until_the_late_order_is_shipped() -> None:
    """Also one about another order of the same person; what the order needs goes."""
    world = World(
        hooks=[ProactiveCare(ships_within=DAY)],
        policy=Rules(limits=()),
        site_url="https://hooks.example",
        brand=Brand(name="Shop", address="Shop, 1 Main Street, Springfield"),
    )

    @world.link.hook(OrderPaid, key="offer", after=2 * DAY)
    def offer() -> Message:
        return Message(
            "offer", subject="Hi", text="Ten percent off", message_class=MessageClass.MARKETING
        )

    world.link.consents.record(
        "shop", str(ADA.email), "email", MessageClass.MARKETING, Given.CONFIRMED, source="page"
    )
    late = world.store.place(ADA, [MUG])
    world.store.edit(late, shipping_address=Address(country="US", region="CA"))
    world.tell()
    world.wait(4 * DAY)
    offered = f"offer/order:{late}/order/{late}/paid"

    assert [f"proactive_care/order:{late}/stalled"] == world.sent()
    assert (MessageState.WAITING, "muted") == world.state(offered)
    assert f"order #{late} should have been shipped" in world.said(late)["offer"]

    world.timeline.ship(late)
    world.wait(2 * DAY)
    assert offered in world.sent()
