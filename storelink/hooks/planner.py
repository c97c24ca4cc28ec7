"""Planning: ask the hooks about subjects, and make the outbox agree."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from storelink.clock import Clock
from storelink.contracts.hook import Decision, Hook
from storelink.errors import StorageUnavailable
from storelink.events.types import CheckoutAbandoned, Event
from storelink.hooks.checked import checked
from storelink.hooks.newcomers import welcome
from storelink.hooks.registry import Registry
from storelink.hooks.views import Name, Subject, View, subjects, views
from storelink.mirror import Fact, load, next_tick, recovered, tell, ticks
from storelink.mirror.merge import Version, micros
from storelink.models.checkout import Checkout
from storelink.models.order import Order
from storelink.models.recipient import Recipient
from storelink.models.ref import Kind, Ref
from storelink.outbox.life import Lease
from storelink.outbox.reconcile import STOPPED, Answers, reconcile, silence_history
from storelink.storage import Database, Transaction
from storelink.storage.plans import Mark
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

LONGEST_LEASE = timedelta(seconds=30)
"""Planning takes moments, and planning twice does no harm: a dead worker's marks need not wait."""
_BEFORE_AN_ORDER = (Kind.CHECKOUT, Kind.CUSTOMER)
"""Subjects that no hook is asked about: their person is."""
ASK_AGAIN = timedelta(minutes=5)
"""How soon a hook that raised an error is asked again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the hooks said about one subject.

    Attributes:
        decisions: by the hook's name; a hook that raised is not among them.
        errors: what such a hook raised.
        events: what time has made true, as the hooks say.
        again_at: when one of them is to be asked again.
    """

    decisions: Mapping[str, list[Decision]] = field(default_factory=dict)
    errors: Mapping[str, Exception] = field(default_factory=dict)
    events: Sequence[Event] = ()
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is to be committed for one mark, unless its subject changes meanwhile.

    Attributes:
        facts: what time has made true and nobody was told yet.
        answers: what the hooks decided.
        person: whose order it is; the buyer is planned, too.
        again_at: when to plan again, if nothing changes.
        is_done: whether the mark has served; otherwise the hooks are to be asked about the facts.
    """

    mark: Mark
    facts: Sequence[Fact] = ()
    answers: Answers | None = None
    person: str | None = field(default=None, repr=False)
    again_at: datetime | None = None
    is_done: bool = True

    @property
    def buyer(self) -> str | None:
        """The buyer as a subject."""
        return str(Ref(kind=Kind.PERSON, id=self.person)) if self.person else None


class Planner:
    """Asks hooks, and plans what is marked."""

    def __init__(
        self, database: Database, registry: Registry, clock: Clock, lease: Lease | None = None
    ) -> None:
        self._database, self._registry, self._clock = database, registry, clock
        self._lease = lease or Lease("planner")
        self._left: list[Mark] = []
        self._welcomed: set[str] = set()

    def run_once(self, stores: Sequence[str], *, limit: int = 100) -> int:
        """Plan the subjects that are due, together, and return how many there were.

        Should anything be wrong with one of them, each is planned on its own.

        Raises:
            StorageUnavailable: the database is away; the next run goes on.
        """
        now = self._clock.now()
        if new := set(stores) - self._welcomed:
            welcome(self._database, self._registry, sorted(new), now)
            self._welcomed |= new
        marks = self._claim(now, limit, stores)
        self._left = marks
        try:
            self._plan(marks, now)
        except StorageUnavailable:
            raise
        except Exception:  # noqa: BLE001  whatever it is, one subject must not stop the shop
            for mark in marks:
                self._plan_alone(mark, now)
        self._left = []
        return len(marks)

    def _claim(self, now: datetime, limit: int, stores: Sequence[str]) -> list[Mark]:
        """Lease marks, after giving back what a run could not finish."""
        with self._database.read() as tx:
            next_due = tx.plans.next_due(stores)
        if not self._left and (next_due is None or next_due > now):
            return []
        with self._database.write() as tx:
            tx.plans.release(self._left)
            return tx.plans.claim(
                now,
                owner=self._lease.owner,
                until=now + min(self._lease.duration, LONGEST_LEASE),
                limit=limit,
                stores=stores,
            )

    def _plan_alone(self, mark: Mark, now: datetime) -> None:
        """Plan one subject so that whatever is wrong with it does not hold up the others."""
        try:
            self._plan([mark], now)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one subject must not stop the shop
            about = {"stage": "plan", "store": mark.store}
            told = "a subject of %s could not be planned: %s"
            log.error(told, mark.store, trace(error), extra=about)
            with self._database.write() as tx:
                tx.plans.done(mark, again_at=now + ASK_AGAIN)

    def _plan(self, marks: Sequence[Mark], now: datetime) -> None:
        """Ask on a view of this moment; commit the answers, unless a subject changed meanwhile.

        The database has one writer, and hooks may take their time: nobody waits for them.
        """
        if not marks:
            return
        with self._database.read() as tx:
            seen = self._see(tx, marks, now)
        with self._database.write(rings=True) as tx:
            tx.lock(*_locks(seen))
            current = _current(tx, marks)
            self._commit(tx, [one for one in seen if one.mark in current], now)

    def _see(self, tx: Transaction, marks: Sequence[Mark], now: datetime) -> list[_Seen]:
        """Return what is to be committed for each mark; ask the hooks about what they are for."""
        names = {mark: (mark.store, Ref.parse(mark.subject)) for mark in marks}
        known = subjects(tx, [name for name in names.values() if self._is_asked_about(name)])
        facts = {name: _unknown_ticks(tx, one, now) for name, one in known.items()}
        settled = {name: one for name, one in known.items() if not facts[name]}
        asked = self._ask_all(tx, settled, now)
        return [
            self._see_other(tx, mark, name, now)
            if name[1].kind in _BEFORE_AN_ORDER
            else self._see_one(mark, name, known.get(name), facts.get(name, ()), asked, now)
            for mark, name in names.items()
        ]

    def _is_asked_about(self, name: Name) -> bool:
        """Orders are looked at in any case: time does something to them, too."""
        return name[1].kind is Kind.ORDER or bool(self._registry.about(name[1].kind))

    def _see_one(
        self,
        mark: Mark,
        name: Name,
        subject: Subject,
        facts: Sequence[Fact],
        asked: Mapping[Name, Asked],
        now: datetime,
    ) -> _Seen:
        if facts:  # the order is marked anew, and the hooks are asked with them
            return _Seen(mark, facts, is_done=False)
        answer = asked.get(name, Asked())
        person = subject.person if isinstance(subject, Order) else None
        return _Seen(
            mark,
            [Fact(event, Version(micros(event.at), -1)) for event in answer.events],
            answers=Answers(*name, answer.decisions),
            person=person if self._registry.about(Kind.PERSON) else None,
            again_at=_again_at(subject, answer, now),
        )

    def _see_other(self, tx: Transaction, mark: Mark, name: Name, now: datetime) -> _Seen:
        """Tell what time did to a checkout; hooks decide about whose it, or an account, is."""
        store, (kind, key) = name[0], (name[1].kind, name[1].id)
        loaded = load.checkout if kind is Kind.CHECKOUT else load.customer
        found = loaded(tx, store, key)
        if found is None:
            return _Seen(mark)
        person = Recipient(found).person if self._registry.about(Kind.PERSON) else None
        if not isinstance(found, Checkout):
            return _Seen(mark, person=person)
        facts, again_at = _checkout_facts(tx, found, now), next_tick(found, now)
        return _Seen(mark, facts, person=person, again_at=again_at)

    def _commit(self, tx: Transaction, seen: Sequence[_Seen], now: datetime) -> None:
        """Change the outbox, then the marks."""
        self._look_again(tx, seen, now)
        reconcile(tx, [one.answers for one in seen if one.answers], now=now)
        facts = [fact for one in seen for fact in one.facts]
        told = tell(tx, facts, now=now, listeners=self._registry.listeners)
        events = (*told.events, *told.corrected)
        marked = {(one.store, str(Ref.order(one.order_id))) for one in events if one.order_id}
        # A buyer is planned later, so that it happens but once for many orders.
        marked |= {(one.mark.store, buyer) for one in seen if (buyer := one.buyer)}
        for store, names in groupby(sorted(marked), key=itemgetter(0)):
            tx.plans.mark(store, [name for _, name in names], due_at=now)
        tx.plans.done_all((one.mark, one.again_at) for one in seen if one.is_done)
        tx.plans.release(one.mark for one in seen if not one.is_done)

    def _look_again(self, tx: Transaction, seen: Sequence[_Seen], now: datetime) -> None:
        """Let the policy look again at what it stopped about orders, checkouts and accounts."""
        orders: dict[str, set[str]] = defaultdict(set)
        others: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for one in seen:
            ref = Ref.parse(one.mark.subject)
            if ref.kind is Kind.ORDER and one.answers:
                orders[one.mark.store].add(ref.id)
            elif ref.kind in _BEFORE_AN_ORDER and one.buyer:
                others[one.mark.store].add((one.mark.subject, one.buyer))
        for store, ids in sorted(orders.items()):
            tx.holds.look_again(store, ids, stopped=STOPPED, now=now)
        for store, names in sorted(others.items()):
            tx.holds.look_again_at(store, names, stopped=STOPPED, now=now)

    # -- asking ------------------------------------------------------------------------------------

    def ask(
        self, tx: Transaction, store: str, scope: Ref, now: datetime, *, only: str | None = None
    ) -> Asked:
        """Ask the hooks (or *only* one) about an order or a person."""
        name = (store, scope)
        if not self._hooks(scope.kind, only):
            return Asked()
        return self._ask_all(tx, subjects(tx, [name]), now, only=only).get(name, Asked())

    def _ask_all(
        self, tx: Transaction, known: Mapping[Name, Subject], now: datetime, only: str | None = None
    ) -> dict[Name, Asked]:
        """Ask the hooks about each subject that is known well enough."""
        hooks = {name: self._hooks(name[1].kind, only) for name in known}
        seen = views(tx, {name: one for name, one in known.items() if hooks[name]})
        return {name: ask_of(hooks[name], view, now) for name, view in seen.items()}

    def _hooks(self, kind: Kind, only: str | None) -> Mapping[str, Hook[Any]]:
        hooks = self._registry.about(kind)
        return hooks if only is None else {name: hooks[name] for name in hooks if name == only}

    def hook(self, name: str) -> Hook[Any] | None:
        """Return the hook of that name."""
        return self._registry.get(name)


def ask_of(hooks: Mapping[str, Hook[Any]], view: View, now: datetime) -> Asked:
    """Ask *hooks* about what *view* shows."""
    decisions: dict[str, list[Decision]] = {}
    errors: dict[str, Exception] = {}
    events: list[Event] = []
    times: list[datetime] = []
    for name, hook in hooks.items():
        try:
            heard = checked(hook.decide(view.subject, view.facts, now), view.subject, now)
        except Exception as error:  # noqa: BLE001  a hook is somebody else's code
            log.warning("hook %s failed: %s", name, trace(error))
            errors[name] = error
        else:
            decisions[name] = silence_history(heard.decisions, connected_at=view.connected_at)
            events += [one for one in heard.events if one.at >= view.connected_at]
            times += [heard.again_at] if heard.again_at else []
    return Asked(decisions, errors, events, min(times, default=None))


def _locks(seen: Iterable[_Seen]) -> set[str]:
    """Return the names under which the subjects, and their buyers, are locked."""
    return {
        f"{one.mark.store}/{name}" for one in seen for name in (one.mark.subject, one.buyer) if name
    }


def _current(tx: Transaction, marks: Sequence[Mark]) -> set[Mark]:
    """Return those of *marks* whose subject nobody planned or marked since they were read."""
    names: dict[str, set[str]] = defaultdict(set)
    for mark in marks:
        names[mark.store].add(mark.subject)
    return {mark for store, some in names.items() for mark in tx.plans.marks_on(store, some)}


def _unknown_ticks(tx: Transaction, subject: Subject, now: datetime) -> list[Fact]:
    """Return what time has made true of an order, and nobody was told yet."""
    facts = ticks(subject, now) if isinstance(subject, Order) else []
    known = tx.events.known([fact.event.id for fact in facts]) if facts else {}
    return [fact for fact in facts if fact.event.id not in known]


def _checkout_facts(tx: Transaction, checkout: Checkout, now: datetime) -> list[Fact]:
    """Return what time has made true of a checkout, and what follows for one that was left."""
    left = ticks(checkout, now)
    known = tx.events.of_checkouts(checkout.store, [checkout.id])
    if not any(row.type == CheckoutAbandoned.type for row in known):
        return left
    order = load.became(tx, checkout.store, [checkout.id]).get(checkout.id)
    return left + recovered(checkout, order.id if order else None)


def _again_at(subject: Subject, asked: Asked, now: datetime) -> datetime | None:
    """Return when to plan again, if nothing changes: after an error, or for what time will do."""
    times = [
        now + ASK_AGAIN if asked.errors else None,
        asked.again_at,
        next_tick(subject, now) if isinstance(subject, Order) else None,
    ]
    return min((time for time in times if time is not None), default=None)
