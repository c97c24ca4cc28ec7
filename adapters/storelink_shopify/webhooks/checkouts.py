"""Checkouts that somebody began.

Facts: shopify.dev, "Webhooks", topics `checkouts/*`; the REST resource Abandoned checkouts. Its
amounts are plain numbers, of which nothing says in which of the two currencies they are.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storelink.models.contact import Contact
from storelink.models.money import Money
from storelink.models.order import LineItem
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import mail_address
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import commerce, meaning, people, values
from storelink_shopify.money import currency, exact_money
from storelink_shopify.people import WEBHOOK_ADDRESS
from storelink_shopify.values import UNSET, Fields


def checkout(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what a checkout says."""
    updated_at = body.time("updated_at")
    record = Record(
        kind=Kind.CHECKOUT,
        id=_id(body),
        updated_at=updated_at,
        fields={**values.carried(body, _CHECKOUT), "deleted_at": None},
        needs_read=_open_question(body, updated_at),
        raw=exact_json(body.data),
    )
    return Snapshot((record,))


def deleted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that a checkout is gone."""
    why = "Shopify says that the checkout was deleted"
    return Snapshot((Record(kind=Kind.CHECKOUT, id=_id(body), deleted=True, needs_read=why),))


def _id(body: Reader) -> str:
    # The name is text, and keeps all digits where tools round numbers of 64 bits.
    named = commerce.checkout_number(body.filled("name"))
    return named or values.webhook_id(body)


def _open_question(body: Reader, updated_at: datetime | None) -> str | None:
    if updated_at is None:
        return values.NO_TIME
    return None if _only_currency(body) else "the payload does not say of what currency it speaks"


def _only_currency(body: Reader) -> str | None:
    own, shown = body.text("currency"), body.text("presentment_currency")
    return currency(body, "presentment_currency") if shown and own == shown else None


def _total(body: Reader) -> Any:
    code = _only_currency(body)
    return _money(body, "total_price", code) if code else UNSET


def _money(reader: Reader, name: str, code: str) -> Money | None:
    value = reader.decimal(name)
    return None if value is None else exact_money(value, code)


def _customer_id(body: Reader) -> str | None:
    customer = body.object("customer")
    return values.webhook_id(customer) if customer else None


def _contact(body: Reader) -> Contact:
    # The account counts first: it is all that GraphQL shows of who it is.
    customer = body.object("customer")
    known = people.plain_account(customer) if customer else Contact()
    return people.buyer(
        email=known.email or mail_address(body.text("email")),
        phone=known.phone or body.filled("phone"),
        locale=body.filled("customer_locale"),
        customer=known,
        billing=people.address(body.object("billing_address"), WEBHOOK_ADDRESS),
        shipping=people.address(body.object("shipping_address"), WEBHOOK_ADDRESS),
    )


def _lines(body: Reader) -> Any:
    code = _only_currency(body)
    if code is None:
        return UNSET
    lines = enumerate(body.objects("line_items"), start=1)
    return [_line(line, place, code) for place, line in lines]


def _line(line: Reader, place: int, code: str) -> LineItem:
    # Its place is its id: a webhook has a key, a node another id, and neither has the other's.
    return LineItem(
        id=str(place),
        title=line.filled("title") or "",
        variant_title=meaning.variant_title(line.filled("variant_title")),
        sku=line.filled("sku"),
        product_id=line.optional_id("product_id"),
        variant_id=line.optional_id("variant_id"),
        quantity=values.count(line, "quantity"),
        unit_price=_money(line, "price", code),
    )


_CHECKOUT: Fields = {
    "number": (("name",), lambda body: body.filled("name")),
    "url": (
        ("abandoned_checkout_url",),
        lambda body: meaning.web_link(body.filled("abandoned_checkout_url")),
    ),
    "currency": (("presentment_currency",), lambda body: currency(body, "presentment_currency")),
    "total": (("total_price",), _total),
    "customer_id": (("customer",), _customer_id),
    "contact": (("email",), _contact),
    "shipping_address": (
        ("shipping_address",),
        lambda body: people.address(body.object("shipping_address"), WEBHOOK_ADDRESS),
    ),
    "lines": (("line_items",), _lines),
    "accepts_marketing": (
        ("buyer_accepts_marketing",),
        lambda body: body.flag("buyer_accepts_marketing"),
    ),
    "created_at": (("created_at",), lambda body: body.time("created_at")),
    "updated_at": (("updated_at",), lambda body: body.time("updated_at")),
    "completed_at": (("completed_at",), lambda body: body.time("completed_at")),
}
