"""Statements on the mirror's records."""

from __future__ import annotations

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from storelink.models.ref import Kind, Ref
from storelink.storage.chunks import chunks
from storelink.storage.rows import RecordRow
from storelink.storage.tables import records


class Records:
    """Statements on the table `records`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, store: str, ref: Ref) -> RecordRow | None:
        """Return what is held of one object."""
        wanted = select(records).where(
            records.c.store == store, records.c.kind == ref.kind, records.c.id == ref.id
        )
        return next(iter(self._rows(wanted)), None)

    def many(self, store: str, refs: Iterable[Ref]) -> list[RecordRow]:
        """Return what is held of these objects."""
        by_kind: dict[Kind, list[str]] = defaultdict(list)
        for ref in refs:
            by_kind[ref.kind].append(ref.id)
        found: list[RecordRow] = []
        for kind, every in by_kind.items():
            for ids in chunks(every):
                wanted = select(records).where(
                    records.c.store == store, records.c.kind == kind, records.c.id.in_(ids)
                )
                found += self._rows(wanted)
        return found

    def put(self, rows: Sequence[RecordRow]) -> None:
        """Write what is held of objects."""
        if rows:
            values = [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
            self._connection.execute(_upsert(self._connection.dialect.name), values)

    def parts(self, store: str, order_ids: Sequence[str]) -> list[RecordRow]:
        """Return the parts (shipments, refunds, returns) of these orders."""
        found: list[RecordRow] = []
        for ids in chunks(order_ids):
            wanted = select(records).where(
                records.c.store == store,
                records.c.order_id.in_(ids),
                records.c.kind != Kind.ORDER,
            )
            found += self._rows(wanted.order_by(records.c.kind, records.c.id))
        return found

    def orders(self, store: str, order_ids: Iterable[str]) -> list[RecordRow]:
        """Return the headers of these orders."""
        return self.many(store, map(Ref.order, order_ids))

    def orders_of(self, store: str, person: str) -> list[RecordRow]:
        """Return the headers of one person's orders."""
        return self.of_person(store, Kind.ORDER, person)

    def of_person(self, store: str, kind: Kind, person: str) -> list[RecordRow]:
        """Return one person's objects of a kind."""
        wanted = select(records).where(
            records.c.store == store, records.c.kind == kind, records.c.person == person
        )
        return self._rows(wanted.order_by(records.c.id))

    def of_checkouts(self, store: str, checkout_ids: Iterable[str]) -> list[RecordRow]:
        """Return the headers of the orders that came from these checkouts."""
        found: list[RecordRow] = []
        for ids in chunks(checkout_ids):
            wanted = select(records).where(records.c.store == store, records.c.checkout_id.in_(ids))
            found += self._rows(wanted.order_by(records.c.id))
        return found

    def order_ids(self, store: str) -> list[str]:
        """Return the ids of every order of a store."""
        wanted = select(records.c.id).where(records.c.store == store, records.c.kind == Kind.ORDER)
        return list(self._connection.execute(wanted.order_by(records.c.id)).scalars())

    def by_number(self, store: str, number: str) -> list[RecordRow]:
        """Return the orders that carry *number*, with or without a leading `#`."""
        plain = number.removeprefix("#")
        wanted = select(records).where(
            records.c.store == store, records.c.number.in_([plain, f"#{plain}"])
        )
        return self._rows(wanted)

    def consents(self, store: str, customer_id: str) -> list[RecordRow]:
        """Return the consents of one customer."""
        ids = [f"{customer_id}/{channel}" for channel in ("email", "sms", "whatsapp")]
        wanted = select(records).where(
            records.c.store == store, records.c.kind == Kind.CONSENT, records.c.id.in_(ids)
        )
        return self._rows(wanted.order_by(records.c.id))

    def count_created(
        self, store: str, kind: Kind, start: datetime | None = None, end: datetime | None = None
    ) -> int:
        """Count the objects that stand and were created from *start* on and before *end*.

        With neither, those of unknown creation count, too.
        """
        wanted = select(func.count()).where(*_created(store, kind, start, end))
        return self._connection.execute(wanted).scalar_one()

    def ids_created(
        self, store: str, kind: Kind, start: datetime | None = None, end: datetime | None = None
    ) -> list[str]:
        """Return the ids of the objects that `count_created` counts, oldest first."""
        wanted = select(records.c.id).where(*_created(store, kind, start, end))
        ordered = wanted.order_by(records.c.created_at, records.c.id)
        return list(self._connection.execute(ordered).scalars())

    def needing_read(self, *, limit: int, stores: Sequence[str]) -> list[RecordRow]:
        """Return objects that the platform should be asked about, longest waiting first."""
        wanted = (
            select(records)
            .where(records.c.needs_read_since.is_not(None), records.c.store.in_(stores))
            .order_by(records.c.needs_read_since, records.c.store, records.c.id)
            .limit(limit)
        )
        return self._rows(wanted)

    def _rows(self, wanted: Select[Any]) -> list[RecordRow]:
        found = self._connection.execute(wanted).mappings()
        return [RecordRow(**{**row, "kind": Kind(row["kind"])}) for row in found]


_COLUMNS = tuple(field.name for field in dataclasses.fields(RecordRow))
_KEYS = ("store", "kind", "id")


@functools.cache
def _upsert(dialect: str) -> Any:
    """Return the statement that writes a row; making it takes longer than running it."""
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(records)
    changed = {name: statement.excluded[name] for name in _COLUMNS if name not in _KEYS}
    return statement.on_conflict_do_update(index_elements=list(_KEYS), set_=changed)


def _created(
    store: str, kind: Kind, start: datetime | None, end: datetime | None
) -> list[ColumnElement[bool]]:
    """Return the conditions of `count_created`; what stands is told as `Held.is_deleted` does."""
    stands = or_(records.c.deleted_since.is_(None), records.c.deleted_since <= records.c.read_at)
    is_dated = records.c.created_at.is_not(None)  # not so of what is in a trash
    conditions = [records.c.store == store, records.c.kind == kind, stands, is_dated]
    if start is not None:
        conditions.append(records.c.created_at >= start)
    if end is not None:
        conditions.append(records.c.created_at < end)
    return conditions
