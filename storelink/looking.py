"""Looking at what is known: orders, people, events, messages, and why something was sent or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storelink.clock import Clock
from storelink.contracts.channel import Channel
from storelink.contracts.store import StoreAdapter
from storelink.delivery.safe import Safe
from storelink.errors import ConfigError, UnknownStore
from storelink.events.types import Event
from storelink.hooks import explain as explaining
from storelink.hooks.calls import hydrate
from storelink.hooks.planner import Planner
from storelink.mirror import event_of, load
from storelink.models.answer import Answer
from storelink.models.checkout import Checkout
from storelink.models.contact import Contact, person_key
from storelink.models.customer import Customer
from storelink.models.enums import AnswerKind, MessageState
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.product import Product
from storelink.models.ref import Kind, Ref
from storelink.operations.rehearsing import foretell
from storelink.outbox.desk import Desk, MessageView
from storelink.policy.safety import masked
from storelink.rendering import Brand
from storelink.storage import Database, InboxRow, InboxState, Transaction

_TOLD = ("rating", "reason", "comment", "name", "review_id")
"""What an answer says."""


class Looking:
    """The part of `Storelink` that only looks; it changes nothing."""

    clock: Clock
    brand: Brand
    _stores: Mapping[str, StoreAdapter]
    _database: Database
    _channels: Mapping[str, Channel]
    _planner: Planner
    _ruling: Safe
    _desk: Desk

    @property
    def stores(self) -> tuple[str, ...]:
        """The names of the stores."""
        return tuple(self._stores)

    @property
    def media(self) -> tuple[str, ...]:
        """What laws call the ways that messages can go, for example `"email"`."""
        return tuple(dict.fromkeys(one.medium for one in self._channels.values()))

    def adapter(self, store: str) -> StoreAdapter:
        """Return the adapter of a store, for what is its own: coupons, tags, notes.

        Raises:
            UnknownStore: no store has that name.
        """
        self._known(store)
        return self._stores[store]

    def explain(self, store: str, order: str) -> explaining.Explanation:
        """Say what was, will be and will not be sent about an order, and why.

        The policy is asked what it would say of what waits when it is due, as things stand now.

        Args:
            store: the store's name.
            order: the order's id or number.

        Raises:
            LookupError: the mirror has no such order.
        """
        self._known(store)
        now = self.clock.now()
        with self._database.read() as tx:
            found = load.find_order(tx, store, order)
            if found is None:
                raise LookupError(f"{store} has no order {order!r} that is known here")
            seen = explaining.look(tx, self._planner, store, found, now)
        judge = (self._database, self._ruling, self._channels)
        return seen.explained(foretell(*judge, seen.open(), now), self.brand.time_zone)

    def explain_person(
        self, store: str, *, email: str | None = None, checkout: str | None = None
    ) -> explaining.PersonExplanation:
        """Say what was, will be and will not be sent that no order is the matter of, and why.

        Messages about what somebody left in a checkout, and about their account: `explain` tells
        of those about an order.

        Args:
            store: the store's name.
            email: the person's address.
            checkout: the id of a checkout, to look at only this one of whose it is.

        Raises:
            LookupError: nothing is known of such a person or checkout.
            ConfigError: neither *email* nor *checkout* is given.
        """
        self._known(store)
        if not (email or checkout):
            raise ConfigError("a person is named by their address, or by one of their checkouts")
        now = self.clock.now()
        with self._database.read() as tx:
            person = self._person(tx, store, email, checkout)
            seen = explaining.look_at_person(tx, self._planner, person, now, checkout=checkout)
        foretold = foretell(self._database, self._ruling, self._channels, seen.open(), now)
        return explaining.PersonExplanation(
            store=store,
            to=masked(person.key),
            checkouts=tuple(ref.id for ref in seen.about if ref.kind is Kind.CHECKOUT),
            account=person.account.id if person.account else None,
            events=seen.events,
            messages=seen.lines(foretold, self.brand.time_zone),
            zone=self.brand.time_zone,
        )

    def _person(
        self, tx: Transaction, store: str, email: str | None, checkout: str | None
    ) -> Person:
        """Return the person of an address, or of a checkout."""
        found = load.checkout(tx, store, checkout) if checkout else None
        key = found.person if found else person_key(Contact(email=email), None)
        person = load.person(tx, store, key) if key and (found or not checkout) else None
        if person is None or not (person.orders or person.checkouts or person.account):
            what = f"checkout {checkout!r}" if checkout else "such person"
            raise LookupError(f"{store} has no {what} that is known here")
        return person

    def order(self, store: str, order: str) -> Order | None:
        """Return an order by id or number, or `None` if it is not known."""
        self._known(store)
        with self._database.read() as tx:
            return load.find_order(tx, store, order)

    def orders(self, store: str) -> list[Order]:
        """Return every order of a store that is known, by id."""
        self._known(store)
        with self._database.read() as tx:
            ids = tx.records.order_ids(store)
            found = load.orders(tx, store, ids)
        return [found[one] for one in ids if one in found]

    def customer(self, store: str, customer_id: str) -> Customer | None:
        """Return an account, or `None` if it is not known."""
        self._known(store)
        with self._database.read() as tx:
            return load.customer(tx, store, customer_id)

    def product(self, store: str, product_id: str) -> Product | None:
        """Return a product, or `None` if it is not known."""
        self._known(store)
        with self._database.read() as tx:
            return load.product(tx, store, product_id)

    def checkout(self, store: str, checkout_id: str) -> Checkout | None:
        """Return a checkout, or `None` if it is not known."""
        self._known(store)
        with self._database.read() as tx:
            return load.checkout(tx, store, checkout_id)

    def events(self, *, store: str | None = None, order: str | None = None) -> list[Event]:
        """Return every event, oldest first; typed, each with its order as it is now.

        Args:
            store: only of this store.
            order: only of the order of this id or number; needs *store*.
        """
        with self._database.read() as tx:
            rows = tx.events.all(store=store, order_id=self._order_id(tx, store, order))
            return hydrate(tx, [event_of(row) for row in rows])

    def messages(
        self,
        *,
        store: str | None = None,
        order: str | None = None,
        state: MessageState | str | None = None,
    ) -> list[MessageView]:
        """Return every message of the outbox, by the time that it is due.

        Args:
            store: only of this store.
            order: only of the order of this id or number; needs *store*.
            state: only in this state.
        """
        with self._database.read() as tx:
            order_id = self._order_id(tx, store, order)
        return self._desk.messages(store=store, order=order_id, state=state)

    def answers(
        self, store: str, order_id: str | None = None, *, checkout: str | None = None
    ) -> list[Answer]:
        """Return what was answered on the pages about an order or a checkout, the oldest first.

        Args:
            store: the store's name.
            order_id: the order's id.
            checkout: the checkout's id, if it is about one.
        """
        self._known(store)
        name = order_id or str(Ref(kind=Kind.CHECKOUT, id=checkout or ""))
        with self._database.read() as tx:
            return [
                Answer(
                    kind=AnswerKind(row.kind),
                    order_id=order_id,
                    checkout_id=None if order_id else checkout,
                    product_id=row.subject,
                    message_key=row.message,
                    **{name: row.value.get(name) for name in _TOLD},
                )
                for row in tx.answers.of_orders(store, [name])
                if row.kind in set(AnswerKind)
            ]

    def counts(self) -> dict[MessageState, int]:
        """Return how many messages of the outbox are in each state that there is one in."""
        with self._database.read() as tx:
            return tx.messages.counts()

    def message(self, key: str) -> MessageView:
        """Return the message of an idempotency key; `LookupError` if there is none."""
        return self._desk.message(key)

    def attempts(self, key: str) -> list[dict[str, Any]]:
        """Return every attempt at a message, oldest first, with what came of it."""
        return self._desk.attempts(key)

    def inbox(
        self, *, store: str | None = None, state: InboxState | str | None = None
    ) -> list[InboxRow]:
        """Return the deliveries in the inbox, oldest first."""
        self._known(store)
        with self._database.read() as tx:
            return list(tx.inbox.rows(store=store, state=InboxState(state) if state else None))

    def _known(self, store: str | None) -> None:
        if store is not None and store not in self._stores:
            raise UnknownStore(store, tuple(self._stores))

    def _order_id(self, tx: Transaction, store: str | None, order: str | None) -> str | None:
        """Return the id of the order that is named by id or number."""
        self._known(store)
        if order is None:
            return None
        if store is None:
            raise ConfigError("an order is named together with its store")
        found = load.find_order(tx, store, order)
        return found.id if found else order
