"""The database: its schema, its settings, and how long lists of ids reach it."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from core.marks import due_marks
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError

import storelink.storage
from storelink.errors import ConfigError, SchemaMismatch, Unsupported
from storelink.models import Kind, Ref
from storelink.storage import Database, RecordRow
from storelink.storage.columns import from_micros, to_micros
from storelink.storage.migrate import HEAD, VERSION_TABLE
from storelink.storage.tables import metadata

NOW = datetime(2026, 11, 2, 9, 0, 0, 123_456, tzinfo=UTC)


@contextmanager
def opened(path: Path, *, migrate: bool = True) -> Iterator[Database]:
    database = Database(f"sqlite:///{path}", migrate=migrate)
    try:
        yield database
    finally:
        database.close()


def execute(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        with connection:
            return connection.execute(statement).fetchall()
    finally:
        connection.close()


# -- migrations ------------------------------------------------------------------------------------


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    path = tmp_path / "link.db"
    with opened(path):
        pass
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
        )
        assert [] == compare_metadata(context, metadata)
    engine.dispose()


def test_the_newest_migration_is_the_one_that_the_code_asks_for() -> None:
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option(
        "script_location", str(Path(storelink.storage.__file__).parent / "migrations")
    )
    assert [HEAD] == ScriptDirectory.from_config(config).get_heads()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "link.db"
    with opened(path):
        pass
    before = execute(path, "SELECT type, name, sql FROM sqlite_master ORDER BY name")
    with opened(path):
        pass
    assert before == execute(path, "SELECT type, name, sql FROM sqlite_master ORDER BY name")
    assert [(HEAD,)] == execute(path, f"SELECT version_num FROM {VERSION_TABLE}")


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.db"
    with opened(path):
        pass
    execute(path, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    message = f"the database has schema 9999, this storelink knows up to {HEAD}: use a newer"
    with pytest.raises(SchemaMismatch, match=message), opened(path):
        pass


def test_migrating_can_be_forbidden(tmp_path: Path) -> None:
    path = tmp_path / "link.db"
    message = f"the database has schema none, this storelink needs {HEAD}: run `storelink migrate`"
    with pytest.raises(SchemaMismatch, match=message), opened(path, migrate=False):
        pass
    assert [] == execute(path, "SELECT name FROM sqlite_master")
    with opened(path):
        pass
    with opened(path, migrate=False):
        pass


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """A table of that name is already there: the whole migration is undone."""
    path = tmp_path / "link.db"
    execute(path, "CREATE TABLE plans (x)")
    with pytest.raises(Exception, match="table plans already exists"), opened(path):
        pass
    assert [("plans",)] == execute(path, "SELECT name FROM sqlite_master")


# -- settings --------------------------------------------------------------------------------------


def test_sqlite_is_durable_and_patient(tmp_path: Path) -> None:
    with opened(tmp_path / "link.db") as database, database.read() as tx:
        asked = {
            pragma: tx._connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
            for pragma in ("journal_mode", "synchronous", "busy_timeout")
        }
    assert {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 30_000} == asked


def test_a_reader_sees_one_moment_while_another_writes(tmp_path: Path) -> None:
    path = tmp_path / "link.db"
    with opened(path) as database, database.read() as reader:
        assert {} == reader.stores.connected_at()
        with database.write() as writer:
            writer.stores.connect("shop", platform="fake", now=NOW, since=None)
        assert {} == reader.stores.connected_at()
        with database.read() as later:
            assert ["shop"] == list(later.stores.connected_at())


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "link.db") as database:
        with suppress(ZeroDivisionError), database.write() as tx:
            tx.stores.connect("shop", platform="fake", now=NOW, since=None)
            raise ZeroDivisionError
        with database.read() as tx:
            assert {} == tx.stores.connected_at()


def test_a_savepoint_undoes_only_itself(tmp_path: Path) -> None:
    with opened(tmp_path / "link.db") as database:
        with database.write() as tx:
            tx.stores.connect("one", platform="fake", now=NOW, since=None)
            with suppress(ZeroDivisionError), tx.savepoint():
                tx.stores.connect("two", platform="fake", now=NOW, since=None)
                raise ZeroDivisionError
            tx.stores.connect("three", platform="fake", now=NOW, since=None)
        with database.read() as tx:
            assert {"one", "three"} == set(tx.stores.connected_at())


@pytest.mark.parametrize("url", ["", "link.db", "sqlite", "nonsense://x"])
def test_a_url_that_is_none_is_a_config_error(url: str) -> None:
    with pytest.raises((ConfigError, Unsupported)):
        Database(url)


def test_a_file_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open database file"):
        Database(f"sqlite:///{tmp_path}/no/such/folder/link.db")


# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "instant",
    [
        NOW,
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_instants_are_kept_to_the_microsecond(instant: datetime) -> None:
    assert instant == from_micros(to_micros(instant))


def test_a_naive_instant_is_never_stored(tmp_path: Path) -> None:
    with opened(tmp_path / "link.db") as database, database.write() as tx:
        naive = NOW.replace(tzinfo=None)
        with pytest.raises(TypeError, match="naive"):
            tx.plans.mark("shop", "order:1", due_at=naive)


def test_two_messages_of_one_key_cannot_exist(tmp_path: Path) -> None:
    row = {
        "key": "shop/thank_you/order:1",
        "store": "shop",
        "hook": "thank_you",
        "scope": "order:1",
        "subject": "order:1",
        "step": "",
        "order_id": "1",
        "message": {"template": "thank_you"},
        "message_class": "transactional",
        "cause": "x",
        "due_at": NOW,
        "state": "waiting",
        "created_at": NOW,
        "updated_at": NOW,
    }
    with opened(tmp_path / "link.db") as database, database.write() as tx:
        tx.messages.add(row)
        with pytest.raises(IntegrityError), tx.savepoint():
            tx.messages.add(row)


# -- many ------------------------------------------------------------------------------------------


def test_more_orders_than_one_statement_can_name(tmp_path: Path) -> None:
    """A shop of some years: SQLite takes only so many values in one statement."""
    ids = [str(number) for number in range(300_000)]
    with opened(tmp_path / "link.db") as database, database.write() as tx:
        for order_id in (ids[0], ids[-1]):
            tx.records.put([(None, _row(order_id))])
        assert [ids[0], ids[-1]] == [row.id for row in tx.records.orders("shop", ids)]
        assert [] == tx.records.parts("shop", ids)
        assert [] == tx.events.of_orders("shop", ids)
        assert [] == tx.messages.of_orders("shop", ids)
        assert {} == tx.messages.by_keys(ids)


def _row(order_id: str) -> RecordRow:
    return RecordRow(
        store="shop",
        kind=Kind.ORDER,
        id=order_id,
        order_id=None,
        person=None,
        number=f"#{order_id}",
        within=None,
        seen=[0, -1],
        cells={},
        read_at=None,
        read_state_at=None,
        needs_read_since=None,
        needs_read=None,
        deleted_since=None,
        absorbed_at=NOW,
    )


def test_an_order_is_found_by_its_number_with_and_without_the_sign(tmp_path: Path) -> None:
    with opened(tmp_path / "link.db") as database, database.write() as tx:
        tx.records.put([(None, _row("7"))])
        for name in ("7", "#7"):
            assert ["7"] == [row.id for row in tx.records.by_number("shop", name)]
        assert tx.records.get("other", Ref.order("7")) is None


# -- marks -----------------------------------------------------------------------------------------


def test_a_mark_made_while_its_subject_is_planned_survives(tmp_path: Path) -> None:
    """Otherwise a change that comes in just then would never be planned."""
    with opened(tmp_path / "link.db") as database, database.write() as tx:
        tx.plans.mark("shop", "order:1", due_at=NOW)
        (mark,) = due_marks(tx, NOW)
        tx.plans.mark("shop", "order:1", due_at=NOW)
        tx.plans.done(mark, again_at=None)
        (again,) = due_marks(tx, NOW)
        tx.plans.done(again, again_at=NOW + timedelta(days=1))
        assert [] == due_marks(tx, NOW)
        assert NOW + timedelta(days=1) == tx.plans.next_due(["shop"])
        assert tx.plans.next_due(["other"]) is None


def test_a_mark_is_due_at_its_earliest_time(tmp_path: Path) -> None:
    with opened(tmp_path / "link.db") as database, database.write() as tx:
        for days in (5, 1, 3):
            tx.plans.mark("shop", "order:1", due_at=NOW + timedelta(days=days))
        assert NOW + timedelta(days=1) == tx.plans.next_due(["shop"])


# -- reading of the stores -------------------------------------------------------------------------


def test_a_position_is_any_value_and_is_replaced(tmp_path: Path) -> None:
    with opened(tmp_path / "link.db") as database, database.write() as tx:
        tx.positions.put("shop", "sweep/order", {"since": "2026"}, now=NOW)
        tx.positions.put("shop", "sweep/order", ["é", None, 1], now=NOW + timedelta(days=1))
        tx.positions.put("other", "sweep/order", "theirs", now=NOW)
        assert ["é", None, 1] == tx.positions.get("shop", "sweep/order")
        assert tx.positions.get("shop", "another") is None
        (row,) = tx.positions.all("shop").values()
        assert ("shop", "sweep/order", NOW + timedelta(days=1)) == (
            row.store,
            row.name,
            row.updated_at,
        )
        tx.positions.delete("shop", "sweep/order")
        tx.positions.delete("shop", "sweep/order")
        assert {} == tx.positions.all("shop")
        assert "theirs" == tx.positions.get("other", "sweep/order")


def test_objects_are_counted_by_their_creation(tmp_path: Path) -> None:
    """From the start on and before the end; what is deleted does not count, unless it came back.

    Nor does what has no time of creation: the audit reads it, and then it has one.
    """
    day = timedelta(days=1)
    times: dict[str, dict[str, Any]] = {
        "1": {"created_at": NOW},
        "2": {"created_at": NOW + day},
        "3": {"created_at": NOW + 2 * day},
        "deleted": {"created_at": NOW, "deleted_since": NOW},
        "read before": {"created_at": NOW, "deleted_since": NOW + day, "read_at": NOW},
        "read again": {"created_at": NOW, "deleted_since": NOW, "read_at": NOW + day},
        "unknown": {"created_at": None},
    }
    with opened(tmp_path / "link.db") as database, database.write() as tx:
        for order_id, fields in times.items():
            tx.records.put([(None, dataclasses.replace(_row(order_id), **fields))])
        asked = [(None, None), (NOW, None), (None, NOW + day), (NOW + day, NOW + 2 * day)]
        found = [tx.records.ids_created("shop", Kind.ORDER, *span) for span in asked]
        assert [
            ["1", "read again", "2", "3"],
            ["1", "read again", "2", "3"],
            ["1", "read again"],
            ["2"],
        ] == found
        counted = [tx.records.count_created("shop", Kind.ORDER, *span) for span in asked]
        assert [len(ids) for ids in found] == counted
        assert 0 == tx.records.count_created("shop", Kind.CUSTOMER)
        assert 0 == tx.records.count_created("other", Kind.ORDER)


def test_a_store_is_uninstalled_until_it_is_connected_again(tmp_path: Path) -> None:
    with opened(tmp_path / "link.db") as database, database.write() as tx:
        for name in ("one", "two"):
            tx.stores.connect(name, platform="fake", now=NOW, since=None)
        tx.stores.uninstall("one", at=NOW)
        assert {"one": NOW} == tx.stores.uninstalled_at()
        tx.stores.connect_again("one", uninstalled_at=NOW)
        assert {} == tx.stores.uninstalled_at()
