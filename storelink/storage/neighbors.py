"""Statements on the neighbors: which products the same people bought."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, not_, select

from storelink.storage.rows import NeighborRow
from storelink.storage.statement import Statement, among, columns
from storelink.storage.tables import neighbors


class Neighbors:
    """Statements on the table `neighbors`. It has products and numbers, and nobody's data."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, store: str, products: Collection[str]) -> list[NeighborRow]:
        """Return the neighbors of *products*."""
        return _OF.rows(self._connection, of=store, products=products)

    def replace(
        self, store: str, products: Collection[str], rows: Iterable[NeighborRow], *, now: datetime
    ) -> None:
        """Let *rows*, all of them of *products*, be their only neighbors."""
        _FORGET.run(self._connection, of=store, products=products)
        values = [{name: getattr(row, name) for name in _NAMES} for row in rows]
        told = ({"store": store, "built_at": now, **one} for one in values)
        _ADD.run_many(self._connection, told)

    def keep_built(self, store: str, since: datetime, until: datetime) -> int:
        """Delete what was not built from *since* to *until*; return how much there was.

        What is later than *until* was built while a clock was wrong.
        """
        return _KEEP_BUILT.run(self._connection, of=store, since=since, until=until)


_NAMES = [column.name for column in columns(neighbors, NeighborRow)]
_OF_STORE = neighbors.c.store == bindparam("of")
_OF_PRODUCTS = among(neighbors.c.product, "products")

_OF: Statement[NeighborRow] = Statement(
    select(*columns(neighbors, NeighborRow)).where(_OF_STORE, _OF_PRODUCTS), make=NeighborRow
)
_FORGET: Statement[Any] = Statement(delete(neighbors).where(_OF_STORE, _OF_PRODUCTS))
_KEEP_BUILT: Statement[Any] = Statement(
    delete(neighbors).where(
        _OF_STORE, not_(neighbors.c.built_at.between(bindparam("since"), bindparam("until")))
    )
)
_ADD: Statement[Any] = Statement(insert(neighbors), columns=["store", "built_at", *_NAMES])
