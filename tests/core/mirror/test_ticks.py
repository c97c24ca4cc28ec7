"""Facts that only time causes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from core.mirror.shelf import at

from storelink.mirror import next_tick, ticks
from storelink.models import Money, Order, Shipment, ShipmentStatus

PROMISE = at(100)


def an_order(*shipments: Shipment, **fields: Any) -> Order:
    told = {"id": "1", "store": "shop", "number": "#1", "status": "open", "currency": "EUR"}
    return Order.model_validate(
        {**told, "total": Money("1", "EUR"), "shipments": shipments, **fields}
    )


def a_parcel(parcel_id: str = "p", **fields: Any) -> Shipment:
    fields = {"estimated_delivery_at": PROMISE, **fields}
    return Shipment.model_validate({"id": parcel_id, "order_id": "1", **fields})


def test_a_promise_breaks_at_its_own_instant() -> None:
    order = an_order(a_parcel())
    assert [] == ticks(order, PROMISE - timedelta(microseconds=1))
    (fact,) = ticks(order, PROMISE)
    assert ("shipment.overdue", PROMISE) == (fact.event.type, fact.event.at)
    assert f"shop/shipment/p/overdue/{PROMISE.isoformat()}" == fact.event.id


def test_the_next_tick_is_the_next_promise() -> None:
    order = an_order(
        a_parcel("p"),
        a_parcel("q", estimated_delivery_at=at(50)),
        a_parcel("r", estimated_delivery_at=None),
    )
    assert at(50) == next_tick(order, at(1))
    assert PROMISE == next_tick(order, at(50))
    assert next_tick(order, PROMISE) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"status": ShipmentStatus.DELIVERED},
        {"status": ShipmentStatus.READY_FOR_PICKUP},
        {"status": ShipmentStatus.RETURNING},
        {"status": ShipmentStatus.RETURNED},
        {"status": ShipmentStatus.CANCELLED},
        {"delivered_at": at(90)},
        {"estimated_delivery_at": None},
    ],
)
def test_a_parcel_that_is_not_under_way_is_not_late(fields: dict[str, Any]) -> None:
    order = an_order(a_parcel(**fields))
    assert [] == ticks(order, at(200))
    assert next_tick(order, at(1)) is None


@pytest.mark.parametrize(
    "fields", [{"deleted_at": at(5)}, {"cancelled_at": at(5)}, {"status": "cancelled"}]
)
def test_an_order_that_is_off_is_not_late(fields: dict[str, Any]) -> None:
    assert [] == ticks(an_order(a_parcel(), **fields), at(200))
