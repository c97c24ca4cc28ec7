"""The root fields of queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import Any

from graphql import GraphQLError

from storelink_shopify.sandbox import graph, search, shipping
from storelink_shopify.sandbox.access import Access
from storelink_shopify.sandbox.connections import cut, page
from storelink_shopify.sandbox.execution import Root
from storelink_shopify.sandbox.goods_state import CheckoutState
from storelink_shopify.sandbox.graph import Node, stamp
from storelink_shopify.sandbox.ledger import Ledger
from storelink_shopify.sandbox.listing import Listing
from storelink_shopify.sandbox.search import Getters, Query
from storelink_shopify.sandbox.spelling import SHOP_ID, gid
from storelink_shopify.sandbox.state import OrderState
from storelink_shopify.sandbox.tree import Tree

WINDOW = timedelta(days=60)
"""How old an order may be for apps without `read_all_orders`."""

_SORTS: Mapping[str, tuple[str, ...]] = {
    "UPDATED_AT": ("updated_at", "id"),
    "CREATED_AT": ("created_at", "id"),
    "PROCESSED_AT": ("created_at", "id"),
}
_MOST_COUNTED = 10_000


def _order_status(order: OrderState) -> list[str]:
    if order.cancelled_at:
        return ["any", "cancelled", *(["closed"] if order.closed_at else ["not_closed"])]
    return ["any", "closed"] if order.closed_at else ["any", "open", "not_closed"]


def _checkout_status(checkout: CheckoutState) -> list[str]:
    return ["any", "closed" if checkout.completed_at else "open"]


_DATED: Getters = {"id": attrgetter("id"), "created_at": attrgetter("created_at")}
_MOVING: Getters = {**_DATED, "updated_at": attrgetter("updated_at")}
_ORDERS: Getters = {
    **_MOVING,
    "processed_at": attrgetter("created_at"),
    "name": lambda one: [f"#{one.number}", str(one.number)],
    "email": attrgetter("customer.contact.email"),
    "customer_id": attrgetter("customer.id"),
    "status": _order_status,
    "financial_status": attrgetter("payment"),
    "fulfillment_status": lambda one: [
        one.fulfillment or "unfulfilled",
        one.fulfillment or "unshipped",
    ],
    "return_status": lambda one: graph.return_status(one).lower(),
    "tag": attrgetter("tags"),
    "discount_code": attrgetter("code"),
}
_CUSTOMERS: Getters = {
    **_DATED,
    "customer_date": lambda one: one.created_at.date(),
    # The filter matches whole days, whatever time it names.
    "updated_at": lambda one: one.updated_at.date(),
    "email": attrgetter("contact.email"),
    "phone": attrgetter("contact.phone"),
    "tag": attrgetter("tags"),
}
_PRODUCTS: Getters = {
    **_MOVING,
    "status": attrgetter("status"),
    "title": attrgetter("title"),
    "handle": attrgetter("handle"),
    "vendor": attrgetter("vendor"),
    "product_type": attrgetter("kind"),
    "tag": attrgetter("tags"),
}
_CHECKOUTS: Getters = {
    **_MOVING,
    "status": _checkout_status,
    "recovery_state": lambda one: "recovered" if one.completed_at else "not_recovered",
}
_COUPONS: Getters = {
    **_MOVING,
    "code": attrgetter("code"),
    "title": attrgetter("title"),
    "times_used": attrgetter("used"),
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of objects: how to list, find and show them."""

    listing: Callable[[], Listing[Any]]
    getters: Getters
    make: Callable[[Any], Node]
    is_windowed: bool = False


