"""Statements on the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from storelink.models.enums import MessageState
from storelink.storage.chunks import chunks
from storelink.storage.rows import MessageRow
from storelink.storage.tables import attempts, outbox


class Messages:
    """Statements on the tables `outbox` and `attempts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, values: dict[str, Any]) -> None:
        """Insert a message."""
        row = {"version": 1, "attempts": 0, "doubts": 0, **values}
        self._connection.execute(insert(outbox).values(row))

    def change(self, row: MessageRow, *, now: datetime, **values: Any) -> bool:
        """Change *row* if nobody else changed it since it was read, and say whether it was so."""
        same = and_(outbox.c.id == row.id, outbox.c.version == row.version)
        return self._update(same, now=now, **values) == 1

    def claim(
        self,
        now: datetime,
        *,
        owner: str,
        until: datetime,
        limit: int,
        stores: Sequence[str],
    ) -> list[MessageRow]:
        """Lease due messages, oldest first, to *owner*; nobody else gets them before *until*."""
        free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
        due = and_(outbox.c.state == MessageState.WAITING, outbox.c.due_at <= now, free)
        return self._lease(due, now=now, owner=owner, until=until, limit=limit, stores=stores)

    def claim_doubtful(
        self,
        now: datetime,
        *,
        owner: str,
        until: datetime,
        limit: int,
        stores: Sequence[str],
    ) -> list[MessageRow]:
        """Lease messages whose worker died between the attempt and its outcome."""
        lost = and_(outbox.c.state == MessageState.SENDING, outbox.c.lease_until <= now)
        return self._lease(lost, now=now, owner=owner, until=until, limit=limit, stores=stores)

    def _lease(
        self,
        which: ColumnElement[bool],
        *,
        now: datetime,
        owner: str,
        until: datetime,
        limit: int,
        stores: Sequence[str],
    ) -> list[MessageRow]:
        ids = (
            select(outbox.c.id)
            .where(which, outbox.c.store.in_(stores))
            .order_by(outbox.c.due_at, outbox.c.key)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        chosen = list(self._connection.execute(ids).scalars())
        self._update(outbox.c.id.in_(chosen), now=now, lease_owner=owner, lease_until=until)
        return self._rows(select(outbox).where(outbox.c.id.in_(chosen)))

    def _update(self, which: ColumnElement[bool], *, now: datetime, **values: Any) -> int:
        change = update(outbox).where(which)
        done = self._connection.execute(
            change.values(version=outbox.c.version + 1, updated_at=now, **values)
        )
        return done.rowcount

    def get(self, key: str) -> MessageRow | None:
        """Return the message of that idempotency key."""
        return next(iter(self._rows(select(outbox).where(outbox.c.key == key))), None)

    def by_keys(self, keys: Iterable[str]) -> dict[str, MessageRow]:
        """Return those messages that there are, by idempotency key."""
        found: dict[str, MessageRow] = {}
        for some in chunks(keys):
            rows = self._rows(select(outbox).where(outbox.c.key.in_(some)))
            found |= {row.key: row for row in rows}
        return found

    def of_scope(self, store: str, scope: str) -> list[MessageRow]:
        """Return the messages that the plan of *scope* decides on."""
        return self._rows(select(outbox).where(outbox.c.store == store, outbox.c.scope == scope))

    def of_orders(self, store: str, order_ids: Iterable[str]) -> list[MessageRow]:
        """Return the messages of these orders."""
        found: list[MessageRow] = []
        for ids in chunks(order_ids):
            wanted = select(outbox).where(outbox.c.store == store, outbox.c.order_id.in_(ids))
            found += self._rows(wanted)
        return found

    def all(
        self, *, store: str | None = None, state: MessageState | None = None
    ) -> list[MessageRow]:
        """Return messages, by the time that they are due."""
        wanted = select(outbox)
        if store is not None:
            wanted = wanted.where(outbox.c.store == store)
        if state is not None:
            wanted = wanted.where(outbox.c.state == state)
        return self._rows(wanted)

    def counts(self) -> dict[MessageState, int]:
        """Return how many messages are in each state."""
        wanted = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return {MessageState(state): number for state, number in self._connection.execute(wanted)}

    def next_due(self, stores: Sequence[str]) -> datetime | None:
        """Return when a message can next be claimed: it is due, and nobody's lease is on it."""
        is_leased = and_(
            outbox.c.lease_until.is_not(None),
            or_(outbox.c.state == MessageState.SENDING, outbox.c.lease_until > outbox.c.due_at),
        )
        free_at = case((is_leased, outbox.c.lease_until), else_=outbox.c.due_at)
        open_states = (MessageState.WAITING, MessageState.SENDING)
        wanted = select(func.min(free_at)).where(
            outbox.c.state.in_(open_states), outbox.c.store.in_(stores)
        )
        return self._connection.execute(wanted).scalar()

    def begin_attempt(self, row: MessageRow, *, now: datetime) -> None:
        """Write down that an attempt begins."""
        self._connection.execute(
            insert(attempts).values(outbox_id=row.id, number=row.attempts + 1, started_at=now)
        )

    def end_attempt(self, row: MessageRow, *, now: datetime, outcome: str, detail: str) -> None:
        """Write down how the attempt ended."""
        change = update(attempts).where(
            attempts.c.outbox_id == row.id, attempts.c.number == row.attempts
        )
        self._connection.execute(change.values(finished_at=now, outcome=outcome, detail=detail))

    def attempts_of(self, row_id: int) -> list[dict[str, Any]]:
        """Return the attempts at one message, oldest first."""
        wanted = select(attempts).where(attempts.c.outbox_id == row_id)
        found = self._connection.execute(wanted.order_by(attempts.c.number)).mappings()
        return [dict(row) for row in found]

    def _rows(self, wanted: Select[Any]) -> list[MessageRow]:
        found = self._connection.execute(wanted.order_by(outbox.c.due_at, outbox.c.key)).mappings()
        return [MessageRow(**{**row, "state": MessageState(row["state"])}) for row in found]
