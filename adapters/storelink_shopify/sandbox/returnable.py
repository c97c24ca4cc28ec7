"""What an app can ask, and say, of returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from storelink.errors import NotFound
from storelink_shopify.sandbox import graph, returnable_graph
from storelink_shopify.sandbox.connections import cut
from storelink_shopify.sandbox.execution import Root
from storelink_shopify.sandbox.graph import Node
from storelink_shopify.sandbox.ledger import Ledger
from storelink_shopify.sandbox.script import ScriptedShopify
from storelink_shopify.sandbox.spelling import gid
from storelink_shopify.sandbox.state import OrderState, PieceState
from storelink_shopify.sandbox.tree import Tree, split

Given = Mapping[str, Any]

_LONGEST, _LONGEST_ANSWER = 300, 500


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
        return cut(returnable_graph.fulfillments(order), args)

    def _reasons(self, *, handles: list[str] | None = None, **args: Any) -> Node:
        known = graph.RETURN_REASONS if handles is None else handles
        return cut([graph.return_reason(one) for one in known if one in graph.RETURN_REASONS], args)

    def _request(self, input: Given) -> Node:  # noqa: A002  the API's name
        order = self._ledger.find_order(split(input["orderId"])[1])
        if order is None:
            return _refused("Order not found.", "NOT_FOUND", "orderId")
        if not input["returnLineItems"]:
            return _refused("Return line items can't be blank.", "BLANK", "returnLineItems")
        left, pieces = returnable_graph.left(order), list[PieceState]()
        for given in input["returnLineItems"]:
            piece = _piece(order, given)
            if piece is None or not 1 <= piece.count <= left[piece.parcel, piece.index]:
                text = "Quantity is not available for return."
                return _refused(text, "INVALID", "returnLineItems")
            if not piece.reason:
                return _refused("Return reason not found.", "NOT_FOUND", "returnLineItems")
            if len(piece.note or "") > _LONGEST:
                return _refused("Customer note is too long.", "TOO_LONG", "returnLineItems")
            left[piece.parcel, piece.index] -= piece.count
            pieces.append(piece)
        made = self._store.request_return(str(order.id), pieces=pieces)
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
            if len(input.get("declineNote") or "") > _LONGEST_ANSWER:
                return _refused("Decline note is too long.", "TOO_LONG", "declineNote")
            note = {"note": input.get("declineNote")} if "declineReason" in input else {}
            act(key, **note)
            return {"return": self._tree.find(input["id"]), "userErrors": []}

        return settled

    def _decline(self, key: str, *, note: str | None) -> None:
        self._store.decline_return(key, note=note)


def _piece(order: OrderState, given: Given) -> PieceState | None:
    """Return what one line of a request asks for; `None` if it was never sent."""
    for parcel in order.parcels:
        for index in parcel.lines:
            piece = PieceState(
                index,
                given["quantity"],
                parcel.id,
                given.get("customerNote"),
                _handle(given.get("returnReasonDefinitionId")),
            )
            if given["fulfillmentLineItemId"] == gid("FulfillmentLineItem", piece.shipped_id):
                return piece
    return None


def _handle(reason: str | None) -> str:
    """Return the handle of a reason; nothing if there is no such reason."""
    ids = {graph.return_reason(one)["id"]: one for one in graph.RETURN_REASONS}
    return "unknown" if reason is None else ids.get(reason, "")


def _refused(message: str, code: str, *field: str) -> Node:
    error = {"field": ["input", *field], "message": message, "code": code}
    return {"return": None, "userErrors": [error]}
