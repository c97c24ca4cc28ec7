"""What a tracking page tells of an order: how far each parcel is, and when it is expected. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from storelink.models.enums import FulfillmentStatus, OrderStatus, ShipmentStatus
from storelink.models.money import Money
from storelink.models.order import LineItem, Order
from storelink.models.shipment import Shipment, Tracking
from storelink.rendering.links import safe_url

STEPS: Final = ("ordered", "packed", "on_its_way", "out_for_delivery", "delivered")
_COLLECTED: Final = ("ordered", "packed", "on_its_way", "ready_for_pickup", "collected")

_STATES: Final = {
    ShipmentStatus.LABEL_CREATED: "packed",
    ShipmentStatus.PICKED_UP: "on_its_way",
    ShipmentStatus.IN_TRANSIT: "on_its_way",
    ShipmentStatus.DELAYED: "on_its_way",
    ShipmentStatus.OUT_FOR_DELIVERY: "out_for_delivery",
    ShipmentStatus.READY_FOR_PICKUP: "ready_for_pickup",
    ShipmentStatus.ATTEMPTED: "attempted",
    ShipmentStatus.EXCEPTION: "exception",
    ShipmentStatus.DELIVERED: "delivered",
    ShipmentStatus.RETURNING: "returning",
    ShipmentStatus.RETURNED: "returned",
}
"""What is told of a parcel; of one whose status is not known, the time decides."""

_REACHED: Final = {
    "ordered": 0,
    "packed": 1,
    "on_its_way": 2,
    "exception": 2,
    "out_for_delivery": 3,
    "ready_for_pickup": 3,
    "attempted": 3,
    "delivered": 4,
}
"""The last step that was reached; what goes back has no steps any more."""

_OFF: Final = {
    OrderStatus.CANCELLED: "cancelled",
    OrderStatus.PENDING: "unpaid",
    OrderStatus.FAILED: "unpaid",
    OrderStatus.ON_HOLD: "on_hold",
    OrderStatus.COMPLETED: "completed",
}
"""What is told of an order that has no parcel."""

_SEPARATORS: Final = re.compile(r"[/=&;,?]")

_NOT_ON_ITS_WAY: Final = {"delivered", "returning", "returned", "ready_for_pickup"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and whether it is `"done"`, `"now"` or `"ahead"`."""

    name: str
    state: Literal["done", "now", "ahead"]


@dataclass(frozen=True, slots=True)
class Item:
    """So many of one thing. *total* is shown only where the shop wants prices on the page."""

    title: str
    variant: str | None
    quantity: int
    total: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedParcel:
    """One parcel.

    Attributes:
        state: where it is, as its headline says.
        expected_by: who named `expected_at`: `"carrier"` or `"shop"`.
        expected_before: an earlier day that was named before.
        overdue: the expected time is over.
        items: what is in it, where the shop says so and it is not all of the order.
    """

    state: str
    steps: tuple[Step, ...]
    tracking: tuple[Tracking, ...]
    expected_at: datetime | None
    expected_by: str
    expected_before: datetime | None
    delivered_at: datetime | None
    late: bool
    overdue: bool
    items: tuple[Item, ...]

    @property
    def shows_facts(self) -> bool:
        """Whether there is anything to list of it."""
        expects = self.expected_at is not None and not self.overdue
        return bool(self.delivered_at or expects or self.tracking)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedOrder:
    """An order as a stranger may see it who has got hold of the link.

    It has no name, no address and no way of paying, nothing that the carrier said in words or of
    a place, and prices only where the shop wants them: mails are forwarded, and links are shared.
    To carriers the postcode is a password, by which they tell more; hence no link has it.

    Attributes:
        state: what is told of it where there is no parcel.
        waiting: what is not in any parcel yet.
    """

    number: str
    placed_at: datetime | None
    state: str
    steps: tuple[Step, ...]
    parcels: tuple[TrackedParcel, ...]
    waiting: tuple[Item, ...]
    items: tuple[Item, ...]
    total: Money | None


def tracked(order: Order, now: datetime, *, prices: bool = False) -> TrackedOrder:
    """Return what the page tells of *order* at the instant *now*."""
    shipments = _without_twins(order.shipments)
    state = _order_state(order)
    is_off = state == "cancelled"
    is_split = len(shipments) > 1 or bool(_left(order, shipments))
    return TrackedOrder(
        number=order.number,
        placed_at=order.placed_at or order.created_at,
        state=state,
        steps=_steps("ordered"),
        parcels=() if is_off else tuple(_parcel(order, one, now, is_split) for one in shipments),
        waiting=() if is_off else _left(order, shipments),
        items=tuple(
            _item(line, quantity, prices) for line in order.lines if (quantity := _count(line))
        ),
        total=order.total if prices else None,
    )


