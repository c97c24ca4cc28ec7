"""Making a code that one person can use once, and taking it back.

Facts: shopify.dev, the mutations `discountCodeBasicCreate` and `discountCodeDeactivate`. Shopify
restricts a code to accounts, not to addresses; codes are compared without regard to case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from storelink.errors import WriteInDoubt, WriteRefused
from storelink.models.coupon import Coupon, Offer
from storelink.models.money import Money
from storelink_shopify import nodes
from storelink_shopify.client import Client
from storelink_shopify.values import gid_number, stamp

Node = Mapping[str, Any]

_TAKEN = "TAKEN"
_GONE = "EXPIRED"
"""The status of a discount that was deactivated: Shopify ends it now."""


@dataclass(frozen=True, slots=True)
class Coupons:
    """The codes of one shop that storelink makes."""

    client: Client

    def issue(self, offer: Offer, now: datetime) -> Coupon:
        """Make a code; asked again, the same one is returned.

        Raises:
            WriteRefused: the code is taken by another coupon, or nobody has this address.
            WriteInDoubt: the answer was lost, and the code is not there (yet).
        """
        self._check_currency(offer)
        customer_id = offer.customer_id or self._customer_id(offer.email or "")
        found = self._find(offer.code)
        if found is None:
            found = self._create(offer, customer_id, now)
        made = _coupon(found)
        if not _is_as_offered(made, offer, customer_id):
            raise WriteRefused(f"the code {offer.code} is taken by another coupon", code=_TAKEN)
        return made

    def withdraw(self, code: str) -> None:
        """Let a code be used no more; one that does not exist is fine."""
        found = self._find(code)
        if found is None or _status(found) == _GONE:
            return
        if not _coupon(found).code:
            text = f"the code {code} shares its discount with others, which would end, too"
            raise WriteRefused(text)
        try:
            self.client.mutate(
                "discount_code_deactivate", {"id": found["id"]}, answer="discountCodeDeactivate"
            )
        except WriteInDoubt:
            left = self._find(code)
            if left is not None and _status(left) != _GONE:
                raise

    def _find(self, code: str) -> Node | None:
        found: Node | None = self.client.query("discount_by_code", {"code": code})[
            "codeDiscountNodeByCode"
        ]
        return found

    def _create(self, offer: Offer, customer_id: str, now: datetime) -> Node:
        asked = {"basicCodeDiscount": _discount(offer, customer_id, now)}
        try:
            answer = self.client.mutate(
                "discount_code_basic_create",
                asked,
                answer="discountCodeBasicCreate",
                repeatable=True,  # a second one of that code is refused
            )
        except WriteInDoubt:
            found = self._find(offer.code)
            if found is None:
                raise
            return found
        except WriteRefused as error:
            found = self._find(offer.code) if error.code == _TAKEN else None
            if found is None:
                raise
            return found  # somebody was faster; it may be what was asked for
        node: Node = answer["codeDiscountNode"]
        return node

    def _check_currency(self, offer: Offer) -> None:
        # What is sent are numbers: Shopify takes them for amounts of its own currency.
        named = {one.currency for one in (offer.amount, offer.minimum) if one is not None}
        if not named:
            return
        own = self.client.query("shop")["shop"]["currencyCode"]
        if named != {own}:
            raise WriteRefused(f"a coupon of this shop is in {own}", code="CURRENCY")

    def _customer_id(self, email: str) -> str:
        found = self.client.query("customer_by_email", {"email": email})["customerByIdentifier"]
        if not found:
            text = "Shopify restricts codes to accounts, and none has this address"
            raise WriteRefused(text, code="CUSTOMER_UNKNOWN")
        return gid_number(found["id"]) or ""


def _coupon(node: Node) -> Coupon:
    record = nodes.coupon(node).records[0]
    return Coupon(id=record.id, store="", raw=dict(record.raw), **record.fields)


def _status(node: Node) -> str:
    return str(node["codeDiscount"].get("status") or "")


def _discount(offer: Offer, customer_id: str, now: datetime) -> dict[str, Any]:
    return {
        "title": offer.code,
        "code": offer.code,
        "startsAt": stamp(now),
        "endsAt": stamp(offer.expires_at) if offer.expires_at else None,
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": [f"gid://shopify/Customer/{customer_id}"]}},
        "customerGets": {"value": _takes_off(offer), "items": {"all": True}},
        **_minimum(offer.minimum),
    }


def _takes_off(offer: Offer) -> dict[str, Any]:
    if offer.amount is not None:
        amount = str(offer.amount.amount)
        return {"discountAmount": {"amount": amount, "appliesOnEachItem": False}}
    return {"percentage": float((offer.percent or Decimal(0)) / 100)}


def _minimum(minimum: Money | None) -> dict[str, Any]:
    if minimum is None:
        return {}
    subtotal = {"greaterThanOrEqualToSubtotal": str(minimum.amount)}
    return {"minimumRequirement": {"subtotal": subtotal}}


def _is_as_offered(made: Coupon, offer: Offer, customer_id: str) -> bool:
    wanted = [
        (made.code.casefold(), offer.code.casefold()),
        (made.usage_limit, 1),
        (made.percent, offer.percent),
        (made.amount, offer.amount),
        (made.minimum, offer.minimum),
        (_seconds(made.expires_at), _seconds(offer.expires_at)),
    ]
    # Without the right to see accounts it is not known for whom the code is.
    is_for_them = "customer_ids" not in made.model_fields_set or made.customer_ids == (customer_id,)
    return is_for_them and all(is_now == asked for is_now, asked in wanted)


def _seconds(instant: datetime | None) -> datetime | None:
    return instant.replace(microsecond=0) if instant else None
