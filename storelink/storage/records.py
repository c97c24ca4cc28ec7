"""Statements on the mirror's records."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select
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

    def put(self, row: RecordRow) -> None:
        """Write what is held of one object."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        values = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
        keys = ("store", "kind", "id")
        statement = dialect.insert(records).values(values)
        changed = {name: statement.excluded[name] for name in values if name not in keys}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=list(keys), set_=changed)
        )

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
        found: list[RecordRow] = []
        for ids in chunks(order_ids):
            wanted = select(records).where(
                records.c.store == store,
                records.c.kind == Kind.ORDER,
                records.c.id.in_(ids),
            )
            found += self._rows(wanted)
        return found

    def orders_of(self, store: str, person: str) -> list[RecordRow]:
        """Return the headers of one person's orders."""
        wanted = select(records).where(records.c.store == store, records.c.person == person)
        return self._rows(wanted)

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
