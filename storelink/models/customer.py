"""An account in a store. Guests have none: they live in their orders' contact."""

from __future__ import annotations

from typing import Any

from storelink.models.base import Instant, Value, personal, raw_payload
from storelink.models.birthday import Birthday
from storelink.models.consent import Consent
from storelink.models.contact import Contact
from storelink.models.enums import ConsentChannel
from storelink.models.money import Money


class Customer(Value):
    """A registered customer.

    Attributes:
        time_zone: IANA name, and `time_zone_source` says how it is known.
        orders_count: how many orders the platform counts.
        birthday: without its year; known only where the shop names the attribute that has it.
    """

    id: str
    store: str
    email: str | None = personal()
    phone: str | None = personal()
    first_name: str | None = personal()
    last_name: str | None = personal()
    locale: str | None = None
    country: str | None = None
    time_zone: str | None = None
    time_zone_source: str | None = None
    birthday: Birthday | None = personal()
    tags: tuple[str, ...] = ()
    orders_count: int | None = None
    spent: Money | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    deleted_at: Instant | None = None
    consents: tuple[Consent, ...] = ()
    raw: dict[str, Any] = raw_payload()

    @property
    def contact(self) -> Contact:
        """How the person is reached, and in which language."""
        return Contact(
            email=self.email,
            phone=self.phone,
            first_name=self.first_name,
            last_name=self.last_name,
            locale=self.locale,
        )

    def consent(self, channel: ConsentChannel) -> Consent | None:
        """Return what is known of this customer's consent on *channel*."""
        return next((consent for consent in self.consents if consent.channel == channel), None)
