"""Statements on the facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from datetime import datetime
from operator import attrgetter

from sqlalchemy import Connection, bindparam, func, insert, select, update

from storelink.events.types import EVENT_TYPES
from storelink.storage.rows import EventRow
from storelink.storage.statement import Statement, among, columns
from storelink.storage.tables import events


class Events:
    """Statements on the table `events`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, ids: Collection[str]) -> dict[str, EventRow]:
        """Return those of *ids* that are known."""
        found = _KNOWN.rows(self._connection, ids=ids) if ids else []
        return {row.id: row for row in found}

    def add(self, rows: Iterable[EventRow]) -> None:
        """Write new facts."""
        _ADD.run_many(
            self._connection, [dict(zip(_COLUMNS, _values(row), strict=True)) for row in rows]
        )

    def correct(self, rows: Iterable[EventRow]) -> None:
        """Write better tellings of known facts."""
        _CORRECT.run_many(
            self._connection,
            [{f"new_{name}": getattr(row, name) for name in ("id", *_TOLD)} for row in rows],
        )

    def of_orders(self, store: str, order_ids: Collection[str]) -> list[EventRow]:
        """Return the facts of these orders, oldest first."""
        return sorted(_OF_ORDERS.rows(self._connection, of=store, orders=order_ids), key=_age)

    def of_checkouts(self, store: str, checkout_ids: Collection[str]) -> list[EventRow]:
        """Return the facts of these checkouts, oldest first."""
        found = _OF_CHECKOUTS.rows(self._connection, of=store, checkouts=checkout_ids)
        return sorted(found, key=_age)

    def of_accounts(self, store: str, customer_ids: Collection[str]) -> list[EventRow]:
        """Return the facts of these accounts that are of no order and no checkout, oldest first."""
        found = _OF_ACCOUNTS.rows(self._connection, of=store, accounts=customer_ids)
        return sorted(found, key=_age)

    def newest(self) -> int:
        """Return the number of the fact that became known last; 0 if there is none."""
        return self._connection.execute(select(func.max(events.c.seq))).scalar() or 0

    def between(self, store: str, types: Collection[str], after: int, last: int) -> list[EventRow]:
        """Return facts of some types by their numbers, in the order in which they became known.

        A transaction that began before others may commit a fact after them, and be missed by who
        goes on at the newest number: good for statistics, not for more.
        """
        own = (events.c.store == store, events.c.type.in_(types))
        wanted = _SELECT.where(events.c.seq > after, events.c.seq <= last, *own)
        return [EventRow(*row) for row in self._connection.execute(wanted.order_by(events.c.seq))]

    def all(self, *, store: str | None = None, order_id: str | None = None) -> list[EventRow]:
        """Return facts, oldest first."""
        wanted = _SELECT
        if store is not None:
            wanted = wanted.where(events.c.store == store)
        if order_id is not None:
            wanted = wanted.where(events.c.order_id == order_id)
        return sorted((EventRow(*row) for row in self._connection.execute(wanted)), key=_age)


_COLUMNS = tuple(field.name for field in dataclasses.fields(EventRow) if field.name != "seq")
_values = attrgetter(*_COLUMNS)
_TOLD = ("at", "exact", "version", "order_id", "customer_id", "data")

_SELECT = select(*columns(events, EventRow))
_OF_STORE = events.c.store == bindparam("of")
_KNOWN = Statement(_SELECT.where(among(events.c.id, "ids")), make=EventRow)
_OF_ACCOUNTS = Statement(
    _SELECT.where(
        _OF_STORE,
        among(events.c.customer_id, "accounts"),
        events.c.order_id.is_(None),
        events.c.checkout_id.is_(None),
    ),
    make=EventRow,
)
_OF_ORDERS = Statement(_SELECT.where(_OF_STORE, among(events.c.order_id, "orders")), make=EventRow)
_OF_CHECKOUTS = Statement(
    _SELECT.where(_OF_STORE, among(events.c.checkout_id, "checkouts")), make=EventRow
)
_ADD = Statement(insert(events), columns=_COLUMNS)
_CORRECT = Statement(
    update(events)
    .where(events.c.id == bindparam("new_id"))
    .values({name: bindparam(f"new_{name}") for name in _TOLD})
)
_USUAL_ORDER = {name: place for place, name in enumerate(EVENT_TYPES)}


def _age(row: EventRow) -> tuple[datetime, int, str]:
    """Oldest first; of one instant, in the order in which such things usually happen."""
    return (row.at, _USUAL_ORDER.get(row.type, len(_USUAL_ORDER)), row.id)
