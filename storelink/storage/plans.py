"""Statements on the marks: which subject needs planning, and when."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storelink.storage.tables import plans


@dataclass(frozen=True, slots=True)
class Mark:
    """A subject that needs planning. The stamp tells whether it was marked again meanwhile."""

    store: str
    subject: str = field(repr=False)
    due_at: datetime
    stamp: int


class Plans:
    """Statements on the table `plans`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mark(self, store: str, subjects: str | Sequence[str], *, due_at: datetime) -> None:
        """Let *subjects* be planned at *due_at*, or earlier if they are already marked so."""
        names = [subjects] if isinstance(subjects, str) else subjects
        if names:
            values = [
                {"store": store, "subject": name, "due_at": due_at, "stamp": 1} for name in names
            ]
            self._connection.execute(_upsert(self._connection.dialect.name), values)

    def due(self, now: datetime, *, limit: int, stores: Sequence[str]) -> list[Mark]:
        """Return the marks that are due, in a stable order."""
        wanted = (
            select(plans.c.store, plans.c.subject, plans.c.due_at, plans.c.stamp)
            .where(plans.c.due_at <= now, plans.c.store.in_(stores))
            .order_by(plans.c.due_at, plans.c.store, plans.c.subject)
            .limit(limit)
        )
        return [Mark(*row) for row in self._connection.execute(wanted)]

    def due_for(self, store: str, subjects: Collection[str], now: datetime) -> frozenset[Mark]:
        """Return the marks on *subjects* that are due: what changed and is not planned yet."""
        wanted = select(plans.c.store, plans.c.subject, plans.c.due_at, plans.c.stamp).where(
            plans.c.store == store, plans.c.subject.in_(subjects), plans.c.due_at <= now
        )
        return frozenset(Mark(*row) for row in self._connection.execute(wanted))

    def next_due(self, stores: Sequence[str]) -> datetime | None:
        """Return when the next subject is to be planned."""
        wanted = select(func.min(plans.c.due_at)).where(plans.c.store.in_(stores))
        return self._connection.execute(wanted).scalar()

    def is_current(self, mark: Mark) -> bool:
        """Say whether nobody planned or marked the subject since *mark* was read."""
        return mark in self.due_for(mark.store, {mark.subject}, mark.due_at)

    def done(self, mark: Mark, *, again_at: datetime | None) -> None:
        """Remove *mark*, or move it to *again_at*; if it was marked meanwhile, it stays due."""
        same = (
            (plans.c.store == mark.store)
            & (plans.c.subject == mark.subject)
            & (plans.c.stamp == mark.stamp)
        )
        if again_at is None:
            self._connection.execute(delete(plans).where(same))
        else:
            self._connection.execute(update(plans).where(same).values(due_at=again_at))


@functools.cache
def _upsert(dialect: str) -> Any:
    """Return the statement that marks a subject; making it takes longer than running it."""
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(plans)
    least = func.min if dialect == "sqlite" else func.least
    return statement.on_conflict_do_update(
        index_elements=["store", "subject"],
        set_={
            "due_at": least(plans.c.due_at, statement.excluded.due_at),
            "stamp": plans.c.stamp + 1,
        },
    )
