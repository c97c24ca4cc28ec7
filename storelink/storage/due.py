"""Which stage has something to do, for which stores: one cheap look, and one that counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Table,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
)

from storelink.storage.statement import Statement, among
from storelink.storage.tables import calls, inbox, outbox, plans, records, stores


class Open(NamedTuple):
    """What is to be done for a store now. What somebody works on already is not."""

    store: str
    absorb: bool
    read: bool
    plan: bool
    call: bool
    deliver: bool


class Due:
    """Looks at the work that waits, and changes nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(
        self, names: Collection[str], now: datetime, *, handlers: Collection[str]
    ) -> list[Open]:
        """Return what is to be done for each of these stores, by name.

        Each answer is a probe into an index, so that asking costs the same with ten million
        waiting messages as with none.

        Args:
            names: the stores; one that was never connected is left out.
            now: the present instant.
            handlers: whose calls count; those of others wait for whoever has them.
        """
        return _OPEN.rows(self._connection, names=names, now=now, handlers=handlers)

    def to_read(self, names: Collection[str]) -> list[str]:
        """Return those of these stores that left a question open, by name."""
        found: Sequence[Any] = _TO_READ.rows(self._connection, names=names)
        return [name for (name,) in found]

    def left(self, names: Collection[str], now: datetime, *, handlers: Collection[str]) -> int:
        """Count everything that these stores have to be done now; with a backlog, that is slow."""
        values = {"names": names, "now": now}
        found = [
            _TO_ABSORB.first(self._connection, names=names),
            _TO_PLAN.first(self._connection, **values),
            _TO_CALL.first(self._connection, **values, handlers=handlers),
            _TO_DELIVER.first(self._connection, **values),
        ]
        return sum(row[0] for row in found if row)


_NOW = bindparam("now", type_=plans.c.due_at.type)
# SQLite takes a partial index only for a statement that says its condition literally.
_IS_NEW = (text("inbox.state IN ('new', 'kept')"), inbox.c.state == literal_column("'new'"))
_IS_CALL = (
    calls.c.state == literal_column("'waiting'"),
    calls.c.due_at <= _NOW,
    among(calls.c.handler, "handlers"),
)
_IS_PLAN = (plans.c.due_at <= _NOW,)
_IS_MESSAGE = (outbox.c.state == literal_column("'waiting'"), outbox.c.due_at <= _NOW)
_IS_LOST = (
    text("outbox.state IN ('sending', 'in_doubt', 'failed')"),
    outbox.c.state == literal_column("'sending'"),
    outbox.c.lease_until <= _NOW,
)
_IS_QUESTION = (records.c.needs_read_since.is_not(None),)


def _free(table: Table) -> ColumnElement[bool]:
    """Say that nobody works on a row."""
    return or_(table.c.lease_until.is_(None), table.c.lease_until <= _NOW)


def _any(table: Table, *conditions: Any) -> Exists:
    """Say whether a store has such a row."""
    return exists().where(table.c.store == stores.c.name, *conditions).correlate(stores)


def _number(table: Table, *conditions: Any) -> Statement[Any]:
    """Return the statement that counts such rows."""
    counted = select(func.count()).select_from(table)
    return Statement(counted.where(among(table.c.store, "names"), *conditions))


_OPEN = Statement(
    select(
        stores.c.name,
        _any(inbox, *_IS_NEW),
        _any(records, *_IS_QUESTION) & stores.c.uninstalled_at.is_(None),
        _any(plans, *_IS_PLAN, _free(plans)),
        _any(calls, *_IS_CALL, _free(calls)),
        _any(outbox, *_IS_MESSAGE, _free(outbox)) | _any(outbox, *_IS_LOST),
    )
    .where(among(stores.c.name, "names"))
    .order_by(stores.c.name),
    make=lambda name, *some: Open(name, *map(bool, some)),
)
_TO_READ: Statement[Any] = Statement(
    select(stores.c.name)
    .where(among(stores.c.name, "names"), stores.c.uninstalled_at.is_(None))
    .where(_any(records, *_IS_QUESTION))
    .order_by(stores.c.name)
)
_TO_ABSORB = _number(inbox, *_IS_NEW)
_TO_PLAN = _number(plans, *_IS_PLAN)
_TO_CALL = _number(calls, *_IS_CALL)
_TO_DELIVER = _number(outbox, *_IS_MESSAGE)
