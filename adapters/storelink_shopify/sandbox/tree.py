"""What a scripted shop has, as trees that GraphQL documents are answered from.

A value that is a function is called when a document asks for it: what is dear, or leads on to
another object, costs nothing to those who do not ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from storelink.errors import NotFound
from storelink_shopify.sandbox import goods_graph, graph, returnable_graph
from storelink_shopify.sandbox.goods_state import CheckoutState, CouponState, ProductState
from storelink_shopify.sandbox.graph import Node
from storelink_shopify.sandbox.keepsakes import Keepsakes
from storelink_shopify.sandbox.ledger import Ledger
from storelink_shopify.sandbox.spelling import gid
from storelink_shopify.sandbox.state import CustomerState, OrderState, ReturnState


class Tree:
    """Makes trees of one shop's objects."""

    def __init__(self, ledger: Ledger, keepsakes: Keepsakes) -> None:
        self._ledger, self._keepsakes = ledger, keepsakes
        self._finders: Mapping[str, Callable[[str], Node | None]] = {
            "Order": lambda key: self._of(ledger.find_order(key), self.order),
            "Customer": lambda key: self._of(ledger.find_customer(key), self.customer),
            "Product": lambda key: self._of(ledger.products.get(key), self.product),
            "AbandonedCheckout": lambda key: self._of(ledger.checkouts.get(key), self.checkout),
            "DiscountCodeNode": lambda key: self._of(ledger.coupons.get(key), self.coupon),
            "Return": self._find_return,
            "ReturnableFulfillment": self._find_returnable,
            "Fulfillment": lambda key: self._find_part("Fulfillment", "fulfillments", key),
            "Refund": lambda key: self._find_part("Refund", "refunds", key),
        }

    def find(self, node_id: str) -> Node | None:
        """Return the object with a GID; `None` if there is none."""
        kind, key = split(node_id)
        finder = self._finders.get(kind)
        found = finder(key) if finder else self._keepsakes.find(node_id)
        return found if found is not None and found["id"] == node_id else None

    def _of(self, state: Any, make: Callable[[Any], Node]) -> Node | None:
        return None if state is None else make(state)

    def _find_return(self, key: str) -> Node | None:
        try:
            return self.return_(*self._ledger.returned(key))
        except NotFound:
            return None

    def _find_returnable(self, key: str) -> Node | None:
        order = self._ledger.find_order(key)
        parcels = returnable_graph.fulfillments(order) if order else ()
        wanted = gid("ReturnableFulfillment", int(key))
        return next((one for one in parcels if one["id"] == wanted), None)

    def _find_part(self, kind: str, name: str, key: str) -> Node | None:
        order = self._ledger.find_order(key)
        parts = graph.order_alone(self._ledger.shop, order)[name] if order else ()
        found = next((one for one in parts if one["id"] == gid(kind, int(key))), None)
        return {"__typename": kind, **found} if found else None

    def order(self, state: OrderState) -> Node:
        """Return an order."""
        return {
            "__typename": "Order",
            "id": gid("Order", state.id),
            "name": f"#{state.number}",
            "createdAt": graph.stamp(state.created_at),
            "updatedAt": graph.stamp(state.updated_at),
            graph.REST: lambda: graph.order_alone(self._ledger.shop, state),
            "number": state.number,
            "closed": state.closed_at is not None,
            "confirmed": True,
            "fullyPaid": state.payment == "paid",
            "unpaid": state.payment == "pending",
            "customer": lambda: self.customer(state.customer),
            "returns": lambda: {"nodes": [self.return_(state, one) for one in state.returns]},
            **self._keepsakes.of(gid("Order", state.id)),
        }

    def return_(self, order: OrderState, state: ReturnState) -> Node:
        """Return goods that come back."""
        node = graph.return_(order, state)
        for line in node["returnLineItems"]["nodes"]:
            line["__typename"] = "ReturnLineItem"
        return {"__typename": "Return", **node, "order": lambda: self.order(order)}

    def customer(self, state: CustomerState) -> Node:
        """Return an account."""
        node = graph.customer_alone(state)
        last = str(state.orders[-1]) if state.orders else ""
        return {
            "__typename": "Customer",
            **node,
            "legacyResourceId": str(state.id),
            "displayName": state.contact.name,
            "amountSpent": lambda: graph.side(self._ledger.spent(state)),
            "lastOrder": lambda: self._of(self._ledger.find_order(last), self.order),
            "storeCreditAccounts": lambda: self._keepsakes.accounts(state.id),
            **self._keepsakes.of(gid("Customer", state.id)),
        }

    def product(self, state: ProductState) -> Node:
        """Return a product."""
        return goods_graph.product(self._ledger.shop, state)

    def checkout(self, state: CheckoutState) -> Node:
        """Return a checkout."""
        node = goods_graph.checkout(self._ledger.shop, state)
        return {**node, "customer": lambda: self.customer(state.customer)}

    def discount(self, state: CouponState) -> Node:
        """Return a code as it stands among all discounts."""
        return {
            **self.coupon(state),
            "__typename": "DiscountNode",
            "id": gid("DiscountNode", state.id),
        }

    def coupon(self, state: CouponState) -> Node:
        """Return a code."""
        return goods_graph.coupon(state, self._ledger.now())


def split(node_id: str) -> tuple[str, str]:
    """Return the kind and the number of a GID; both empty if it is none."""
    kind, _, key = node_id.removeprefix("gid://shopify/").partition("/")
    return (kind, key) if node_id.startswith("gid://shopify/") else ("", "")
