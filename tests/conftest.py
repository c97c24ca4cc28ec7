"""What all tests share: the databases that they run on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from redis import Redis
from sqlalchemy import NullPool, create_engine, make_url, text

from storelink.storage import Database
from storelink.storage.tables import metadata
from storelink.testing.postgres import NoPostgres, PostgresServer
from storelink.testing.redis import NoRedis, RedisServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL; without one the test is skipped, but never where everything must run."""
    try:
        server = PostgresServer().__enter__()
    except NoPostgres as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL here: {error}")
    try:
        yield server
    finally:
        server.__exit__()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A real Redis; without one the test is skipped, but never where everything must run."""
    try:
        server = RedisServer()
    except NoRedis as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no Redis here: {error}")
    with server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of an empty Redis."""
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


class Databases:
    """Databases on one PostgreSQL, emptied and used again: making one takes ten times as long."""

    def __init__(self, server: PostgresServer, stack: ExitStack) -> None:
        self._server, self._stack = server, stack
        self._free: list[str] = []

    def take(self) -> str:
        """Return the URL of an empty database with the newest schema."""
        if self._free:
            return self._free.pop()
        url = self._stack.enter_context(self._server.database())
        Database(url).close()
        return url

    def give_back(self, url: str) -> None:
        """Empty a database, whoever is still connected to it."""
        name = make_url(url).database
        self._server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{name}' AND pid <> pg_backend_pid()"
        )
        engine = create_engine(url, poolclass=NullPool)
        with engine.begin() as connection:
            names = ", ".join(metadata.tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        self._free.append(url)


@pytest.fixture(scope="session")
def postgres_databases(postgres: PostgresServer) -> Iterator[Databases]:
    """Databases with the newest schema."""
    with ExitStack() as stack:
        yield Databases(postgres, stack)


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """The databases that a test runs on, by name."""
    return str(request.param)


@pytest.fixture
def new_database(
    backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """Makes fresh databases that several processes can open, and gives their URLs."""
    with ExitStack() as stack:

        def make() -> str:
            if backend == "sqlite":
                return f"sqlite:///{tmp_path_factory.mktemp('database')}/link.db"
            databases: Databases = request.getfixturevalue("postgres_databases")
            url = databases.take()
            stack.callback(databases.give_back, url)
            return url

        yield make


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """The URL of a fresh database, of each kind in turn."""
    return new_database()
