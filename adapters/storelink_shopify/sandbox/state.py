"""What a scripted shop knows. Both shapes, webhooks and GraphQL nodes, are made from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from storelink.models.contact import Contact
from storelink.models.enums import ConsentChannel
from storelink.models.money import Money

TAGS = ("autumn", "web")
"""What the checkout of the scripted shop writes on every order."""

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop itself.

    Attributes:
        currency: its own currency; `None` for the one the customer pays in.
        rate: how much of its currency one unit of the customer's is worth.
    """

    domain: str
    currency: str | None = None
    rate: Decimal = Decimal(1)

    def own(self, amount: Money) -> Money:
        """Return *amount* in the shop's own currency."""
        if self.currency is None:
            return amount
        return Money((amount.amount * self.rate).quantize(_CENT), self.currency)


@dataclass(slots=True)
class LineState:
    """One line of an order; *discount* is for the whole line."""

    id: int
    product_id: int
    variant_id: int
    title: str
    quantity: int
    price: Money
    discount: Money
    requires_shipping: bool
    shipped: int = 0
    refunded: int = 0

    @property
    def total(self) -> Money:
        """What the line costs after its discount."""
        return self.price * self.quantity - self.discount

    def share(self, quantity: int) -> Money:
        """What *quantity* of the line cost."""
        share = self.total.amount * quantity / self.quantity
        return Money(share.quantize(_CENT), self.price.currency)


@dataclass(slots=True)
class EventState:
    """One report of a carrier."""

    id: int
    status: str
    message: str
    happened_at: datetime
    promised_at: datetime | None


@dataclass(slots=True)
class ParcelState:
    """One fulfillment; *lines* are quantities by the index of the order's line."""

    id: int
    name: str
    carrier: str
    number: str
    url: str | None
    lines: dict[int, int]
    created_at: datetime
    updated_at: datetime
    status: str = "success"
    events: list[EventState] = field(default_factory=list)

    @property
    def carrier_status(self) -> str | None:
        """What the carrier said last."""
        return self.events[-1].status if self.events else None

    @property
    def promised_at(self) -> datetime | None:
        """What the carrier promised last."""
        return next((one.promised_at for one in reversed(self.events) if one.promised_at), None)

    def first(self, status: str) -> datetime | None:
        """When the carrier first said *status*."""
        return next((one.happened_at for one in self.events if one.status == status), None)


@dataclass(slots=True)
class RefundState:
    """Money given back; *lines* are quantities by the index of the order's line."""

    id: int
    lines: dict[int, int]
    amount: Money
    created_at: datetime
    transaction_id: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class PieceState:
    """Pieces of one line that came in one parcel, and go back.

    Attributes:
        index: of the order's line.
        parcel: the parcel's id; 0 for what was never sent.
        note: in the customer's words.
        reason: its handle.
    """

    index: int
    count: int
    parcel: int = 0
    note: str | None = None
    reason: str = "unwanted"

    @property
    def shipped_id(self) -> int:
        """The number of the line of the parcel."""
        return self.parcel + self.index + 1


@dataclass(slots=True)
class ReturnState:
    """Goods on their way back."""

    id: int
    name: str
    status: str
    pieces: list[PieceState]
    created_at: datetime
    approved_at: datetime | None = None
    closed_at: datetime | None = None
    received: bool = False
    exchanged: bool = False
    declined: str = "The thirty days are over."


@dataclass(slots=True)
class ConsentState:
    """What somebody agreed to on one channel, in Shopify's word."""

    state: str
    at: datetime


@dataclass(slots=True)
class CustomerState:
    """An account. A guest has one, too: Shopify makes one for every address."""

    id: int
    contact: Contact
    created_at: datetime
    updated_at: datetime
    tags: list[str] = field(default_factory=list)
    orders: list[int] = field(default_factory=list)
    consents: dict[ConsentChannel, ConsentState] = field(default_factory=dict)


@dataclass(slots=True)
class OrderState:
    """An order with everything that happened to it."""

    id: int
    number: int
    customer: CustomerState
    lines: list[LineState]
    shipping: Money
    gateway: str
    created_at: datetime
    updated_at: datetime
    payment: str = "pending"
    code: str | None = None
    cancelled_at: datetime | None = None
    closed_at: datetime | None = None
    checkout_token: str | None = None
    on_hold: bool = False
    tags: list[str] = field(default_factory=lambda: list(TAGS))
    parcels: list[ParcelState] = field(default_factory=list)
    refunds: list[RefundState] = field(default_factory=list)
    returns: list[ReturnState] = field(default_factory=list)

    @property
    def currency(self) -> str:
        """What the customer pays in."""
        return self.shipping.currency

    @property
    def items(self) -> Money:
        """What the lines cost before discounts."""
        return self.sum(line.price * line.quantity for line in self.lines)

    @property
    def discount(self) -> Money:
        """What was taken off."""
        return self.sum(line.discount for line in self.lines)

    @property
    def subtotal(self) -> Money:
        """What the lines cost after discounts."""
        return self.items - self.discount

    @property
    def total(self) -> Money:
        """What the customer had to pay."""
        return self.subtotal + self.shipping

    @property
    def refunded(self) -> Money:
        """What was given back."""
        return self.sum(refund.amount for refund in self.refunds)

    @property
    def fulfillment(self) -> str | None:
        """How much has left, in the word of a webhook."""
        if all(line.shipped >= line.quantity for line in self.lines):
            return "fulfilled"
        return "partial" if any(line.shipped for line in self.lines) else None

    def sum(self, amounts: Iterable[Money]) -> Money:
        """Add *amounts* of the order's currency."""
        return Money.total(amounts, self.currency)
