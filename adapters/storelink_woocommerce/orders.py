"""The header of an order: what each field of the model is read from.

A body is refused for its id, status, total, currency and time of change, and where a list of its
own is none. Any other field that cannot be read is left unset: one odd value of a plugin must not
cost the whole order.

Facts: WooCommerce REST API docs, "Orders"; the recordings named in `docs/platforms/woocommerce.md`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from storelink.errors import PayloadError
from storelink.models.enums import FulfillmentStatus, OrderStatus, PaymentStatus
from storelink.models.money import Money
from storelink.toolkit.contact import e164, locale_tag, mail_address
from storelink.toolkit.payload import Reader, exact_json
from storelink_woocommerce import lines, values

TRASH = "trash"
CART = "_storelink_cart"
"""Where `examples/woocommerce_cart_capture` writes which cart the order came from."""
FULFILLMENT_STATUS = "_fulfillment_status"

STATUSES: Mapping[str, OrderStatus] = {
    "auto-draft": OrderStatus.DRAFT,
    "checkout-draft": OrderStatus.DRAFT,
    "draft": OrderStatus.DRAFT,
    "pending": OrderStatus.PENDING,
    "processing": OrderStatus.OPEN,
    "on-hold": OrderStatus.ON_HOLD,
    "completed": OrderStatus.COMPLETED,
    "refunded": OrderStatus.COMPLETED,
    "cancelled": OrderStatus.CANCELLED,
    "failed": OrderStatus.FAILED,
    # Advanced Shipment Tracking (docs, "Custom order statuses") adds these; its "shipped" only
    # renames `completed`.
    "delivered": OrderStatus.COMPLETED,
    "partial-shipped": OrderStatus.OPEN,
    "updated-tracking": OrderStatus.OPEN,
}

NO_STATUSES: Mapping[str, OrderStatus] = MappingProxyType({})
"""What a shop without statuses of its own has of them."""

# Whatever else an order is, a status of a plugin included, somebody paid or promised to.
_NOT_PLACED = frozenset(
    {OrderStatus.DRAFT, OrderStatus.PENDING, OrderStatus.CANCELLED, OrderStatus.FAILED}
)

FULFILLMENT_STATUSES: Mapping[str, FulfillmentStatus] = {
    "unfulfilled": FulfillmentStatus.UNFULFILLED,
    "partially_fulfilled": FulfillmentStatus.PARTIALLY_FULFILLED,
    "fulfilled": FulfillmentStatus.FULFILLED,
}

# WooCommerce keeps no language; WPML, TranslatePress and Weglot write theirs on the order.
LANGUAGE_KEYS = ("wpml_language", "trp_language", "weglot_language")

# Notes of WooCommerce and WordPress to themselves. Some vanish later without moving
# date_modified (the checkout's debug log does, minutes after each order).
BOOKKEEPING = frozenset(
    {"_auto_fulfill_processed", "_debug_log_source_pending_deletion", "_edit_last", "_edit_lock"}
    | {"_coupons_hash", "_fees_hash", "_shipping_hash", "_taxes_hash"}
)

_CURRENCY = re.compile(r"[A-Za-z]{3}")
_ESSENTIAL = frozenset({"currency", "total", "updated_at"})
_LISTS = ("line_items", "refunds")
_WHOLE = frozenset(
    {"billing", "coupon_lines", "line_items", "meta_data", "refunds", "shipping"}
    | {"shipping_lines", "tax_lines"}
)


@dataclass(frozen=True)
class OrderBody:
    """An order as WooCommerce sends it, whole or in part.

    Attributes:
        reader: reads the body.
        meta: reads the order's own `meta_data` by key; empty if the body does not carry it.
        statuses: the shop's own, without `wc-`.
    """

    reader: Reader
    meta: Reader
    statuses: Mapping[str, OrderStatus]

    @classmethod
    def of(cls, body: Mapping[str, Any], statuses: Mapping[str, OrderStatus]) -> OrderBody:
        """Read *body*, of a shop with these *statuses* of its own.

        Raises:
            PayloadError: it is no object, or what must be a list is none.
        """
        reader = Reader(body, "order")
        for name in _LISTS:
            if not isinstance(body.get(name), list | None):
                reader.refuse(name, "a list")
        return cls(reader, values.meta(reader), statuses)

    @functools.cached_property
    def id(self) -> str:
        """The order's id."""
        return self.reader.id("id")

    @functools.cached_property
    def modified_at(self) -> datetime | None:
        """When the order last changed."""
        return values.gmt(self.reader, "date_modified_gmt")

    @functools.cached_property
    def is_trashed(self) -> bool:
        """Whether the order lies in the trash."""
        return self.reader.text("status") == TRASH

    @functools.cached_property
    def status(self) -> str | None:
        """WooCommerce's word for where the order stands; in the trash: where it stood before."""
        word = (
            values.text(self.meta, "_wp_trash_meta_status")
            if self.is_trashed
            else self.reader.filled("status")
        )
        return word.removeprefix("wc-") if word else None

    @functools.cached_property
    def standing(self) -> OrderStatus | None:
        """Where the order stands; in the trash: where it stood before, if that is known."""
        word = self.status
        if not word:
            return None
        return self.statuses.get(word) or STATUSES.get(word, OrderStatus.UNKNOWN)

    @functools.cached_property
    def has_fulfillments(self) -> bool:
        """Whether the order's meta says anything of WooCommerce's own fulfillments."""
        word = self.meta.data.get(FULFILLMENT_STATUS)
        return bool(word.strip() if isinstance(word, str) else word)

    @functools.cached_property
    def currency(self) -> str:
        """The currency of every amount in the body."""
        currency = self.reader.text("currency") or ""
        if not _CURRENCY.fullmatch(currency):
            raise PayloadError(
                "order.currency: expected an ISO 4217 code of three letters; codes that plugins "
                "add, for example of crypto coins, cannot be used"
            )
        return currency

    @functools.cached_property
    def carried(self) -> frozenset[str]:
        """The names of the fields that the body carries; a list or object that is null is not."""
        body = self.reader.data
        return frozenset(name for name in body if body[name] is not None or name not in _WHOLE)

    def carries(self, *names: str) -> bool:
        """Say whether the body carries all these fields."""
        return self.carried.issuperset(names)

    @functools.cached_property
    def total(self) -> Money:
        """What the order costs.

        Raises:
            PayloadError: the body does not say.
        """
        total = self.reader.money("total", self.currency)
        if total is None:
            raise PayloadError("order.total: missing")
        return total

    @functools.cached_property
    def refunded(self) -> Money:
        """The sum of the refunds, as a positive amount.

        Raises:
            PayloadError: one of them cannot be read.
        """
        return abs(values.total(self.reader.objects("refunds"), ("total",), self.currency))


