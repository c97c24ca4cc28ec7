"""How to reach a person, and where parcels go."""

from __future__ import annotations

from storelink.models.base import Value, personal


class Contact(Value):
    """How to reach the person who bought.

    Attributes:
        email: as the store has it, case kept.
        phone: E.164 where it could be read, otherwise as the store has it.
        locale: BCP 47, for example `"fa-IR"`; `None` when the store does not know it.
    """

    email: str | None = personal()
    phone: str | None = personal()
    first_name: str | None = personal()
    last_name: str | None = personal()
    locale: str | None = None

    @property
    def name(self) -> str:
        """First and last name, as far as they are known."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


class Address(Value):
    """A postal address. *country* is ISO 3166-1 alpha-2, *region* the platform's code."""

    first_name: str | None = personal()
    last_name: str | None = personal()
    company: str | None = personal()
    line1: str | None = personal()
    line2: str | None = personal()
    city: str | None = personal()
    region: str | None = None
    postcode: str | None = personal()
    country: str | None = None
    phone: str | None = personal()


def person_key(contact: Contact, customer_id: str | None = None) -> str | None:
    """Return what tells one person of a store from another, or `None` if nothing does.

    The e-mail address decides, without regard to case, because guests share customer 0 and a
    person may buy as a guest and with an account. Without one: the phone, then the account.
    """
    if contact.email and contact.email.strip():
        return contact.email.strip().casefold()
    if contact.phone:
        return contact.phone
    return f"customer/{customer_id}" if customer_id else None
