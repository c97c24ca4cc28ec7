"""Looking ahead: what the hooks will say, and ask for, if nothing happens but time.

Nothing is written. Hooks are pure, so they can be asked with the clock at any moment: when a
message is due, when a hook wants to be asked again, when time makes something true.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from storelink.contracts.hook import Decision, Facts, Hook, Send, SentMessage
from storelink.events.types import Event, RewardEarned, RewardIssued
from storelink.hooks.again import recipients
from storelink.hooks.explain import row_of
from storelink.hooks.planner import ask_of
from storelink.hooks.registry import Registry
from storelink.hooks.views import Name, Subject, View, subjects, views
from storelink.mirror import load, next_tick, ticks
from storelink.models.checkout import Checkout
from storelink.models.enums import MessageState
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.recipient import Recipient
from storelink.models.ref import Kind, Ref
from storelink.outbox.reconcile import Answers, may_revive
from storelink.storage import Database, MessageRow, Transaction

CHUNK = 300
"""So many subjects are looked at together."""
MOST = 200
"""What hooks want to be asked again about a subject is heeded so often, and then once a day."""
Wanted = Mapping[str, tuple[str, Decision]]
"""What hooks said of messages, with their names, by the idempotency key."""
_DAY = timedelta(days=1)
_NOT_KNOWN = "…"
"""Stands for a code that the platform has not made yet."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A message whose time will come.

    Attributes:
        row: as the outbox has it, or will have it; then its id is negative.
        said: what its hook will say then, or raise; `None` if it will not name it any more.
        at: when its time comes (UTC).
        to: who would receive it.
    """

    row: MessageRow
    said: Decision | Exception | None = field(repr=False)
    at: datetime
    to: Recipient | None = field(repr=False)


class Ahead:
    """What will be asked for of one store, until a moment.

    Args:
        database: where the mirror, the outbox and the marks are.
        registry: the hooks.
        store: the store's name.
        now: the present instant.
        until: how far ahead to look.
    """

    def __init__(
        self, database: Database, registry: Registry, store: str, now: datetime, until: datetime
    ) -> None:
        self._database, self._registry, self._store = database, registry, store
        self._now, self._until = now, until
        self._new = 0

    def chunks(self) -> Iterator[list[Foreseen]]:
        """Yield what is foreseen, some people at a time, each with all that concerns them."""
        with self._database.read() as tx:
            moments = self._moments(tx)
        left = dict.fromkeys(sorted(moments, key=str))
        while left:
            some = [ref for ref, _ in zip(left, range(CHUNK), strict=False)]
            with self._database.read() as tx:
                known = self._with_buyers(tx, some, moments)
                found = self._of(tx, known, moments)
            for ref in (*some, *(ref for _, ref in known)):
                left.pop(ref, None)
            yield found

    def _moments(self, tx: Transaction) -> dict[Ref, set[datetime]]:
        """Return the subjects that something is known to happen to, and when."""
        found: dict[Ref, set[datetime]] = defaultdict(set)
        waiting = tx.messages.all(store=self._store, state=MessageState.WAITING, last=self._until)
        named = [(row.scope, row.due_at) for row in waiting]
        named += [(one.subject, one.due_at) for one in tx.plans.until(self._store, self._until)]
        for name, at in named:
            found[Ref.parse(name)].add(max(at, self._now))
        loads: Mapping[Kind, Any] = {Kind.CHECKOUT: load.checkouts, Kind.CUSTOMER: load.customers}
        for kind, of_kind in loads.items():  # no hook is asked about these: their person is
            refs = [ref for ref in found if ref.kind is kind]
            for key, one in of_kind(tx, self._store, [ref.id for ref in refs]).items():
                person = Recipient(one).person
                if person:
                    theirs = found[Ref(kind=kind, id=key)]
                    found[Ref(kind=Kind.PERSON, id=person)] |= theirs
            for ref in refs:
                del found[ref]
        return found

    def _with_buyers(
        self, tx: Transaction, some: Collection[Ref], moments: Mapping[Ref, set[datetime]]
    ) -> dict[Name, Subject]:
        """Return subjects, the people of the orders among them, and those people's orders."""
        known = subjects(tx, {(self._store, ref) for ref in some})
        buyers = {one.person for one in known.values() if isinstance(one, Order)} - {None}
        names = {(self._store, Ref(kind=Kind.PERSON, id=str(key))) for key in buyers}
        if self._registry.about(Kind.PERSON):
            known |= subjects(tx, names - set(known))
        for person in [one for one in known.values() if isinstance(one, Person)]:
            theirs = {(self._store, Ref.order(one.id)): one for one in person.orders}
            known |= {name: one for name, one in theirs.items() if name[1] in moments}
        return known

    def _of(
        self, tx: Transaction, known: Mapping[Name, Subject], moments: Mapping[Ref, set[datetime]]
    ) -> list[Foreseen]:
        rows: dict[str, dict[str, MessageRow]] = defaultdict(dict)
        scopes = sorted({str(ref) for _, ref in known})
        for row in tx.messages.of_scopes(self._store, scopes):
            rows[row.scope][row.key] = row
        seen = views(tx, known)
        found: list[_Due] = []
        bought: dict[str | None, list[_Future]] = defaultdict(list)
        for name in sorted(known, key=lambda name: name[1].kind is Kind.PERSON):  # orders first
            ref, view = name[1], seen.get(name)
            times, theirs = set(moments.get(ref, ())), rows[str(ref)]
            if view is None:
                found += _gone(theirs.values(), self._now, self._until)
                continue
            orders = bought[ref.id] if ref.kind is Kind.PERSON else []
            times |= {at for one in orders for at in one.asked_at}
            future = _Future(ref, view, self._registry.about(ref.kind), theirs, self)
            future.told += [event for one in orders for event in one.told]
            found += future.live(times)
            if isinstance(view.subject, Order):
                bought[view.subject.person].append(future)
        return self._addressed(tx, found, known)

    def _addressed(
        self, tx: Transaction, found: Iterable[_Due], known: Mapping[Name, Subject]
    ) -> list[Foreseen]:
        every = list(found)
        named = {one.row.id: (self._store, Ref.parse(one.row.scope)) for one in every}
        full = {**dict.fromkeys(named.values()), **known}
        to = recipients(tx, [one.row for one in every], full, named)
        return [Foreseen(one.row, one.said, one.at, to[one.row.id]) for one in every]

    @property
    def until(self) -> datetime:
        """How far ahead to look."""
        return self._until

    def new_row(self, scope: Ref, key: str, hook: str, send: Send) -> MessageRow:
        """Return the row that the outbox will have of a message."""
        self._new -= 1
        return row_of(scope, key, hook, send, self._store, self._now, row_id=self._new)


