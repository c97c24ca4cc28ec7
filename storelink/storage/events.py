"""Statements on the facts."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, insert, select, update

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
        return {row.id: row for row in self._rows(select(events).where(events.c.id.in_(ids)))}

    def add(self, row: EventRow) -> None:
        """Write a new fact."""
        values = dataclasses.asdict(row)
        del values["seq"]
        self._connection.execute(insert(events).values(values))

    def correct(self, row: EventRow) -> None:
        """Write a better telling of a known fact."""
        change = update(events).where(events.c.id == row.id)
        self._connection.execute(
            change.values(at=row.at, exact=row.exact, version=row.version, data=row.data)
        )

    def of_orders(self, store: str, order_ids: Sequence[str]) -> list[EventRow]:
        """Return the facts of these orders, oldest first."""
        found: list[EventRow] = []
        for ids in chunks(order_ids):
            wanted = select(events).where(events.c.store == store, events.c.order_id.in_(ids))
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


_USUAL_ORDER = {name: place for place, name in enumerate(EVENT_TYPES)}


def _age(row: EventRow) -> tuple[datetime, int, str]:
    """Oldest first; of one instant, in the order in which such things usually happen."""
    return (row.at, _USUAL_ORDER.get(row.type, len(_USUAL_ORDER)), row.id)
