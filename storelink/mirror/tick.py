"""Facts that only time causes, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from storelink.events.types import CheckoutAbandoned, CheckoutRecovered, ShipmentOverdue
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Version, micros
from storelink.models.checkout import Checkout
from storelink.models.enums import OrderStatus, ShipmentStatus
from storelink.models.order import Order
from storelink.models.shipment import Shipment

ABANDONED_AFTER = timedelta(hours=1)
"""How long nobody goes on with a checkout before it counts as abandoned."""

_ARRIVED = {
    ShipmentStatus.DELIVERED,
    ShipmentStatus.READY_FOR_PICKUP,
    ShipmentStatus.RETURNING,
    ShipmentStatus.RETURNED,
    ShipmentStatus.CANCELLED,
}


def ticks(subject: Order | Checkout, now: datetime) -> list[Fact]:
    """Return what the passing of time has made true of *subject* by *now*."""
    if isinstance(subject, Checkout):
        abandoned = _abandoned(subject)
        return [abandoned] if abandoned is not None and abandoned.event.at <= now else []
    order = subject
    return [
        Fact(_overdue(order, shipment, promised), Version(micros(promised), -1))
        for shipment, promised in _promises(order)
        if promised <= now
    ]


def next_tick(subject: Order | Checkout, now: datetime) -> datetime | None:
    """Return when time will next make something true of *subject*, if nothing else happens."""
    if isinstance(subject, Checkout):
        abandoned = _abandoned(subject)
        times = [abandoned.event.at] if abandoned is not None else []
    else:
        times = [promised for _, promised in _promises(subject)]
    return min((time for time in times if time > now), default=None)


def recovered(checkout: Checkout, order_id: str | None) -> list[Fact]:
    """Return that *checkout*, which had been abandoned before, became an order, if it did.

    Args:
        checkout: as it is known now.
        order_id: the order that says that it came from the checkout.
    """
    if checkout.completed_at is None:
        return []
    event = CheckoutRecovered(
        id=f"{checkout.store}/checkout/{checkout.id}/recovered",
        store=checkout.store,
        at=checkout.completed_at,
        checkout_id=checkout.id,
        order_id=order_id,
        customer_id=checkout.customer_id,
    )
    told_at = checkout.updated_at or checkout.completed_at
    return [Fact(event, Version(micros(told_at), -1))]


def _abandoned(checkout: Checkout) -> Fact | None:
    """Return that nobody goes on with the checkout: true from the fact's own time on."""
    contact, left_at = checkout.contact, checkout.updated_at or checkout.created_at
    if checkout.completed_at or checkout.deleted_at or left_at is None:
        return None
    if not contact.email and not contact.phone:
        return None
    at = left_at + ABANDONED_AFTER
    event = CheckoutAbandoned(
        id=f"{checkout.store}/checkout/{checkout.id}/abandoned/{at.isoformat()}",
        store=checkout.store,
        at=at,
        checkout_id=checkout.id,
        customer_id=checkout.customer_id,
    )
    return Fact(event, Version(micros(at), -1))


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
