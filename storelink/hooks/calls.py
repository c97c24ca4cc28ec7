"""Calling the handlers of `@link.on`: in the worker, at least once for each event."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from storelink.clock import Clock
from storelink.events.types import CheckoutEvent, Event
from storelink.hooks.registry import Registry
from storelink.mirror import event_of, load
from storelink.storage import CallRow, Database, Transaction
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

FIRST_DELAY = timedelta(minutes=1)
MAX_ATTEMPTS = 12

T = TypeVar("T")


class Caller:
    """Calls handlers; one that fails is called again, less and less often, then given up."""

    def __init__(self, database: Database, registry: Registry, clock: Clock) -> None:
        self._database, self._registry, self._clock = database, registry, clock

    def run_once(self, *, limit: int = 100) -> int:
        """Call what is due, and return how many calls were made."""
        handlers = self._registry.handlers
        now = self._clock.now()
        with self._database.read() as tx:
            due = tx.calls.due(now, handlers=list(handlers), limit=limit)
            events = {call.event_id: hydrated(tx, call.event_id) for call in due}
        for call in due:
            self._call(call, events[call.event_id])
        return len(due)

    def _call(self, call: CallRow, event: Event | None) -> None:
        """Call one handler; an event that was erased meanwhile is told to nobody."""
        now = self._clock.now()
        state, due_at, why = "done", now, None
        try:
            if event is not None:
                self._registry.handlers[call.handler].function(event)
        except Exception as error:  # noqa: BLE001  a handler is somebody else's code
            log.error("handler %s failed: %s", call.handler, trace(error))
            state = "failed" if call.attempts + 1 >= MAX_ATTEMPTS else "waiting"
            due_at, why = now + FIRST_DELAY * (1 << call.attempts), type(error).__name__
        with self._database.write() as tx:
            tx.calls.settle(call, state=state, due_at=due_at, error=why)


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
