"""What one record of one snapshot implies. The known facts are the union over all snapshots.

A fact's id is made from what happened, so that the same happening told by many payloads is known
once. Two tellings of it may differ in the time; `telling.is_better` says which stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storelink.events import types as event
from storelink.events.types import Event
from storelink.mirror.merge import Version
from storelink.models.enums import (
    OrderStatus,
    PaymentStatus,
    ReturnStatus,
    ReviewStatus,
    ShipmentStatus,
)
from storelink.models.record import Record
from storelink.models.ref import Kind
from storelink.models.shipment import Scan


@dataclass(frozen=True, slots=True)
class Fact:
    """An event with the version of the state that told it."""

    event: Event
    version: Version


def facts(store: str, record: Record, version: Version, seen_at: datetime) -> list[Fact]:
    """Return what *record* implies.

    Args:
        store: the store's name.
        record: what one payload says of one object.
        version: how new that telling is.
        seen_at: the time of the state, for what the payload gives no time for.
    """
    if record.deleted:
        return []
    telling = _Telling(store, record, seen_at)
    return [Fact(found, version) for found in _RULES[record.kind](telling)]


@dataclass(frozen=True, slots=True)
class _Telling:
    """One record, and how to make events of it."""

    store: str
    record: Record
    seen_at: datetime

    def get(self, name: str) -> Any:
        return self.record.fields.get(name)

    def make(self, kind: type[Event], what: str, at: datetime | None, **fields: Any) -> Event:
        """Make an event; without a time, or with one still to come, it is seen by now."""
        exact = at is not None and at <= self.seen_at
        return kind(
            id=f"{self.store}/{self.record.kind}/{self.record.id}/{what}",
            store=self.store,
            at=at if at is not None and exact else self.seen_at,
            exact=exact,
            order_id=self.record.id if self.record.kind is Kind.ORDER else self.record.order_id,
            **fields,
        )


def _order(told: _Telling) -> Iterator[Event]:
    if told.get("status") is not OrderStatus.DRAFT and told.get("placed_at"):
        yield told.make(event.OrderPlaced, "placed", told.get("placed_at"))
    if told.get("paid_at") or told.get("payment_status") in _WAS_PAID:
        yield told.make(event.OrderPaid, "paid", told.get("paid_at"))
    if told.get("completed_at"):
        yield told.make(event.OrderCompleted, "completed", told.get("completed_at"))
    if told.get("cancelled_at") or told.get("status") is OrderStatus.CANCELLED:
        yield told.make(event.OrderCancelled, "cancelled", told.get("cancelled_at"))
    if told.get("status") is OrderStatus.FAILED:
        yield told.make(event.OrderPaymentFailed, "payment_failed", None)
    for failed in told.record.failed_payments:
        what = f"payment_failed/{failed.id}"
        yield told.make(event.OrderPaymentFailed, what, failed.at, attempt=failed.id)


_WAS_PAID = {PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED}


def _refund(told: _Telling) -> Iterator[Event]:
    yield told.make(
        event.OrderRefunded,
        "refunded",
        told.get("created_at"),
        refund_id=told.record.id,
        amount=told.get("amount"),
    )


def _shipment(told: _Telling) -> Iterator[Event]:
    shipment = {"shipment_id": told.record.id}
    status = told.get("status")
    if "tracking" in told.record.fields and status is not ShipmentStatus.CANCELLED:
        shipped_at = told.get("shipped_at") or told.get("created_at")
        yield told.make(event.ShipmentCreated, "created", shipped_at, **shipment)
    for tracking in told.get("tracking") or ():
        if tracking.number:
            what = f"changed/{tracking.number}"
            yield told.make(event.ShipmentChanged, what, None, number=tracking.number, **shipment)
    if told.get("in_transit_at") or status is ShipmentStatus.IN_TRANSIT:
        yield told.make(
            event.ShipmentInTransit, "in_transit", told.get("in_transit_at"), **shipment
        )
    if told.get("delivered_at") or status is ShipmentStatus.DELIVERED:
        yield told.make(event.ShipmentDelivered, "delivered", told.get("delivered_at"), **shipment)
    for scan in told.record.scans:
        yield from _scan(told, scan)


def _scan(told: _Telling, scan: Scan) -> Iterator[Event]:
    shipment = {"shipment_id": told.record.id}
    if scan.status is ShipmentStatus.DELIVERED:
        yield told.make(event.ShipmentDelivered, "delivered", scan.at, **shipment)
    elif scan.status is ShipmentStatus.IN_TRANSIT:
        yield told.make(event.ShipmentInTransit, "in_transit", scan.at, **shipment)
    elif scan.status in _SCANS:
        kind = _SCANS[scan.status]
        extra: dict[str, Any] = {"scan_id": scan.id, **shipment}
        if kind is event.ShipmentDelayed:
            extra["promised_at"] = scan.estimated_delivery_at
        yield told.make(kind, f"{scan.status}/{scan.id}", scan.at, **extra)


_SCANS: dict[ShipmentStatus, type[Event]] = {
    ShipmentStatus.OUT_FOR_DELIVERY: event.ShipmentOutForDelivery,
    ShipmentStatus.READY_FOR_PICKUP: event.ShipmentReadyForPickup,
    ShipmentStatus.ATTEMPTED: event.ShipmentAttempted,
    ShipmentStatus.DELAYED: event.ShipmentDelayed,
    ShipmentStatus.EXCEPTION: event.ShipmentException,
}


def _return(told: _Telling) -> Iterator[Event]:
    item = {"return_id": told.record.id}
    status = told.get("status")
    if status is ReturnStatus.REQUESTED or told.get("approved_at"):
        yield told.make(event.ReturnRequested, "requested", told.get("requested_at"), **item)
    if status is ReturnStatus.OPEN or told.get("approved_at"):
        yield told.make(event.ReturnApproved, "approved", told.get("approved_at"), **item)
    if status is ReturnStatus.DECLINED:
        yield told.make(event.ReturnDeclined, "declined", None, **item)
    lines = told.get("lines") or ()
    if lines and all(line.processed_quantity >= line.quantity for line in lines):
        yield told.make(event.ReturnReceived, "received", None, **item)
    if told.get("exchanged"):
        yield told.make(event.ReturnExchanged, "exchanged", None, **item)
    if status is ReturnStatus.CLOSED:
        yield told.make(event.ReturnClosed, "closed", told.get("closed_at"), **item)


def _customer(told: _Telling) -> Iterator[Event]:
    if told.get("created_at"):
        opened = told.get("created_at")
        yield told.make(event.CustomerCreated, "created", opened, customer_id=told.record.id)


def _consent(told: _Telling) -> Iterator[Event]:
    at, state, channel = told.get("at"), told.get("state"), told.get("channel")
    if at and state and channel:
        yield told.make(
            event.ConsentChanged,
            f"{state}/{at.isoformat()}",
            at,
            customer_id=told.get("customer_id"),
            channel=channel,
            state=state,
        )


def _review(told: _Telling) -> Iterator[Event]:
    if told.get("status") not in _NOT_WRITTEN and "status" in told.record.fields:
        yield told.make(
            event.ProductReviewed,
            "reviewed",
            told.get("created_at"),
            review_id=told.record.id,
            product_id=told.get("product_id"),
            rating=told.get("rating"),
        )


_NOT_WRITTEN = {ReviewStatus.SPAM, ReviewStatus.TRASH}


def _nothing(told: _Telling) -> Iterator[Event]:
    return iter(())


_RULES: dict[Kind, Callable[[_Telling], Iterator[Event]]] = {
    Kind.ORDER: _order,
    Kind.REFUND: _refund,
    Kind.SHIPMENT: _shipment,
    Kind.RETURN: _return,
    Kind.CUSTOMER: _customer,
    Kind.CONSENT: _consent,
    Kind.REVIEW: _review,
    Kind.PRODUCT: _nothing,
    Kind.COUPON: _nothing,
    Kind.CHECKOUT: _nothing,  # what happens to checkouts, time tells: see `tick`
}
