"""Statements on the positions: how far the reading of a store has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from storelink.storage.rows import PositionRow
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

    def put(self, store: str, name: str, value: Any, *, now: datetime) -> None:
        """Write a value, in place of an older one."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(positions).values(
            store=store, name=name, value=value, updated_at=now
        )
        changed = {"value": statement.excluded.value, "updated_at": statement.excluded.updated_at}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["store", "name"], set_=changed)
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
