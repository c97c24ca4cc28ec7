"""Who receives a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from storelink.models.checkout import Checkout
from storelink.models.contact import Address, Contact, person_key
from storelink.models.customer import Customer
from storelink.models.message import Person
from storelink.models.order import Order


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, as they are known from what makes a message their concern.

    Attributes:
        source: the order, the checkout or the account that their contact is taken from.
        home: where they are by all that is known of them, should a checkout or account not say.
    """

    source: Order | Checkout | Customer = field(repr=False)
    home: Address | None = field(default=None, repr=False)

    @property
    def store(self) -> str:
        """The store's name."""
        return self.source.store

    @property
    def contact(self) -> Contact:
        """How they are reached, and in which language."""
        return self.source.contact

    @property
    def customer_id(self) -> str | None:
        """Their account; `None` for a guest."""
        return self.source.id if isinstance(self.source, Customer) else self.source.customer_id

    @property
    def person(self) -> str | None:
        """What tells them from other people of the store."""
        return person_key(self.contact, self.customer_id)

    @property
    def address(self) -> Address:
        """Where they are, as far as that is known."""
        if isinstance(self.source, Order):
            return _first(self.source.shipping_address, self.source.billing)
        if isinstance(self.source, Customer):
            return _first(Address(country=self.source.country), self.home)
        return _first(self.source.shipping_address, self.home)

    @property
    def ordered_at(self) -> datetime | None:
        """When they bought (UTC); `None` if it is not an order that the message is about."""
        return self.source.placed_at if isinstance(self.source, Order) else None

    @property
    def order(self) -> Order | None:
        """The order, if it is one."""
        return self.source if isinstance(self.source, Order) else None

    @property
    def checkout(self) -> Checkout | None:
        """The checkout, if it is one."""
        return self.source if isinstance(self.source, Checkout) else None

    @property
    def account(self) -> Customer | None:
        """The account, if it is one."""
        return self.source if isinstance(self.source, Customer) else None


def home_of(person: Person) -> Address:
    """Return where somebody is by their newest order that says so, or else by their account."""
    bought = [Recipient(one).address for one in reversed(person.orders)]
    account = [Recipient(person.account).address] if person.account else []
    return _first(*bought, *account)


def _first(*given: Address | None) -> Address:
    """Return the first address that has a country; else the first that is one."""
    known = [one for one in given if one is not None]
    return next((one for one in known if one.country), known[0] if known else Address())
