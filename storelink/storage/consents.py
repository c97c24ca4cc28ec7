"""Statements on the ledger of consents, which only grows."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from storelink.storage.rows import ConsentRow
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import consents


class Consents:
    """Statements on the table `consents`. Nothing in it is changed or deleted.

    The database itself refuses it, too.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *rows: ConsentRow) -> int:
        """Add entries; those whose id is known are left as they are. Return how many are new."""
        return _ADD.run_many(self._connection, map(dataclasses.asdict, rows))

    def of(self, store: str, addresses: Collection[str]) -> list[ConsentRow]:
        """Return what is known of *addresses*, in the order in which it became known."""
        return _OF.rows(self._connection, of=store, addresses=addresses)


_ADD: Statement[object] = Statement(
    lambda dialect: inserting(dialect, consents).on_conflict_do_nothing(),
    make=object,
    columns=[field.name for field in dataclasses.fields(ConsentRow)],
)
_OF: Statement[ConsentRow] = Statement(
    select(*columns(consents, ConsentRow))
    .where(consents.c.store == bindparam("of"), among(consents.c.address, "addresses"))
    .order_by(consents.c.seq),
    make=ConsentRow,
)
