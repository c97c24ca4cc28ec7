"""Statements on what customers answered on the pages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from storelink.storage.rows import AnswerRow
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import answers


class Answers:
    """Statements on the table `answers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, row: AnswerRow) -> None:
        """Keep an answer, in place of an earlier one to the same question."""
        _PUT.run(self._connection, **{name: getattr(row, name) for name in _NAMES})

    def get(self, store: str, answer_id: str) -> AnswerRow | None:
        """Return one answer; `None` if there is none."""
        return _GET.first(self._connection, of=store, which=answer_id)

    def of_orders(self, store: str, orders: Collection[str]) -> list[AnswerRow]:
        """Return the answers about *orders* or checkouts (`checkout:…`), the oldest first."""
        return _OF_ORDERS.rows(self._connection, of=store, orders=orders)

    def of_kind(self, store: str, kind: str) -> list[AnswerRow]:
        """Return the answers of a kind, the oldest first."""
        return _OF_KIND.rows(self._connection, of=store, which=kind)

    def forget(self, store: str, orders: Collection[str]) -> int:
        """Delete the answers about *orders* or checkouts; return how many there were."""
        return _FORGET.run(self._connection, of=store, orders=orders)


_NAMES = [column.name for column in columns(answers, AnswerRow)]


def _put(dialect: str) -> Any:
    statement = inserting(dialect, answers)
    changed = {name: statement.excluded[name] for name in _NAMES if name not in {"store", "id"}}
    return statement.on_conflict_do_update(
        index_elements=["store", "id"],
        set_=changed,
        where=answers.c.at <= statement.excluded.at,
    )


_PUT: Statement[Any] = Statement(_put, columns=_NAMES)
_SELECT = select(*columns(answers, AnswerRow)).where(answers.c.store == bindparam("of"))
_GET: Statement[AnswerRow] = Statement(
    _SELECT.where(answers.c.id == bindparam("which")), make=AnswerRow
)
_OF_ORDERS: Statement[AnswerRow] = Statement(
    _SELECT.where(among(answers.c.order_id, "orders")).order_by(answers.c.at, answers.c.id),
    make=AnswerRow,
)
_OF_KIND: Statement[AnswerRow] = Statement(
    _SELECT.where(answers.c.kind == bindparam("which")).order_by(answers.c.at, answers.c.id),
    make=AnswerRow,
)
_FORGET: Statement[Any] = Statement(
    delete(answers).where(answers.c.store == bindparam("of"), among(answers.c.order_id, "orders"))
)
