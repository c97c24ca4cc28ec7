"""A database of each earlier schema is brought up to date, and nothing in it is lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from core.world import START
from sqlalchemy import Connection, Engine, MetaData, NullPool, create_engine, inspect, text

from storelink import Storelink
from storelink.models import Kind, MessageState, Ref
from storelink.storage import Database
from storelink.storage.migrate import HEAD, VERSION_TABLE, config_for
from storelink.storage.tables import metadata, records
from storelink.testing import FakeStore, FrozenClock, RecordingChannel
from storelink.testing.postgres import PostgresServer

DATA = Path(__file__).parent / "data"
RELEASED = ("0001", "0002", "0003")

TABLES = {
    "stores": "name, platform, connected_at",
    "inbox": "*",
    "records": "store, kind, id, order_id, person, number, cells, deleted_since",
    "events": "seq, id, store, type, at, version, order_id, data",
    "plans": "store, subject, due_at, stamp",
    "calls": "handler, event_id, state, due_at, attempts, error",
    "outbox": "*",
    "attempts": "*",
}


@pytest.fixture(params=RELEASED)
def released(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a schema."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path}/link.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def old(empty: str, released: str, tmp_path: Path) -> str:
    """A shop of that schema: orders that arrived, were refunded, cancelled or deleted."""
    if not empty.startswith("sqlite"):
        fill_postgresql(empty, released, tmp_path / "source.db")
        return empty
    read_dump(Path(empty.removeprefix("sqlite:///")), released)
    return empty


def read_dump(path: Path, released: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((DATA / f"schema_{released}.sql").read_text(encoding="utf-8"))
    connection.close()


def fill_postgresql(url: str, released: str, source: Path) -> None:
    """Make the schema as it was released, with the rows of the SQLite database."""
    read_dump(source, released)
    with (
        connected(f"sqlite:///{source}") as origin,
        connected(url) as target,
    ):
        command.upgrade(config_for(target), released)
        tables = MetaData()
        tables.reflect(target)
        for table in tables.sorted_tables:
            if table.name != VERSION_TABLE:
                rows = [dict(row) for row in origin.execute(as_stored(table.name)).mappings()]
                for row in rows:
                    row.update({name: bool(row[name]) for name in ("exact",) if name in row})
                if rows:
                    target.execute(table.insert(), rows)
        for table_name, column in (("events", "seq"), ("outbox", "id"), ("inbox", "id")):
            target.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table_name}', '{column}'), "
                    f"(SELECT max({column}) FROM {table_name}))"
                )
            )


def as_stored(table: str) -> object:
    return text(f"SELECT * FROM {table}")


class connected:  # noqa: N801  used as `with connected(url)`
    """A connection whose changes are committed."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = create_engine(url, poolclass=NullPool)

    def __enter__(self) -> Connection:
        self._context = self._engine.begin()
        return self._context.__enter__()

    def __exit__(self, *error: object) -> None:
        self._context.__exit__(*error)


def rows(url: str, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    with connected(url) as connection:
        found = connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3"))
        return [tuple(row) for row in found]


def test_an_old_database_gets_the_newest_schema(old: str) -> None:
    Database(old).close()
    with connected(old) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
        )
        assert [] == compare_metadata(context, metadata)
        found = inspect(connection)
        for table in metadata.sorted_tables:
            expected = {index.name for index in table.indexes}
            assert expected == {one["name"] for one in found.get_indexes(table.name)} - {
                None,
                *(one["name"] for one in found.get_unique_constraints(table.name)),
            }
    assert [(HEAD, 0, 0)] == rows(old, VERSION_TABLE, "version_num, 0, 0")


def test_nothing_that_was_there_is_lost(old: str, released: str) -> None:
    before = {table: rows(old, table, columns) for table, columns in TABLES.items()}
    Database(old).close()
    empty = {table for table, found in before.items() if not found}
    assert empty <= ({"calls"} if released == "0001" else set())
    assert before == {table: rows(old, table, columns) for table, columns in TABLES.items()}


def test_times_of_creation_are_taken_from_what_is_held(old: str, backend: str) -> None:
    database = Database(old)
    with database.read() as tx:
        parcel = tx.records.get("shop", Ref.shipment("1004"))
        assert parcel is not None
        assert START == parcel.created_at
        assert {} == tx.stores.uninstalled_at()
    database.close()


def test_the_order_of_a_first_schema_has_no_time_of_creation(tmp_path: Path) -> None:
    """Nobody had asked for it; the next backfill or read brings it."""
    read_dump(tmp_path / "link.db", "0001")
    database = Database(f"sqlite:///{tmp_path}/link.db")
    with database.read() as tx:
        assert [] == tx.records.ids_created("shop", Kind.ORDER)
    database.close()


def test_a_call_that_waits_keeps_its_store(empty: str, tmp_path: Path) -> None:
    if empty.startswith("sqlite"):
        read_dump(Path(empty.removeprefix("sqlite:///")), "0002")
    else:
        fill_postgresql(empty, "0002", tmp_path / "source.db")
    waiting = rows(empty, "calls", "event_id, 0, 0")
    Database(empty).close()
    assert waiting
    assert {"shop"} == {store for store, *_ in rows(empty, "calls", "store, 0, 0")}
    assert waiting == rows(empty, "calls", "event_id, 0, 0")


ACCOUNTS = {
    "1": ({"email": " ADA@Example.com ", "phone": "+4930123"}, "ada@example.com"),
    "2": ({"email": None, "phone": "+4930123"}, "+4930123"),
    "3": ({}, "customer/3"),
    "4": ({"email": None, "erased/person": "erased/f00"}, "erased/f00"),
}


def test_accounts_are_known_by_whose_they_are(empty: str) -> None:
    """Whoever has an account and never ordered is a person, too."""
    with connected(empty) as connection:
        command.upgrade(config_for(connection), "0005")
        told = {"store": "shop", "kind": "customer", "seen": [1, -1], "absorbed_at": START}
        for account, (fields, _) in ACCOUNTS.items():
            cells = {name: [1, -1, value, False, ""] for name, value in fields.items()}
            connection.execute(records.insert(), {**told, "id": account, "cells": cells})
    Database(empty).close()
    assert [(account, person, 0) for account, (_, person) in ACCOUNTS.items()] == rows(
        empty, "records", "id, person, 0"
    )


def test_many_processes_can_open_an_old_database_at_once(old: str) -> None:
    """One brings the schema up to date; the others wait for it, and find it done."""
    errors: list[Exception] = []
    barrier = threading.Barrier(4)

    def open_it() -> None:
        barrier.wait()
        try:
            Database(old).close()
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    run_all(open_it, 4)
    assert [] == errors
    assert [(HEAD, 0, 0)] == rows(old, VERSION_TABLE, "version_num, 0, 0")


def run_all(work: Callable[[], None], number: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_the_shop_goes_on_where_it_was(old: str) -> None:
    clock = FrozenClock(START)
    with Storelink(
        old,
        stores={"shop": FakeStore(clock=clock)},
        channels=[RecordingChannel()],
        clock=clock,
    ) as link:
        assert {"1001", "1009", "1015"} <= {order.id for order in link.orders("shop")}
        first = link.order("shop", "#1001")
        assert first is not None
        assert ["1004"] == [shipment.id for shipment in first.shipments]
        assert "order.paid" in {event.type for event in link.events(store="shop", order="1001")}
        assert MessageState.SENT in {
            message.state for message in link.messages(order="1001", store="shop")
        }
