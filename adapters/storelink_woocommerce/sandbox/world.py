"""All that a store holds, and what it raises when something changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from storelink.errors import NotFound
from storelink_woocommerce.sandbox import views
from storelink_woocommerce.sandbox.order_table import OrderTable
from storelink_woocommerce.sandbox.outgoing import Outgoing
from storelink_woocommerce.sandbox.refusals import Refusal, missing
from storelink_woocommerce.sandbox.site import Row, Site, Zone

TRASH = "trash"


@dataclass(slots=True)
class World:
    """The tables of a store. WordPress counts posts (orders, products, coupons) together."""

    site: Site
    outgoing: Outgoing
    orders: OrderTable = field(default_factory=OrderTable)
    refunds: dict[int, list[Row]] = field(default_factory=dict)
    notes: dict[int, list[Row]] = field(default_factory=dict)
    fulfillments: dict[int, list[Row]] = field(default_factory=dict)
    products: dict[int, Row] = field(default_factory=dict)
    variations: dict[int, Row] = field(default_factory=dict)
    customers: dict[int, Row] = field(default_factory=dict)
    coupons: dict[int, Row] = field(default_factory=dict)
    reviews: dict[int, Row] = field(default_factory=dict)
    zones: list[Zone] = field(default_factory=list)
    elsewhere: Zone | None = None
    posts: set[int] = field(default_factory=set)
    counters: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.counters.update(post=100, user=1, item=0, meta=0, comment=0, fulfillment=0, webhook=0)
        self.outgoing.body_of = self.webhook_body

    def new_id(self, kind: str) -> int:
        """Return the next id of a kind."""
        self.counters[kind] += 1
        return self.counters[kind]

    def seen(self, kind: str, number: int) -> None:
        """Let later ids be above one that came from outside."""
        self.counters[kind] = max(self.counters[kind], number)

    def meta(self, key: str, value: Any) -> Row:
        """Return a new entry of `meta_data`."""
        return {"id": self.new_id("meta"), "key": key, "value": value}

    def set_meta(self, row: Row, key: str, value: Any) -> None:
        """Set, or with `None` remove, one value of `meta_data`."""
        entries = [entry for entry in row["meta_data"] if entry["key"] != key]
        known = next((entry for entry in row["meta_data"] if entry["key"] == key), None)
        if value is not None:
            entries.append({**(known or self.meta(key, value)), "value": value})
        row["meta_data"] = entries

    def order(self, order_id: int, *, write: bool = False) -> Row:
        """Return an order.

        Raises:
            Refusal: there is none.
        """
        try:
            return self.orders.row(order_id)
        except NotFound:
            raise missing("orders", write=write) from None

    def order_body(self, order_id: int) -> Row:
        """Return the REST body of an order."""
        refunds = self.refunds.get(order_id, ())
        return views.order(self.site, self.order(order_id), refunds)

    def save(self, row: Row, *topics: str) -> None:
        """Take in a changed order, and raise *topics* about it."""
        row["modified"] = self.site.now()
        self.orders.put(row)
        self.tell(row["id"], topics)

    def tell(self, arg: Any, topics: Iterable[str]) -> None:
        """Raise webhooks about one object."""
        for topic in topics:
            self.outgoing.tell(topic, arg)

    def tell_customer(self, order_row: Row) -> None:
        """An account changes with its orders; guests have none."""
        customer = self.customers.get(order_row["customer_id"])
        if customer:
            customer["modified"] = self.site.now()
            self.outgoing.tell("customer.updated", customer["id"])

    def tell_stock(self, order_row: Row) -> None:
        """Products whose stock is counted change with each order."""
        for line in order_row["line_items"]:
            product = self.products.get(line["product_id"])
            if product and product.get("manage_stock"):
                product["modified"] = self.site.now()
                self.outgoing.tell("product.updated", product["id"])

    def webhook_body(self, topic: str, arg: Any) -> Any:
        """Return what a webhook carries: the object as it is when the webhook is sent.

        One about an object that is gone carries the error of the API.
        """
        resource, _, event = topic.partition(".")
        if resource == "action":
            return {"action": event, "arg": arg}
        if event == "deleted":
            return {"id": arg}
        try:
            return self.body(f"{resource}s", arg)
        except Refusal as refusal:
            return refusal.body

    def body(self, kind: str, number: int) -> Row:
        """Return the REST body of one object.

        Raises:
            Refusal: it does not exist.
        """
        if kind == "orders":
            return self.order_body(number)
        if kind == "reviews":
            row = self.find("reviews", number)
            return views.review(self.site, row, self.product_of(row))
        return views.SIMPLE[kind](self.site, self.find(kind, number))

    def find(self, kind: str, number: int, *, write: bool = False) -> Row:
        """Return one object that is no order.

        Raises:
            Refusal: it does not exist.
        """
        table: dict[int, Row] = self.outgoing.hooks if kind == "webhooks" else getattr(self, kind)
        if number not in table:
            raise missing(kind, write=write)
        return table[number]

    def product_of(self, review_row: Row) -> Row:
        """Return the product of a review, which may be gone."""
        return self.products.get(review_row["product_id"], {"name": "", "slug": ""})

    def add_note(self, order_id: int, text: str, *, to_customer: bool = False) -> Row:
        """Write a note at an order; this does not count as a change of the order."""
        row = {
            "id": self.new_id("comment"),
            "order_id": order_id,
            "author": "WooCommerce",
            "created": self.site.now(),
            "note": text,
            "customer_note": to_customer,
        }
        self.notes.setdefault(order_id, []).append(row)
        return row
