"""Whether a paid order is waiting to be shipped, and until when it may."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from storelink.contracts.hook import Reason
from storelink.hooks.standing import in_the_way
from storelink.models.enums import FulfillmentStatus, PaymentStatus
from storelink.models.order import Order
from storelink.models.usual import needs_shipping
from storelink.policy.clocks import clock
from storelink.policy.trouble import is_shipped
from storelink.policy.workdays import Workdays

_PAID = {PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED}
_PREORDER = {"preorder", "preordered", "preorders", "backorder", "backordered"}
_SHIP_DAYS = {"shipdate", "shipson", "shipsat", "shippingdate", "estimatedshipdate", "releasedate"}
_FAR = timedelta(days=5 * 365)
_NO = {"", "0", "no", "false", "none"}


def what_lets_it_wait(order: Order, *, is_paid: bool) -> Reason | None:
    """Return why nobody needs to worry that *order* is not shipped; `None` if it should be."""
    reason = in_the_way(order)
    if reason is not None:
        return reason
    if not is_paid or order.payment_status not in _PAID:
        return Reason.NOT_PAID
    if is_shipped(order):
        return Reason.SHIPPED
    if order.fulfillment_status is FulfillmentStatus.ON_HOLD:
        return Reason.ON_HOLD
    if not needs_shipping(order):
        return Reason.NOTHING_TO_SHIP
    return Reason.PREORDER if _is_preorder(order) and not _days(order) else None


def ship_day(order: Order, shop: Workdays) -> datetime | None:
    """Return the end of the day on which the shop means to ship, if the order names one."""
    last = max(_days(order), default=None)
    if last is None:
        return None
    return datetime.combine(last, time.max, clock(shop.zone)).astimezone(clock("UTC"))


def _is_preorder(order: Order) -> bool:
    marks = {_plain(tag) for tag in order.tags}
    marks |= {_plain(key) for key, value in order.attributes.items() if _says_yes(value)}
    return bool(marks & _PREORDER)


def _says_yes(value: object) -> bool:
    return str(value if value is not None else "").strip().casefold() not in _NO


def _days(order: Order) -> list[date]:
    """Return the days that are named; not those that only stand for "never" or "some time"."""
    begun = order.placed_at or order.created_at or order.paid_at
    named = [day for key, value in order.attributes.items() for day in _day(key, value)]
    return [day for day in named if begun is not None and abs(day - begun.date()) < _FAR]


def _day(key: str, value: object) -> Iterator[date]:
    if _plain(key) in _SHIP_DAYS and isinstance(value, str):
        try:
            yield date.fromisoformat(value.strip()[:10])
        except ValueError:  # written in another way: nobody can know what it means
            return


def _plain(name: str) -> str:
    """Return a name as it is compared: `Pre-Order` and `_pre_order` are the same."""
    return "".join(one for one in name.casefold() if one.isalnum())
