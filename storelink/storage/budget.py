"""Statements on the budgets: what each person got, and is about to get."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select

from storelink.models.enums import MessageState
from storelink.storage.rows import BudgetRow
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import budget, outbox

RESERVED = "reserved"


class Budget:
    """Statements on the table `budget`: one row a message that counts, or counted."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reserve(self, *rows: BudgetRow) -> None:
        """Let messages count; one that counts already, counts from then on."""
        _RESERVE.run_many(self._connection, map(dataclasses.asdict, rows))

    def spent(self, store: str, people: Collection[str], *, since: datetime) -> list[BudgetRow]:
        """Return what counts for *people* after *since*, the oldest first.

        A message that did not go after all, and will not any more, counts no longer.
        """
        return _SPENT.rows(self._connection, of=store, people=people, since=since)


_NAMES = [column.name for column in columns(budget, BudgetRow)]
_COUNTS = budget.c.state == literal_column(f"'{RESERVED}'")
_NOT_SENT = (MessageState.CANCELLED, MessageState.EXPIRED, MessageState.FAILED)
_IS_OVER = (
    select(outbox.c.id)
    .where(
        outbox.c.key == budget.c.message,
        outbox.c.state.in_([literal_column(f"'{state.value}'") for state in _NOT_SENT]),
    )
    .exists()
)


def _reserve(dialect: str) -> Any:
    statement = inserting(dialect, budget)
    changed = {name: statement.excluded[name] for name in _NAMES if name != "message"}
    return statement.on_conflict_do_update(index_elements=["message"], set_=changed)


_RESERVE: Statement[Any] = Statement(_reserve, columns=_NAMES)
_SPENT: Statement[BudgetRow] = Statement(
    select(*columns(budget, BudgetRow))
    .where(
        budget.c.store == bindparam("of"),
        among(budget.c.person, "people"),
        budget.c.at > bindparam("since"),
        _COUNTS,
        ~_IS_OVER,
    )
    .order_by(budget.c.at, budget.c.message),
    make=BudgetRow,
)
