"""What customers ask to send back: kept, handed to the store once, and settled by the shop.

A request is written down with an event (`ReturnAsked`) in one transaction; a durable call hands it
to the store, and what the store says then is absorbed as a read is. From there on the return is
the store's: `ReturnsUpdates` tells the customer of it, whoever approved it, and wherever.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from storelink.clock import Clock
from storelink.contracts.finding import Finding
from storelink.contracts.manifest import Capability
from storelink.contracts.store import StoreAdapter
from storelink.errors import NotFound, ReturnRefused, UnknownStore, Unsupported, WriteRefused
from storelink.events.types import Event, ReturnAsked
from storelink.hooks.calls import GivenUp
from storelink.hooks.function import Handler
from storelink.hooks.posting import called
from storelink.hooks.registry import Registry
from storelink.hooks.standing import RETURNS
from storelink.intake import StoreReader
from storelink.links import Links, Purpose
from storelink.mirror import Listeners, load
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Version, micros
from storelink.mirror.telling import tell
from storelink.models.enums import ReturnStep, ReturnWish
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.models.returns import Return, ReturnRequest, WantedLine
from storelink.operations.return_asking import (
    again,
    lock_of,
    new_key,
    new_request,
    refuse,
    standing,
)
from storelink.operations.return_views import (
    KIND,
    REFUSED,
    TAKEN,
    Asked,
    ReturnView,
    asked_of,
    read_row,
    view_of,
    views,
)
from storelink.policy.returning import MayReturn, Returns, may_return
from storelink.storage import AnswerRow, Database, Transaction

HANDLER: Final = "storelink.request_return"
"""The name of the handler that hands requests over."""


class TakingBack:
    """What customers ask to send back, and what the shop says of it; `Storelink.returns`.

    Args:
        database: where requests are kept.
        adapters: the stores by name.
        clock: the clock.
        listeners: names the handlers of an event.
        reader: absorbs what stores say of their returns.
        rules: what the shop takes back; `None`: nobody can ask here.
        links: makes the links to the page; `None` where there are none.
    """

    def __init__(
        self,
        database: Database,
        adapters: Mapping[str, StoreAdapter],
        clock: Clock,
        listeners: Listeners,
        *,
        reader: StoreReader,
        rules: Returns | None,
        links: Links | None,
    ) -> None:
        self._database, self._adapters, self._clock = database, adapters, clock
        self._listeners, self._reader = listeners, reader
        self._rules, self._links = rules, links

    @property
    def rules(self) -> Returns | None:
        """What the shop takes back."""
        return self._rules

    def can(self, store: str) -> bool:
        """Say whether customers of a store can ask here."""
        return self._rules is not None and self.takes(store)

    def takes(self, store: str) -> bool:
        """Say whether a store takes requests."""
        return Capability.RETURNS in self._adapters[store].manifest.capabilities

    def url(self, order: Order) -> str | None:
        """Return the page where something of *order* can be sent back, while anything can."""
        if self._links is None or not self.can(order.store):
            return None
        try:
            may = self.look(order.store, order.id)
        except LookupError:  # it was deleted meanwhile
            return None
        if may.against is not None:
            return None
        return self._links.make(Purpose.RETURN, order.store, order.id)

    def check(self, hooks: Collection[str]) -> Iterator[Finding]:
        """Say what keeps customers from asking, or from hearing what becomes of it.

        Args:
            hooks: the names of the hooks that there are.
        """
        if self._rules is None:
            return
        if self._links is None:
            yield Finding.warning(
                "returns",
                "returns-without-page",
                "customers may send things back, and there is no page on which they can ask",
                "set site_url to where `storelink serve`, or your own server, is reached",
            )
        if RETURNS not in hooks:
            yield Finding.warning(
                "returns",
                "returns-untold",
                "customers can ask to send things back, and hear nothing of it",
                "add the hook ReturnsUpdates, `[hooks.returns]`",
            )
        for name in self._adapters:
            if not self.can(name):
                yield Finding.warning(
                    "returns",
                    "returns-not-taken",
                    f"the platform of {name} takes no returns as it is connected",
                    "connect it with the right to write, or tell its customers how to ask you",
                )
        yield Finding.ok(
            "returns", f"customers can ask for {self._rules.window.days} days at least"
        )

    def look(self, store: str, order_id: str) -> MayReturn:
        """Say what of an order may be sent back now.

        Raises:
            UnknownStore: no store has that name.
            Unsupported: customers of this store cannot ask here.
            LookupError: no such order is known, or it was deleted.
        """
        rules = self._ruled(store)
        with self._database.read() as tx:
            order = _order(tx, store, order_id)
            asked = standing(asked_of(tx, order))
        return may_return(order, rules, self._clock.now(), asked=asked)

    def asked(self, store: str, order_id: str) -> list[Asked]:
        """Return what was asked here to be sent back of an order, the oldest first."""
        with self._database.read() as tx:
            return asked_of(tx, _order(tx, store, order_id))

    def next_number(self, store: str, order_id: str) -> int:
        """Return the number of the next request of an order, from 1 on.

        Raises:
            LookupError: no such order is known, or it was deleted.
        """
        with self._database.read() as tx:
            return len(asked_of(tx, _order(tx, store, order_id))) + 1

    def request(
        self,
        store: str,
        order_id: str,
        lines: Iterable[WantedLine],
        wish: ReturnWish,
        *,
        note: str = "",
        number: int | None = None,
    ) -> ReturnRequest:
        """Take a customer's request.

        Args:
            store: the store's name.
            order_id: the order's id.
            lines: what they want to send back, each line once.
            wish: what they want for it.
            note: their words.
            number: as `next_number` said before they chose: under one number the same request is
                taken once, however often it is sent. `None`: it is a new one.

        Raises:
            UnknownStore: no store has that name.
            Unsupported: customers of this store cannot ask here.
            LookupError: no such order is known, or it was deleted.
            ReturnRefused: it cannot be sent back, or not so many of it, or something else was asked
                under that number.
            StorageUnavailable: the database is busy; try again.
        """
        rules, now = self._ruled(store), self._clock.now()
        with self._database.write(rings=True) as tx:
            tx.lock(lock_of(store, order_id))
            order = _order(tx, store, order_id)
            before = asked_of(tx, order)
            wanted = new_request(new_key(tx, order, now), order_id, lines, wish, note)
            if number is not None and number != len(before) + 1:
                return again(order, wanted, before[max(number - 1, 0) : max(number, 0)])
            refuse(may_return(order, rules, now, asked=standing(before)), wanted)
            self._keep(tx, order, wanted, now)
        return wanted

    def hand_over(self, told: Event) -> None:
        """Have the store take a request; called at least once for each.

        Raises:
            GivenUp: the store refuses it.
            StoreError: the store could not take it now.
        """
        wanted = self._wanted(told) if isinstance(told, ReturnAsked) else None
        if wanted is None:  # whoever asked was erased
            return
        try:
            snapshot = self._adapters[told.store].request_return(wanted)
        except (NotFound, WriteRefused, Unsupported) as refusal:
            code = called(refusal)
            self._mark(told.store, wanted, {REFUSED: code})
            raise GivenUp(f"the store takes no such return ({code})") from None
        self._reader.absorb(told.store, snapshot)
        self._mark(told.store, wanted, {TAKEN: True})

    def _wanted(self, told: ReturnAsked) -> ReturnRequest | None:
        """Return the request that an event tells of, if it still is one.

        Raises:
            GivenUp: the store refused it, and its pieces were asked back otherwise meanwhile.
        """
        with self._database.read() as tx:
            row = tx.answers.get(told.store, told.answer_id)
            if row is None:
                return None
            asked = read_row(row)
            order = load.order(tx, told.store, row.order_id)
            others = asked_of(tx, order) if order else []
        if asked.refused and order and self._rules:
            rest = standing(one for one in others if one.request.key != asked.request.key)
            may = may_return(order, self._rules, self._clock.now(), asked=rest)
            try:
                refuse(may, asked.request)
            except ReturnRefused as refusal:
                raise GivenUp(str(refusal)) from None
        return asked.request

    def _mark(self, store: str, wanted: ReturnRequest, mark: Mapping[str, Any]) -> None:
        """Keep what became of a request, unless whoever asked was erased meanwhile."""
        with self._database.write() as tx:
            tx.lock(lock_of(store, wanted.order_id))
            row = tx.answers.get(store, f"{KIND}/{wanted.key}")
            if row is not None:
                told = {key: one for key, one in row.value.items() if key not in {REFUSED, TAKEN}}
                tx.answers.put(replace(row, value={**told, **mark}))

    def settle(self, store: str, return_id: str, step: ReturnStep, *, note: str = "") -> ReturnView:
        """Say what becomes of a return, and return how it stands; again, it changes nothing.

        Args:
            store: the store's name.
            return_id: the return's id, as `find` shows it.
            step: what is said of it.
            note: why, in the shop's words.

        Raises:
            UnknownStore: no store has that name.
            LookupError: no such return is known, or not any more.
            WriteRefused: it stands where that cannot be said of it, or only the store's own
                administration can say it.
            StoreError: the store could not be told now.
        """
        if store not in self._adapters:
            raise UnknownStore(store, tuple(self._adapters))
        _, known = self._return(store, return_id)
        snapshot = self._adapters[store].settle_return(known, step, at=self._clock.now(), note=note)
        self._reader.absorb(store, snapshot)
        order, known = self._return(store, return_id)
        asked = {one.request.key: one for one in self.asked(store, order.id)}
        return view_of(order, known, asked.get(known.key or ""))

    def find(self, store: str | None = None, *, every: bool = False) -> list[ReturnView]:
        """Return what is asked or on its way back, the oldest first.

        Args:
            store: only of this store.
            every: also what is over.

        Raises:
            UnknownStore: no store has that name.
        """
        if store is not None and store not in self._adapters:
            raise UnknownStore(store, tuple(self._adapters))
        with self._database.read() as tx:
            found = [
                view
                for name in ([store] if store else self._adapters)
                for view in views(tx, name, every=every)
            ]
        return sorted(found, key=lambda one: (one.at is None, one.at, one.store, one.id or ""))

    def _ruled(self, store: str) -> Returns:
        if store not in self._adapters:
            raise UnknownStore(store, tuple(self._adapters))
        if self._rules is None or not self.can(store):
            raise Unsupported(self._adapters[store].manifest.title, Capability.RETURNS)
        return self._rules

    def _keep(self, tx: Transaction, order: Order, wanted: ReturnRequest, now: datetime) -> None:
        row = AnswerRow(
            store=order.store,
            id=f"{KIND}/{wanted.key}",
            order_id=order.id,
            kind=KIND,
            subject=None,
            value=wanted.model_dump(mode="json", exclude={"order_id"}),
            at=now,
        )
        tx.answers.put(row)
        event = ReturnAsked(
            id=f"{order.store}/{row.id}/asked",
            store=order.store,
            at=now,
            order_id=order.id,
            customer_id=order.customer_id,
            answer_id=row.id,
        )
        fact = Fact(event, Version(micros(now), -1))
        tell(tx, [fact], now=now, listeners=self._listeners)

    def _return(self, store: str, return_id: str) -> tuple[Order, Return]:
        with self._database.read() as tx:
            row = tx.records.get(store, Ref(kind=Kind.RETURN, id=return_id))
            order = load.order(tx, store, row.order_id) if row and row.order_id else None
        for one in order.returns if order else ():
            if order is not None and one.id == return_id:
                return order, one
        raise LookupError(f"{store} has no return {return_id!r} that is known here")


def take_back(registry: Registry, returns: TakingBack, stores: Iterable[str]) -> None:
    """Let requests be handed over, if a store takes any."""
    if any(map(returns.takes, stores)):  # also what was asked before nobody could ask any more
        registry.add_handler(Handler(HANDLER, ReturnAsked, returns.hand_over))


def _order(tx: Transaction, store: str, order_id: str) -> Order:
    order = load.order(tx, store, order_id)
    if order is None or order.deleted_at is not None:
        raise LookupError(f"{store} has no order {order_id!r} that is known here")
    return order
