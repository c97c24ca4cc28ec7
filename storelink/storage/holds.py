"""Letting go what a person held back, or the policy stopped."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, literal_column, or_, select, update

from storelink.models.enums import MessageState
from storelink.storage.statement import Statement, among
from storelink.storage.tables import outbox

EVERY = "*"
_FREED: dict[str, Any] = {
    **dict.fromkeys(("reason", "detail", "lease_owner", "lease_until")),
    "version": outbox.c.version + 1,
}


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
            updated_at=now,
            **_FREED,
        )
        return self._connection.execute(free).rowcount

    def look_again(
        self, store: str, order_ids: Collection[str], *, stopped: Collection[str], now: datetime
    ) -> int:
        """Let what was cancelled for one of the reasons *stopped*, or is muted, be due now.

        Only messages about these orders; return how many it was.
        """
        return _LOOK_AGAIN.run(
            self._connection, of=store, orders=order_ids, reasons=stopped, at_once=now
        )

    def look_again_at(
        self,
        store: str,
        subjects: Collection[tuple[str, str]],
        *,
        stopped: Collection[str],
        now: datetime,
    ) -> None:
        """Do `look_again` for messages about no order: by their subjects, each with its scope."""
        _LOOK_AGAIN_AT.run_many(
            self._connection,
            (
                {"of": store, "about": subject, "within": scope, "reasons": stopped, "at_once": now}
                for subject, scope in sorted(subjects)
            ),
        )

    def counts(self, reasons: Collection[str]) -> dict[tuple[str, str, str], int]:
        """Return how many messages wait, by store, hook and reason."""
        names = (outbox.c.store, outbox.c.hook, outbox.c.reason)
        wanted = select(*names, func.count()).where(
            outbox.c.state == MessageState.WAITING.value, outbox.c.reason.in_(reasons)
        )
        rows = self._connection.execute(wanted.group_by(*names).order_by(*names))
        return {(store, hook, reason): number for store, hook, reason, number in rows}


_NOW = bindparam("at_once", type_=outbox.c.due_at.type)
_STOPPED = (
    update(outbox)
    .where(
        outbox.c.store == bindparam("of"),
        or_(
            and_(
                outbox.c.state == literal_column("'cancelled'"), among(outbox.c.reason, "reasons")
            ),
            and_(
                outbox.c.state == literal_column("'waiting'"),
                outbox.c.reason == literal_column("'muted'"),
            ),
        ),
    )
    .values(state=literal_column("'waiting'"), due_at=_NOW, updated_at=_NOW, **_FREED)
)
_LOOK_AGAIN: Statement[Any] = Statement(_STOPPED.where(among(outbox.c.order_id, "orders")))
_LOOK_AGAIN_AT: Statement[Any] = Statement(
    _STOPPED.where(
        outbox.c.scope == bindparam("within"),
        outbox.c.subject == bindparam("about"),
        outbox.c.order_id.is_(None),
    )
)
