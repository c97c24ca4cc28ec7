"""Statements on the handlers' calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, literal_column, select, update

from storelink.events.types import Event
from storelink.storage.leases import Leases
from storelink.storage.rows import CallRow
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import calls


class Calls:
    """Statements on the table `calls`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, wanted: Iterable[tuple[str, Event]], *, due_at: datetime) -> None:
        """Let handlers be called with events, once it is due; once is enough."""
        new = {"state": "waiting", "due_at": due_at, "attempts": 0}
        _ADD.run_many(
            self._connection,
            [
                {"handler": handler, "event_id": event.id, "store": event.store, **new}
                for handler, event in wanted
            ],
        )

    def again(self, handler: str, event_id: str, *, due_at: datetime) -> None:
        """Let a handler be called once more with an event, whoever calls it just now."""
        _AGAIN.run(self._connection, whom=handler, of=event_id, at=due_at)

    def claim(
        self,
        now: datetime,
        *,
        owner: str,
        until: datetime,
        limit: int,
        handlers: Collection[str],
        stores: Collection[str],
    ) -> list[CallRow]:
        """Lease calls that are due to *owner*, fairly among *stores*; nobody else gets them.

        A lease ends with `settle`, with `release`, or at *until*.
        """
        return _LEASES.claim(
            self._connection,
            now,
            owner=owner,
            until=until,
            limit=limit,
            stores=stores,
            handlers=handlers,
        )

    def keep(self, some: Iterable[CallRow], *, until: datetime) -> int:
        """Let leases last until *until*, and return how many there still were."""
        return _KEEP.run_many(self._connection, [{"until": until, **_named(one)} for one in some])

    def release(self, some: Iterable[CallRow]) -> None:
        """Give calls back that were not made."""
        _RELEASE.run_many(self._connection, map(_named, some))

    def settle(
        self, call: CallRow, *, state: str, due_at: datetime, error: str | None = None
    ) -> bool:
        """Write down what became of a call, unless somebody else has it now, and say so."""
        values = {"now": state, "again_at": due_at, "why": error, "tried": call.attempts + 1}
        return _SETTLE.run(self._connection, **values, **_named(call)) == 1

    def failed(self, store: str | None = None) -> list[CallRow]:
        """Return the calls that were given up, of *store* or of all, the oldest first."""
        wanted = _FAILED if store is None else _FAILED.where(calls.c.store == store)
        return [CallRow(**row) for row in self._connection.execute(wanted).mappings()]

    def next_due(self, handlers: Collection[str], stores: Collection[str]) -> datetime | None:
        """Return when the next call is due, and nobody makes it."""
        return _LEASES.next_due(self._connection, stores, handlers=handlers)


def _named(call: CallRow) -> dict[str, Any]:
    return {"whom": call.handler, "of": call.event_id, "owner": call.lease_owner}


_LEASES = Leases(
    calls,
    CallRow,
    "handler",
    "event_id",
    where=(calls.c.state == literal_column("'waiting'"), among(calls.c.handler, "handlers")),
)
_FREE = {"lease_owner": None, "lease_until": None}
_MINE = and_(
    calls.c.handler == bindparam("whom"),
    calls.c.event_id == bindparam("of"),
    calls.c.lease_owner == bindparam("owner"),
)
_ADD = Statement(
    lambda dialect: inserting(dialect, calls).on_conflict_do_nothing(),
    columns=("handler", "event_id", "store", "state", "due_at", "attempts"),
)
_AGAIN = Statement(
    update(calls)
    .where(calls.c.handler == bindparam("whom"), calls.c.event_id == bindparam("of"))
    .values(state="waiting", due_at=bindparam("at"), attempts=0, error=None, **_FREE)
)
_KEEP = Statement(update(calls).where(_MINE).values(lease_until=bindparam("until")))
_RELEASE = Statement(update(calls).where(_MINE).values(_FREE))
_FAILED = (
    select(*columns(calls, CallRow))
    .where(calls.c.state == literal_column("'failed'"))
    .order_by(calls.c.due_at, calls.c.event_id, calls.c.handler)
)
_SETTLE = Statement(
    update(calls)
    .where(_MINE)
    .values(
        state=bindparam("now"),
        due_at=bindparam("again_at"),
        error=bindparam("why"),
        attempts=bindparam("tried"),
        **_FREE,
    )
)