def _parcel(order: Order, shipment: Shipment, now: datetime, is_split: bool) -> TrackedParcel:
    state = _state(shipment)
    expected_at, by, before = _expected(shipment)
    under_way = state not in _NOT_ON_ITS_WAY
    overdue = under_way and expected_at is not None and expected_at <= now
    postponed = before is not None and not overdue
    return TrackedParcel(
        state=state,
        steps=_steps(state, is_collected=_is_collected(shipment)),
        tracking=tuple(_shareable(order, one) for one in shipment.tracking),
        expected_at=expected_at if under_way else None,
        expected_by=by,
        expected_before=before if postponed else None,
        delivered_at=shipment.delivered_at if state == "delivered" else None,
        late=overdue or (under_way and (postponed or shipment.status is ShipmentStatus.DELAYED)),
        overdue=overdue,
        items=_contents(order, shipment) if is_split else (),
    )


def _shareable(order: Order, tracking: Tracking) -> Tracking:
    """Return *tracking* with a link that does not say where the order goes; else without one."""
    address = order.shipping_address
    postcode = _plain(address.postcode) if address and address.postcode else ""
    if not tracking.url or not postcode:
        return tracking
    parts = urlsplit(safe_url(tracking.url))
    given = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in given if _plain(value) != postcode]
    if postcode in map(_plain, _SEPARATORS.split(unquote(f"{parts.path}/{parts.fragment}"))):
        return tracking.model_copy(update={"url": None})
    if len(kept) == len(given):
        return tracking
    url = parts._replace(query=urlencode(kept)).geturl()
    return tracking.model_copy(update={"url": url})


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _state(shipment: Shipment) -> str:
    state = _STATES.get(shipment.status)
    if state is None:
        state = "on_its_way" if shipment.shipped_at or shipment.in_transit_at else "packed"
    is_back = state in {"returning", "returned"}
    return "delivered" if shipment.delivered_at and not is_back else state


def _is_collected(shipment: Shipment) -> bool:
    collected = ShipmentStatus.READY_FOR_PICKUP
    return shipment.status is collected or any(one.status is collected for one in shipment.scans)


def _steps(state: str, *, is_collected: bool = False) -> tuple[Step, ...]:
    reached = _REACHED.get(state)
    if reached is None:
        return ()
    is_over = reached == len(STEPS) - 1
    return tuple(
        Step(name, "ahead" if at > reached else "now" if at == reached and not is_over else "done")
        for at, name in enumerate(_COLLECTED if is_collected else STEPS)
    )


def _expected(shipment: Shipment) -> tuple[datetime | None, str, datetime | None]:
    """Return the newest word on when it arrives, whose it is, and an earlier day named before."""
    scans = sorted(shipment.scans, key=lambda scan: scan.at)
    named = [scan.estimated_delivery_at for scan in scans if scan.estimated_delivery_at]
    told = shipment.estimated_delivery_at
    newest = told or (named[-1] if named else None)
    by = "carrier" if newest in named else "shop"
    if newest is None:
        return None, by, None
    earlier = [one for one in named if one.date() < newest.date()]
    return newest, by, min(earlier, default=None)


def _without_twins(shipments: Sequence[Shipment]) -> list[Shipment]:
    """Leave out what is void, and a plugin's record of a parcel that the platform knows, too."""
    kept: list[Shipment] = []
    seen: set[str] = set()
    for shipment in shipments:
        numbers = {one.number for one in shipment.tracking if one.number}
        is_twin = bool(numbers) and numbers <= seen
        if shipment.status is not ShipmentStatus.CANCELLED and not is_twin:
            kept.append(shipment)
            seen |= numbers
    return kept


def _order_state(order: Order) -> str:
    if order.cancelled_at is not None:
        return "cancelled"
    is_done = order.fulfillment_status in {
        FulfillmentStatus.FULFILLED,
        FulfillmentStatus.NOT_REQUIRED,
    }
    return _OFF.get(order.status, "completed" if is_done else "ordered")


def _contents(order: Order, shipment: Shipment) -> tuple[Item, ...]:
    packed = ((order.line(one.line_id), one.quantity) for one in shipment.lines or ())
    return tuple(_item(line, quantity) for line, quantity in packed if line and quantity > 0)


def _left(order: Order, shipments: Iterable[Shipment]) -> tuple[Item, ...]:
    """Return what is in no parcel yet; nothing where the shop does not say what is in one."""
    sent: dict[str, int] = {}
    known = list(shipments)
    if not known or any(shipment.lines is None for shipment in known):
        return ()
    for line in (line for shipment in known for line in shipment.lines or ()):
        sent[line.line_id] = sent.get(line.line_id, 0) + line.quantity
    return tuple(
        _item(line, left)
        for line in order.lines
        if line.requires_shipping is not False and (left := _count(line) - sent.get(line.id, 0)) > 0
    )


def _count(line: LineItem) -> int:
    return line.quantity if line.current_quantity is None else line.current_quantity


def _item(line: LineItem, quantity: int, prices: bool = False) -> Item:
    return Item(line.title, line.variant_title, quantity, line.total if prices else None)
