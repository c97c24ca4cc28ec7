"""Statements on the facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from storelink.events.types import EVENT_TYPES
from storelink.storage.chunks import chunks
from storelink.storage.rows import EventRow
from storelink.storage.tables import events


class Events:
    """Statements on the table `events`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, ids: Sequence[str]) -> dict[str, EventRow]:
        """Return those of *ids* that are known."""
        found: dict[str, EventRow] = {}
        for some in chunks(ids):
            wanted = select(events).where(events.c.id.in_(some))
            found |= {row.id: row for row in self._rows(wanted)}
        return found

    def add(self, rows: Iterable[EventRow]) -> None:
        """Write new facts."""
        values = [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
        if values:
            self._connection.execute(insert(events), values)

    def correct(self, rows: Iterable[EventRow]) -> None:
        """Write better tellings of known facts."""
        values = [{f"new_{name}": getattr(row, name) for name in ("id", *_TOLD)} for row in rows]
        if values:
            self._connection.execute(_CORRECT, values)

    def of_orders(self, store: str, order_ids: Sequence[str]) -> list[EventRow]:
        """Return the facts of these orders, oldest first."""
        found: list[EventRow] = []
        for ids in chunks(order_ids):
            wanted = select(events).where(events.c.store == store, events.c.order_id.in_(ids))
            found += self._rows(wanted)
        return sorted(found, key=_age)

    def of_checkouts(self, store: str, checkout_ids: Sequence[str]) -> list[EventRow]:
        """Return the facts of these checkouts, oldest first."""
        found: list[EventRow] = []
        for ids in chunks(checkout_ids):
            wanted = select(events).where(events.c.store == store, events.c.checkout_id.in_(ids))
            found += self._rows(wanted)
        return sorted(found, key=_age)

    def all(self, *, store: str | None = None, order_id: str | None = None) -> list[EventRow]:
        """Return facts, oldest first."""
        wanted = select(events)
        if store is not None:
            wanted = wanted.where(events.c.store == store)
        if order_id is not None:
            wanted = wanted.where(events.c.order_id == order_id)
        return sorted(self._rows(wanted), key=_age)

    def _rows(self, wanted: Select[tuple[object, ...]]) -> Iterator[EventRow]:
        for row in self._connection.execute(wanted).mappings():
            yield EventRow(**row)


_COLUMNS = [field.name for field in dataclasses.fields(EventRow) if field.name != "seq"]
_TOLD = ("at", "exact", "version", "order_id", "customer_id", "data")
_CORRECT = (
    update(events)
    .where(events.c.id == bindparam("new_id"))
    .values({name: bindparam(f"new_{name}") for name in _TOLD})
)
_USUAL_ORDER = {name: place for place, name in enumerate(EVENT_TYPES)}


def _age(row: EventRow) -> tuple[datetime, int, str]:
    """Oldest first; of one instant, in the order in which such things usually happen."""
    return (row.at, _USUAL_ORDER.get(row.type, len(_USUAL_ORDER)), row.id)
