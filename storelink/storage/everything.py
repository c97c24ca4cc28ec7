"""Whole tables, row by row: to move everything to another database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.schema import Column

from storelink.storage.tables import metadata

BATCH = 1000


class Everything:
    """Reads and writes whole tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        tables = metadata.sorted_tables
        return {
            table.name: self._connection.execute(
                select(func.count()).select_from(table)
            ).scalar_one()
            for table in tables
        }

    def rows(self, name: str) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Return the rows of a table, a batch at a time."""
        table = metadata.tables[name]
        wanted = select(table).order_by(*table.primary_key)
        found = self._connection.execution_options(yield_per=BATCH).execute(wanted).mappings()
        for batch in found.partitions():
            yield [dict(row) for row in batch]

    def add(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows as they are, with the ids that they have."""
        self._connection.execute(insert(metadata.tables[name]), rows)

    def number_on(self) -> None:
        """Let new rows get ids after those that were written; SQLite does so by itself."""
        if self._connection.dialect.name == "sqlite":
            return
        for table in metadata.sorted_tables:
            for column in table.primary_key:
                if column.autoincrement is True:
                    self._connection.execute(_number_on(column))


def _number_on(column: Column[Any]) -> Any:
    newest = f"SELECT coalesce(max({column.name}), 0) + 1 FROM {column.table.name}"  # noqa: S608
    serial = f"pg_get_serial_sequence('{column.table.name}', '{column.name}')"
    return text(f"SELECT setval({serial}, ({newest}), false)")
