"""What an app can ask, and say, of returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from storelink.errors import NotFound
from storelink_shopify.sandbox import graph
from storelink_shopify.sandbox.connections import cut
from storelink_shopify.sandbox.execution import Root
from storelink_shopify.sandbox.graph import Node
from storelink_shopify.sandbox.ledger import Ledger
from storelink_shopify.sandbox.script import ScriptedShopify
from storelink_shopify.sandbox.spelling import gid
from storelink_shopify.sandbox.state import OrderState, ParcelState, ReturnState
from storelink_shopify.sandbox.tree import Tree, split

Given = Mapping[str, Any]

_LONGEST = 300
_OVER = {"declined", "canceled"}


class Returnable:
    """Answers queries of what can come back, and takes requests for it."""

    def __init__(self, store: ScriptedShopify, ledger: Ledger, tree: Tree) -> None:
        self._store, self._ledger, self._tree = store, ledger, tree

    def queries(self) -> Root:
        """Return the root fields of queries."""
        return {
            "returnableFulfillments": self._returnable,
            "returnReasonDefinitions": self._reasons,
        }

    def mutations(self) -> Root:
        """Return the root fields of mutations."""
        return {
            "returnRequest": self._request,
            "returnApproveRequest": self._settle(self._store.approve_return),
            "returnDeclineRequest": self._settle(self._decline),
        }

    def _returnable(self, *, orderId: str, **args: Any) -> Node:  # noqa: N803  the API's name
        order = self._ledger.find_order(split(orderId)[1])
        if order is None:
            return cut([], args)
        left = _left(order)
        return cut([_fulfillment(order, one, left) for one in order.parcels], args)

    def _reasons(self, *, handles: list[str] | None = None, **args: Any) -> Node:
        known = graph.RETURN_REASONS if handles is None else handles
        return cut([graph.return_reason(one) for one in known if one in graph.RETURN_REASONS], args)

    def _request(self, input: Given) -> Node:  # noqa: A002  the API's name
        order = self._ledger.find_order(split(input["orderId"])[1])
        if order is None:
            return _refused("Order not found.", "NOT_FOUND", "orderId")
        lines: Counter[int] = Counter()
        notes: dict[int, str] = {}
        reasons: dict[int, str] = {}
        left = _left(order)
        for given in input["returnLineItems"]:
            place = _place(order, given["fulfillmentLineItemId"])
            if place is None or given["quantity"] > left[place]:
                text = "Quantity is not available for return."
                return _refused(text, "INVALID", "returnLineItems")
            if len(given.get("customerNote") or "") > _LONGEST:
                return _refused("Customer note is too long.", "TOO_LONG", "returnLineItems")
            left[place] -= given["quantity"]
            index = place[1]
            lines[index] += given["quantity"]
            notes.setdefault(index, given.get("customerNote") or "")
            handle = _handle(given.get("returnReasonDefinitionId"))
            reasons.setdefault(index, handle)
        made = self._store.request_return(str(order.id), lines=lines, notes=notes, reasons=reasons)
        return {"return": self._tree.find(gid("Return", int(made))), "userErrors": []}

    def _settle(self, act: Callable[..., None]) -> Callable[..., Node]:
        def settled(input: Given) -> Node:  # noqa: A002  the API's name
            key = split(input["id"])[1]
            try:
                _, coming_back = self._ledger.returned(key)
            except NotFound:
                return _refused("Return not found.", "NOT_FOUND", "id")
            if coming_back.status != "requested":
                return _refused("Return is not in a requested state.", "INVALID_STATE", "id")
            note = {"note": input.get("declineNote")} if "declineReason" in input else {}
            act(key, **note)
            return {"return": self._tree.find(input["id"]), "userErrors": []}

        return settled

    def _decline(self, key: str, *, note: str | None) -> None:
        self._store.decline_return(key, note=note)


def _left(order: OrderState) -> Counter[tuple[int, int]]:
    """Return how many of each parcel's lines do not come back, by the parcel and the line."""
    back = Counter(index for one in _standing(order) for index in Counter(one.lines).elements())
    left: Counter[tuple[int, int]] = Counter()
    for parcel in order.parcels:
        for index, count in parcel.lines.items():
            gone = min(count, back[index])
            back[index] -= gone
            left[parcel.id, index] = count - gone
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
        "id": gid("ReturnableFulfillment", parcel.id),
        "returnableFulfillmentLineItems": {"nodes": items},
    }


def _place(order: OrderState, shipped: str) -> tuple[int, int] | None:
    for parcel in order.parcels:
        for index in parcel.lines:
            if shipped == gid("FulfillmentLineItem", parcel.id + index + 1):
                return parcel.id, index
    return None


def _handle(reason: str | None) -> str:
    ids = {graph.return_reason(one)["id"]: one for one in graph.RETURN_REASONS}
    return ids.get(reason or "", "unknown")


def _refused(message: str, code: str, *field: str) -> Node:
    error = {"field": ["input", *field], "message": message, "code": code}
    return {"return": None, "userErrors": [error]}
