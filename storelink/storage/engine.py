"""Opening a database, and transactions on it."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

from sqlalchemy import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import StaticPool

from storelink.errors import ConfigError, StorageUnavailable, Unsupported
from storelink.storage import postgresql, sqlite
from storelink.storage.answers import Answers
from storelink.storage.bell import CHANNEL, NOTIFY_SECONDS, Bell, bell_of
from storelink.storage.budget import Budget
from storelink.storage.calls import Calls
from storelink.storage.consents import Consents
from storelink.storage.documents import Documents
from storelink.storage.due import Due
from storelink.storage.erase import Erasing
from storelink.storage.events import Events
from storelink.storage.everything import Everything
from storelink.storage.health import Figures
from storelink.storage.holds import Holds
from storelink.storage.inbox import Inbox
from storelink.storage.keys import Keys
from storelink.storage.messages import Messages
from storelink.storage.migrate import ensure_schema
from storelink.storage.neighbors import Neighbors
from storelink.storage.plans import Plans
from storelink.storage.positions import Positions
from storelink.storage.prune import Old
from storelink.storage.records import Records
from storelink.storage.reported import Reported
from storelink.storage.statement import is_unavailable, savepoint, together
from storelink.storage.stores import Stores
from storelink.storage.suppressions import Suppressions
from storelink.storage.switches import Switches
from storelink.storage.wills import Wills

_REHEARSED: ContextVar[bool] = ContextVar("rehearsed", default=False)
PATIENCE = timedelta(seconds=30)
"""How long the worker waits for somebody else who is writing."""


class Transaction:
    """One transaction, with the statements of each table."""

    def __init__(self, connection: Connection, patience: timedelta = PATIENCE) -> None:
        self._connection, self._patience = connection, patience

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

    @functools.cached_property
    def keys(self) -> Keys:
        """This installation's own secrets."""
        return Keys(self._connection)

    @functools.cached_property
    def consents(self) -> Consents:
        """Who agreed to what, and who refused."""
        return Consents(self._connection)

    @functools.cached_property
    def suppressions(self) -> Suppressions:
        """The addresses that must not be written to."""
        return Suppressions(self._connection)

    @functools.cached_property
    def budget(self) -> Budget:
        """What each person got, and is about to get."""
        return Budget(self._connection)

    @functools.cached_property
    def answers(self) -> Answers:
        """What customers answered on the pages."""
        return Answers(self._connection)

    @functools.cached_property
    def documents(self) -> Documents:
        """Files that go with messages."""
        return Documents(self._connection)

    @functools.cached_property
    def neighbors(self) -> Neighbors:
        """Which products the same people bought."""
        return Neighbors(self._connection)

    @functools.cached_property
    def switches(self) -> Switches:
        """What was told to send nothing for now."""
        return Switches(self._connection)

    @functools.cached_property
    def wills(self) -> Wills:
        """Whether anything was said since a verdict that could change it."""
        return Wills(self._connection)

    @functools.cached_property
    def figures(self) -> Figures:
        """How old the oldest work of each stage is."""
        return Figures(self._connection)

    @functools.cached_property
    def old(self) -> Old:
        """What is finished, and old enough to be forgotten."""
        return Old(self._connection)

    @functools.cached_property
    def reported(self) -> Reported:
        """What providers tell of messages after they took them."""
        return Reported(self._connection)

    @functools.cached_property
    def erasing(self) -> Erasing:
        """What speaks of a person, and how to take the person out of it."""
        return Erasing(self._connection)

    @functools.cached_property
    def holds(self) -> Holds:
        """What waits for a person to let it go."""
        return Holds(self._connection)

    @functools.cached_property
    def due(self) -> Due:
        """Which stage has something to do, for which stores."""
        return Due(self._connection)

    @functools.cached_property
    def everything(self) -> Everything:
        """Whole tables, to move them to another database."""
        return Everything(self._connection)

    def lock(self, *names: str, sharing: str | None = None) -> None:
        """Work alone on what *names* name, until the transaction ends.

        Whoever reads in order to write says so before reading. SQLite has one writer anyway.
        *sharing* names what others may share, too, but nobody may work alone on meanwhile.
        """
        if self._connection.dialect.name != "sqlite":
            postgresql.lock(self._connection, names, self._patience, sharing=sharing)

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo everything inside the block, and only that, if it raises.

        Raises:
            Undone: that was done, because the database was busy or full.
            StorageUnavailable: that is not possible: the whole transaction is lost.
        """
        return savepoint(self._connection)

    def together(self) -> AbstractContextManager[None]:
        """Send the writes inside the block at once, and wait once for all of them."""
        return together(self._connection)


class Database:
    """A database that holds everything storelink knows.

    Args:
        url: for example `sqlite:///storelink.db` or `postgresql://user@host/name`; `sqlite://`
            lives in memory, for tests.
        migrate: bring the schema up to date on opening; with `False` an old schema is an error.

    Raises:
        ConfigError: the URL is not understood.
        MissingExtra: the database's driver is not installed.
        Unsupported: neither SQLite nor PostgreSQL.
        SchemaMismatch: the schema is too new, or too old and *migrate* is off.
        StorageUnavailable: the database cannot be opened, made, reached or written.
    """

    def __init__(self, url: str, *, migrate: bool = True) -> None:
        self._url = _parsed(url)
        self._engine = _open(self._url)
        self._bells: set[Bell] = set()
        self._notified = float("-inf")
        # A database in memory is one connection, which threads take in turns.
        self._turns: AbstractContextManager[Any] = (
            threading.RLock() if isinstance(self._engine.pool, StaticPool) else nullcontext()
        )
        with _explained():
            ensure_schema(self._engine, migrate=migrate)

    def __repr__(self) -> str:
        return f"Database({self._url.render_as_string(hide_password=True)!r})"

    @contextmanager
    def write(
        self, *, patience: timedelta = PATIENCE, rings: bool = False
    ) -> Iterator[Transaction]:
        """Open a transaction that may change something; it commits unless the block raises.

        Args:
            patience: how long to wait for somebody else who is writing.
            rings: it makes work for whoever waits at a `bell`.

        Raises:
            StorageUnavailable: the database is busy for longer, or cannot be reached or written.
        """
        with _explained(), self._turns, self._engine.connect() as connection:
            connection.execution_options(**{sqlite.WRITES: True, sqlite.PATIENCE: patience})
            with connection.begin() as transaction:
                yield Transaction(connection, patience)
                if _REHEARSED.get():
                    transaction.rollback()
                    return
                if rings:
                    self._notify(connection)
        if rings:
            for bell in tuple(self._bells):
                bell.ring()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a consistent view that changes nothing.

        Raises:
            StorageUnavailable: the database cannot be reached or read.
        """
        with _explained(), self._turns, self._engine.connect() as connection:
            if self._engine.dialect.name != "sqlite":  # SQLite's views are so anyway
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield Transaction(connection)

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Let what this thread writes inside the block be undone at the end of each transaction."""
        token = _REHEARSED.set(True)
        try:
            yield
        finally:
            _REHEARSED.reset(token)

    def bell(self) -> Bell:
        """Return a bell that rings when somebody may have made work; close it in the end."""
        is_shared = not isinstance(self._engine.pool, StaticPool)
        bell = bell_of(self._engine, self._bells.discard, is_shared=is_shared)
        self._bells.add(bell)
        return bell

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def _notify(self, connection: Connection) -> None:
        """Let other processes know, once the transaction commits."""
        now = time.monotonic()
        if self._engine.dialect.name != "sqlite" and now - self._notified > NOTIFY_SECONDS:
            self._notified = now
            connection.exec_driver_sql(f"NOTIFY {CHANNEL}")


@contextmanager
def _explained() -> Iterator[None]:
    """Say what is wrong with the database, without the values of the statement."""
    try:
        yield
    except DBAPIError as error:
        if not is_unavailable(error):
            raise
        raise StorageUnavailable(f"the database cannot be used now: {_first(error)}") from None
    except PoolTimeout:
        raise StorageUnavailable("all connections to the database are in use") from None


def _first(error: DBAPIError) -> str:
    """Return the first line of what the database says; the others may hold values."""
    return str(error.orig).partition("\n")[0]


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise ConfigError(f"database URL not understood: {error}") from None


def _open(url: URL) -> Engine:
    name = url.get_backend_name()
    opener = _OPENERS.get(name)
    if opener is None:
        raise Unsupported("storelink", f"{name} databases")
    try:
        return opener(url, PATIENCE)
    except ArgumentError as error:
        raise ConfigError(f"database URL not understood: {error}") from None


_OPENERS = {
    "sqlite": sqlite.open_sqlite,
    **dict.fromkeys(postgresql.NAMES, postgresql.open_postgresql),
}
