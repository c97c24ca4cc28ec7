"""Statements on the handlers' calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storelink.storage.rows import CallRow
from storelink.storage.tables import calls


class Calls:
    """Statements on the table `calls`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, wanted: Iterable[tuple[str, str]], *, due_at: datetime) -> None:
        """Let handlers be called with events' ids, once it is due; once is enough."""
        row = {"state": "waiting", "due_at": due_at, "attempts": 0}
        values = [{"handler": handler, "event_id": key, **row} for handler, key in wanted]
        if values:
            dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
            self._connection.execute(dialect.insert(calls).on_conflict_do_nothing(), values)

    def due(self, now: datetime, *, handlers: Sequence[str], limit: int) -> list[CallRow]:
        """Return the calls that are due, oldest first."""
        wanted = (
            select(calls)
            .where(calls.c.state == "waiting", calls.c.due_at <= now, calls.c.handler.in_(handlers))
            .order_by(calls.c.due_at, calls.c.event_id)
            .limit(limit)
        )
        return [CallRow(**row) for row in self._connection.execute(wanted).mappings()]

    def settle(
        self, call: CallRow, *, state: str, due_at: datetime, error: str | None = None
    ) -> None:
        """Write down what became of a call."""
        change = update(calls).where(
            calls.c.handler == call.handler, calls.c.event_id == call.event_id
        )
        self._connection.execute(
            change.values(state=state, due_at=due_at, error=error, attempts=calls.c.attempts + 1)
        )

    def next_due(self, handlers: Sequence[str]) -> datetime | None:
        """Return when the next call is due."""
        wanted = select(func.min(calls.c.due_at)).where(
            calls.c.state == "waiting", calls.c.handler.in_(handlers)
        )
        return self._connection.execute(wanted).scalar()
