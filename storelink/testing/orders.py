"""What a scripted store knows of an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from storelink.models.enums import FulfillmentStatus
from storelink.models.money import Money
from storelink.models.order import LineItem
from storelink.models.record import Record


@dataclass(slots=True)
class OrderTruth:
    """One order's truth: the header's fields, and its parts by id."""

    fields: dict[str, Any]
    updated_at: datetime
    shipments: dict[str, Record] = field(default_factory=dict)
    refunds: dict[str, Record] = field(default_factory=dict)
    returns: dict[str, Record] = field(default_factory=dict)


def parts_of(order: OrderTruth) -> dict[str, Mapping[str, Record]]:
    """Return the lists of an order; that of returns is told where there are any."""
    parts: dict[str, Mapping[str, Record]] = {
        "shipments": order.shipments,
        "refunds": order.refunds,
    }
    return {**parts, "returns": order.returns} if order.returns else parts


def fulfillment_of(order: OrderTruth) -> FulfillmentStatus:
    """Say how much of what was ordered is in parcels."""
    lines: Sequence[LineItem] = order.fields["lines"]
    ordered = {line.id: line.quantity for line in lines}
    sent: Counter[str] = Counter()
    for shipment in order.shipments.values():
        sent.update({line.line_id: line.quantity for line in shipment.fields["lines"]})
    if not sent.total():
        return FulfillmentStatus.UNFULFILLED
    whole = all(sent[line_id] >= quantity for line_id, quantity in ordered.items())
    return FulfillmentStatus.FULFILLED if whole else FulfillmentStatus.PARTIALLY_FULFILLED


def price_of(line: LineItem) -> Money:
    """Return what one piece of a line costs."""
    return line.unit_price or Money.zero("EUR")


def currency_of(order: OrderTruth) -> str:
    """Return what the order is paid in."""
    return str(order.fields["currency"])


def without_lines(refund: Record) -> Record:
    """Return a refund as an order's webhook names it."""
    fields = {name: value for name, value in refund.fields.items() if name != "lines"}
    return replace(refund, fields=fields)
