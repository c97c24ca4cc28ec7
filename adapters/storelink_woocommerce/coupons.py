"""From WooCommerce's coupons to the model: pure functions of bodies.

Facts: WooCommerce REST API docs, "Coupons"; the recordings named in
`docs/platforms/woocommerce.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from storelink.models.enums import CouponKind
from storelink.models.money import Money
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import mail_address
from storelink.toolkit.payload import Reader, exact_json
from storelink_woocommerce import values
from storelink_woocommerce.normalize import ONLY_THE_ID, gone

NO_TIME = "the body does not say when the coupon changed"

KINDS: Mapping[str, CouponKind] = {
    "percent": CouponKind.PERCENT,
    "fixed_cart": CouponKind.AMOUNT,
    "fixed_product": CouponKind.AMOUNT,
}


@dataclass(frozen=True, slots=True)
class _Body:
    """A coupon as WooCommerce sends it, whole or in part."""

    reader: Reader
    currency: str | None

    @property
    def number(self) -> Decimal | None:
        """What it takes off: a percentage or an amount."""
        return values.lenient(lambda: self.reader.decimal("amount"))

    @property
    def kind(self) -> CouponKind:
        if not self.number and self.reader.data.get("free_shipping") is True:
            return CouponKind.FREE_SHIPPING
        return KINDS.get(values.text(self.reader, "discount_type") or "", CouponKind.UNKNOWN)

    def money(self, name: str) -> Money | None:
        """Return an amount above zero: what WooCommerce does not limit is zero there."""
        amount = values.money(self.reader, name, self.currency or "")
        return amount if amount is not None and amount.amount else None


def coupon(body: Mapping[str, Any], *, currency: str | None = None) -> Snapshot:
    """Say what a coupon's body says.

    Args:
        body: a webhook's body, or an answer of the REST API.
        currency: what the store sells in; a body names none. Without it, amounts stay unset.

    Raises:
        PayloadError: the id or the time of change cannot be read; the message names it.
    """
    carried = _Body(Reader(body, "coupon"), currency)
    modified_at = values.gmt(carried.reader, "date_modified_gmt")
    is_trashed = values.text(carried.reader, "status") == "trash"
    known = _fields(carried)
    if carried.reader.has("status") and (modified_at or not is_trashed):
        known["deleted_at"] = modified_at if is_trashed else None
    record = Record(
        Kind.COUPON,
        carried.reader.id("id"),
        updated_at=modified_at,
        fields=known,
        deleted=is_trashed and modified_at is None,
        needs_read=NO_TIME if modified_at is None else None,
        raw=exact_json(body),
    )
    return Snapshot(records=(record,))


def deleted_coupon(body: Mapping[str, Any], *, currency: str | None = None) -> Snapshot:
    """Say that a coupon is gone, if a read agrees.

    Trashing a product sends `coupon.deleted` with the product's id, too (recorded: 0042, 0043).
    """
    if body.keys() != {"id"}:
        return coupon(body, currency=currency)
    return gone(Kind.COUPON, Reader(body, "coupon"), needs_read=ONLY_THE_ID)


def _fields(body: _Body) -> dict[str, Any]:
    return {
        name: read(body)
        for name, (needs, read) in _FIELDS.items()
        if body.reader.has(*needs) and (name not in _AMOUNTS or body.currency)
    }


def _percent(body: _Body) -> Decimal | None:
    return body.number if body.kind is CouponKind.PERCENT else None


def _amount(body: _Body) -> Money | None:
    return body.money("amount") if body.kind is CouponKind.AMOUNT else None


def _count(name: str) -> Callable[[_Body], int | None]:
    return lambda body: values.lenient(lambda: body.reader.integer(name))


def _limit(body: _Body) -> int | None:
    # WooCommerce's forms write 0 for no limit
    return _count("usage_limit")(body) or None


def _active(body: _Body) -> bool:
    limit, used = _limit(body), _count("usage_count")(body) or 0
    is_shown = values.text(body.reader, "status") in {None, "publish"}
    return is_shown and (limit is None or used < limit)


def _emails(body: _Body) -> tuple[str, ...]:
    listed = values.lenient(lambda: body.reader.texts("email_restrictions")) or []
    return tuple(address for text in listed if (address := mail_address(text)))


_AMOUNTS = frozenset({"amount", "minimum"})

_FIELDS: Mapping[str, tuple[tuple[str, ...], Callable[[_Body], Any]]] = {
    "code": (("code",), lambda body: values.words(body.reader, "code") or ""),
    "kind": (("discount_type", "amount", "free_shipping"), lambda body: body.kind),
    "percent": (("discount_type", "amount"), _percent),
    "amount": (("discount_type", "amount"), _amount),
    "minimum": (("minimum_amount",), lambda body: body.money("minimum_amount")),
    "usage_limit": (("usage_limit",), _limit),
    "usage_count": (("usage_count",), _count("usage_count")),
    "emails": (("email_restrictions",), _emails),
    "active": (("status", "usage_limit", "usage_count"), _active),
    "expires_at": (
        ("date_expires_gmt",),
        lambda body: values.gmt_or_none(body.reader, "date_expires_gmt"),
    ),
    "created_at": (
        ("date_created_gmt",),
        lambda body: values.gmt_or_none(body.reader, "date_created_gmt"),
    ),
    "updated_at": (
        ("date_modified_gmt",),
        lambda body: values.gmt(body.reader, "date_modified_gmt"),
    ),
}
"""Each field of the model: what the body must carry for it, and how it is read."""