def fields(order: OrderBody) -> dict[str, Any]:
    """Return the fields of the model that *order* carries."""
    known = {}
    for name, (needs, read) in _FIELDS.items():
        try:
            if order.carried.issuperset(needs):
                known[name] = read(order)
        except PayloadError:
            if name in _ESSENTIAL:
                raise
    return known | _standing(order)


def _standing(order: OrderBody) -> dict[str, Any]:
    """Return the status and the deletion, as far as they are known."""
    if not order.carries("status"):
        return {}
    status = {"status": order.standing} if order.standing else {}
    if not order.is_trashed:
        return {**status, "deleted_at": None}
    trashed_at = values.lenient(lambda: values.unix_time(order.meta, "_wp_trash_meta_time"))
    trashed_at = trashed_at or order.modified_at
    return {**status, "deleted_at": trashed_at} if trashed_at else dict(status)


def _payment_status(order: OrderBody) -> PaymentStatus:
    total, refunded = order.total, order.refunded
    is_refunded = total.amount > 0 and refunded >= total
    if order.status == "refunded" or is_refunded:
        return PaymentStatus.REFUNDED
    if refunded.amount > 0:
        return PaymentStatus.PARTIALLY_REFUNDED
    # WooCommerce sets date_paid itself on completion (WC_Order::maybe_set_date_paid), so that only
    # completed orders that were imported lack it.
    is_paid = order.status == "completed" or _paid_at(order)
    return PaymentStatus.PAID if is_paid else PaymentStatus.PENDING


def _paid_at(order: OrderBody) -> datetime | None:
    return values.gmt(order.reader, "date_paid_gmt")


def _placed_at(order: OrderBody) -> datetime | None:
    """Return the time of creation once the customer has paid or promised to."""
    is_promised = order.standing is not None and order.standing not in _NOT_PLACED
    is_placed = is_promised or _paid_at(order)
    return values.gmt(order.reader, "date_created_gmt") if is_placed else None


def _fulfillment_status(order: OrderBody) -> FulfillmentStatus:
    if order.has_fulfillments:
        status = values.text(order.meta, FULFILLMENT_STATUS) or ""
        return FULFILLMENT_STATUSES.get(status, FulfillmentStatus.UNKNOWN)
    needs_shipping = order.reader.flag("needs_processing") is not False
    return FulfillmentStatus.UNKNOWN if needs_shipping else FulfillmentStatus.NOT_REQUIRED


