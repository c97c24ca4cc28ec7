"""Parcels on their way."""

from __future__ import annotations

from typing import Any

from storelink.models.base import Instant, Value, personal, raw_payload
from storelink.models.enums import ShipmentStatus


class Tracking(Value):
    """One tracking number. *carrier* is the store's word for it: a name or a slug."""

    number: str | None = None
    carrier: str | None = None
    url: str | None = personal()


class ShipmentLine(Value):
    """How many of an order's line are in the parcel."""

    line_id: str
    quantity: int


class Scan(Value):
    """One report of the carrier.

    Attributes:
        at: when it happened, by the carrier.
        recorded_at: when the platform learned of it.
        estimated_delivery_at: what the carrier promised with this scan.
    """

    id: str
    status: ShipmentStatus
    at: Instant
    recorded_at: Instant | None = None
    message: str | None = personal()
    city: str | None = personal()
    country: str | None = None
    estimated_delivery_at: Instant | None = None


class Shipment(Value):
    """One parcel.

    Attributes:
        lines: what is in it; `None` when the store does not say.
        shipped_at: when it left; a date without a time counts as the end of its day (UTC).
    """

    id: str
    order_id: str
    lines: tuple[ShipmentLine, ...] | None = None
    tracking: tuple[Tracking, ...] = ()
    status: ShipmentStatus = ShipmentStatus.UNKNOWN
    created_at: Instant | None = None
    updated_at: Instant | None = None
    shipped_at: Instant | None = None
    in_transit_at: Instant | None = None
    estimated_delivery_at: Instant | None = None
    delivered_at: Instant | None = None
    scans: tuple[Scan, ...] = ()
    raw: dict[str, Any] = raw_payload()
