"""Whole orders.

Facts: shopify.dev, GraphQL Admin API 2026-10, the object Order. Fields that the app may not see,
for they are protected customer data, arrive as `null`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storelink.models.contact import Address, Contact
from storelink.models.order import Discount, LineItem, ShippingLine
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import mail_address
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import meaning, people, values, words
from storelink_shopify.money import NODE_BAG, currency, totals
from storelink_shopify.nodes import pages, parcels, refunds
from storelink_shopify.nodes.returns import part, return_
from storelink_shopify.people import NODE_ADDRESS
from storelink_shopify.taxes import tax_lines
from storelink_shopify.values import UNSET, Fields

_SUMS: Mapping[str, str] = {
    "subtotal": "subtotalPriceSet",
    "discount": "totalDiscountsSet",
    "shipping": "totalShippingPriceSet",
    "tax": "totalTaxSet",
    "total": "totalPriceSet",
}


def order(node: Mapping[str, Any], *, returns: Iterable[Mapping[str, Any]] = ()) -> Snapshot:
    """Say what an order says: its header, its fulfillments, its refunds, its returns.

    Args:
        node: as JSON has it, with the fields of the document `OrderById`, or some of them.
        returns: the nodes of its returns, as `ReturnById` asks for them: of the lines that come
            back an order says nothing.

    Raises:
        PayloadError: a node cannot be understood; the message names the field.
    """
    reader = Reader(node, "order")
    order_id = values.node_id(reader)
    updated_at = reader.time("updatedAt")
    shipped = [parcels.shipment(one, order_id) for one in reader.objects("fulfillments")]
    given_back = [refunds.refund(one, order_id, updated_at) for one in reader.objects("refunds")]
    known = {record.id: record for one in returns for record in return_(one).records}
    named = [part(one, order_id) for one in pages.nodes(reader, "returns")]
    coming_back = [known.get(one.id, one) for one in named]
    whole = {
        "fulfillments": reader.has("fulfillments"),
        "refunds": reader.has("refunds"),
        "returns": pages.is_whole(reader, "returns", pages.RETURNS),
    }
    parts = {"fulfillments": shipped, "refunds": given_back, "returns": coming_back}
    header = Record(
        kind=Kind.ORDER,
        id=order_id,
        updated_at=updated_at,
        fields={**values.carried(reader, _HEADER), "deleted_at": None},
        children={
            name: tuple(one.id for one in found) for name, found in parts.items() if whole[name]
        },
        raw=exact_json(reader.data),
    )
    return Snapshot((header, *shipped, *given_back, *coming_back))


def _fulfillment_status(node: Reader) -> Any:
    has_parcels = any(not words.is_void(one.text("status")) for one in node.objects("fulfillments"))
    return words.fulfillment_status(node.text("displayFulfillmentStatus"), has_parcels=has_parcels)


def _contact(node: Reader) -> Contact:
    customer = node.object("customer")
    return people.buyer(
        email=mail_address(node.text("email")),
        phone=node.filled("phone"),
        locale=node.filled("customerLocale"),
        customer=people.account(customer) if customer else None,
        billing=_address(node, "billingAddress"),
        shipping=_address(node, "shippingAddress"),
    )


def _address(node: Reader, name: str) -> Address | None:
    return people.address(node.object(name), NODE_ADDRESS)


def _lines(node: Reader) -> Any:
    if not pages.is_whole(node, "lineItems", pages.LINES):
        return UNSET
    return [_line(line) for line in pages.nodes(node, "lineItems")]


def _line(line: Reader) -> LineItem:
    # Without the image, which webhooks do not have: the lines are one value, and must not differ
    # by how they became known.
    return LineItem(
        id=values.node_id(line),
        title=line.filled("title") or "",
        variant_title=meaning.variant_title(line.filled("variantTitle")),
        sku=line.filled("sku"),
        product_id=values.node_id_of(line, "product"),
        variant_id=values.node_id_of(line, "variant"),
        quantity=values.count(line, "quantity"),
        current_quantity=line.integer("currentQuantity"),
        unit_price=NODE_BAG.customer(line, "originalUnitPriceSet"),
        total=NODE_BAG.customer(line, "discountedTotalSet"),
        requires_shipping=line.flag("requiresShipping"),
        gift_card=line.flag("isGiftCard") or False,
    )


def _shipping(node: Reader) -> list[ShippingLine]:
    line = node.object("shippingLine")
    return [meaning.shipping_line(line)] if line else []


_HEADER: Fields = {
    "number": (("name",), lambda node: node.filled("name")),
    "status": (
        ("cancelledAt", "closedAt"),
        lambda node: meaning.order_status(node.time("cancelledAt"), node.time("closedAt")),
    ),
    "currency": (
        ("presentmentCurrencyCode",),
        lambda node: currency(node, "presentmentCurrencyCode"),
    ),
    "total": (("totalPriceSet",), lambda node: NODE_BAG.customer(node, "totalPriceSet")),
    "payment_status": (
        ("displayFinancialStatus",),
        lambda node: words.payment_status(node.text("displayFinancialStatus")),
    ),
    "fulfillment_status": (("displayFulfillmentStatus", "fulfillments"), _fulfillment_status),
    "payment_methods": (("paymentGatewayNames",), lambda node: node.texts("paymentGatewayNames")),
    "created_at": (("createdAt",), lambda node: node.time("createdAt")),
    # Not `processedAt`: for an order imported from elsewhere it is when it was placed there, long
    # before this shop knew of it.
    "placed_at": (("createdAt",), lambda node: node.time("createdAt")),
    "completed_at": (("closedAt",), lambda node: node.time("closedAt")),
    "cancelled_at": (("cancelledAt",), lambda node: node.time("cancelledAt")),
    "cancel_reason": (("cancelReason",), lambda node: values.lower(node, "cancelReason")),
    "updated_at": (("updatedAt",), lambda node: node.time("updatedAt")),
    "customer_id": (("customer",), lambda node: values.node_id_of(node, "customer")),
    "contact": (("email",), _contact),
    "billing": (("billingAddress",), lambda node: _address(node, "billingAddress")),
    "shipping_address": (("shippingAddress",), lambda node: _address(node, "shippingAddress")),
    "lines": (("lineItems",), _lines),
    "discounts": (
        ("discountCodes",),
        lambda node: [Discount(code=code) for code in node.texts("discountCodes") if code],
    ),
    "shipping": (("shippingLine",), _shipping),
    "taxes": (
        ("taxLines",),
        lambda node: tax_lines(node.objects("taxLines"), NODE_BAG, "priceSet"),
    ),
    "taxes_included": (("taxesIncluded",), lambda node: node.flag("taxesIncluded")),
    "totals": (
        (*_SUMS.values(), "totalRefundedSet"),
        lambda node: totals(
            node, NODE_BAG.customer, _SUMS, NODE_BAG.customer(node, "totalRefundedSet")
        ),
    ),
    "store_totals": (
        tuple(_SUMS.values()),
        lambda node: totals(node, NODE_BAG.store, _SUMS),
    ),
    "status_url": (("statusPageUrl",), lambda node: meaning.web_link(node.filled("statusPageUrl"))),
    "note": (("note",), lambda node: node.filled("note")),
    "tags": (("tags",), lambda node: meaning.tags(node.texts("tags"))),
    "attributes": (
        ("customAttributes",),
        lambda node: meaning.attributes(node.objects("customAttributes"), "key"),
    ),
}
