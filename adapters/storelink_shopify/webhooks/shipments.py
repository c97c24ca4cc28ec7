"""Parcels and what carriers report of them.

Facts: shopify.dev, "Webhooks", topics `fulfillments/*` and `fulfillment_events/*`; the REST
resources Fulfillment and FulfillmentEvent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.models.shipment import Scan, ShipmentLine
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import meaning, values, words
from storelink_shopify.values import UNSET, Fields

WITHIN = "fulfillments"

_NUMBERS = ("tracking_numbers", "tracking_number")
_LINKS = ("tracking_urls", "tracking_url")


def fulfillment(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what one fulfillment says."""
    return Snapshot((shipment(body, body.id("order_id")),))


def shipment(body: Reader, order_id: str) -> Record:
    """Return what a fulfillment, alone or in its order, says of its parcel."""
    updated_at = body.time("updated_at")
    return Record(
        kind=Kind.SHIPMENT,
        id=values.webhook_id(body),
        order_id=order_id,
        updated_at=updated_at,
        fields=values.carried(body, _SHIPMENT),
        within=WITHIN,
        needs_read=None if updated_at else values.NO_TIME,
        raw=exact_json(body.data),
    )


def event(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what a carrier reported; the rest of the parcel is not in the body."""
    promised_at = body.time("estimated_delivery_at")
    record = Record(
        kind=Kind.SHIPMENT,
        id=body.id("fulfillment_id"),
        order_id=body.id("order_id"),
        updated_at=body.time("updated_at"),
        fields={"estimated_delivery_at": promised_at} if promised_at else {},
        within=WITHIN,
        scans=(_scan(body, promised_at),),
    )
    return Snapshot((record,))


def event_deleted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that a carrier's report was taken back, which may change where the parcel is."""
    record = Record(
        kind=Kind.ORDER,
        id=body.id("order_id"),
        needs_read="a report of the carrier was taken back",
    )
    return Snapshot((record,))


def _scan(body: Reader, promised_at: datetime | None) -> Scan:
    return Scan(
        id=values.webhook_id(body),
        status=words.scan_status(body.text("status")),
        at=values.instant(body, "happened_at"),
        recorded_at=body.time("created_at"),
        message=body.filled("message"),
        city=body.filled("city"),
        country=body.filled("country"),
        estimated_delivery_at=promised_at,
    )


def _status(body: Reader) -> Any:
    status = words.shipment_status(body.text("status"), body.text("shipment_status"))
    return status or UNSET


def _lines(body: Reader) -> list[ShipmentLine]:
    return [
        ShipmentLine(line_id=values.webhook_id(line), quantity=values.count(line, "quantity"))
        for line in body.objects("line_items")
    ]


def _tracking(body: Reader) -> Any:
    if not all(body.has(many) or body.has(one) for many, one in (_NUMBERS, _LINKS)):
        return UNSET
    numbers, links = _all_or_one(body, *_NUMBERS), _all_or_one(body, *_LINKS)
    return meaning.tracking(body.filled("tracking_company"), numbers, links)


def _all_or_one(body: Reader, many: str, one: str) -> list[str]:
    """Return the texts of the list *many*; without any, the text beside it, which is the first."""
    return body.texts(many) or [body.filled(one) or ""]


_SHIPMENT: Fields = {
    "lines": (("line_items",), _lines),
    "tracking": (("tracking_company",), _tracking),
    "status": (("status", "shipment_status"), _status),
    "created_at": (("created_at",), lambda body: body.time("created_at")),
    "updated_at": (("updated_at",), lambda body: body.time("updated_at")),
    # When the shop said that the parcel left; what the carrier saw are the scans.
    "shipped_at": (("created_at",), lambda body: body.time("created_at")),
}
