"""What of an order's parcels can come back, as nodes of the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from storelink_shopify.sandbox.graph import Node
from storelink_shopify.sandbox.spelling import gid
from storelink_shopify.sandbox.state import OrderState, ParcelState, ReturnState

_OVER = {"declined", "canceled"}


def fulfillments(order: OrderState) -> list[Node]:
    """Return the parcels of which anything can come back."""
    still = left(order)
    return [
        _fulfillment(order, one, still)
        for one in order.parcels
        if any(still[one.id, index] > 0 for index in one.lines)
    ]


def left(order: OrderState) -> Counter[tuple[int, int]]:
    """Return how many of each parcel's lines can come back, by the parcel and the line.

    What was paid back without coming back cannot any more.
    """
    left: Counter[tuple[int, int]] = Counter()
    for parcel in order.parcels:
        if parcel.status == "success":
            left.update({(parcel.id, index): count for index, count in parcel.lines.items()})
    back: Counter[int] = Counter()
    for piece in (piece for one in _standing(order) for piece in one.pieces):
        left[piece.parcel, piece.index] -= piece.count
        back[piece.index] += piece.count
    for index, line in enumerate(order.lines):
        stands = line.quantity - max(line.refunded, back[index])
        for place in [place for place in left if place[1] == index]:
            left[place] = min(left[place], stands)
            stands -= left[place]
    return left


def _standing(order: OrderState) -> list[ReturnState]:
    return [one for one in order.returns if one.status not in _OVER]


def _fulfillment(
    order: OrderState, parcel: ParcelState, left: Mapping[tuple[int, int], int]
) -> Node:
    items = [
        {
            "quantity": left[parcel.id, index],
            "fulfillmentLineItem": {
                "id": gid("FulfillmentLineItem", parcel.id + index + 1),
                "lineItem": {"id": gid("LineItem", order.lines[index].id)},
            },
        }
        for index in parcel.lines
        if left[parcel.id, index] > 0
    ]
    return {
        "__typename": "ReturnableFulfillment",
        "id": gid("ReturnableFulfillment", parcel.id),
        "returnableFulfillmentLineItems": {"nodes": items},
    }
