"""A mirror in memory, told record by record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from storelink.events import Event
from storelink.mirror import Source, absorb, event_of, load
from storelink.models import Kind, Money, Order, Record, Ref, Snapshot
from storelink.storage import Database, RecordRow

ZERO = datetime(2026, 11, 2, 9, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """An instant, counted from the beginning of the story."""
    return ZERO + timedelta(seconds=seconds)


def header(state_at: float | None, **fields: Any) -> Record:
    """What a whole webhook of order 1 says of its header."""
    lists = {name: fields.pop(name) for name in ("shipments", "refunds") if name in fields}
    needs_read = fields.pop("needs_read", None)
    told = {"number": "#1", "status": "open", "currency": "EUR", "total": Money("12", "EUR")}
    return Record(
        kind=Kind.ORDER,
        id="1",
        updated_at=None if state_at is None else at(state_at),
        fields={**told, **fields},
        children={name: tuple(ids) for name, ids in lists.items()},
        needs_read=needs_read,
    )


def parcel(parcel_id: str, state_at: float | None, **fields: Any) -> Record:
    """What a payload says of one parcel of order 1."""
    needs_read = fields.pop("needs_read", None)
    return Record(
        kind=Kind.SHIPMENT,
        id=parcel_id,
        order_id="1",
        within="shipments",
        updated_at=None if state_at is None else at(state_at),
        fields=fields,
        needs_read=needs_read,
    )


def gone(**fields: Any) -> Record:
    """What a webhook says of a deleted order: its id, and nothing else."""
    return Record(kind=Kind.ORDER, id="1", deleted=True, **fields)


class Shelf:
    """One store's mirror."""

    def __init__(self) -> None:
        self.database = Database("sqlite://")

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Shelf]:
        shelf = cls()
        try:
            yield shelf
        finally:
            shelf.database.close()

    def hint(self, received_at: float, *records: Record) -> list[Event]:
        """Absorb a webhook, and return what became known with it."""
        return self._absorb(records, Source(at(received_at)))

    def read(self, began_at: float, *records: Record) -> list[Event]:
        """Absorb a read that began then."""
        return self._absorb(records, Source(at(began_at), is_read=True))

    def _absorb(self, records: tuple[Record, ...], source: Source) -> list[Event]:
        with self.database.write() as tx:
            return absorb(tx, "shop", Snapshot(records), source, now=source.at).events

    @property
    def order(self) -> Order | None:
        with self.database.read() as tx:
            return load.order(tx, "shop", "1")

    @property
    def known_order(self) -> Order:
        order = self.order
        assert order is not None
        return order

    @property
    def parcels(self) -> list[str]:
        return [shipment.id for shipment in self.known_order.shipments]

    def row(self, ref: Ref | None = None) -> RecordRow:
        with self.database.read() as tx:
            row = tx.records.get("shop", ref or Ref.order("1"))
        assert row is not None
        return row

    @property
    def open_questions(self) -> dict[str, str | None]:
        """What should be read, and why."""
        with self.database.read() as tx:
            rows = tx.records.needing_read(limit=100, stores=["shop"])
        return {f"{row.kind}:{row.id}": row.needs_read for row in rows}

    @property
    def events(self) -> list[Event]:
        with self.database.read() as tx:
            return [event_of(row) for row in tx.events.all()]
