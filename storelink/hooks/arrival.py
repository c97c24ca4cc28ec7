"""When everything has arrived, and what of it the customer keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from storelink.contracts.hook import Facts, Reason
from storelink.events.types import Event, OrderCompleted, ShipmentCreated, ShipmentDelivered
from storelink.hooks.standing import in_the_way
from storelink.models.enums import (
    FulfillmentStatus,
    OrderStatus,
    ReturnStatus,
    ShipmentStatus,
)
from storelink.models.order import LineItem, Order
from storelink.models.returns import Refund
from storelink.models.shipment import Shipment
from storelink.policy.trouble import FORGOTTEN_AFTER

LIVE_RETURNS = frozenset({ReturnStatus.REQUESTED, ReturnStatus.OPEN, ReturnStatus.CLOSED})
"""Returns by which something came, or may come, back."""
USUAL_TRANSIT = timedelta(days=5)
"""How long a parcel is taken to be under way that nobody reports on."""

_UNDER_WAY = {
    ShipmentStatus.PICKED_UP,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.OUT_FOR_DELIVERY,
    ShipmentStatus.DELAYED,
}
_NOT_WITH_THEM = {
    ShipmentStatus.ATTEMPTED,
    ShipmentStatus.EXCEPTION,
    ShipmentStatus.READY_FOR_PICKUP,
    ShipmentStatus.RETURNING,
    ShipmentStatus.RETURNED,
}
_PART_SHIPPED = {FulfillmentStatus.PARTIALLY_FULFILLED, FulfillmentStatus.UNFULFILLED}


class Arrival(NamedTuple):
    """What says that the customer has everything, and when that is (UTC)."""

    cause: Event
    at: datetime


def arrived(order: Order, facts: Facts, transit: timedelta) -> Arrival | Reason:
    """Say when the customer got the whole order; or why nobody can write about it as theirs.

    It is the last delivery. Where nobody says that a parcel arrived, it is the later of the last
    parcel's shipping and the order's completion, plus the usual time in transit; not before the day
    that was promised, nor while its carrier still reports on it.

    Args:
        order: as it is known now.
        facts: what happened to it.
        transit: the usual time in transit, for parcels nobody reports on.
    """
    reason = in_the_way(order) or unknown_lines(order)
    if reason is not None:
        return reason
    is_odd = order.status is OrderStatus.UNKNOWN
    odd = Reason.UNKNOWN_STATUS if is_odd else Reason.NOT_DELIVERED
    return _arrival(order, facts, transit) or odd


def _arrival(order: Order, facts: Facts, transit: timedelta) -> Arrival | None:
    delivered = _all_delivered(order, facts)
    if delivered is not None:
        return Arrival(delivered, delivered.at)
    completed = facts.last(OrderCompleted, order_id=order.id)
    if completed is None or order.status is not OrderStatus.COMPLETED:
        return None
    parcels = _parcels(order)
    if any(one.status in _NOT_WITH_THEM for one in parcels):
        return None
    shipped = [facts.last(ShipmentCreated, shipment_id=one.id) for one in parcels]
    last = max([completed.at, *(one.at for one in shipped if one)])
    left = [one for one in parcels if one.status is not ShipmentStatus.DELIVERED]
    return Arrival(completed, max([last + transit, *_not_before(left)]))


def _not_before(parcels: Sequence[Shipment]) -> Iterator[datetime]:
    """Yield when parcels may be taken for arrived that nobody says so of."""
    for one in parcels:
        if one.estimated_delivery_at is not None:
            yield one.estimated_delivery_at
        yield from (scan.at + FORGOTTEN_AFTER for scan in one.scans)
        if one.status in _UNDER_WAY and one.updated_at is not None:
            yield one.updated_at + FORGOTTEN_AFTER


def _all_delivered(order: Order, facts: Facts) -> ShipmentDelivered | None:
    """Return the last delivery, if every parcel arrived and none is still to be sent."""
    parcels = _parcels(order)
    arrivals = [facts.last(ShipmentDelivered, shipment_id=one.id) for one in parcels]
    known = [arrival for arrival in arrivals if arrival is not None]
    if not parcels or len(known) < len(parcels) or order.fulfillment_status in _PART_SHIPPED:
        return None
    return max(known, key=lambda event: (event.at, event.id))


def _parcels(order: Order) -> list[Shipment]:
    """Return the parcels that what was ordered came, or comes, in."""
    sent = [one for one in order.shipments if one.status is not ShipmentStatus.CANCELLED]
    good = Counter[str]()
    for one in sent:
        if one.status not in _NOT_WITH_THEM:
            good.update({line.line_id: line.quantity for line in one.lines or ()})
    whole = {line.id for line in order.lines if good[line.id] >= line.quantity}
    return [one for one in sent if one.status not in _NOT_WITH_THEM or not _is_replaced(one, whole)]


def _is_replaced(parcel: Shipment, whole: Collection[str]) -> bool:
    """Say whether all that was in a parcel was sent in others, too: they are waited for instead."""
    return bool(parcel.lines) and all(line.line_id in whole for line in parcel.lines or ())


def unknown_lines(order: Order) -> Reason | None:
    """A refund or return whose lines the store has not named yet could be about any line."""
    if any(refund.lines is None for refund in order.refunds):
        return Reason.DETAILS_UNKNOWN
    if any(one.status in LIVE_RETURNS and one.lines is None for one in order.returns):
        return Reason.RETURN_OPEN
    return None


def kept(order: Order) -> list[LineItem]:
    """Return the lines that the customer has and keeps; a gift card is none."""
    returned = {
        line.line_id
        for one in order.returns
        if one.status in LIVE_RETURNS
        for line in one.lines or ()
    }
    return [
        line
        for line in order.lines
        if not line.gift_card and line.id not in returned and not _is_refunded(line, order.refunds)
    ]


def _is_refunded(line: LineItem, refunds: Sequence[Refund]) -> bool:
    """Say whether the whole line was refunded, by quantity or by money."""
    parts = [part for one in refunds for part in one.lines or () if part.line_id == line.id]
    if line.current_quantity == 0 or sum(part.quantity for part in parts) >= line.quantity:
        return True
    money_back = sum(part.amount.amount for part in parts if part.amount is not None)
    return line.total is not None and 0 < line.total.amount <= money_back
