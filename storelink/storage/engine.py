"""Opening a database, and transactions on it."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import StaticPool

from storelink.errors import ConfigError, StorageUnavailable, Unsupported
from storelink.storage.calls import Calls
from storelink.storage.events import Events
from storelink.storage.inbox import Inbox
from storelink.storage.messages import Messages
from storelink.storage.migrate import ensure_schema
from storelink.storage.plans import Plans
from storelink.storage.positions import Positions
from storelink.storage.records import Records
from storelink.storage.stores import Stores

PATIENCE = timedelta(seconds=30)
"""How long the worker waits for somebody else who is writing."""


class Transaction:
    """One transaction, with the statements of each table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @functools.cached_property
    def stores(self) -> Stores:
        """The stores, and since when they are connected."""
        return Stores(self._connection)

    @functools.cached_property
    def positions(self) -> Positions:
        """How far the reading of the stores has come."""
        return Positions(self._connection)

    @functools.cached_property
    def inbox(self) -> Inbox:
        """Deliveries as they came."""
        return Inbox(self._connection)

    @functools.cached_property
    def records(self) -> Records:
        """The mirror."""
        return Records(self._connection)

    @functools.cached_property
    def events(self) -> Events:
        """The facts."""
        return Events(self._connection)

    @functools.cached_property
    def plans(self) -> Plans:
        """The subjects that need planning."""
        return Plans(self._connection)

    @functools.cached_property
    def calls(self) -> Calls:
        """The handlers to call."""
        return Calls(self._connection)

    @functools.cached_property
    def messages(self) -> Messages:
        """The outbox."""
        return Messages(self._connection)

    def savepoint(self) -> AbstractContextManager[Any]:
        """Undo everything inside the block, and only that, if it raises."""
        return self._connection.begin_nested()


class Database:
    """A database that holds everything storelink knows.

    Args:
        url: for example `sqlite:///storelink.db`; `sqlite://` lives in memory, for tests.
        migrate: bring the schema up to date on opening; with `False` an old schema is an error.

    Raises:
        ConfigError: the URL is not understood.
        Unsupported: another database than SQLite, in this version.
        SchemaMismatch: the schema is too new, or too old and *migrate* is off.
        StorageUnavailable: the file cannot be opened, made or written.
    """

    def __init__(self, url: str, *, migrate: bool = True) -> None:
        self._engine = _open(url)
        # A database in memory is one connection, which threads take in turns.
        self._turns: AbstractContextManager[Any] = (
            threading.RLock() if isinstance(self._engine.pool, StaticPool) else nullcontext()
        )
        with _explained():
            ensure_schema(self._engine, migrate=migrate)

    def __repr__(self) -> str:
        return f"Database({self._engine.url.render_as_string(hide_password=True)!r})"

    @contextmanager
    def write(self, *, patience: timedelta = PATIENCE) -> Iterator[Transaction]:
        """Open a transaction that may change something; it commits unless the block raises.

        Args:
            patience: how long to wait for somebody else who is writing.

        Raises:
            StorageUnavailable: the database is busy for longer, or cannot be reached or written.
        """
        with _explained(), self._turns, self._engine.connect() as connection:
            connection.execution_options(storelink_write=True, storelink_patience=patience)
            with connection.begin():
                yield Transaction(connection)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a consistent view that changes nothing.

        Raises:
            StorageUnavailable: the database cannot be reached or read.
        """
        with _explained(), self._turns, self._engine.connect() as connection, connection.begin():
            yield Transaction(connection)

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()


@contextmanager
def _explained() -> Iterator[None]:
    """Say what is wrong with the database, without the values of the statement."""
    try:
        yield
    except OperationalError as error:
        raise StorageUnavailable(f"the database cannot be used now: {error.orig}") from None


def _open(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            raise Unsupported("storelink", f"{parsed.get_backend_name()} databases")
        options: dict[str, Any] = {}
        if parsed.database in (None, "", ":memory:"):
            options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        engine = create_engine(parsed, hide_parameters=True, **options)
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(f"database URL not understood: {error}") from None
    _prepare_sqlite(engine)
    return engine


def _prepare_sqlite(engine: Engine) -> None:
    """Make SQLite durable, patient, and honest about when a transaction begins."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        # FULL, because NORMAL may lose the last commits when the power fails.
        _be_patient(connection, PATIENCE)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        writes = options.get("storelink_write")
        if connection.connection.driver_connection is not None:
            _be_patient(
                connection.connection.driver_connection,
                options.get("storelink_patience", PATIENCE),
            )
        # IMMEDIATE takes the write lock at once: no transaction can fail halfway for want of it.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _be_patient(connection: Any, patience: timedelta) -> None:
    connection.execute(f"PRAGMA busy_timeout={int(patience.total_seconds() * 1000)}")
