"""An order with everything that belongs to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from storelink.models.base import Instant, Value, personal, raw_payload
from storelink.models.contact import Address, Contact, person_key
from storelink.models.enums import FulfillmentStatus, OrderStatus, PaymentStatus
from storelink.models.money import Money
from storelink.models.returns import Refund, Return, owed
from storelink.models.shipment import Shipment


class TaxLine(Value):
    """One tax, on the order or on a part of it.

    Attributes:
        rate: in percent, for example `19`; `None` where the platform does not say it.
    """

    title: str
    total: Money | None = None
    rate: Decimal | None = None


class LineItem(Value):
    """One line of an order.

    Attributes:
        title: plain text, as it was when the order was placed.
        product_id: the product; for a variation, its parent (the one that has reviews).
        quantity: as ordered.
        current_quantity: what is left after edits and refunds, where the platform says so.
        total: what the line cost after its discounts. WooCommerce counts it without tax, Shopify
            as the shop's prices are.
        taxes: the taxes on this line, where the platform says so.
    """

    id: str
    title: str
    variant_title: str | None = None
    sku: str | None = None
    product_id: str | None = None
    variant_id: str | None = None
    quantity: int
    current_quantity: int | None = None
    unit_price: Money | None = None
    total: Money | None = None
    requires_shipping: bool | None = None
    gift_card: bool = False
    image_url: str | None = None
    taxes: tuple[TaxLine, ...] = ()


class Discount(Value):
    """A coupon or discount code, and what it took off."""

    code: str
    amount: Money | None = None


class ShippingLine(Value):
    """How the order is shipped, and what that cost (counted as the lines are)."""

    title: str
    code: str | None = None
    total: Money | None = None
    taxes: tuple[TaxLine, ...] = ()


class Fee(Value):
    """What is charged besides goods and shipping, counted as the lines are; or taken off."""

    title: str
    total: Money | None = None
    taxes: tuple[TaxLine, ...] = ()


class Totals(Value):
    """The order's sums, in one currency."""

    subtotal: Money | None = None
    discount: Money | None = None
    shipping: Money | None = None
    tax: Money | None = None
    total: Money | None = None
    refunded: Money | None = None


class Order(Value):
    """An order as the mirror knows it.

    Attributes:
        number: what the customer sees, for example `"#1042"`.
        currency: what the customer paid in (ISO 4217).
        total: what the customer saw, gross of refunds.
        payment_methods: the platform's names of the payment methods.
        created_at: when the platform made it, which may be before it was placed.
        checkout_id: the checkout it came from, where the platform says so.
        deleted_at: when it was deleted, or seen to be; `None` while it stands.
        taxes_included: whether the shop tells its prices with tax.
        totals: in the customer's currency; `store_totals` in the store's own.
        attributes: what plugins and the checkout wrote on the order.
    """

    id: str
    store: str
    number: str
    status: OrderStatus
    currency: str
    total: Money
    payment_status: PaymentStatus = PaymentStatus.UNKNOWN
    fulfillment_status: FulfillmentStatus = FulfillmentStatus.UNKNOWN
    payment_methods: tuple[str, ...] = ()
    created_at: Instant | None = None
    placed_at: Instant | None = None
    paid_at: Instant | None = None
    completed_at: Instant | None = None
    cancelled_at: Instant | None = None
    updated_at: Instant | None = None
    deleted_at: Instant | None = None
    cancel_reason: str | None = None
    checkout_id: str | None = None
    customer_id: str | None = None
    contact: Contact = Contact()
    billing: Address | None = None
    shipping_address: Address | None = None
    lines: tuple[LineItem, ...] = ()
    discounts: tuple[Discount, ...] = ()
    shipping: tuple[ShippingLine, ...] = ()
    fees: tuple[Fee, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    taxes_included: bool | None = None
    totals: Totals = Totals()
    store_totals: Totals | None = None
    status_url: str | None = personal()
    note: str | None = personal()
    tags: tuple[str, ...] = ()
    attributes: dict[str, Any] = personal({})
    shipments: tuple[Shipment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    returns: tuple[Return, ...] = ()
    raw: dict[str, Any] = raw_payload()

    @property
    def person(self) -> str | None:
        """What tells the buyer from other people of this store."""
        return person_key(self.contact, self.customer_id)

    @property
    def open_returns(self) -> tuple[Return, ...]:
        """What is asked to go back, is on its way, or is back and neither paid nor exchanged.

        See `owed`.
        """
        prices = {
            line.id: line.total.amount / line.quantity
            for line in self.lines
            if line.total and line.quantity
        }
        return owed(self.returns, self.refunds, prices)

    def refunded_quantity(self, line_id: str) -> int:
        """Return how many of a line were paid back, as far as refunds name lines."""
        lines = (line for refund in self.refunds for line in refund.lines or ())
        return sum(line.quantity for line in lines if line.line_id == line_id)

    def line(self, line_id: str) -> LineItem | None:
        """Return the line of that id."""
        return next((line for line in self.lines if line.id == line_id), None)

    def shipment(self, shipment_id: str) -> Shipment | None:
        """Return the shipment of that id."""
        return next((one for one in self.shipments if one.id == shipment_id), None)
