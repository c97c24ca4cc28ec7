"""A cart on its way to becoming an order."""

from __future__ import annotations

from typing import Any

from storelink.models.base import Instant, Value, personal, raw_payload
from storelink.models.contact import Address, Contact, person_key
from storelink.models.money import Money
from storelink.models.order import LineItem


class Checkout(Value):
    """A checkout that somebody began.

    Attributes:
        url: where the customer can go on with it.
        accepts_marketing: what the customer ticked in this checkout, where the platform says so.
        completed_at: when it became an order; `None` while it did not.
    """

    id: str
    store: str
    number: str | None = None
    url: str | None = personal()
    currency: str | None = None
    total: Money | None = None
    customer_id: str | None = None
    contact: Contact = Contact()
    shipping_address: Address | None = None
    lines: tuple[LineItem, ...] = ()
    accepts_marketing: bool | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    completed_at: Instant | None = None
    deleted_at: Instant | None = None
    raw: dict[str, Any] = raw_payload()

    @property
    def person(self) -> str | None:
        """What tells the buyer from other people of this store."""
        return person_key(self.contact, self.customer_id)
