"""Statements on the inbox: deliveries as they came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storelink.contracts.store import Delivery
from storelink.storage.rows import InboxRow, InboxState
from storelink.storage.tables import inbox


class Inbox:
    """Statements on the table `inbox`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, store: str, delivery: Delivery, *, received_at: datetime) -> int | None:
        """Store a delivery and return its row's id, or `None` if it was already there."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        statement = (
            dialect.insert(inbox)
            .values(
                store=store,
                key=delivery.key,
                topic=delivery.topic,
                received_at=received_at,
                triggered_at=delivery.triggered_at,
                headers=dict(delivery.headers),
                body=delivery.body,
                state=InboxState.NEW,
                attempts=0,
            )
            .on_conflict_do_nothing(index_elements=["store", "key"])
            .returning(inbox.c.id)
        )
        return self._connection.execute(statement).scalar()

    def find(self, store: str, key: str) -> InboxRow | None:
        """Return the delivery of that key."""
        wanted = select(inbox).where(inbox.c.store == store, inbox.c.key == key)
        row = self._connection.execute(wanted).first()
        return _row(row) if row else None

    def get(self, row_id: int) -> InboxRow | None:
        """Return one row."""
        row = self._connection.execute(select(inbox).where(inbox.c.id == row_id)).first()
        return _row(row) if row else None

    def settle(self, row_id: int, state: InboxState, reason: str | None = None) -> None:
        """Write down what became of a delivery."""
        change = update(inbox).where(inbox.c.id == row_id)
        self._connection.execute(
            change.values(state=state, reason=reason, attempts=inbox.c.attempts + 1)
        )

    def waiting(self, *, limit: int, stores: Sequence[str]) -> list[InboxRow]:
        """Return rows that wait for the worker, oldest first."""
        wanted = (
            select(inbox)
            .where(inbox.c.state == InboxState.NEW, inbox.c.store.in_(stores))
            .order_by(inbox.c.attempts, inbox.c.id)
            .limit(limit)
        )
        return [_row(row) for row in self._connection.execute(wanted)]

    def counts(self) -> dict[InboxState, int]:
        """Return how many deliveries are in each state."""
        wanted = select(inbox.c.state, func.count()).group_by(inbox.c.state)
        return {InboxState(state): number for state, number in self._connection.execute(wanted)}

    def rows(
        self, *, store: str | None = None, state: InboxState | None = None
    ) -> Iterator[InboxRow]:
        """Return rows, oldest first."""
        wanted = select(inbox).order_by(inbox.c.id)
        if store is not None:
            wanted = wanted.where(inbox.c.store == store)
        if state is not None:
            wanted = wanted.where(inbox.c.state == state)
        for row in self._connection.execute(wanted):
            yield _row(row)


def _row(row: Row[tuple[object, ...]]) -> InboxRow:
    values = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for it
    return InboxRow(**{**values, "state": InboxState(values["state"])})
