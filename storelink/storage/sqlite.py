"""Opening SQLite: durable, patient, and honest about when a transaction begins."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from storelink.storage.statement import run_text

PATIENCE = "storelink_patience"
"""The execution option that says how long to wait for somebody else who is writing."""
WRITES = "storelink_write"
"""The execution option of a transaction that may change something."""
AGAIN_SECONDS = 0.02
"""How soon something is tried again for which SQLite does not wait."""


def is_in_memory(url: URL) -> bool:
    """Say whether a database lives in memory: one connection, and nobody else sees it."""
    return url.database in (None, "", ":memory:")


def open_sqlite(url: URL, patience: timedelta) -> Engine:
    """Return the engine of a SQLite database."""
    options: dict[str, Any] = {}
    if is_in_memory(url):
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    engine = create_engine(url, hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        _be_patient(connection, record.info, patience)
        _switch_to_wal(connection, patience)
        # FULL, because NORMAL may lose the last commits when the power fails.
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        driver = connection.connection.driver_connection
        if driver is not None:
            _be_patient(driver, connection.info, options.get(PATIENCE, patience))
        # IMMEDIATE takes the write lock at once: no transaction can fail halfway for want of it.
        run_text(connection, "BEGIN IMMEDIATE" if options.get(WRITES) else "BEGIN")

    return engine


def _switch_to_wal(connection: Any, patience: timedelta) -> None:
    """Let readers and the writer not wait for each other; the file remembers it.

    While somebody else switches a new file, SQLite says that it is locked, and does not wait.
    """
    end = time.monotonic() + patience.total_seconds()
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # of whatever kind
            if not is_busy or time.monotonic() > end:
                raise
        time.sleep(AGAIN_SECONDS)


def _be_patient(connection: Any, info: Any, patience: timedelta) -> None:
    """Let a connection wait so long; to say it again would cost as much as a statement."""
    if info.get(PATIENCE) != patience:
        connection.execute(f"PRAGMA busy_timeout={int(patience.total_seconds() * 1000)}")
        info[PATIENCE] = patience
