"""Letting go what a person held back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from storelink.models.enums import MessageState
from storelink.storage.tables import outbox

EVERY = "*"


class Holds:
    """Statements on the messages of the outbox that wait for somebody to let them go."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def release(
        self, reasons: Collection[str], *, store: str = EVERY, hook: str = EVERY, now: datetime
    ) -> int:
        """Let what waits for one of *reasons* be due now; return how many messages it was."""
        change = update(outbox).where(
            outbox.c.state == MessageState.WAITING.value, outbox.c.reason.in_(reasons)
        )
        if store != EVERY:
            change = change.where(outbox.c.store == store)
        if hook != EVERY:
            change = change.where(outbox.c.hook == hook)
        free = change.values(
            due_at=now,
            reason=None,
            detail=None,
            updated_at=now,
            version=outbox.c.version + 1,
            lease_owner=None,
            lease_until=None,
        )
        return self._connection.execute(free).rowcount

    def counts(self, reasons: Collection[str]) -> dict[tuple[str, str, str], int]:
        """Return how many messages wait, by store, hook and reason."""
        names = (outbox.c.store, outbox.c.hook, outbox.c.reason)
        wanted = select(*names, func.count()).where(
            outbox.c.state == MessageState.WAITING.value, outbox.c.reason.in_(reasons)
        )
        rows = self._connection.execute(wanted.group_by(*names).order_by(*names))
        return {(store, hook, reason): number for store, hook, reason, number in rows}
