"""Planning: ask the hooks about a subject, and make the outbox agree."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storelink.clock import Clock
from storelink.contracts.hook import Decision, Facts, Hook, Reason, SentMessage
from storelink.events.types import CheckoutAbandoned
from storelink.hooks.checked import checked
from storelink.hooks.registry import Registry
from storelink.mirror import Fact, event_of, load, next_tick, recovered, tell, ticks
from storelink.models.checkout import Checkout
from storelink.models.enums import MessageState
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.outbox.reconcile import reconcile, silence_history
from storelink.storage import Database, MessageRow, Transaction
from storelink.storage.plans import Mark
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

ASK_AGAIN = timedelta(minutes=5)
"""How soon a hook that raised an error is asked again."""


Subject = Order | Person | None
"""What hooks are asked about; `None` while its order is not known well enough."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the hooks said about one subject.

    Attributes:
        decisions: by the hook's name; a hook that raised is not among them.
        errors: what such a hook raised.
    """

    decisions: Mapping[str, list[Decision]]
    errors: Mapping[str, Exception]


class Planner:
    """Asks hooks, and plans what is marked."""

    def __init__(self, database: Database, registry: Registry, clock: Clock) -> None:
        self._database, self._registry, self._clock = database, registry, clock

    def run_once(self, stores: Sequence[str], *, limit: int = 100) -> int:
        """Plan the subjects that are due, and return how many there were."""
        now = self._clock.now()
        with self._database.read() as tx:
            marks = tx.plans.due(now, limit=limit, stores=stores)
        for mark in marks:
            self._plan_alone(mark, now)
        return len(marks)

    def _plan_alone(self, mark: Mark, now: datetime) -> None:
        """Plan one subject so that whatever is wrong with it does not hold up the others."""
        try:
            self._plan(mark, now)
        except Exception as error:  # noqa: BLE001  one subject must not stop the shop
            log.error("a subject of %s could not be planned: %s", mark.store, trace(error))
            with self._database.write() as tx:
                tx.plans.done(mark, again_at=now + ASK_AGAIN)

    def _plan(self, mark: Mark, now: datetime) -> None:
        """Ask on a view of this moment; commit the answers, unless the subject changed meanwhile.

        The database has one writer, and hooks may take their time: nobody waits for them.
        """
        scope = Ref.parse(mark.subject)
        if scope.kind is Kind.CHECKOUT:
            self._plan_checkout(mark, scope.id, now)
            return
        with self._database.read() as tx:
            subject = _subject(tx, mark.store, scope)
            facts = _unknown_ticks(tx, subject, now)
            asked = self._ask(tx, mark.store, subject, self._registry.about(scope.kind), now)
        with self._database.write() as tx:
            if not tx.plans.is_current(mark):
                return
            if facts:  # the order is marked anew, and the hooks are asked with them
                self._tell(tx, mark.store, facts, now)
            else:
                reconcile(tx, mark.store, scope, asked.decisions, now=now)
                self._mark_person(tx, subject, now)
                tx.plans.done(mark, again_at=_again_at(subject, asked, now))

    def _plan_checkout(self, mark: Mark, checkout_id: str, now: datetime) -> None:
        """Tell what time did to a checkout; no hook decides about one."""
        with self._database.read() as tx:
            checkout = load.checkout(tx, mark.store, checkout_id)
            facts = _checkout_facts(tx, checkout, now) if checkout else []
        with self._database.write() as tx:
            if tx.plans.is_current(mark):
                self._tell(tx, mark.store, facts, now)
                again_at = next_tick(checkout, now) if checkout else None
                tx.plans.done(mark, again_at=again_at)

    def _tell(self, tx: Transaction, store: str, facts: Sequence[Fact], now: datetime) -> None:
        told = tell(tx, facts, now=now, listeners=self._registry.listeners)
        tx.plans.mark(store, [str(Ref.order(one)) for one in sorted(told.order_ids)], due_at=now)

    def _mark_person(self, tx: Transaction, subject: Subject, now: datetime) -> None:
        """Let the buyer be planned, too: later, so that of many orders, it happens but once."""
        if isinstance(subject, Order) and subject.person and self._registry.about(Kind.PERSON):
            person = Ref(kind=Kind.PERSON, id=subject.person)
            tx.plans.mark(subject.store, str(person), due_at=now)

    def ask(
        self, tx: Transaction, store: str, scope: Ref, now: datetime, *, only: str | None = None
    ) -> Asked:
        """Ask the hooks (or *only* one) about an order or a person."""
        hooks = self._registry.about(scope.kind)
        if only is not None:
            hooks = {only: hooks[only]} if only in hooks else {}
        subject = _subject(tx, store, scope) if hooks else None
        return self._ask(tx, store, subject, hooks, now)

    def _ask(
        self,
        tx: Transaction,
        store: str,
        subject: Subject,
        hooks: Mapping[str, Hook[Any]],
        now: datetime,
    ) -> Asked:
        decisions: dict[str, list[Decision]] = {}
        errors: dict[str, Exception] = {}
        if subject is None or not hooks:
            return Asked(decisions, errors)
        connected_at = tx.stores.connected_at()[store]
        facts = facts_of(tx, store, subject, connected_at=connected_at)
        for name, hook in hooks.items():
            try:
                decided = checked(hook.decide(subject, facts, now), subject)
            except Exception as error:  # noqa: BLE001  a hook is somebody else's code
                log.warning("hook %s failed: %s", name, trace(error))
                errors[name] = error
            else:
                decisions[name] = silence_history(decided, connected_at=connected_at)
        return Asked(decisions, errors)


def _subject(tx: Transaction, store: str, scope: Ref) -> Subject:
    if scope.kind is Kind.ORDER:
        return load.order(tx, store, scope.id)
    return load.person(tx, store, scope.id)


def _unknown_ticks(tx: Transaction, subject: Subject, now: datetime) -> list[Fact]:
    """Return what time has made true of an order, and nobody was told yet."""
    facts = ticks(subject, now) if isinstance(subject, Order) else []
    known = tx.events.known([fact.event.id for fact in facts])
    return [fact for fact in facts if fact.event.id not in known]


def _checkout_facts(tx: Transaction, checkout: Checkout, now: datetime) -> list[Fact]:
    """Return what time has made true of a checkout, and what follows for one that was left."""
    left = ticks(checkout, now)
    known = tx.events.of_checkouts(checkout.store, [checkout.id])
    if not any(row.type == CheckoutAbandoned.type for row in known):
        return left
    orders = tx.records.of_checkouts(checkout.store, [checkout.id])
    return left + recovered(checkout, orders[0].id if orders else None)


def _again_at(subject: Subject, asked: Asked, now: datetime) -> datetime | None:
    """Return when to plan again, if nothing changes: after an error, or for what time will do."""
    times = [
        now + ASK_AGAIN if asked.errors else None,
        next_tick(subject, now) if isinstance(subject, Order) else None,
    ]
    return min((time for time in times if time is not None), default=None)


_MAYBE_SENT = {MessageState.SENT, MessageState.IN_DOUBT, MessageState.SENDING}


def facts_of(
    tx: Transaction, store: str, subject: Order | Person, *, connected_at: datetime
) -> Facts:
    """Return what is known around a subject: events, messages, products and reviews."""
    orders = (subject,) if isinstance(subject, Order) else subject.orders
    ids = [order.id for order in orders]
    products = {line.product_id for one in orders for line in one.lines if line.product_id}
    person = subject.person if isinstance(subject, Order) else subject.key
    rows = tx.messages.of_orders(store, ids)
    events = tx.events.of_orders(store, ids)
    return Facts(
        (event_of(row, historic=row.at < connected_at) for row in events),
        (_sent(row) for row in rows if row.state in _MAYBE_SENT),
        ((row.hook, Ref.parse(row.subject), row.step) for row in rows if _is_closed(row)),
        products=load.products(tx, store, sorted(products)),
        reviews=load.reviews(tx, store, person) if person else (),
    )


def _sent(row: MessageRow) -> SentMessage:
    return SentMessage(
        hook=row.hook,
        subject=Ref.parse(row.subject),
        step=row.step,
        order_id=row.order_id,
        sent_at=row.sent_at or row.updated_at,
        data=row.message.get("data", {}),
    )


def _is_closed(row: MessageRow) -> bool:
    by_hand = row.state is MessageState.CANCELLED and row.reason == Reason.BY_HAND
    return by_hand or row.state is MessageState.FAILED
