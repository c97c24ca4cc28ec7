"""The result of a bulk operation, kept on disk until it has been handed out.

A line of the result names its parent, and can stand anywhere: before it, or far behind. The spool
is a small database, named by the operation, so that a process that was restarted goes on with it;
it holds personal data, is readable by its owner only, and is removed after the last page.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from storelink.errors import ConfigError, StoreUnavailable
from storelink.toolkit.signing import digest

Line = dict[str, Any]

LIFE = timedelta(days=7)
"""So long Shopify keeps a result."""

_AT_ONCE = 500
_BEGIN = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE lines (place INTEGER PRIMARY KEY, parent TEXT, body TEXT NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_END = """
CREATE INDEX children ON lines (parent, place) WHERE parent IS NOT NULL;
CREATE INDEX roots ON lines (place) WHERE parent IS NULL;
"""


class Damaged(StoreUnavailable):
    """The result is not what Shopify writes: it has to be fetched again."""


@dataclass(frozen=True, slots=True)
class Root:
    """An object that has no parent, and its place in the result."""

    place: int
    line: Line


class Spool:
    """What one operation gave.

    Args:
        folder: where spools are kept.
        shop: whose operation it is: its address.
        operation: its GID.
    """

    def __init__(self, folder: Path, shop: str, operation: str) -> None:
        name = digest(shop, operation)
        self._path = folder / f"{name}.sqlite"
        self.download = folder / f"{name}.jsonl"

    @property
    def is_ready(self) -> bool:
        """Whether it can be handed out."""
        return self._path.exists()

    def fill(self, *, is_whole: bool = True, **facts: str) -> None:
        """Take in what was downloaded; a broken attempt leaves nothing.

        Args:
            is_whole: the operation came to its end; that of one that failed may end in a line.
            facts: about the result.

        Raises:
            Damaged: what was downloaded is no such result.
        """
        building = self._path.with_suffix(f".{os.getpid()}")
        building.unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(building)) as database:
                database.executescript(_BEGIN)
                database.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
                rows = _rows(self.download, is_whole)
                database.executemany("INSERT INTO lines VALUES (?, ?, ?)", rows)
                database.commit()
                database.executescript(_END)
            building.replace(self._path)
        finally:
            building.unlink(missing_ok=True)
        self.download.unlink(missing_ok=True)

    def fact(self, name: str) -> str:
        """Return a fact that it was filled with."""
        with closing(sqlite3.connect(self._path)) as database:
            (value,) = database.execute(
                "SELECT value FROM facts WHERE name = ?", (name,)
            ).fetchone()
        return str(value)

    def roots(self, after: int, limit: int) -> list[Root]:
        """Return up to *limit* objects without a parent that stand after a place."""
        select = "SELECT place, body FROM lines WHERE parent IS NULL AND place > ?"
        with closing(sqlite3.connect(self._path)) as database:
            rows = database.execute(f"{select} ORDER BY place LIMIT ?", (after, limit)).fetchall()
        return [Root(place, json.loads(body)) for place, body in rows]

    def children(self, parents: Sequence[str]) -> list[Line]:
        """Return all lines that name one of *parents*, in the order of the result."""
        with closing(sqlite3.connect(self._path)) as database:
            found = [row for some in _chunks(parents) for row in _children(database, some)]
        return [json.loads(body) for _, body in sorted(found)]

    def remove(self) -> None:
        """Leave nothing behind."""
        self._path.unlink(missing_ok=True)
        self.download.unlink(missing_ok=True)


def folder() -> Path:
    """Return where this user's spools are kept, without those that nobody fetched.

    Raises:
        ConfigError: somebody else could read what is put there.
    """
    place = Path(tempfile.gettempdir()) / f"storelink-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    state = place.lstat()
    if state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise ConfigError(f"{place} can be read by others: remove it, or set TMPDIR")
    for file in place.iterdir():
        if time.time() - file.stat().st_mtime > LIFE.total_seconds():
            file.unlink(missing_ok=True)
    return place


def _rows(file: Path, is_whole: bool) -> Iterator[tuple[int, str | None, str]]:
    with file.open("rb") as lines:
        for place, line in enumerate(lines, start=1):
            try:
                parent = json.loads(line).get("__parentId")
            except (ValueError, AttributeError):
                if is_whole or line.endswith(b"\n"):
                    raise Damaged("Shopify: the result is damaged") from None
                return
            yield place, parent, line.decode()


def _chunks(parents: Sequence[str]) -> Iterable[Sequence[str]]:
    return (parents[start : start + _AT_ONCE] for start in range(0, len(parents), _AT_ONCE))


def _children(database: sqlite3.Connection, parents: Sequence[str]) -> list[tuple[int, str]]:
    marks = ", ".join("?" * len(parents))
    select = f"SELECT place, body FROM lines WHERE parent IN ({marks})"  # noqa: S608  only marks
    return database.execute(select, tuple(parents)).fetchall()
