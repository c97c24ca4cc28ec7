"""Calling the handlers of `@link.on`: in the worker, at least once for each event."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from storelink.clock import Clock
from storelink.errors import StoreUnavailable, WriteInDoubt
from storelink.events.types import CheckoutEvent, Event
from storelink.hooks.registry import Registry
from storelink.mirror import event_of, load
from storelink.outbox.life import Lease
from storelink.storage import CallRow, Database, Transaction
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

FIRST_DELAY = timedelta(minutes=1)
MAX_ATTEMPTS = 12

LONGEST_SILENCE = timedelta(hours=4)
"""So long is waited at most while a store is away, and then it is tried again."""
SILENT_ATTEMPTS = 188
"""For about a month."""
_AWAY = (StoreUnavailable, WriteInDoubt)

T = TypeVar("T")


class GivenUp(Exception):
    """Raised by a handler: to be called again with the same is of no use.

    Its text is the reason in a few words, and holds nobody's data: it is kept and logged.
    """


def _never() -> bool:
    return False


class Caller:
    """Calls handlers; one that fails is called again, less and less often, then given up.

    A store that is away for days is no reason to give up.
    What was given up stays written down: see `storelink.operations.failing`.

    Args:
        database: the database.
        registry: the handlers.
        clock: the clock.
        lease: who makes the calls, and for how long nobody else does.
    """

    def __init__(self, database: Database, registry: Registry, clock: Clock, lease: Lease) -> None:
        self._database, self._registry = database, registry
        self._clock, self._lease = clock, lease
        self._held: dict[CallRow, datetime] = {}

    def run_once(
        self, stores: Collection[str], *, limit: int = 100, stop: Callable[[], bool] = _never
    ) -> int:
        """Call what is due about *stores*, and return how many calls were made.

        Args:
            stores: their names.
            limit: at most so many.
            stop: asked before each call; what is not called then, somebody else may call at once.
        """
        due = self._claim(stores, limit)
        try:
            made = self._call_each(due, stop)
            self._release(due[made:])
        finally:
            for call in due:
                self._held.pop(call, None)
        return made

    def keep(self) -> None:
        """Let the leases of the calls at hand last on, while a handler takes its time."""
        held, until = list(self._held), self._clock.now() + self._lease.duration
        if held:
            with self._database.write() as tx:
                tx.calls.keep(held, until=until)
            self._held.update((call, until) for call in held if call in self._held)

    def _claim(self, stores: Collection[str], limit: int) -> list[CallRow]:
        """Lease calls that are due, so that no handler is called by two workers at once."""
        handlers, now = list(self._registry.handlers), self._clock.now()
        with self._database.read() as tx:
            next_due = tx.calls.next_due(handlers, stores) if handlers else None
        if next_due is None or next_due > now:
            return []
        owner, until = self._lease.owner, now + self._lease.duration
        with self._database.write() as tx:
            due = tx.calls.claim(
                now, owner=owner, until=until, limit=limit, handlers=handlers, stores=stores
            )
        self._held.update((call, until) for call in due)
        return due

    def _call_each(self, due: Sequence[CallRow], stop: Callable[[], bool]) -> int:
        """Make calls as long as they are ours, and return how many were made."""
        for made, call in enumerate(due):
            if stop() or self._clock.now() >= self._held[call]:
                return made
            self._call(call)
        return len(due)

    def _release(self, some: Sequence[CallRow]) -> None:
        if some:
            with self._database.write() as tx:
                tx.calls.release(some)

    def _call(self, call: CallRow) -> None:
        """Call one handler; an event that was erased meanwhile is told to nobody."""
        with self._database.read() as tx:
            event = hydrated(tx, call.event_id)
        now = self._clock.now()
        state, due_at, why = "done", now, None
        try:
            if event is not None:
                self._registry.handlers[call.handler].function(event)
        except GivenUp as end:
            about = {"stage": "call", "store": call.store}
            log.warning("%s gives up %s: %s", call.handler, call.event_id, end, extra=about)
            state, why = "failed", str(end)
        except Exception as error:  # noqa: BLE001  a handler is somebody else's code
            about = {"stage": "call", "store": call.store}
            log.error("handler %s failed: %s", call.handler, trace(error), extra=about)
            why = type(error).__name__
            again = _next(call.attempts + 1, is_away=isinstance(error, _AWAY))
            state, due_at = ("waiting", now + again) if again else ("failed", now)
        with self._database.write() as tx:
            tx.calls.settle(call, state=state, due_at=due_at, error=why)


def _next(attempts: int, *, is_away: bool) -> timedelta | None:
    """Return how long to wait after so many attempts; `None` if that was the last."""
    if attempts >= (SILENT_ATTEMPTS if is_away else MAX_ATTEMPTS):
        return None
    delay = FIRST_DELAY * (1 << min(attempts - 1, MAX_ATTEMPTS))
    return min(delay, LONGEST_SILENCE) if is_away else delay


def hydrated(tx: Transaction, event_id: str) -> Event | None:
    """Return an event with its order or checkout as it is known now."""
    row = tx.events.known([event_id]).get(event_id)
    return None if row is None else hydrate(tx, [event_of(row)])[0]


def hydrate(tx: Transaction, events: list[Event]) -> list[Event]:
    """Give events their orders and checkouts; say which are older than their store's connection."""
    connected = tx.stores.connected_at()
    orders = _loaded(tx, load.orders, [(event.store, event.order_id) for event in events])
    left = [event for event in events if isinstance(event, CheckoutEvent)]
    checkouts = _loaded(tx, load.checkouts, [(event.store, event.checkout_id) for event in left])

    def about(event: Event) -> dict[str, Any]:
        known: dict[str, Any] = {
            "order": orders.get((event.store, event.order_id)),
            "historic": event.store in connected and event.at < connected[event.store],
        }
        if isinstance(event, CheckoutEvent):
            known["checkout"] = checkouts.get((event.store, event.checkout_id))
        return known

    return [event.model_copy(update=about(event)) for event in events]


def _loaded(
    tx: Transaction,
    load_some: Callable[[Transaction, str, list[str]], Mapping[str, T]],
    names: Iterable[tuple[str, str | None]],
) -> dict[tuple[str, str | None], T]:
    """Load objects by store and id, those of one store at once."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for store, key in names:
        if key:
            wanted[store].add(key)
    return {
        (store, key): one
        for store, keys in wanted.items()
        for key, one in load_some(tx, store, sorted(keys)).items()
    }
