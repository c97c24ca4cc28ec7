"""Calls that were given up: looking at them, and letting them be made once more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storelink.storage import CallRow, Database


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCall:
    """A handler that was given up for an event, without personal data.

    Attributes:
        handler: its name: `"storelink.post_review"` hands reviews to the store.
        event: the event's id.
        order_id: the order that the event is about, if it is about one.
        why: the reason in a few words: what the store's refusal is called, or the kind of the
            handler's last error.
        attempts: how often it was called.
        at: when it was given up (UTC).
    """

    handler: str
    event: str
    store: str
    order_id: str | None
    why: str
    attempts: int
    at: datetime


def failed(database: Database, store: str | None = None) -> list[FailedCall]:
    """Return the calls that were given up, of *store* or of all, the oldest first.

    Raises:
        StorageUnavailable: the database cannot be read.
    """
    with database.read() as tx:
        rows = tx.calls.failed(store)
        events = tx.events.known([row.event_id for row in rows])
    orders = {name: event.order_id for name, event in events.items()}
    return [_view(row, orders.get(row.event_id)) for row in rows]


def call_again(database: Database, event: str, *, now: datetime) -> list[FailedCall]:
    """Let every handler be called again that was given up for *event*, and return those.

    Raises:
        LookupError: no handler was given up for it.
        StorageUnavailable: the database is away; try again.
    """
    with database.write(rings=True) as tx:
        rows = [row for row in tx.calls.failed() if row.event_id == event]
        if not rows:
            raise LookupError(f"no call failed for {event!r}")
        for row in rows:
            tx.calls.again(row.handler, row.event_id, due_at=now)
        found = tx.events.known([event]).get(event)
    return [_view(row, found.order_id if found else None) for row in rows]


def _view(row: CallRow, order_id: str | None) -> FailedCall:
    return FailedCall(
        handler=row.handler,
        event=row.event_id,
        store=row.store,
        order_id=order_id,
        why=row.error or "",
        attempts=row.attempts,
        at=row.due_at,
    )
