"""The part of `Storelink` for those who answer for people's data."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from storelink.clock import Clock
from storelink.consent import Ledger
from storelink.contracts.store import StoreAdapter
from storelink.errors import UnknownStore
from storelink.events.types import CustomerRedacted, StoreRedacted
from storelink.hooks.registry import Registry
from storelink.operations import requests
from storelink.operations.people import Who
from storelink.operations.privacy import Erased, Privacy
from storelink.operations.requests import Request
from storelink.operations.resuming import Resuming
from storelink.storage import Database


class Guarded:
    """The part of `Storelink` for those who answer for people's data: erase, export, requests."""

    clock: Clock
    _stores: Mapping[str, StoreAdapter]
    _database: Database
    _registry: Registry
    consents: Ledger
    _resuming: Resuming

    def erase(
        self,
        store: str,
        *,
        email: str | None = None,
        phone: str | None = None,
        customer_id: str | None = None,
        dry_run: bool = False,
    ) -> Erased:
        """Forget a person: in the mirror, the inbox, the events, the outbox, the answers.

        What the books need stays, without the person: that there was an order, of what, when, for
        how much, and that a message was sent. Waiting messages are cancelled. Nothing that
        platforms tell of these orders later brings the person back; a new order does. From then
        on only messages that an order needs go to the addresses.

        Args:
            store: the store's name.
            email: the person's e-mail address, in any case, its domain in either script.
            phone: the person's phone number.
            customer_id: the person's account. One of the three is enough; what belongs to an
                account that has the address is the person's, too.
            dry_run: only count.

        Raises:
            UnknownStore: no store has that name.
            ConfigError: nobody is named, or something else than an address.
            StorageUnavailable: the database is away; what was erased is erased, and the worker
                goes on with it.
        """
        self._has(store)
        who = Who(email=email, phone=phone, customer_id=customer_id)
        return self._privacy.count(store, who) if dry_run else self._privacy.erase(store, who)

    def export(
        self,
        store: str,
        *,
        email: str | None = None,
        phone: str | None = None,
        customer_id: str | None = None,
    ) -> dict[str, Any]:
        """Return everything that is known of a person, as JSON has it.

        Raises:
            UnknownStore: no store has that name.
            ConfigError: nobody is named, or something else than an address.
            StorageUnavailable: the database cannot be read.
        """
        self._has(store)
        who = Who(email=email, phone=phone, customer_id=customer_id)
        found = self._privacy.find(store, who)
        return self._privacy.export(store, found)

    def privacy_requests(self, *, store: str | None = None) -> list[Request]:
        """Return what platforms asked for people's sake, and whether it is done, oldest first."""
        if store is not None:
            self._has(store)
        with self._database.read() as tx:
            return requests.requests(tx, store)

    def answered(self, request_id: str) -> Request:
        """Write down that a person was told what is stored about them.

        What the platform said of the person with the request is deleted.

        Raises:
            LookupError: there is no such request.
        """
        found = requests.answer(self._database, request_id, now=self.clock.now())
        self._privacy.forget_request(found.store, found.id)
        return found

    def export_for(self, request_id: str, *, store: str | None = None) -> dict[str, Any]:
        """Return what a person wants to see who asked the platform for it.

        Args:
            request_id: the request's.
            store: the store that it must be of; by default any.

        Raises:
            UnknownStore: no store has that name.
            LookupError: there is no such request.
            ConfigError: it names nobody: neither an account nor orders, and its webhook is gone.
        """
        known = self.privacy_requests(store=store)
        found = next((one for one in known if one.id == request_id), None)
        if found is None:
            where = f" in {store}" if store else ""
            raise LookupError(f"nobody asked for data under {request_id!r}{where}")
        who = self._privacy.who(found.store, found.id, found.customer_id, found.order_ids)
        return self._privacy.export(found.store, self._privacy.find(found.store, who))

    def _obey_platforms(self) -> None:
        """Let what platforms ask to erase be erased, and what was interrupted be ended."""
        for handler in requests.handlers(self._erase_person, self._erase_store):
            self._registry.add_handler(handler)
        self._resuming = Resuming(self._database, self.clock, self._privacy.resume)

    def _erase_person(self, event: CustomerRedacted) -> None:
        """Do what a platform asks; if that was interrupted, the webhook may be gone already."""
        store = event.store
        self._privacy.resume(store)
        with self._database.read() as tx:
            if requests.is_done(tx, store, event.id):
                return
        who = self._privacy.who(store, event.id, event.customer_id, event.order_ids)
        self._privacy.erase(store, who, request=event.id)

    def _erase_store(self, event: StoreRedacted) -> None:
        self._privacy.erase_store(event.store, request=event.id)

    @functools.cached_property
    def _privacy(self) -> Privacy:
        return Privacy(self._database, self._stores, self.clock, self.consents.addresses)

    def _has(self, store: str) -> None:
        if store not in self._stores:
            raise UnknownStore(store, tuple(self._stores))
