"""Databases to measure on: fresh ones, copies, and connections to do things by hand."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from storelink.testing.postgres import URL_VARIABLE, NoPostgres, PostgresServer


class LeftOut(Exception):
    """Something cannot be measured here; the text says why."""


class ByHand:
    """A connection for statements written by hand, durable as storelink's own.

    Args:
        connection: of the driver, not in a transaction unless a statement begins one.
        words: what stands for what in statements, for example `{"?": "%s"}`.
    """

    def __init__(self, connection: Any, words: Mapping[str, str]) -> None:
        self._connection, self._words = connection, words

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """Run one statement."""
        return self._connection.execute(self._written(statement), *([values] if values else []))

    def many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of *rows*."""
        self._connection.cursor().executemany(self._written(statement), rows)

    def _written(self, statement: str) -> str:
        for word, written in self._words.items():
            statement = statement.replace(word, written)
        return statement


class Sqlite:
    """SQLite, on files."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers, self._stack = folder, itertools.count(), ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def version(self) -> str:
        """Its name and version."""
        return f"SQLite {sqlite3.sqlite_version}"

    def fresh(self) -> str:
        """Return the URL of an empty database."""
        return f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}"

    def copy(self, url: str) -> str:
        """Return the URL of a copy of a database that nobody has open."""
        made = self.fresh()
        shutil.copyfile(_path(url), _path(made))
        return made

    def by_hand(self, url: str) -> ByHand:
        """Return a connection to a database; it is closed in the end."""
        connection = sqlite3.connect(_path(url), isolation_level=None)
        self._stack.enter_context(closing(connection))
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return ByHand(connection, {"BEGIN": "BEGIN IMMEDIATE", "SERIAL": "INTEGER"})


class Postgresql:
    """PostgreSQL: a server of one's own with durable commits, or one that is named."""

    def __init__(self, url: str | None) -> None:
        self._url, self._stack = url, ExitStack()

    def __enter__(self) -> Self:
        if self._url is not None:
            os.environ[URL_VARIABLE] = self._url
        try:
            self._server = self._stack.enter_context(PostgresServer(durable=True))
        except NoPostgres as error:
            raise LeftOut(f"no PostgreSQL: {error}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def version(self) -> str:
        """Its name and version."""
        shown = self.by_hand(self.fresh()).execute("SHOW server_version").fetchone()[0]
        return f"PostgreSQL {shown.split()[0]}"

    def fresh(self) -> str:
        """Return the URL of an empty database."""
        return self._stack.enter_context(self._server.database())

    def copy(self, url: str) -> str:
        """Return the URL of a copy of a database that nobody has open."""
        made = self.fresh()
        self._server.execute(f"DROP DATABASE {_name(made)}")
        self._server.execute(f"CREATE DATABASE {_name(made)} TEMPLATE {_name(url)}")
        return made

    def by_hand(self, url: str) -> ByHand:
        """Return a connection to a database; it is closed in the end."""
        import psycopg

        plain = url.replace("postgresql+psycopg:", "postgresql:")
        connection = psycopg.connect(plain, autocommit=True)
        self._stack.enter_context(closing(connection))
        return ByHand(connection, {"?": "%s", "BLOB": "BYTEA", "SERIAL": "BIGSERIAL"})


Backend = Sqlite | Postgresql


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))
