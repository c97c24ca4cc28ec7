"""Facts that only time causes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from storelink.events.types import ShipmentOverdue
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Version, micros
from storelink.models.enums import OrderStatus, ShipmentStatus
from storelink.models.order import Order
from storelink.models.shipment import Shipment

_ARRIVED = {
    ShipmentStatus.DELIVERED,
    ShipmentStatus.READY_FOR_PICKUP,
    ShipmentStatus.RETURNING,
    ShipmentStatus.RETURNED,
    ShipmentStatus.CANCELLED,
}


def ticks(order: Order, now: datetime) -> list[Fact]:
    """Return what the passing of time has made true of *order* by *now*."""
    return [
        Fact(_overdue(order, shipment, promised), Version(micros(promised), -1))
        for shipment, promised in _promises(order)
        if promised <= now
    ]


def next_tick(order: Order, now: datetime) -> datetime | None:
    """Return when time will next make something true of *order*, if nothing else happens."""
    return min((promised for _, promised in _promises(order) if promised > now), default=None)


def _promises(order: Order) -> Iterator[tuple[Shipment, datetime]]:
    """Parcels under way, each with the promise that stands; an order that is off has none."""
    if order.deleted_at or order.cancelled_at or order.status is OrderStatus.CANCELLED:
        return
    for shipment in order.shipments:
        promised = shipment.estimated_delivery_at
        if promised and shipment.status not in _ARRIVED and shipment.delivered_at is None:
            yield shipment, promised


def _overdue(order: Order, shipment: Shipment, promised: datetime) -> ShipmentOverdue:
    return ShipmentOverdue(
        id=f"{order.store}/shipment/{shipment.id}/overdue/{promised.isoformat()}",
        store=order.store,
        at=promised,
        order_id=order.id,
        shipment_id=shipment.id,
        promised_at=promised,
    )
