"""From Kiosk's words to the model: pure functions. A webhook's body is what a read answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storelink.models import (
    Contact,
    FulfillmentStatus,
    Kind,
    LineItem,
    OrderStatus,
    PaymentStatus,
    Record,
    RefundLine,
    ShipmentLine,
    ShipmentStatus,
    Snapshot,
    Tracking,
)
from storelink.models.shipment import Scan
from storelink.toolkit.contact import e164, locale_tag, mail_address
from storelink.toolkit.payload import Reader, exact_json

STATUSES: Mapping[str, OrderStatus] = {
    "open": OrderStatus.OPEN,
    "unpaid": OrderStatus.PENDING,
    "done": OrderStatus.COMPLETED,
    "cancelled": OrderStatus.CANCELLED,
}
SCANS: Mapping[str, ShipmentStatus] = {status.value: status for status in ShipmentStatus}


def order(body: Mapping[str, Any]) -> Snapshot:
    """Say what an order's body says; it always carries the whole order, or that it is gone.

    Raises:
        PayloadError: a field cannot be understood; the message names it.
    """
    reader = Reader(body, "order")
    order_id, changed = reader.id("id"), reader.time("changed")
    if reader.flag("gone"):
        gone = Record(Kind.ORDER, order_id, updated_at=changed, deleted=True, raw=exact_json(body))
        return Snapshot((gone,))
    currency = reader.text("currency") or ""
    parcels = [_parcel(one, order_id) for one in reader.objects("parcels")]
    refunds = [_refund(one, order_id, currency) for one in reader.objects("refunds")]
    header = Record(
        Kind.ORDER,
        order_id,
        updated_at=changed,
        fields=_fields(reader, currency),
        children={
            "shipments": tuple(one.id for one in parcels),
            "refunds": tuple(one.id for one in refunds),
        },
        raw=exact_json(body),
    )
    return Snapshot((header, *parcels, *refunds))


def _fields(reader: Reader, currency: str) -> dict[str, Any]:
    lines = [_line(one, currency) for one in reader.objects("items")]
    return {
        "number": reader.text("number") or "",
        "status": STATUSES.get(reader.text("state") or "", OrderStatus.UNKNOWN),
        "payment_status": PaymentStatus(reader.text("payment") or "unknown"),
        "fulfillment_status": FulfillmentStatus(reader.text("shipping") or "unknown"),
        "currency": currency,
        "total": reader.money("total", currency),
        "created_at": reader.time("created"),
        "placed_at": reader.time("placed"),
        "paid_at": reader.time("paid"),
        "completed_at": reader.time("done"),
        "cancelled_at": reader.time("cancelled"),
        "updated_at": reader.time("changed"),
        "contact": _contact(reader),
        "lines": lines,
    }


def _contact(reader: Reader) -> Contact:
    buyer = reader.object("buyer") or Reader({}, "buyer")
    return Contact(
        email=mail_address(buyer.filled("email")),
        phone=e164(buyer.filled("phone"), None),
        first_name=buyer.filled("first_name"),
        last_name=buyer.filled("last_name"),
        locale=locale_tag(buyer.filled("locale")),
    )


def _line(reader: Reader, currency: str) -> LineItem:
    price = reader.money("price", currency)
    quantity = reader.integer("quantity") or 0
    return LineItem(
        id=reader.id("id"),
        title=reader.text("title") or "",
        product_id=reader.optional_id("product"),
        quantity=quantity,
        unit_price=price,
        total=price * quantity if price is not None else None,
        requires_shipping=reader.flag("ships"),
    )


def _parcel(reader: Reader, order_id: str) -> Record:
    tracking = Tracking(
        number=reader.filled("number"), carrier=reader.filled("carrier"), url=reader.filled("url")
    )
    lines = [
        ShipmentLine(line_id=one.id("line"), quantity=one.integer("quantity") or 0)
        for one in reader.objects("lines")
    ]
    return Record(
        Kind.SHIPMENT,
        reader.id("id"),
        order_id=order_id,
        updated_at=reader.time("changed"),
        within="shipments",
        fields={
            "tracking": [tracking],
            "lines": lines,
            "created_at": reader.time("created"),
            "shipped_at": reader.time("created"),
            "estimated_delivery_at": reader.time("promised"),
        },
        scans=tuple(_scan(one) for one in reader.objects("scans")),
        raw=exact_json(reader.data),
    )


def _scan(reader: Reader) -> Scan:
    at = reader.time("at")
    if at is None:
        reader.refuse("at", "a time with an offset")
    return Scan(
        id=reader.id("id"),
        status=SCANS.get(reader.text("status") or "", ShipmentStatus.UNKNOWN),
        at=at,
        recorded_at=at,
        message=reader.filled("message"),
        estimated_delivery_at=reader.time("promised"),
    )


def _refund(reader: Reader, order_id: str, currency: str) -> Record:
    lines = [
        RefundLine(line_id=one.id("line"), quantity=one.integer("quantity") or 0)
        for one in reader.objects("lines")
    ]
    return Record(
        Kind.REFUND,
        reader.id("id"),
        order_id=order_id,
        updated_at=reader.time("created"),
        within="refunds",
        fields={
            "amount": reader.money("amount", currency),
            "created_at": reader.time("created"),
            "lines": lines,
        },
        raw=exact_json(reader.data),
    )
