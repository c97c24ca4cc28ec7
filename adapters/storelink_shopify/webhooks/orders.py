"""Whole orders, and what is said about an order without its state.

Facts: shopify.dev, "Webhooks", topics `orders/*` and `order_transactions/create`; the REST
resources Order and Transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from storelink.models.contact import Address, Contact
from storelink.models.money import Money
from storelink.models.order import Discount, LineItem, ShippingLine
from storelink.models.record import FailedPayment, Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import mail_address
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import meaning, people, values, words
from storelink_shopify.money import WEBHOOK_BAG, currency, exact_money, total, totals
from storelink_shopify.people import WEBHOOK_ADDRESS
from storelink_shopify.taxes import tax_lines
from storelink_shopify.values import Fields
from storelink_shopify.webhooks import refunds, shipments

_SUMS: Mapping[str, str] = {
    "subtotal": "subtotal_price_set",
    "discount": "total_discounts_set",
    "shipping": "total_shipping_price_set",
    "tax": "total_tax_set",
    "total": "total_price_set",
}
_PAYMENTS = frozenset({"authorization", "capture", "sale"})
_FAILED = frozenset({"error", "failure"})


def order(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what a whole order says: its header, its fulfillments, its refunds."""
    order_id = values.webhook_id(body)
    updated_at = body.time("updated_at")
    parcels = [shipments.shipment(one, order_id) for one in body.objects("fulfillments")]
    given_back = [refunds.refund(one, order_id, updated_at) for one in body.objects("refunds")]
    parts = {"fulfillments": parcels, "refunds": given_back}
    header = Record(
        kind=Kind.ORDER,
        id=order_id,
        updated_at=updated_at,
        fields={**values.carried(body, _HEADER), "deleted_at": None},
        # `returns` is a list of these bodies, too, but Shopify does not say what is in it: the
        # examples show it empty. Returns come by their own topics.
        children={
            name: tuple(part.id for part in found)
            for name, found in parts.items()
            if body.has(name)
        },
        needs_read=None if updated_at else values.NO_TIME,
        raw=exact_json(body.data),
    )
    return Snapshot((header, *parcels, *given_back))


def deleted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that an order is gone."""
    why = "Shopify says that the order was deleted"
    order_id = values.webhook_id(body)
    return Snapshot((Record(kind=Kind.ORDER, id=order_id, deleted=True, needs_read=why),))


def edited(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that an order was edited: the body has the differences, not the order."""
    order_id = values.child(body, "order_edit").id("order_id")
    return changed(order_id, "the order was edited, and the webhook has only the differences")


def changed(order_id: str, why: str) -> Snapshot:
    """Say that an order has to be read, and why."""
    return Snapshot((Record(kind=Kind.ORDER, id=order_id, needs_read=why),))


