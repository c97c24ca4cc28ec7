"""How old the oldest work of each stage is, and what needs a person: one statement for all stores.

Every figure is a probe into an index, so that asking costs the same with ten million messages as
with none. SQLite takes a partial index only for a statement that says its condition literally.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
)

from storelink.storage.migrate import VERSION_TABLE
from storelink.storage.positions import beginning
from storelink.storage.tables import calls, inbox, outbox, plans, positions, records, stores

MOST = 10_000
"""Counting ends here: whoever has so many open ones needs no exact number."""


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What the database tells of one store's work. Every time is UTC; `None` if there is none.

    Attributes:
        webhook_at: when the last webhook was received.
        swept_at: when the last sweep came to its end.
        erasing: when the oldest erasure was begun that is under way.
        absorb: when the oldest delivery was received that waits to be absorbed.
        read: since when the oldest open question about an object is open.
        plan: since when the oldest mark is due.
        call: since when the oldest call of a handler is due.
        deliver: since when the oldest message is due that nobody works on.
        due: since when the oldest message is due, be it worked on or not.
        failed_lately: how many of the failed messages failed lately.
    """

    store: str
    connected_at: datetime
    uninstalled_at: datetime | None
    webhook_at: datetime | None
    swept_at: datetime | None
    erasing: datetime | None
    absorb: datetime | None
    read: datetime | None
    plan: datetime | None
    call: datetime | None
    deliver: datetime | None
    due: datetime | None
    kept: int
    in_doubt: int
    failed: int
    failed_lately: int


class Figures:
    """Looks at every table, and changes none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_stores(
        self,
        names: Sequence[str],
        now: datetime,
        *,
        handlers: Sequence[str],
        tries: int,
        swept: str,
        erasing: str,
        lately: timedelta,
    ) -> list[StoreFigures]:
        """Return the figures of these stores, by name.

        Args:
            names: the stores; one that was never connected is left out.
            now: the present instant.
            handlers: whose calls count; those of others wait for whoever has them.
            tries: how often a delivery is absorbed before it is kept.
            swept: the position that tells when a sweep came to its end.
            erasing: how the positions begin that tell what is being erased.
            lately: how long ago a failure is a late one.
        """
        absorbed = {f"absorb_{tried}": _waiting_since(tried) for tried in range(tries)}
        wanted = select(
            stores.c.name.label("store"),
            stores.c.connected_at,
            stores.c.uninstalled_at,
            _begun(erasing).label("erasing"),
            *_labelled(_times(now, handlers, swept) | absorbed | _counts(now - lately)),
        ).where(stores.c.name.in_(names))
        found = self._connection.execute(wanted.order_by(stores.c.name)).mappings()
        return [_figures(dict(row), list(absorbed)) for row in found]

    def schema(self) -> str:
        """Return the revision of the database's schema."""
        wanted = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  a name of ours
        return str(self._connection.execute(wanted).scalar())


_WAITING = outbox.c.state == literal_column("'waiting'")
_OPEN = text("outbox.state IN ('sending', 'in_doubt', 'failed')")
_TO_ABSORB = text("inbox.state IN ('new', 'kept')")


def _times(now: datetime, handlers: Sequence[str], swept: str) -> dict[str, ScalarSelect[datetime]]:
    is_free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
    is_ours = calls.c.handler.in_(handlers) if handlers else false()
    is_to_call = calls.c.state == literal_column("'waiting'")
    return {
        "webhook_at": _of_store(inbox.c.received_at, order=inbox.c.received_at.desc()),
        "swept_at": _of_store(positions.c.updated_at, positions.c.name == swept),
        "read": _of_store(
            records.c.needs_read_since,
            records.c.needs_read_since.is_not(None),
            records.c.needs_read_since <= now,
        ),
        "plan": _of_store(plans.c.due_at, plans.c.due_at <= now),
        "call": _of_store(calls.c.due_at, is_to_call, calls.c.due_at <= now, is_ours),
        "deliver": _of_store(outbox.c.due_at, _WAITING, outbox.c.due_at <= now, is_free),
        "due": _of_store(outbox.c.due_at, _WAITING, outbox.c.due_at <= now),
    }


def _begun(prefix: str) -> ScalarSelect[datetime]:
    """Return when the oldest of the positions was written whose name begins so."""
    first, past = beginning(prefix).values()
    begins = (positions.c.name >= first, positions.c.name < past)
    wanted = select(func.min(positions.c.updated_at))
    return (
        wanted.where(positions.c.store == stores.c.name, *begins)
        .correlate(stores)
        .scalar_subquery()
    )


def _waiting_since(tried: int) -> ScalarSelect[datetime]:
    """Return when the oldest delivery came that was tried so often; the index is in this order."""
    is_new = inbox.c.state == literal_column("'new'")
    is_tried = inbox.c.attempts == tried
    return _of_store(inbox.c.received_at, _TO_ABSORB, is_new, is_tried, order=inbox.c.id)


def _counts(since: datetime) -> dict[str, ScalarSelect[int]]:
    has_failed = outbox.c.state == literal_column("'failed'")
    return {
        "kept": _number(inbox.c.store, _TO_ABSORB, inbox.c.state == literal_column("'kept'")),
        "in_doubt": _number(outbox.c.store, _OPEN, outbox.c.state == literal_column("'in_doubt'")),
        "failed": _number(outbox.c.store, _OPEN, has_failed),
        "failed_lately": _number(outbox.c.store, _OPEN, has_failed, outbox.c.updated_at >= since),
    }


def _of_store(
    column: Any, *conditions: ColumnElement[bool] | Any, order: Any = None
) -> ScalarSelect[Any]:
    """Return the first value of a store's column: the least, unless *order* says otherwise."""
    return (
        select(column)
        .where(column.table.c.store == stores.c.name, *conditions)
        .order_by(column if order is None else order)
        .limit(1)
        .correlate(stores)
        .scalar_subquery()
    )


def _number(store: Any, *conditions: ColumnElement[bool] | Any) -> ScalarSelect[int]:
    """Return how many rows of a store there are, counted up to `MOST`."""
    some: Select[Any] = select(store).where(store == stores.c.name, *conditions)
    few = some.limit(MOST).correlate(stores).subquery()
    return select(func.count()).select_from(few).scalar_subquery()


def _labelled(columns: dict[str, ScalarSelect[Any]]) -> list[Any]:
    return [column.label(name) for name, column in columns.items()]


def _figures(row: dict[str, Any], absorbed: Sequence[str]) -> StoreFigures:
    """Join what is asked for each number of tries."""
    times = [row.pop(name) for name in absorbed]
    oldest = min((time for time in times if time is not None), default=None)
    return StoreFigures(**row, absorb=oldest)
