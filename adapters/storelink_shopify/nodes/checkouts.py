"""Checkouts that were begun.

Facts: shopify.dev, GraphQL Admin API 2026-10, the object AbandonedCheckout: "Includes both
abandoned and recovered checkouts". It has no e-mail address of its own: the buyer's is the
account's, which Shopify makes as soon as an address is typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storelink.models.order import LineItem
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import meaning, people, values
from storelink_shopify.money import NODE_BAG, currency
from storelink_shopify.nodes import pages
from storelink_shopify.people import NODE_ADDRESS
from storelink_shopify.values import UNSET, Fields


def checkout(node: Mapping[str, Any]) -> Snapshot:
    """Say what a checkout says.

    Args:
        node: as JSON has it, with the fields of the document `CheckoutsByIds`, or some of them.

    Raises:
        PayloadError: the node cannot be understood; the message names the field.
    """
    reader = Reader(node, "checkout")
    record = Record(
        kind=Kind.CHECKOUT,
        id=values.node_id(reader),
        updated_at=reader.time("updatedAt"),
        fields={**values.carried(reader, _CHECKOUT), "deleted_at": None},
        raw=exact_json(reader.data),
    )
    return Snapshot((record,))


def _currency(node: Reader) -> str:
    side = values.child(values.child(node, "totalPriceSet"), "presentmentMoney")
    return currency(side, "currencyCode")


def _contact(node: Reader) -> Any:
    customer = node.object("customer")
    if customer is None:
        return UNSET  # nothing here tells who it is; a webhook may
    return people.buyer(
        email=None,
        phone=None,
        locale=customer.filled("locale"),
        customer=people.account(customer),
        billing=people.address(node.object("billingAddress"), NODE_ADDRESS),
        shipping=people.address(node.object("shippingAddress"), NODE_ADDRESS),
    )


def _lines(node: Reader) -> Any:
    if not pages.is_whole(node, "lineItems", pages.LINES):
        return UNSET
    lines = enumerate(pages.nodes(node, "lineItems"), start=1)
    return [_line(line, place) for place, line in lines]


def _line(line: Reader, place: int) -> LineItem:
    # Its place is its id: a webhook has a key, a node another id, and neither has the other's.
    return LineItem(
        id=str(place),
        title=line.filled("title") or "",
        variant_title=meaning.variant_title(line.filled("variantTitle")),
        sku=line.filled("sku"),
        product_id=values.node_id_of(line, "product"),
        variant_id=values.node_id_of(line, "variant"),
        quantity=values.count(line, "quantity"),
        unit_price=NODE_BAG.customer(line, "originalUnitPriceSet"),
    )


_CHECKOUT: Fields = {
    "number": (("name",), lambda node: node.filled("name")),
    "url": (
        ("abandonedCheckoutUrl",),
        lambda node: meaning.web_link(node.filled("abandonedCheckoutUrl")),
    ),
    "currency": (("totalPriceSet",), _currency),
    "total": (("totalPriceSet",), lambda node: NODE_BAG.customer(node, "totalPriceSet")),
    "customer_id": (("customer",), lambda node: values.node_id_of(node, "customer")),
    "contact": (("customer",), _contact),
    "shipping_address": (
        ("shippingAddress",),
        lambda node: people.address(node.object("shippingAddress"), NODE_ADDRESS),
    ),
    "lines": (("lineItems",), _lines),
    "created_at": (("createdAt",), lambda node: node.time("createdAt")),
    "updated_at": (("updatedAt",), lambda node: node.time("updatedAt")),
    "completed_at": (("completedAt",), lambda node: node.time("completedAt")),
}