def transaction(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that an attempt to pay failed; any other transaction shows in the order."""
    kind, status = values.lower(body, "kind"), values.lower(body, "status")
    order_id, payment_id = body.id("order_id"), values.webhook_id(body)
    if kind not in _PAYMENTS or status not in _FAILED:
        return Snapshot(note=f"a transaction ({kind}, {status}): what it did is in the order")
    at = body.time("processed_at") or values.instant(body, "created_at")
    # The time of an attempt is not the order's version, so that the record has none.
    failed = FailedPayment(payment_id, at)
    return Snapshot((Record(kind=Kind.ORDER, id=order_id, failed_payments=(failed,)),))


def _customer_id(body: Reader) -> str | None:
    customer = body.object("customer")
    return values.webhook_id(customer) if customer else None


def _contact(body: Reader) -> Contact:
    customer = body.object("customer")
    return people.buyer(
        email=mail_address(body.text("email")) or mail_address(body.text("contact_email")),
        phone=body.filled("phone"),
        locale=body.filled("customer_locale"),
        customer=people.plain_account(customer) if customer else None,
        billing=_address(body, "billing_address"),
        shipping=_address(body, "shipping_address"),
    )


def _address(body: Reader, name: str) -> Address | None:
    return people.address(body.object(name), WEBHOOK_ADDRESS)


def _line(line: Reader) -> LineItem:
    return LineItem(
        id=values.webhook_id(line),
        title=line.filled("title") or "",
        variant_title=meaning.variant_title(line.filled("variant_title")),
        sku=line.filled("sku"),
        product_id=line.optional_id("product_id"),
        variant_id=line.optional_id("variant_id"),
        quantity=values.count(line, "quantity"),
        current_quantity=line.integer("current_quantity"),
        unit_price=WEBHOOK_BAG.customer(line, "price_set"),
        total=_line_total(line),
        requires_shipping=line.flag("requires_shipping"),
        gift_card=line.flag("gift_card") or False,
    )


def _line_total(line: Reader) -> Money | None:
    """Return price times quantity less the line's own discounts, as `discountedTotalSet` is."""
    price = WEBHOOK_BAG.customer(line, "price_set")
    discount = WEBHOOK_BAG.customer(line, "total_discount_set")
    if price is None or discount is None:
        return None
    if price.currency != discount.currency:
        line.refuse("total_discount_set", f"an amount of {price.currency}")
    before = price.amount * values.count(line, "quantity")
    return exact_money(before - discount.amount, price.currency)


def _discounts(body: Reader) -> list[Discount]:
    # Without the amount: it is in the shop's currency here, and GraphQL names only the codes.
    codes = (one.filled("code") for one in body.objects("discount_codes"))
    return [Discount(code=code) for code in codes if code]


def _shipping(body: Reader) -> list[ShippingLine]:
    # GraphQL names one, by title and code; what shipping costs is among the totals.
    lines = [one for one in body.objects("shipping_lines") if not one.flag("is_removed")]
    return [meaning.shipping_line(one) for one in lines[:1]]


def _refunded(body: Reader) -> Money | None:
    code = currency(body, "presentment_currency")
    return total((refunds.amount(one) for one in body.objects("refunds")), code)


_HEADER: Fields = {
    "number": (("name",), lambda body: body.filled("name")),
    "status": (
        ("cancelled_at", "closed_at"),
        lambda body: meaning.order_status(body.time("cancelled_at"), body.time("closed_at")),
    ),
    "currency": (("presentment_currency",), lambda body: currency(body, "presentment_currency")),
    "total": (("total_price_set",), lambda body: WEBHOOK_BAG.customer(body, "total_price_set")),
    "payment_status": (
        ("financial_status",),
        lambda body: words.payment_status(body.text("financial_status")),
    ),
    "fulfillment_status": (
        ("fulfillment_status",),
        lambda body: words.fulfillment_status(body.text("fulfillment_status")),
    ),
    "payment_methods": (
        ("payment_gateway_names",),
        lambda body: body.texts("payment_gateway_names"),
    ),
    "created_at": (("created_at",), lambda body: body.time("created_at")),
    # Not `processed_at`: for an order imported from elsewhere it is when it was placed there,
    # long before this shop knew of it.
    "placed_at": (("created_at",), lambda body: body.time("created_at")),
    "completed_at": (("closed_at",), lambda body: body.time("closed_at")),
    "cancelled_at": (("cancelled_at",), lambda body: body.time("cancelled_at")),
    "cancel_reason": (("cancel_reason",), lambda body: values.lower(body, "cancel_reason")),
    "updated_at": (("updated_at",), lambda body: body.time("updated_at")),
    # Not in the examples of 2026-07, which name the checkout's token only, as GraphQL does; of a
    # checkout that can be read the token is not known. That it was completed it says itself.
    "checkout_id": (("checkout_id",), lambda body: body.optional_id("checkout_id")),
    "customer_id": (("customer",), _customer_id),
    "contact": (("email",), _contact),
    "billing": (("billing_address",), lambda body: _address(body, "billing_address")),
    "shipping_address": (("shipping_address",), lambda body: _address(body, "shipping_address")),
    "lines": (("line_items",), lambda body: [_line(one) for one in body.objects("line_items")]),
    "discounts": (("discount_codes",), _discounts),
    "shipping": (("shipping_lines",), _shipping),
    "taxes": (
        ("tax_lines",),
        lambda body: tax_lines(body.objects("tax_lines"), WEBHOOK_BAG, "price_set"),
    ),
    "taxes_included": (("taxes_included",), lambda body: body.flag("taxes_included")),
    "totals": (
        (*_SUMS.values(), "presentment_currency", "refunds"),
        lambda body: totals(body, WEBHOOK_BAG.customer, _SUMS, _refunded(body)),
    ),
    "store_totals": (
        tuple(_SUMS.values()),
        lambda body: totals(body, WEBHOOK_BAG.store, _SUMS),
    ),
    "status_url": (
        ("order_status_url",),
        lambda body: meaning.web_link(body.filled("order_status_url")),
    ),
    "note": (("note",), lambda body: body.filled("note")),
    "tags": (("tags",), lambda body: meaning.tags((body.text("tags") or "").split(","))),
    "attributes": (
        ("note_attributes",),
        lambda body: meaning.attributes(body.objects("note_attributes"), "name"),
    ),
}
