"""A database of an earlier version is brought up to date, and nothing in it is lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from core.world import START
from sqlalchemy import create_engine

from storelink import Storelink
from storelink.models import Kind, MessageState, Ref
from storelink.storage import Database
from storelink.storage.migrate import HEAD, VERSION_TABLE
from storelink.storage.tables import metadata
from storelink.testing import FakeStore, FrozenClock, RecordingChannel

DATA = Path(__file__).parent / "data"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A shop of schema 0001: an order that arrived, one that was refunded, one deleted."""
    path = tmp_path / "link.db"
    connection = sqlite3.connect(path)
    connection.executescript((DATA / "schema_0001.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


def rows(path: Path, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3").fetchall()
    finally:
        connection.close()


def test_an_old_database_gets_the_newest_schema(old: Path) -> None:
    Database(f"sqlite:///{old}").close()
    engine = create_engine(f"sqlite:///{old}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
        )
        assert [] == compare_metadata(context, metadata)
    engine.dispose()
    assert [(HEAD, 0, 0)] == rows(old, VERSION_TABLE, "version_num, 0, 0")


def test_nothing_that_was_there_is_lost(old: Path) -> None:
    tables = {
        "stores": "name, platform, connected_at",
        "inbox": "*",
        "records": "store, kind, id, order_id, person, number, cells, deleted_since",
        "events": "seq, id, store, type, at, version, order_id, data",
        "plans": "*",
        "outbox": "*",
        "attempts": "*",
    }
    before = {table: rows(old, table, columns) for table, columns in tables.items()}
    Database(f"sqlite:///{old}").close()
    assert all(before.values())
    assert before == {table: rows(old, table, columns) for table, columns in tables.items()}


def test_times_of_creation_are_taken_from_what_is_held(old: Path) -> None:
    database = Database(f"sqlite:///{old}")
    with database.read() as tx:
        parcel = tx.records.get("shop", Ref.shipment("1004"))
        assert parcel is not None
        assert START == parcel.created_at
        assert [] == tx.records.ids_created("shop", Kind.ORDER)  # nobody had asked for it
        assert {} == tx.stores.uninstalled_at()
    database.close()


def test_the_shop_goes_on_where_it_was(old: Path) -> None:
    clock = FrozenClock(START)
    with Storelink(
        f"sqlite:///{old}",
        stores={"shop": FakeStore(clock=clock)},
        channels=[RecordingChannel()],
        clock=clock,
    ) as link:
        assert {"1001", "1009", "1015"} == {order.id for order in link.orders("shop")}
        first = link.order("shop", "#1001")
        assert first is not None
        assert ["1004"] == [shipment.id for shipment in first.shipments]
        assert "order.paid" in {event.type for event in link.events(store="shop", order="1001")}
        assert MessageState.SENT in {
            message.state for message in link.messages(order="1001", store="shop")
        }
