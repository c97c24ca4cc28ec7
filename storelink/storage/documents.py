"""Statements on files that go with messages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from storelink.storage.rows import DocumentRow
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import documents


class Documents:
    """Statements on the table `documents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: DocumentRow) -> bool:
        """Keep a document, and say whether it is new: one that is there stays as it was."""
        return _ADD.run(self._connection, **{name: getattr(row, name) for name in _NAMES}) > 0

    def of_orders(self, store: str, orders: Collection[str]) -> list[DocumentRow]:
        """Return the documents of *orders*, the oldest first."""
        return _OF_ORDERS.rows(self._connection, of=store, orders=orders)

    def forget(self, store: str, orders: Collection[str]) -> int:
        """Delete the documents of *orders*; return how many there were."""
        return _FORGET.run(self._connection, of=store, orders=orders)


_NAMES = [column.name for column in columns(documents, DocumentRow)]


def _add(dialect: str) -> Any:
    return inserting(dialect, documents).on_conflict_do_nothing()


_ADD: Statement[Any] = Statement(_add, columns=_NAMES)
_OURS = (documents.c.store == bindparam("of"), among(documents.c.order_id, "orders"))
_OF_ORDERS: Statement[DocumentRow] = Statement(
    select(*columns(documents, DocumentRow))
    .where(*_OURS)
    .order_by(documents.c.issued_at, documents.c.kind),
    make=DocumentRow,
)
_FORGET: Statement[Any] = Statement(delete(documents).where(*_OURS))