class Queries:
    """Answers the root fields that list, count and find.

    Args:
        access: what the asking app was granted.
        before_page: called before a page that is not the first.
        extra: root fields that others answer.
    """

    def __init__(
        self,
        ledger: Ledger,
        tree: Tree,
        access: Access,
        *,
        before_page: Callable[[], None] = lambda: None,
    ) -> None:
        self._ledger, self._tree, self._access = ledger, tree, access
        self._before_page = before_page
        self.shelves: Mapping[str, Shelf] = {
            "orders": Shelf(ledger.every_order, _ORDERS, tree.order, is_windowed=True),
            "customers": Shelf(ledger.every_customer, _CUSTOMERS, tree.customer),
            "products": Shelf(lambda: Listing(ledger.products.values()), _PRODUCTS, tree.product),
            "abandonedCheckouts": Shelf(
                lambda: Listing(ledger.checkouts.values()), _CHECKOUTS, tree.checkout
            ),
            "codeDiscountNodes": Shelf(
                lambda: Listing(ledger.coupons.values()), _COUPONS, tree.coupon
            ),
            "discountNodes": Shelf(
                lambda: Listing(ledger.coupons.values()), _COUPONS, tree.discount
            ),
        }

    def root(self) -> Root:
        """Return the root fields by name."""
        finders = (
            "order",
            "customer",
            "product",
            "return",
            "node",
            "codeDiscountNode",
            "storeCreditAccount",
        )
        lists = {name: self._list(name) for name in self.shelves}
        counts = {f"{name}Count": self._count(name) for name in self.shelves}
        return {
            **lists,
            **counts,
            "discountCodesCount": counts["codeDiscountNodesCount"],
            **dict.fromkeys(finders, self._find),
            "nodes": lambda ids: [self._find(one) for one in ids],
            "customerByIdentifier": self._customer,
            "codeDiscountNodeByCode": self._coupon,
            "shop": self._shop,
            "deliveryProfiles": lambda **args: cut(self._profiles()["nodes"], args),
            "shopLocales": lambda **_: [_LOCALE],
            "currentAppInstallation": self._installation,
        }

    def search(self, name: str, text: str | None) -> Query:
        """Return what a search of a kind asks, among what the app may see."""
        shelf = self.shelves[name]
        query = search.parse(text, shelf.getters)
        is_short = shelf.is_windowed and not self._access.has("read_all_orders")
        return query.since(self._ledger.now() - WINDOW if is_short else None)

    def _list(self, name: str) -> Callable[..., Node]:
        shelf = self.shelves[name]

        def listed(**args: Any) -> Node:
            if args.get("after") or args.get("before"):
                self._before_page()
            sort = _SORTS.get(args.get("sortKey", "ID"), ("id",))
            asked = self.search(name, args.get("query"))
            return page(shelf.listing(), asked, sort, args, shelf.make)

        return listed

    def _count(self, name: str) -> Callable[..., Node]:
        def counted(*, limit: int | None = None, query: str | None = None, **_: Any) -> Node:
            found = self.shelves[name].listing().count(self.search(name, query))
            if limit is not None and found > limit:
                return {"count": limit, "precision": "AT_LEAST"}
            return {"count": found, "precision": "EXACT"}

        return counted

    def _find(self, id: str) -> Node | None:  # noqa: A002  the API's name
        if not id.startswith("gid://shopify/"):
            raise GraphQLError(f"Invalid global id '{id}'", extensions={"code": "INVALID_ID"})
        found = self._tree.find(id)
        if found is None or found["__typename"] != "Order" or self._access.has("read_all_orders"):
            return found
        return found if found["createdAt"] >= (stamp(self._ledger.now() - WINDOW) or "") else None

    def _customer(self, identifier: Mapping[str, Any]) -> Node | None:
        if "id" in identifier:
            return self._find(identifier["id"])
        field = "email" if "emailAddress" in identifier else "phone"
        wanted = next(iter(identifier.values()))
        query = search.parse(f"{field}:'{wanted}'", _CUSTOMERS)
        found = next(self._ledger.every_customer().rows(query), None)
        return self._tree.customer(found) if found else None

    def _coupon(self, code: str) -> Node | None:
        found = self._ledger.coupon(code)
        return self._tree.coupon(found) if found else None

    def _shop(self) -> Node:
        domain = self._ledger.shop.domain
        return {
            "__typename": "Shop",
            "id": gid("Shop", SHOP_ID),
            "name": domain.partition(".")[0].title(),
            "myshopifyDomain": domain,
            "email": f"owner@{domain}",
            "contactEmail": f"hello@{domain}",
            "ianaTimezone": "Europe/Berlin",
            "currencyCode": self._ledger.shop.currency or "EUR",
            "primaryDomain": {"url": f"https://{domain}", "host": domain, "sslEnabled": True},
            "url": f"https://{domain}",
            "plan": {"publicDisplayName": "Basic", "shopifyPlus": False},
            "shipsToCountries": ["DE", "FR", "US"],
        }

    def _profiles(self) -> Node:
        currency = self._ledger.shop.currency or "EUR"
        return shipping.profiles(currency, self._ledger.free_shipping)

    def _installation(self) -> Node:
        scopes = [{"handle": one, "description": one} for one in sorted(self._access.scopes)]
        return {"id": gid("AppInstallation", 1), "accessScopes": scopes}


_LOCALE = {"locale": "en", "name": "English", "primary": True, "published": True}


def short_list(nodes: Sequence[Node], args: Mapping[str, Any]) -> Node:
    """Return a page of a list that is short enough to be made whole."""
    kept = list(reversed(nodes)) if args.get("reverse") else list(nodes)
    return cut(kept, {**args, "reverse": False})
