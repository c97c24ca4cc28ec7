"""Money given back.

Facts: shopify.dev, GraphQL Admin API 2026-10, the object Refund.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storelink.models.record import Record
from storelink.models.ref import Kind
from storelink.models.returns import RefundLine
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import values
from storelink_shopify.money import NODE_BAG
from storelink_shopify.nodes import pages
from storelink_shopify.values import UNSET, Fields


def refund(node: Reader, order_id: str, updated_at: datetime | None) -> Record:
    """Return what a refund of an order says; *updated_at* is the order's."""
    return Record(
        kind=Kind.REFUND,
        id=values.node_id(node),
        order_id=order_id,
        updated_at=updated_at,
        fields=values.carried(node, _REFUND),
        within="refunds",
        raw=exact_json(node.data),
    )


def _lines(node: Reader) -> Any:
    if not pages.is_whole(node, "refundLineItems", pages.LINES_OF_PARTS):
        return UNSET
    return [
        RefundLine(
            line_id=values.node_id(values.child(line, "lineItem")),
            quantity=values.count(line, "quantity"),
            amount=NODE_BAG.customer(line, "subtotalSet"),
        )
        for line in pages.nodes(node, "refundLineItems")
    ]


_REFUND: Fields = {
    "created_at": (("createdAt",), lambda node: node.time("createdAt")),
    "amount": (("totalRefundedSet",), lambda node: NODE_BAG.customer(node, "totalRefundedSet")),
    "lines": (("refundLineItems",), _lines),
    "reason": (("note",), lambda node: node.filled("note")),
}
