"""Bells: waiting until somebody may have made work, instead of asking again and again."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, Self

from sqlalchemy import Engine

log = logging.getLogger(__name__)

CHANNEL = "storelink"
"""The channel of PostgreSQL's NOTIFY."""
LOOK_SECONDS = 1.0
"""How often another process's commits are looked for on SQLite."""
NOTIFY_SECONDS = 0.2
"""PostgreSQL lets commits that notify wait for one another: no process does so more often."""
RETRY_SECONDS = 5.0


class Bell:
    """Rings when somebody may have made work.

    This process rings it with every commit that makes work. PostgreSQL tells of the commits of
    other processes; on SQLite they are looked for once a second. A ring can be lost when a
    connection is: who waits should look by himself from time to time.
    """

    def __init__(self, forget: Callable[[Bell], None]) -> None:
        self._rung = threading.Event()
        self._forget = forget

    def ring(self) -> None:
        """Wake whoever waits, or will wait next."""
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Wait until it rings, at most so many *seconds*, and say whether it did."""
        rung = self._rung.wait(max(seconds, 0.0))
        self._rung.clear()
        return rung

    def close(self) -> None:
        """Hear nothing any more."""
        self._forget(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FileBell(Bell):
    """Rings for commits of other processes on the same SQLite file, too."""

    def __init__(self, forget: Callable[[Bell], None], engine: Engine) -> None:
        super().__init__(forget)
        self._connection = _own_connection(engine)
        self._seen = self._version()

    def wait(self, seconds: float) -> bool:
        """Wait until it rings or the file was changed."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            rung = super().wait(min(left, LOOK_SECONDS))
            version = self._version()
            if rung or version != self._seen:
                self._seen = version
                return True
            if left <= LOOK_SECONDS:
                return False

    def close(self) -> None:
        """Close the file."""
        super().close()
        self._connection.close()

    def _version(self) -> int:
        """Return a number that changes with every commit of another connection."""
        with suppress(sqlite3.OperationalError), closing(self._connection.cursor()) as cursor:
            return int(cursor.execute("PRAGMA data_version").fetchone()[0])
        return self._seen


class ListeningBell(Bell):
    """Rings when PostgreSQL tells of a commit that makes work."""

    def __init__(self, forget: Callable[[Bell], None], engine: Engine) -> None:
        super().__init__(forget)
        self._engine = engine
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="storelink-bell", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the listening."""
        super().close()
        self._closed.set()
        self._thread.join(RETRY_SECONDS)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                with closing(_own_connection(self._engine)) as connection:
                    self._hear(connection)
            except Exception as error:  # noqa: BLE001  a bell that fails must not stop the worker
                log.warning("not listening to the database now: %s", type(error).__name__)
                self._closed.wait(RETRY_SECONDS)

    def _hear(self, connection: Any) -> None:
        connection.autocommit = True
        connection.execute(f"LISTEN {CHANNEL}")
        self.ring()  # something may have happened while nobody listened
        while not self._closed.is_set():
            for _ in connection.notifies(timeout=0.5, stop_after=1):
                self.ring()
                # Whoever told of one commit tells of no other for a while: look once more then.
                self._closed.wait(2 * NOTIFY_SECONDS)
                self.ring()


def _own_connection(engine: Engine) -> Any:
    """Return the driver's connection, to be closed in the end; the pool may open another.

    Closed by itself, for the pool would complain that it cannot roll back one that is broken.
    """
    pooled = engine.raw_connection()
    connection = pooled.driver_connection
    pooled.detach()
    return connection


def bell_of(engine: Engine, forget: Callable[[Bell], None], *, is_shared: bool) -> Bell:
    """Return the bell of a database; *is_shared*: other processes can change it."""
    if not is_shared:
        return Bell(forget)
    if engine.dialect.name == "sqlite":
        return FileBell(forget, engine)
    return ListeningBell(forget, engine)
