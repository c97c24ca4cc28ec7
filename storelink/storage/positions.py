"""Statements on the positions: how far the reading of a store has come."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, select

from storelink.storage.rows import PositionRow
from storelink.storage.statement import Statement, among, inserting
from storelink.storage.tables import positions


class Positions:
    """Statements on the table `positions`: JSON values by store and name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, store: str, name: str) -> Any:
        """Return the value, or `None` if there is none."""
        wanted = select(positions.c.value).where(
            positions.c.store == store, positions.c.name == name
        )
        return self._connection.execute(wanted).scalar()

    def some(self, store: str, names: Collection[str]) -> dict[str, Any]:
        """Return those values of a store that have one of *names*, by name."""
        return dict(_SOME.rows(self._connection, of=store, names=names)) if names else {}

    def named(self, name: str, stores: Collection[str]) -> dict[str, Any]:
        """Return the values that have the same name, by store."""
        wanted = select(positions.c.store, positions.c.value).where(
            positions.c.name == name, positions.c.store.in_(stores)
        )
        return {row.store: row.value for row in self._connection.execute(wanted)}

    def oldest(self, prefix: str, stores: Collection[str]) -> dict[str, datetime]:
        """Return when the oldest value was written whose name begins so, by store.

        Args:
            prefix: ends with a slash.
            stores: the stores to look at.
        """
        return dict(_OLDEST.rows(self._connection, stores=stores, **beginning(prefix)))

    def put(self, store: str, name: str, value: Any, *, now: datetime) -> None:
        """Write a value, in place of an older one."""
        self.put_for([store], name, value, now=now)

    def put_for(self, stores: Collection[str], name: str, value: Any, *, now: datetime) -> None:
        """Write the same value for several stores, in place of older ones."""
        if not stores:
            return
        statement = inserting(self._connection.dialect.name, positions)
        changed = {"value": statement.excluded.value, "updated_at": statement.excluded.updated_at}
        row = {"name": name, "value": value, "updated_at": now}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["store", "name"], set_=changed),
            [{"store": store, **row} for store in stores],
        )

    def delete(self, store: str, name: str) -> None:
        """Forget a value; one that does not exist is fine."""
        self._connection.execute(
            delete(positions).where(positions.c.store == store, positions.c.name == name)
        )

    def all(self, store: str) -> dict[str, PositionRow]:
        """Return every position of a store, by name."""
        wanted = select(positions).where(positions.c.store == store).order_by(positions.c.name)
        found = self._connection.execute(wanted).mappings()
        return {row["name"]: PositionRow(**row) for row in found}


def beginning(prefix: str) -> dict[str, str]:
    """Return the bounds of the names that begin so: 0 is next to the slash in every alphabet.

    Raises:
        ValueError: *prefix* does not end with a slash.
    """
    if not prefix.endswith("/"):
        raise ValueError("a prefix ends with a slash")
    return {"first": prefix, "past": f"{prefix[:-1]}0"}


_BEGINS = and_(positions.c.name >= bindparam("first"), positions.c.name < bindparam("past"))
_OLDEST: Statement[tuple[str, datetime]] = Statement(
    select(positions.c.store, func.min(positions.c.updated_at))
    .where(among(positions.c.store, "stores"), _BEGINS)
    .group_by(positions.c.store)
)
_SOME: Statement[tuple[str, Any]] = Statement(
    select(positions.c.name, positions.c.value).where(
        positions.c.store == bindparam("of"), among(positions.c.name, "names")
    )
)