@dataclass(frozen=True, slots=True)
class _Due:
    """A message whose time comes."""

    row: MessageRow
    said: Decision | Exception | None
    at: datetime


def _gone(rows: Iterable[MessageRow], now: datetime, until: datetime) -> list[_Due]:
    """Return the messages about what is not known any more: no hook asks for them."""
    waiting = [row for row in rows if row.state is MessageState.WAITING and row.due_at <= until]
    return [_Due(row, None, max(now, row.due_at)) for row in waiting]


class _Future:
    """One subject, and what will be said about it as time passes."""

    def __init__(
        self,
        scope: Ref,
        view: View,
        hooks: Mapping[str, Hook[Any]],
        rows: Mapping[str, MessageRow],
        ahead: Ahead,
    ) -> None:
        self._scope, self._view, self._hooks, self._ahead = scope, view, hooks, ahead
        self._rows = dict(rows)
        self._sent: list[SentMessage] = []
        self._over: set[str] = set()
        self.told: list[Event] = []
        self.asked_at: list[datetime] = []

    def live(self, moments: Iterable[datetime]) -> Iterator[_Due]:
        """Yield each message when its time comes."""
        left, asks = sorted(moments), 0
        while left:
            at = heapq.heappop(left)
            while left and left[0] == at:
                heapq.heappop(left)
            self.asked_at.append(at)
            asked = ask_of(self._hooks, self._at(at), at)
            known = {one.id for one in (*self._view.facts.events, *self.told)}
            new = [one for one in asked.events if one.id not in known]
            self.told += new
            store = self._view.subject.store
            wanted = Answers(store, self._scope, asked.decisions).by_key
            due = list(self._due(wanted, asked.errors, at))
            yield from due
            changes = new or any(isinstance(one.said, Send) for one in due)
            later = [at] if changes else []
            later += [asked.again_at] if asked.again_at else []
            asks += len(later)
            if asks > MOST:
                later = [max(time, at + _DAY) for time in later]
            for time in (*later, *self._later(wanted, at)):
                if time <= self._ahead.until:
                    heapq.heappush(left, time)

    def _at(self, at: datetime) -> View:
        """Return the subject as it will be, if all goes as it is planned."""
        happened = [fact.event for one in _with_time(self._view) for fact in ticks(one, at)]
        happened += [one for event in self.told for one in _with_codes(event) if event.at <= at]
        facts: Facts = self._view.facts.later(happened, self._sent)
        return View(self._view.subject, facts, self._view.connected_at)

    def _due(self, wanted: Wanted, errors: Mapping[str, Exception], at: datetime) -> Iterator[_Due]:
        """Yield the messages whose time it is; what is to be sent is taken to be sent."""
        for key, (hook, one) in wanted.items():
            if key not in self._rows and isinstance(one, Send):
                self._rows[key] = self._ahead.new_row(self._scope, key, hook, one)
        for key, row in self._rows.items():
            if key in self._over:
                continue
            said: Decision | Exception | None = errors.get(row.hook)
            said = said or wanted.get(key, (row.hook, None))[1]
            if self._is_open(row, said, at) and self._time_of(row, said) <= at:
                self._over.add(key)
                yield _Due(row, said, at)
                if isinstance(said, Send):
                    self._sent.append(_sent(row, said, at))

    def _later(self, wanted: Wanted, at: datetime) -> Iterator[datetime]:
        """Yield the moments that are known to come."""
        for one in _with_time(self._view):
            tick = next_tick(one, at)
            if tick is not None:
                yield tick
        for key, (_, said) in wanted.items():
            row = self._rows.get(key)
            if row is not None and key not in self._over and self._is_open(row, said, at):
                time = self._time_of(row, said)
                if time > at:
                    yield time

    def _is_open(self, row: MessageRow, said: object, at: datetime) -> bool:
        """Say whether a message waits, or will when its hook asks for it again."""
        if row.state is MessageState.WAITING:
            return row.id > 0 or isinstance(said, Send)
        return isinstance(said, Send) and may_revive(row, said.expires_at, at)

    def _time_of(self, row: MessageRow, said: object) -> datetime:
        """Return when a message is due, as the outbox will have it."""
        if not isinstance(said, Send):
            return row.due_at
        is_retried = row.state is MessageState.WAITING and row.reason is not None
        return max(said.due_at, row.due_at) if is_retried else said.due_at


def _with_time(view: View) -> list[Order | Checkout]:
    """Return what the passing of time does something to."""
    if isinstance(view.subject, Order):
        return [view.subject]
    return [*view.subject.orders, *view.subject.checkouts]


def _with_codes(event: Event) -> Iterator[Event]:
    """Yield an event, and that the platform makes the code that it asks for."""
    yield event
    if isinstance(event, RewardEarned):
        yield RewardIssued(
            id=f"{event.id}/foreseen",
            store=event.store,
            at=event.at,
            order_id=event.order_id,
            customer_id=event.customer_id,
            checkout_id=event.checkout_id,
            because_of=event.id,
            code=_NOT_KNOWN,
        )


def _sent(row: MessageRow, send: Send, at: datetime) -> SentMessage:
    message = send.message
    return SentMessage(
        row.hook, send.subject, send.step, send.order_id, at, message.data, message.attachments
    )
