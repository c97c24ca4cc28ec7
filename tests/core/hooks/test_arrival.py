"""When an order is taken to have arrived: by what is told, and never against it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storelink.contracts.hook import Facts, Reason
from storelink.events.types import Event, OrderCompleted, ShipmentDelivered
from storelink.hooks.arrival import USUAL_TRANSIT, Arrival, arrived
from storelink.models import (
    LineItem,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Scan,
    Shipment,
    ShipmentLine,
)
from storelink.models.enums import ShipmentStatus as S

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DONE = OrderCompleted(id="c", store="shop", at=START, order_id="1")


def came(parcel: str, day: float) -> Event:
    about = {"store": "shop", "order_id": "1", "shipment_id": parcel}
    return ShipmentDelivered(id=f"d{parcel}", at=START + day * DAY, **about)


def parcel(status: S, key: str = "p", *scanned: float, **fields: Any) -> Shipment:
    scans = [Scan(id=str(day), status=status, at=START + day * DAY) for day in scanned]
    return Shipment(id=key, order_id="1", status=status, scans=tuple(scans), **fields)


def order(*parcels: Shipment, **fields: Any) -> Order:
    told = {"id": "1", "store": "shop", "number": "#1", "currency": "EUR", "shipments": parcels}
    given = {"status": OrderStatus.COMPLETED, "payment_status": PaymentStatus.PAID, **fields}
    return Order(**told, total=Money("12.00", "EUR"), **given)


def holds(quantity: int) -> tuple[ShipmentLine, ...]:
    return (ShipmentLine(line_id="l", quantity=quantity),)


ONE, TWO = holds(1), holds(2)
LINES = (LineItem(id="l", title="Mug", quantity=2),)

CASES: dict[str, tuple[Order, list[Event], float | Reason]] = {
    "where nobody reports on parcels, after the usual time": (order(), [DONE], 5),
    "a parcel of which nothing is heard": (order(parcel(S.UNKNOWN)), [DONE], 5),
    "a label says nothing of where it is": (order(parcel(S.LABEL_CREATED)), [DONE], 5),
    "not before the promised day": (
        order(parcel(S.UNKNOWN, estimated_delivery_at=START + 12 * DAY)), [DONE], 12
    ),
    "a promise that was easily kept changes nothing": (
        order(parcel(S.UNKNOWN, estimated_delivery_at=START + 3 * DAY)), [DONE], 5
    ),
    "not while its carrier reports on it": (
        order(parcel(S.IN_TRANSIT, "p", 1, 4)), [DONE], 18
    ),
    "also where it shows only where the parcel is": (
        order(parcel(S.IN_TRANSIT, updated_at=START + 4 * DAY)), [DONE], 18
    ),
    "a delivery counts by itself": (order(parcel(S.DELIVERED, "p", 1)), [DONE, came("p", 1)], 1),
    "what is left of two parcels is waited for": (
        order(parcel(S.DELIVERED, "a", 1), parcel(S.IN_TRANSIT, "b", 4)), [DONE, came("a", 1)], 18
    ),
    "what was delivered is not": (
        order(parcel(S.DELIVERED, "a", 4), parcel(S.UNKNOWN, "b")), [DONE, came("a", 4)], 5
    ),
    "what was cancelled is not": (order(parcel(S.CANCELLED, "p", 4)), [DONE], 5),
    **{
        f"not a parcel that is {status}": (order(parcel(status)), [DONE], Reason.NOT_DELIVERED)
        for status in (S.ATTEMPTED, S.EXCEPTION, S.READY_FOR_PICKUP, S.RETURNING, S.RETURNED)
    },
    "what was sent anew": (
        order(parcel(S.RETURNED, "a", lines=TWO), parcel(S.DELIVERED, "b", 3, lines=TWO),
              lines=LINES),
        [DONE, came("b", 3)], 3,
    ),
    "what was sent anew, and is under way": (
        order(parcel(S.EXCEPTION, "a", lines=TWO), parcel(S.IN_TRANSIT, "b", 3, lines=TWO),
              lines=LINES),
        [DONE], 17,
    ),
    "what was sent anew, and is back again": (
        order(parcel(S.RETURNED, "a", lines=TWO), parcel(S.RETURNED, "b", 3, lines=TWO),
              lines=LINES),
        [DONE], Reason.NOT_DELIVERED,
    ),
    "not what was sent anew in part": (
        order(parcel(S.RETURNED, "a", lines=TWO), parcel(S.DELIVERED, "b", 3, lines=ONE),
              lines=LINES),
        [DONE, came("b", 3)], Reason.NOT_DELIVERED,
    ),
    "not an order that is not completed": (
        order(status=OrderStatus.OPEN), [DONE], Reason.NOT_DELIVERED
    ),
    "not one that nobody paid for": (
        order(payment_status=PaymentStatus.VOIDED), [DONE], Reason.NOT_PAID
    ),
    "not one whose authorization ran out": (
        order(payment_status=PaymentStatus.EXPIRED), [DONE], Reason.NOT_PAID
    ),
}  # fmt: skip


@pytest.mark.parametrize(("about", "facts", "expected"), CASES.values(), ids=CASES)
def test_when_an_order_arrived(about: Order, facts: list[Event], expected: float | Reason) -> None:
    found = arrived(about, Facts(facts), USUAL_TRANSIT)
    if isinstance(found, Arrival):
        assert START + timedelta(days=float(expected)) == found.at
    else:
        assert expected is found
