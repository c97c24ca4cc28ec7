"""Opening PostgreSQL, and locks on what has no row yet."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import URL, Connection, Engine, bindparam, create_engine, event, exc, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT

from storelink.errors import MissingExtra
from storelink.storage.statement import Statement

IDLE_SECONDS = 10.0
"""A connection that rested for longer is tried before it is used."""

NAMES = ("postgresql", "postgres")


def open_postgresql(url: URL, patience: timedelta) -> Engine:
    """Return the engine of a PostgreSQL database.

    Raises:
        MissingExtra: psycopg is not installed.
    """
    try:
        import psycopg
    except ImportError:
        raise MissingExtra("psycopg", "postgres") from None
    engine = create_engine(url.set(drivername="postgresql+psycopg"), hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        # A statement, for PgBouncer refuses a connection that brings options of its own.
        connection.execute(f"SET lock_timeout = {_milliseconds(patience)}")
        connection.commit()

    @event.listens_for(engine, "checkin")
    def _checkin(connection: Any, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, proxy: Any) -> None:
        """Find out that the server was restarted before a transaction does."""
        if time.monotonic() - record.info.get("used", time.monotonic()) < IDLE_SECONDS:
            return
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except psycopg.Error as error:
            raise exc.DisconnectionError(str(error)) from None

    return engine


def lock(
    connection: Connection,
    names: Iterable[str],
    patience: timedelta,
    *,
    sharing: str | None = None,
) -> None:
    """Wait until nobody else holds a lock on one of *names*; hold them until the transaction ends.

    They are taken in the same order by everybody, so that two never wait for each other. The one
    that is shared comes first: whoever takes that one alone waits for nothing else.
    """
    keys = sorted({_key(name) for name in names})
    values = {"patience": str(_milliseconds(patience)), "keys": keys}
    if sharing is not None:
        _LOCK_SHARING.run(connection, shared=_key(sharing), **values)
    elif keys:
        _LOCK.run(connection, **values)


_KEYS = bindparam("keys", type_=ARRAY(BIGINT))
_LOCK = Statement(
    text(
        "SELECT set_config('lock_timeout', :patience, true), pg_advisory_xact_lock(key) "
        "FROM unnest(:keys) AS key"
    ).bindparams(_KEYS)
)
# One statement, because every webhook waits for it: the outer join asks for the shared one, too,
# where there is nothing else to lock.
_LOCK_SHARING = Statement(
    text(
        "SELECT set_config('lock_timeout', :patience, true), pg_advisory_xact_lock_shared(:shared),"
        " CASE WHEN key IS NOT NULL THEN pg_advisory_xact_lock(key) END "
        "FROM (SELECT 1) AS once LEFT JOIN unnest(:keys) AS key ON true"
    ).bindparams(_KEYS, bindparam("shared", type_=BIGINT))
)


def _key(name: str) -> int:
    """Return the number that PostgreSQL locks for a name."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _milliseconds(patience: timedelta) -> int:
    return max(int(patience.total_seconds() * 1000), 1)
