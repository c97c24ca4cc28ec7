"""What is left of an object when the person is erased from it: pure.

What stays is what the books need: that there was an order, when, of what, for how much, and what
became of it. It is told by name, so that a field that is added later is forgotten by default. An
object that was erased says so itself, in a cell of its own, and takes nothing of a person any
more, however new: whoever comes back does so with a new order, and that one is taken whole.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from storelink.mirror.merge import NEVER, Cell, Held
from storelink.models.record import Record
from storelink.models.ref import Kind
from storelink.toolkit.contact import normal

MARK = "erased/person"
"""The cell of an object that was erased; its value tells one person from another."""
PREFIX = "erased/"
"""How the keys of erased people begin; no address and no account's key does."""
ACCOUNT = "customer/"
"""How the keys of accounts begin."""

_TIMES = {"created_at", "updated_at", "deleted_at"}
KEPT: Mapping[Kind, frozenset[str]] = {
    kind: frozenset(names) | _TIMES
    for kind, names in {
        Kind.ORDER: {
            "number",
            "status",
            "currency",
            "total",
            "payment_status",
            "fulfillment_status",
            "payment_methods",
            "placed_at",
            "paid_at",
            "completed_at",
            "cancelled_at",
            "checkout_id",
            "lines",
            "taxes",
            "totals",
            "store_totals",
        },
        Kind.SHIPMENT: {
            "lines",
            "status",
            "shipped_at",
            "in_transit_at",
            "estimated_delivery_at",
            "delivered_at",
        },
        Kind.REFUND: {"amount", "lines"},
        Kind.RETURN: {
            "status",
            "lines",
            "requested_at",
            "approved_at",
            "closed_at",
            "key",
            "exchanged",
        },
        Kind.CUSTOMER: set[str](),
        Kind.CONSENT: {"customer_id", "channel", "state", "at"},
        Kind.CHECKOUT: {"number", "currency", "total", "lines", "completed_at"},
        Kind.REVIEW: {"product_id", "status", "rating", "verified"},
        Kind.COUPON: {
            "code",
            "kind",
            "percent",
            "amount",
            "minimum",
            "usage_limit",
            "usage_count",
            "active",
            "starts_at",
            "expires_at",
        },
    }.items()
}
"""The fields that stay, by the kind of object; of a product, everything stays."""

_SCAN = {"message": None, "city": None}
_RETURN_LINE = "reason"


def erasing(store: str) -> str:
    """Return the name of the lock that whoever absorbs shares, and whoever erases a person takes.

    Whoever takes it finds everything that was on its way in; what comes later finds the erasure.
    """
    return f"{store}/erasure"


@dataclass(frozen=True, slots=True)
class Seal:
    """Makes of a person's key one that says nothing, always the same.

    Attributes:
        key: the secret; whoever has it can tell whether an address was erased.
    """

    key: bytes = field(repr=False)

    def of(self, person: str) -> str:
        """Return the key of an erased person; it is its own seal.

        However an address is spelled, it has one seal.
        """
        if person.startswith(PREFIX):
            return person
        known = person if person.startswith(ACCOUNT) else normal(person) or person
        return PREFIX + hmac.digest(self.key, f"person/{known}".encode(), "sha256").hex()[:32]


def person_keys(
    *, email: str | None = None, phone: str | None = None, customer_id: str | None = None
) -> frozenset[str]:
    """Return everything that tells a person: addresses in their one spelling, and the account."""
    told = {normal(one) for one in (email, phone) if one}
    if customer_id:
        told.add(f"{ACCOUNT}{customer_id}")
    return frozenset(one for one in told if one)


def keys_of(kind: Kind, key: str, told: Mapping[str, Any]) -> frozenset[str]:
    """Return whose an object is, by what is *told* of it as JSON has it.

    The first address that an order names is not the only one: whoever asks to be forgotten may
    name the address, the phone, or the account.
    """
    if kind in (Kind.ORDER, Kind.CHECKOUT):
        contact = told.get("contact") or {}
        account = told.get("customer_id")
        return person_keys(
            email=contact.get("email"), phone=contact.get("phone"), customer_id=account
        ) | _phones(told)
    if kind is Kind.CUSTOMER:
        return person_keys(email=told.get("email"), phone=told.get("phone"), customer_id=key)
    if kind is Kind.CONSENT:
        address = told.get("address")
        is_mail = "@" in (address or "")
        return person_keys(
            email=address if is_mail else None,
            phone=None if is_mail else address,
            customer_id=told.get("customer_id"),
        )
    if kind is Kind.COUPON:
        mails = (person_keys(email=one) for one in told.get("emails") or ())
        accounts = (person_keys(customer_id=one) for one in told.get("customer_ids") or ())
        return frozenset[str]().union(*mails, *accounts)
    return person_keys(email=told.get("email")) if kind is Kind.REVIEW else frozenset()


def _phones(told: Mapping[str, Any]) -> frozenset[str]:
    found = ((told.get(name) or {}).get("phone") for name in ("billing", "shipping_address"))
    return frozenset[str]().union(*(person_keys(phone=one) for one in found))


def mark_of(held: Held | None) -> str | None:
    """Return the key of the person who was erased from an object, if somebody was."""
    found = held.value(MARK) if held else None
    return str(found) if found else None


def marked(held: Held, person: str) -> Held:
    """Return *held* saying that *person* was erased from it."""
    return replace(held, cells={**held.cells, MARK: Cell(*NEVER, person)})


def forgotten(held: Held, person: str) -> Held:
    """Return what is left of *held* once *person* is erased from it."""
    kept = KEPT.get(held.kind)
    if kept is None:
        return held
    left = {
        name: cell._replace(value=_kept_value(name, cell.value), weight="")
        for name, cell in held.cells.items()
        if name in kept or ("/" in name and name != MARK)
    }
    return marked(replace(held, cells=left), person)


def muted(record: Record) -> Record:
    """Return what may be taken of *record*, whose person was erased."""
    kept = KEPT.get(record.kind)
    if kept is None:
        return record
    fields = {name: value for name, value in record.fields.items() if name in kept}
    if record.kind is Kind.RETURN and fields.get("lines"):
        fields["lines"] = tuple(
            line.model_copy(update={_RETURN_LINE: None}) for line in fields["lines"]
        )
    scans = tuple(scan.model_copy(update=_SCAN) for scan in record.scans)
    return replace(record, fields=fields, scans=scans, raw={})


def _kept_value(name: str, value: Any) -> Any:
    """Return what stays of a value as JSON has it: of a scan or a returned line, not the words."""
    if name.startswith("scan/"):
        return {**value, **_SCAN}
    if name == "lines" and value:
        return [
            {**line, **({_RETURN_LINE: None} if _RETURN_LINE in line else {})} for line in value
        ]
    return value
