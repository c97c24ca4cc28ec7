"""Statements on the inbox: deliveries as they came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, literal_column, select, text, update

from storelink.contracts.store import Delivery
from storelink.storage.rows import InboxRow, InboxState
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import inbox


class Inbox:
    """Statements on the table `inbox`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        store: str,
        delivery: Delivery,
        *,
        received_at: datetime,
        state: InboxState,
        reason: str | None = None,
        attempts: int = 1,
    ) -> int | None:
        """Store a delivery and return its row's id, or `None` if it was already there.

        Args:
            store: the store's name.
            delivery: what came.
            received_at: when it came.
            state: what becomes of it in this transaction; `settle` says if it comes otherwise.
            reason: why.
            attempts: how often it was tried to absorb it.
        """
        return _ADD.first(
            self._connection,
            store=store,
            key=delivery.key,
            topic=delivery.topic,
            received_at=received_at,
            triggered_at=delivery.triggered_at,
            headers=dict(delivery.headers),
            body=delivery.body,
            state=state.value,
            reason=reason,
            attempts=attempts,
        )

    def find(self, store: str, key: str) -> InboxRow | None:
        """Return the delivery of that key."""
        return _FIND.first(self._connection, in_store=store, named=key)

    def hold(self, row_id: int) -> InboxRow | None:
        """Return one row that nobody else can change until the transaction ends."""
        return _HOLD.first(self._connection, which=row_id)

    def hold_waiting(self, row_id: int) -> InboxRow | None:
        """Return one row that still waits and that nobody else holds, and hold it."""
        return _HOLD_WAITING.first(self._connection, which=row_id)

    def settle(self, row_id: int, state: InboxState, reason: str | None, *, attempts: int) -> None:
        """Write down what became of a delivery, after so many attempts."""
        _SETTLE.run(self._connection, which=row_id, now=state.value, because=reason, tried=attempts)

    def waiting(self, *, limit: int, stores: Sequence[str]) -> list[int]:
        """Return the ids of rows that wait for the worker, those tried least first."""
        return _WAITING.rows(self._connection, stores=stores, limit=limit)

    def counts(self) -> dict[InboxState, int]:
        """Return how many deliveries are in each state."""
        wanted = select(inbox.c.state, func.count()).group_by(inbox.c.state)
        return {InboxState(state): number for state, number in self._connection.execute(wanted)}

    def rows(
        self, *, store: str | None = None, state: InboxState | None = None
    ) -> Iterator[InboxRow]:
        """Return rows, oldest first."""
        wanted = select(*columns(inbox, InboxRow)).order_by(inbox.c.id)
        if store is not None:
            wanted = wanted.where(inbox.c.store == store)
        if state is not None:
            wanted = wanted.where(inbox.c.state == state)
        for row in self._connection.execute(wanted):
            yield row_of(*row)


def row_of(*values: Any) -> InboxRow:
    """Return a delivery, from the values of its row."""
    *before, state, reason, attempts = values
    return InboxRow(*[*before, InboxState(state), reason, attempts])


_ADDED = tuple(column.name for column in inbox.c if column.name != "id")
_SELECT = select(*columns(inbox, InboxRow))
# SQLite takes the index of what waits only for a statement that says its condition literally.
_IS_WAITING = and_(text("inbox.state IN ('new', 'kept')"), inbox.c.state == literal_column("'new'"))

_ADD = Statement(
    lambda dialect: (
        inserting(dialect, inbox)
        .on_conflict_do_nothing(index_elements=["store", "key"])
        .returning(inbox.c.id)
    ),
    columns=_ADDED,
    make=int,
)
_FIND = Statement(
    _SELECT.where(inbox.c.store == bindparam("in_store"), inbox.c.key == bindparam("named")),
    make=row_of,
)
_ONE = _SELECT.where(inbox.c.id == bindparam("which"))
_HOLD = Statement(_ONE.with_for_update(), make=row_of)
_HOLD_WAITING = Statement(_ONE.where(_IS_WAITING).with_for_update(skip_locked=True), make=row_of)
_SETTLE = Statement(
    update(inbox)
    .where(inbox.c.id == bindparam("which"))
    .values(state=bindparam("now"), reason=bindparam("because"), attempts=bindparam("tried"))
)
_WAITING = Statement(
    select(inbox.c.id)
    .where(_IS_WAITING, among(inbox.c.store, "stores"))
    .order_by(inbox.c.attempts, inbox.c.id)
    .limit(bindparam("limit")),
    make=int,
)
