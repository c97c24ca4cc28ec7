"""Making a coupon for one person, and taking it back.

Facts: WooCommerce REST API docs, "Coupons"; recordings `coupon_create`, `error_400_coupon_*`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from storelink.errors import NotFound, StoreError, WriteRefused
from storelink.models.coupon import Coupon, Offer
from storelink.models.money import Money
from storelink.toolkit.contact import mail_address
from storelink.toolkit.payload import Reader
from storelink_woocommerce import coupons, values
from storelink_woocommerce.paging import gmt_text
from storelink_woocommerce.shop import Shop, number

TAKEN = "woocommerce_rest_coupon_code_already_exists"

Body = Mapping[str, Any]

# What WordPress takes for an address (`is_email`): ASCII only. Another one it drops silently, and
# the coupon is for everybody.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_CENT = Decimal("0.01")  # WooCommerce answers with two places, whatever the currency
_AMOUNTS = ("amount", "minimum_amount")
_ADDRESS = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]+@(?:{_LABEL}\.)+{_LABEL}")


@dataclass(frozen=True, slots=True)
class Issuing:
    """The coupons that one shop is asked to make."""

    shop: Shop

    def issue(self, offer: Offer) -> Coupon:
        """Make a code that one person can use once; asked again, the same one is returned."""
        wanted = self._body(offer, self._email(offer))
        found = self._find(offer.code)
        if found is None:
            found = self._create(wanted)
        elif not _is_as(wanted, found):
            raise WriteRefused("the code is taken by another coupon", code="TAKEN")
        return self._coupon(found)

    def withdraw(self, code: str) -> None:
        """Put the coupon of this code into the trash; one that does not exist is fine."""
        found = self._find(code)
        if found is not None:
            self._delete(found, force=False)

    def _create(self, wanted: Body) -> Body:
        code = wanted["code"]
        try:
            answer = self.shop.client.post("coupons", wanted, read_back=lambda: self._made(wanted))
        except WriteRefused as refusal:
            found = self._find(code) if refusal.code == TAKEN else None
            if found is None:
                raise
            if not _is_as(wanted, found):
                raise WriteRefused("the code is taken by another coupon", code="TAKEN") from None
            return found
        made = answer.body
        if not _is_as(wanted, made):
            self._undo(made)
        return made

    def _made(self, wanted: Body) -> Body | None:
        """Return the coupon if it was made, be it for everybody; never somebody else's."""
        found = self._find(wanted["code"])
        if found is None:
            return None
        public = {**wanted, "email_restrictions": []}
        return found if _is_as(wanted, found) or _is_as(public, found) else None

    def _undo(self, made: Body) -> None:
        """Remove a coupon that is not what was asked for, perhaps one that everybody can use."""
        key = Reader(made, "coupon").id("id")
        text = "WooCommerce made a coupon with other terms than it was asked for; "
        try:
            self._delete(made, force=True)
        except StoreError as error:
            raise WriteRefused(f"{text}remove coupon {key} by hand: {error}") from error
        raise WriteRefused(f"{text}it was removed again")

    def _delete(self, coupon: Body, *, force: bool) -> None:
        path = f"coupons/{Reader(coupon, 'coupon').id('id')}"
        code = values.words(Reader(coupon, "coupon"), "code") or ""
        params = {"force": "true"} if force else {}
        try:
            self.shop.client.delete(
                path, params, read_back=lambda: None if self._find(code) else coupon
            )
        except NotFound:
            return

    def _find(self, code: str) -> Body | None:
        """Return the coupon of *code*; WooCommerce keeps codes in lower case."""
        for row in self.shop.client.get("coupons", {"code": code}).rows:
            if (values.words(Reader(row, "coupon"), "code") or "").lower() == code.lower():
                return row
        return None

    def _coupon(self, body: Body) -> Coupon:
        record = coupons.coupon(body, currency=self.shop.currency()).records[0]
        return Coupon(id=record.id, store="", raw=dict(record.raw), **record.fields)

    def _email(self, offer: Offer) -> str:
        """Return the address that may use the coupon: WooCommerce knows no other restriction."""
        email = mail_address(offer.email)
        if not email and offer.customer_id:
            email = self._email_of(offer.customer_id)
        if not email or not is_ascii_address(email):
            raise WriteRefused(
                "WooCommerce cannot restrict a coupon to this address, and it would be for "
                "everybody: WordPress takes only addresses in ASCII",
                code="EMAIL",
            )
        return email.lower()

    def _email_of(self, customer_id: str) -> str | None:
        try:
            account = self.shop.client.get(f"customers/{number(customer_id)}").body
        except NotFound:
            return None
        return mail_address(values.text(Reader(account, "customer"), "email"))

    def _body(self, offer: Offer, email: str) -> Body:
        kind, taken = "percent", offer.percent
        if offer.amount is not None:
            kind, taken = "fixed_cart", self._amount(offer.amount)
        body = {
            "code": offer.code.lower(),
            "discount_type": kind,
            "amount": f"{taken:f}",
            "individual_use": True,
            "usage_limit": 1,
            "usage_limit_per_user": 1,
            "email_restrictions": [email],
        }
        if offer.minimum is not None:
            body["minimum_amount"] = f"{self._amount(offer.minimum):f}"
        if offer.expires_at is not None:
            # `date_expires_gmt` is ignored, and so are offsets like +05:30, partly (recorded).
            body["date_expires"] = f"{gmt_text(offer.expires_at)}Z"
        return body

    def _amount(self, money: Money) -> Decimal:
        if money.currency != self.shop.currency():
            raise WriteRefused(
                f"the offer is in {money.currency}, and the shop sells in {self.shop.currency()}",
                code="CURRENCY",
            )
        return money.amount


def is_ascii_address(text: str) -> bool:
    """Say whether WordPress takes *text* for an address."""
    return _ADDRESS.fullmatch(text) is not None


def _is_as(wanted: Body, found: Body) -> bool:
    """Say whether a coupon gives what was *wanted*, and to nobody else."""
    reader = Reader(found, "coupon")
    same = ("discount_type", "individual_use", "usage_limit", "email_restrictions")
    return (
        all(wanted[name] == found.get(name) for name in same)
        and all(abs(_amount(wanted, name) - _amount(found, name)) < _CENT for name in _AMOUNTS)
        and _end(wanted.get("date_expires")) == values.gmt_or_none(reader, "date_expires_gmt")
    )


def _amount(body: Body, name: str) -> Decimal:
    return values.lenient(lambda: Reader(body, "coupon").decimal(name)) or Decimal(0)


def _end(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
