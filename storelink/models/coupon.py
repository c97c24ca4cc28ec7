"""Codes that take something off."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from pydantic import Field, model_validator

from storelink.models.base import Instant, Value, personal, raw_payload
from storelink.models.enums import CouponKind
from storelink.models.money import Money


class Coupon(Value):
    """A code as the store knows it.

    Attributes:
        percent: what a `PERCENT` coupon takes off, from 0 to 100.
        amount: what an `AMOUNT` coupon takes off. Unset when a payload names no currency
            (WooCommerce's webhooks do not).
        usage_limit: how often it can be used in all; `None` for without end.
        emails: the addresses that may use it; empty for everybody.
        customer_ids: the accounts that may use it; empty for everybody.
        active: whether it can be used now, as far as the store says.
    """

    id: str
    store: str
    code: str = ""
    kind: CouponKind = CouponKind.UNKNOWN
    percent: Decimal | None = None
    amount: Money | None = None
    minimum: Money | None = None
    usage_limit: int | None = None
    usage_count: int | None = None
    emails: tuple[str, ...] = personal(())
    customer_ids: tuple[str, ...] = ()
    active: bool | None = None
    starts_at: Instant | None = None
    expires_at: Instant | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    deleted_at: Instant | None = None
    raw: dict[str, Any] = raw_payload()


class Offer(Value):
    """A code that one person can use once: what `StoreAdapter.issue_coupon` is asked for.

    >>> Offer(code="THANKS-7F3K", percent="10", email="ada@example.com", expires_at=None)
    Offer(code='THANKS-7F3K', percent=Decimal('10'), amount=None, minimum=None, expires_at=None)

    Attributes:
        code: what the customer types; the offer's identity: issuing it twice makes one coupon.
        percent: what it takes off, above 0 to 100; either this or *amount*.
        amount: what it takes off, in the store's own currency.
        email: whom it is for. WooCommerce restricts it to this address.
        customer_id: whom it is for. Shopify restricts it to this account.
        minimum: the least an order must come to, in the store's own currency.
        expires_at: after this instant it cannot be used; `None` for never.
    """

    code: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{2,59}$")
    percent: Decimal | None = Field(None, gt=0, le=100)
    amount: Money | None = None
    email: str | None = personal()
    customer_id: str | None = Field(None, repr=False)
    minimum: Money | None = None
    expires_at: Instant | None

    @model_validator(mode="after")
    def _takes_one_thing_off(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("an offer takes off either a percentage or an amount")
        if self.amount is not None and self.amount.amount <= 0:
            raise ValueError("an offer's amount is above zero")
        if not self.email and not self.customer_id:
            raise ValueError("an offer is for one person: name an email or a customer_id")
        return self
