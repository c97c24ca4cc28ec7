"""Goods on their way back.

Facts: shopify.dev, GraphQL Admin API 2026-10, the object Return. It has no time of its last
change, so that its records have none: a read is as new as the reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.models.returns import ReturnLine
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import marks, meaning, values, words
from storelink_shopify.nodes import pages
from storelink_shopify.values import UNSET, Fields


def return_(node: Mapping[str, Any]) -> Snapshot:
    """Say what a return says.

    Args:
        node: as JSON has it, with the fields of the document `ReturnById`, or some of them.

    Raises:
        PayloadError: the node cannot be understood; the message names the field.
    """
    reader = Reader(node, "return")
    return Snapshot((part(reader, values.node_id(values.child(reader, "order"))),))


def part(node: Reader, order_id: str) -> Record:
    """Return what a return, alone or in its order, says."""
    return Record(
        kind=Kind.RETURN,
        id=values.node_id(node),
        order_id=order_id,
        fields=values.carried(node, _RETURN),
        within="returns",
        raw=exact_json(node.data),
    )


def _lines(node: Reader) -> Any:
    if not pages.is_whole(node, "returnLineItems", pages.LINES_OF_PARTS):
        return UNSET
    # Lines that Shopify could not match with what was bought (UnverifiedReturnLineItem) name no
    # line of the order.
    found = pages.nodes(node, "returnLineItems")
    return _merged(_line(line) for line in found if line.object("fulfillmentLineItem"))


def _merged(lines: Iterable[ReturnLine]) -> list[ReturnLine]:
    """Return each line of the order once: Shopify has one for each parcel that pieces came in."""
    merged: dict[str, ReturnLine] = {}
    for line in lines:
        known = merged.get(line.line_id)
        merged[line.line_id] = line if known is None else _sum(known, line)
    return list(merged.values())


def _sum(one: ReturnLine, other: ReturnLine) -> ReturnLine:
    return one.model_copy(
        update={
            "quantity": one.quantity + other.quantity,
            "processed_quantity": one.processed_quantity + other.processed_quantity,
            "reason": one.reason or other.reason,
        }
    )


def _key(node: Reader) -> Any:
    """Return the key of the request that a return came from: its lines begin with it."""
    lines = pages.nodes(node, "returnLineItems")
    keys = (marks.key_of(line.filled("customerNote")) for line in lines)
    key = next((one for one in keys if one), None)
    is_whole = pages.is_whole(node, "returnLineItems", pages.LINES_OF_PARTS)
    return key if key or is_whole else UNSET


def _line(line: Reader) -> ReturnLine:
    shipped = values.child(line, "fulfillmentLineItem")
    reason = line.object("returnReasonDefinition")
    return ReturnLine(
        line_id=values.node_id(values.child(shipped, "lineItem")),
        quantity=values.count(line, "quantity"),
        processed_quantity=line.integer("processedQuantity") or 0,
        reason=meaning.return_reason(reason.filled("handle")) if reason else None,
    )


_RETURN: Fields = {
    "name": (("name",), lambda node: node.filled("name")),
    "status": (("status",), lambda node: words.return_status(node.text("status"))),
    "lines": (("returnLineItems",), _lines),
    "requested_at": (("createdAt",), lambda node: node.time("createdAt")),
    "approved_at": (("requestApprovedAt",), lambda node: node.time("requestApprovedAt")),
    "closed_at": (("closedAt",), lambda node: node.time("closedAt")),
    "key": (("returnLineItems",), _key),
    "exchanged": (
        ("exchangeLineItems",),
        lambda node: bool(pages.nodes(node, "exchangeLineItems")),
    ),
}