def _payment_methods(order: OrderBody) -> tuple[str, ...]:
    method = values.text(order.reader, "payment_method")
    return (method,) if method else ()


def _contact(order: OrderBody) -> dict[str, Any]:
    billing = values.place(order.reader, "billing") or Reader({}, "order.billing")
    return {
        "email": mail_address(values.text(billing, "email")),
        "phone": e164(values.text(billing, "phone"), values.text(billing, "country")),
        "first_name": values.words(billing, "first_name"),
        "last_name": values.words(billing, "last_name"),
        "locale": _locale(order),
    }


def _locale(order: OrderBody) -> str | None:
    for key in LANGUAGE_KEYS:
        language = order.meta.data.get(key)
        if isinstance(language, str) and language.strip():
            return locale_tag(language)
    return None


def _address(name: str) -> Callable[[OrderBody], dict[str, Any] | None]:
    def read(order: OrderBody) -> dict[str, Any] | None:
        place = values.place(order.reader, name)
        if place is None:
            return None
        texts = {field: values.words(place, key) for field, key in _ADDRESS.items()}
        if not any(texts.values()):
            return None
        return {**texts, "phone": e164(values.text(place, "phone"), texts["country"])}

    return read


_ADDRESS: Mapping[str, str] = {
    "first_name": "first_name",
    "last_name": "last_name",
    "company": "company",
    "line1": "address_1",
    "line2": "address_2",
    "city": "city",
    "region": "state",
    "postcode": "postcode",
    "country": "country",
}


def _totals(order: OrderBody) -> dict[str, Any]:
    reader, currency = order.reader, order.currency
    return {
        "subtotal": values.known_total(reader.objects("line_items"), ("subtotal",), currency),
        "discount": values.money(reader, "discount_total", currency),
        "shipping": values.money(reader, "shipping_total", currency),
        "tax": values.money(reader, "total_tax", currency),
        "total": order.total,
        "refunded": values.lenient(lambda: order.refunded),
    }


def _attributes(order: OrderBody) -> dict[str, Any]:
    """Return the order's own meta by key: what plugins and the checkout wrote on it."""
    written = {key: value for key, value in order.meta.data.items() if key not in BOOKKEEPING}
    return {key: exact_json(value) for key, value in written.items()}


def _told(read: Callable[[Reader, str], Any]) -> Callable[[OrderBody], Any]:
    return lambda order: read(order.reader, order.currency)


def _time(name: str) -> Callable[[OrderBody], datetime | None]:
    return lambda order: values.gmt(order.reader, name)


_TOTALS = ("currency", "total", "discount_total", "shipping_total", "total_tax")

_FIELDS: Mapping[str, tuple[tuple[str, ...], Callable[[OrderBody], Any]]] = {
    "number": (("number",), lambda order: order.reader.id("number")),
    "currency": (("currency",), lambda order: order.currency.upper()),
    "total": (("total", "currency"), lambda order: order.total),
    "payment_status": (
        ("status", "total", "currency", "date_paid_gmt", "refunds"),
        _payment_status,
    ),
    "fulfillment_status": (("meta_data", "needs_processing"), _fulfillment_status),
    "payment_methods": (("payment_method",), _payment_methods),
    "created_at": (("date_created_gmt",), _time("date_created_gmt")),
    "placed_at": (("status", "date_created_gmt", "date_paid_gmt"), _placed_at),
    "paid_at": (("date_paid_gmt",), _paid_at),
    "completed_at": (("date_completed_gmt",), _time("date_completed_gmt")),
    "updated_at": (("date_modified_gmt",), _time("date_modified_gmt")),
    "customer_id": (("customer_id",), lambda order: order.reader.optional_id("customer_id")),
    "contact": (("billing",), _contact),
    "billing": (("billing",), _address("billing")),
    "shipping_address": (("shipping",), _address("shipping")),
    "lines": (("line_items", "currency"), _told(lines.goods)),
    "discounts": (("coupon_lines", "currency"), _told(lines.discounts)),
    "shipping": (("shipping_lines", "currency"), _told(lines.shipping)),
    "fees": (("fee_lines", "currency"), _told(lines.fees)),
    "taxes": (("tax_lines", "currency"), _told(lines.taxes)),
    "taxes_included": (
        ("prices_include_tax",),
        lambda order: order.reader.flag("prices_include_tax"),
    ),
    "totals": ((*_TOTALS, "line_items", "refunds"), _totals),
    "note": (("customer_note",), lambda order: values.words(order.reader, "customer_note")),
    "checkout_id": (("meta_data",), lambda order: values.text(order.meta, CART)),
    "attributes": (("meta_data",), _attributes),
}
"""Each field of the model: what the body must carry for it, and how it is read."""
