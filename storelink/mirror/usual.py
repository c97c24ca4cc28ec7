"""Learning how long a store's parcels and packing take, and reading what was learned.

What became known since the last time is read, page by page; each duration goes into the sketch of
every group that it belongs to. Sketches and the place are committed together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from storelink.events.types import OrderCompleted, ShipmentCreated, ShipmentDelivered
from storelink.mirror import load
from storelink.models.enums import ShipmentStatus
from storelink.models.order import Order
from storelink.models.usual import Course, Sketch, Usual, longest_silence, names, needs_shipping
from storelink.storage import EventRow, Transaction

PAGE = 2_000
"""So many facts are looked through at once."""
LONGEST = timedelta(days=120)
"""What took longer was written down late, and says nothing."""

_PLACE = "usual"
_MINUTE = timedelta(minutes=1)
_TYPES = (ShipmentDelivered.type, ShipmentCreated.type, OrderCompleted.type)
_Learned = tuple[str, int | tuple[int, int]]
_UNDER_WAY = frozenset(ShipmentStatus) - {ShipmentStatus.DELIVERED, ShipmentStatus.CANCELLED}


def usual(tx: Transaction, store: str, orders: Iterable[Order]) -> Usual:
    """Return what is normal for a store, as far as it matters for *orders*: one statement."""
    wanted: set[str] = set()
    for order in orders:
        if all(one.status is ShipmentStatus.CANCELLED for one in order.shipments):
            wanted.add(Course.HANDLING)
        for shipment in order.shipments:
            if shipment.status in _UNDER_WAY and shipment.delivered_at is None:
                wanted |= set(names(Course.TRANSIT, shipment, order))
                wanted |= set(names(Course.SILENCE, shipment, order))
    return Usual(_sketches(tx, store, wanted)) if wanted else Usual()


def learn(tx: Transaction, store: str, *, now: datetime) -> bool:
    """Learn from a page of what became known, and say whether there may be more."""
    tx.lock(f"{store}/{_PLACE}")
    held = tx.positions.get(store, _PLACE) or {"after": 0}
    newest, after = tx.events.newest(), held["after"]
    last = min(after + PAGE, newest)
    if last <= after:
        return False
    rows = tx.events.between(store, _TYPES, after, last)
    orders = load.orders(tx, store, sorted({row.order_id for row in rows if row.order_id}))
    more: dict[str, list[int | tuple[int, int]]] = defaultdict(list)
    for row in rows:
        order = orders.get(row.order_id or "")
        for name, took in _durations(order, row) if order else ():
            more[name].append(took)
    known = _sketches(tx, store, more)
    for name, some in sorted(more.items()):
        sketch = known.get(name, Sketch()).with_more(some)
        value = {"of": sketch.of, "recent": sketch.recent}
        tx.positions.put(store, _position(name), value, now=now)
    tx.positions.put(store, _PLACE, {"after": last}, now=now)
    is_more: bool = last < newest
    return is_more


def _durations(order: Order, row: EventRow) -> Iterator[_Learned]:
    """Yield what a fact says of durations, each with the name of its group."""
    if row.type == ShipmentDelivered.type:
        yield from _under_way(order, row)
    elif begun_and_ended := _handled(order, row):
        yield Course.HANDLING, begun_and_ended


def _under_way(order: Order, row: EventRow) -> Iterator[_Learned]:
    shipment = order.shipment(row.data.get("shipment_id", ""))
    if shipment is None:
        return
    arrived = shipment.model_copy(update={"delivered_at": shipment.delivered_at or row.at})
    begun, ended = arrived.shipped_at, arrived.delivered_at
    if begun is None or ended is None or not timedelta() < ended - begun < LONGEST:
        return
    silence = longest_silence(arrived)
    for course, took in ((Course.TRANSIT, ended - begun), (Course.SILENCE, silence)):
        if took is not None:
            for name in names(course, shipment, order):
                yield name, took // _MINUTE


def _handled(order: Order, row: EventRow) -> tuple[int, int] | None:
    """Return when an order was paid, and when its first parcel left, in minutes since 1970.

    Where a store tells of no parcels, the shop is done with an order when it is sent.
    """
    first = min(
        (one.shipped_at or one.created_at or row.at for one in order.shipments), default=None
    )
    if row.type == ShipmentCreated.type and first != _left_at(order, row):
        return None
    if row.type == OrderCompleted.type and (first is not None or not needs_shipping(order)):
        return None
    begun, ended = order.paid_at, first or row.at
    if begun is None or not timedelta() <= ended - begun < LONGEST:
        return None
    return int(begun.timestamp()) // 60, int(ended.timestamp()) // 60


def _left_at(order: Order, row: EventRow) -> datetime | None:
    shipment = order.shipment(row.data.get("shipment_id", ""))
    return (shipment.shipped_at or shipment.created_at or row.at) if shipment else None


def _position(name: str) -> str:
    return f"{_PLACE}/{name}"


def _sketches(tx: Transaction, store: str, groups: Iterable[str]) -> dict[str, Sketch]:
    found: Mapping[str, Any] = tx.positions.some(store, [_position(one) for one in groups])
    return {
        name.removeprefix(f"{_PLACE}/"): Sketch(
            value["of"],
            tuple(tuple(one) if isinstance(one, list) else one for one in value["recent"]),
        )
        for name, value in found.items()
    }
