"""What is wrong with an order, and not yet put right: until then nobody wants to be sold more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from storelink.events.types import (
    Event,
    OrderStalled,
    ReturnAsked,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentEvent,
    ShipmentException,
    ShipmentOverdue,
    ShipmentReadyForPickup,
    ShipmentStuck,
)
from storelink.models.enums import FulfillmentStatus, OrderStatus, PaymentStatus, ShipmentStatus
from storelink.models.order import Order

FORGOTTEN_AFTER = timedelta(days=14)
"""A parcel that nothing is heard of any more keeps nobody waiting for ever: many a store never
learns that it arrived. An order that was not shipped is known not to be."""

RETURN_FORGOTTEN_AFTER = timedelta(days=60)
"""Goods that were to come back and do not, or that nobody in the shop says a word of, keep nobody
waiting for ever, either."""

_SHIPPED = {FulfillmentStatus.FULFILLED, FulfillmentStatus.PARTIALLY_FULFILLED}
_ARRIVED = {
    ShipmentStatus.DELIVERED,
    ShipmentStatus.READY_FOR_PICKUP,
    ShipmentStatus.RETURNED,
    ShipmentStatus.CANCELLED,
}
_WORDS: dict[type[Event], str] = {
    ShipmentStuck: "a parcel of order {number} is stuck",
    ShipmentOverdue: "a parcel of order {number} is late",
    ShipmentDelayed: "a parcel of order {number} is late",
    ShipmentException: "a parcel of order {number} has a problem",
}


def open_return(order: Order, now: datetime) -> str | None:
    """Say what of *order* goes back, and is not settled at *now*; `None` if nothing does."""
    for one in order.open_returns:
        asked = one.approved_at or one.requested_at
        seen = order.updated_at if one.has_arrived or asked is None else None
        told = max(filter(None, (asked, seen)), default=now)
        if now - told < RETURN_FORGOTTEN_AFTER:
            return f"a return of order {order.number}"
    return None


def open_trouble(order: Order, events: Sequence[Event], now: datetime) -> str | None:
    """Say what is wrong with *order* at *now*; `None` if nothing is.

    Trouble ends when what was late is shipped or delivered, or when the order is off.

    Args:
        order: as it is known now.
        events: what happened; those of other orders are left out.
        now: the present instant.
    """
    if _is_off(order):
        return None
    known = [one for one in events if one.order_id == order.id and one.at <= now]
    if not is_shipped(order) and any(isinstance(one, OrderStalled) for one in known):
        return f"order {order.number} should have been shipped"
    if any(_is_on_its_way(one, order, now) for one in known if isinstance(one, ReturnAsked)):
        return f"a return of order {order.number}"
    about = [one for one in known if isinstance(one, ShipmentEvent)]
    arrived = {one.shipment_id for one in about if isinstance(one, _GOOD_NEWS)}
    under_way = {one.id for one in order.shipments if one.status not in _ARRIVED} - arrived
    troubles = [
        one
        for one in about
        if type(one) in _WORDS and one.shipment_id in under_way and now - one.at < FORGOTTEN_AFTER
    ]
    newest = max(troubles, key=lambda one: (one.at, one.id), default=None)
    return _WORDS[type(newest)].format(number=order.number) if newest else None


def _is_on_its_way(asked: ReturnAsked, order: Order, now: datetime) -> bool:
    """Say whether the store is still to hear of a request."""
    key = asked.answer_id.rpartition("/")[2]
    return now - asked.at < FORGOTTEN_AFTER and all(one.key != key for one in order.returns)


_GOOD_NEWS = (ShipmentDelivered, ShipmentReadyForPickup)
_KINDS: tuple[type[Event], ...] = (OrderStalled, ReturnAsked, *_WORDS, *_GOOD_NEWS)
TELLING = frozenset(one.type for one in _KINDS)
"""The types of the events that `open_trouble` looks at."""


def is_shipped(order: Order) -> bool:
    """Say whether anything of the order has left the shop, as far as the store says so."""
    parcels = [one for one in order.shipments if one.status is not ShipmentStatus.CANCELLED]
    is_done = order.status is OrderStatus.COMPLETED
    return bool(parcels) or is_done or order.fulfillment_status in _SHIPPED


def _is_off(order: Order) -> bool:
    is_refunded = order.payment_status is PaymentStatus.REFUNDED
    is_cancelled = order.status is OrderStatus.CANCELLED or order.cancelled_at is not None
    return order.deleted_at is not None or is_cancelled or is_refunded
