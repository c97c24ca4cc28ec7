"""What a scripted shop sells: products, checkouts that were begun, and codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from storelink.models.money import Money
from storelink_shopify.sandbox.state import CustomerState, LineState


@dataclass(slots=True)
class ProductState:
    """A product with one variant; *price* is in the shop's own currency."""

    id: int
    variant_id: int
    title: str
    price: Money
    created_at: datetime
    updated_at: datetime
    stock: int = 100
    status: str = "active"
    vendor: str = "Acme"
    kind: str = "Goods"
    tags: list[str] = field(default_factory=list)

    @property
    def handle(self) -> str:
        """Its name in addresses."""
        return f"product-{self.id}"


@dataclass(slots=True)
class CheckoutState:
    """A checkout that somebody began."""

    id: int
    customer: CustomerState
    lines: list[LineState]
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
    accepts_marketing: bool = False

    @property
    def token(self) -> str:
        """What its address and its order know it by."""
        return f"checkout{self.id}"

    @property
    def total(self) -> Money:
        """What its lines cost."""
        currency = self.lines[0].price.currency
        return Money.total((line.total for line in self.lines), currency)


@dataclass(slots=True)
class CouponState:
    """A code that takes something off the order; either *percent* or *amount* is set.

    Attributes:
        customers: the ids of the accounts that may use it; empty for everybody.
    """

    id: int
    code: str
    title: str
    starts_at: datetime
    created_at: datetime
    updated_at: datetime
    percent: Decimal | None = None
    amount: Money | None = None
    minimum: Money | None = None
    usage_limit: int | None = None
    once_per_customer: bool = False
    customers: list[int] = field(default_factory=list)
    ends_at: datetime | None = None
    used: int = 0

    def status(self, now: datetime) -> str:
        """Return whether it can be used, in Shopify's word."""
        if self.ends_at is not None and self.ends_at <= now:
            return "EXPIRED"
        return "SCHEDULED" if self.starts_at > now else "ACTIVE"
