"""Parcels and what carriers report of them.

Facts: shopify.dev, GraphQL Admin API 2026-10, the objects Fulfillment and FulfillmentEvent.
"""

from __future__ import annotations

from typing import Any

from storelink.models.record import Record
from storelink.models.ref import Kind
from storelink.models.shipment import Scan, ShipmentLine, Tracking
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import meaning, values, words
from storelink_shopify.nodes import pages
from storelink_shopify.values import UNSET, Fields


def shipment(node: Reader, order_id: str) -> Record:
    """Return what a fulfillment says of its parcel, with the carrier's reports."""
    return Record(
        kind=Kind.SHIPMENT,
        id=values.node_id(node),
        order_id=order_id,
        updated_at=node.time("updatedAt"),
        fields=values.carried(node, _SHIPMENT),
        within="fulfillments",
        scans=tuple(_scan(event) for event in pages.nodes(node, "events")),
        raw=exact_json(node.data),
    )


def _scan(event: Reader) -> Scan:
    return Scan(
        id=values.node_id(event),
        status=words.scan_status(event.text("status")),
        at=values.instant(event, "happenedAt"),
        recorded_at=event.time("createdAt"),
        message=event.filled("message"),
        city=event.filled("city"),
        country=event.filled("country"),
        estimated_delivery_at=event.time("estimatedDeliveryAt"),
    )


def _status(node: Reader) -> Any:
    status = words.shipment_status(node.text("status"), node.text("displayStatus"))
    return status or UNSET


def _lines(node: Reader) -> Any:
    name = "fulfillmentLineItems"
    if not pages.is_whole(node, name, pages.LINES_OF_PARTS):
        return UNSET
    found = pages.nodes(node, name)
    if any(line.has("quantity") and line.integer("quantity") is None for line in found):
        return UNSET  # the schema lets it be null, without saying when
    return [
        ShipmentLine(
            line_id=values.node_id(values.child(line, "lineItem")),
            quantity=values.count(line, "quantity"),
        )
        for line in found
    ]


def _tracking(node: Reader) -> list[Tracking]:
    return [one for entry in node.objects("trackingInfo") for one in _entry(entry)]


def _entry(entry: Reader) -> tuple[Tracking, ...]:
    number, url = entry.filled("number"), entry.filled("url")
    return meaning.tracking(entry.filled("company"), [number or ""], [url or ""])


_SHIPMENT: Fields = {
    "lines": (("fulfillmentLineItems",), _lines),
    "tracking": (("trackingInfo",), _tracking),
    "status": (("status", "displayStatus"), _status),
    "created_at": (("createdAt",), lambda node: node.time("createdAt")),
    "updated_at": (("updatedAt",), lambda node: node.time("updatedAt")),
    "shipped_at": (("createdAt",), lambda node: node.time("createdAt")),
    "in_transit_at": (("inTransitAt",), lambda node: node.time("inTransitAt")),
    "delivered_at": (("deliveredAt",), lambda node: node.time("deliveredAt")),
    "estimated_delivery_at": (
        ("estimatedDeliveryAt",),
        lambda node: node.time("estimatedDeliveryAt"),
    ),
}
