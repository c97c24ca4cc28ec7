"""Several who share one database: locks, views, bells, and a server that goes away."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from core.world import START

from storelink.errors import StorageUnavailable
from storelink.storage import Database, Transaction, Undone, postgresql
from storelink.storage import bell as bells
from storelink.testing.postgres import PostgresServer

SOON = timedelta(milliseconds=50)
LONG = 10.0


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    one = Database(database_url)
    yield one
    one.close()


@pytest.fixture
def other(database: Database, database_url: str) -> Iterator[Database]:
    """The same database, as another process has it open."""
    one = Database(database_url)
    yield one
    one.close()


def count(database: Database) -> int:
    with database.read() as tx:
        return tx.positions.get("shop", "count") or 0


def put(database: Database, value: int, *, rings: bool = False) -> None:
    with database.write(rings=rings) as tx:
        tx.positions.put("shop", "count", value, now=START)


def test_who_holds_the_lock_reads_and_writes_alone(database: Database, other: Database) -> None:
    """Without it, some of the threads would read the same number."""

    def add(one: Database) -> None:
        for _ in range(20):
            with one.write() as tx:
                tx.lock("shop/count")
                value = tx.positions.get("shop", "count") or 0
                tx.positions.put("shop", "count", value + 1, now=START)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(add, one) for one in (database, other) * 2]:
            done.result()
    assert 80 == count(database)


def test_two_who_lock_the_same_names_in_another_order_do_not_wait_for_each_other(
    database: Database,
) -> None:
    def work(names: tuple[str, ...]) -> None:
        for _ in range(30):
            with database.write() as tx:
                tx.lock(*names)

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(work, one) for one in (("a", "b", "c"), ("c", "b", "a"))]:
            done.result(LONG)


def test_who_has_no_patience_is_told_that_the_database_is_busy(
    database: Database, other: Database
) -> None:
    with database.write() as holder:
        holder.lock("shop/order:1")
        holder.positions.put("shop", "count", 1, now=START)
        with pytest.raises(StorageUnavailable), other.write(patience=SOON) as tx:
            tx.lock("shop/order:1")
    with other.write(patience=SOON) as tx:
        tx.lock("shop/order:1")
    assert 1 == count(other)


def put_alone(tx: Transaction, value: int) -> None:
    with tx.savepoint(), tx.together():
        tx.positions.put("shop", "count", value, now=START)
        tx.lock("shop/order:1")


def test_what_a_savepoint_guards_is_undone_while_somebody_else_is_busy(
    database: Database, other: Database, backend: str
) -> None:
    """And what was done before it is kept."""
    if backend == "sqlite":
        pytest.skip("whoever writes on SQLite is alone")
    with database.write() as holder:
        holder.lock("shop/order:1")
        with other.write(patience=SOON) as tx:
            tx.positions.put("shop", "count", 1, now=START)
            with pytest.raises(Undone):
                put_alone(tx, 2)
    assert 1 == count(other)


def test_who_opens_a_new_file_waits_for_somebody_else_who_does(tmp_path: Path) -> None:
    """Until the file is switched to WAL, SQLite does not wait by itself."""
    first = sqlite3.connect(tmp_path / "link.db", isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE")
    first.execute("CREATE TABLE early (id INTEGER)")
    holder = threading.Timer(0.1, first.execute, ["COMMIT"])
    holder.start()
    database = Database(f"sqlite:///{tmp_path}/link.db")
    put(database, 1)
    holder.join()
    assert 1 == count(database)
    database.close()
    first.close()


def test_a_view_does_not_change_while_it_is_open(database: Database, other: Database) -> None:
    put(database, 1)
    with database.read() as tx:
        assert 1 == tx.positions.get("shop", "count")
        put(other, 2)
        assert 1 == tx.positions.get("shop", "count")
    assert 2 == count(database)


def waited(work: Callable[[], bool]) -> tuple[bool, float]:
    started = time.monotonic()
    return work(), time.monotonic() - started


def test_a_bell_rings_for_work_that_another_process_made(
    database: Database, other: Database
) -> None:
    with database.bell() as bell:
        while bell.wait(0.3):  # what happened before
            pass
        writer = threading.Timer(0.05, put, (other, 1), {"rings": True})
        writer.start()
        rung, seconds = waited(lambda: bell.wait(LONG))
        writer.join()  # the bell may ring before the writer has given its connection back
        assert rung
        assert seconds < LONG / 2


def test_a_bell_rings_at_once_for_work_of_its_own_process(database: Database) -> None:
    with database.bell() as bell:
        while bell.wait(0.3):
            pass
        put(database, 1, rings=True)
        assert bell.wait(0)


def test_a_bell_that_nobody_rings_is_silent(database: Database) -> None:
    with database.bell() as bell:
        while bell.wait(0.3):
            pass
        assert not bell.wait(0.05)


def test_a_bell_hears_a_file_whose_name_is_a_uri(tmp_path: Path) -> None:
    url = f"sqlite:///file:{tmp_path}/link.db?uri=true"
    database, other = Database(url), Database(url)
    with database.bell() as bell:
        put(other, 1)
        assert bell.wait(LONG)
    database.close()
    other.close()


def test_a_closed_bell_is_forgotten(database: Database) -> None:
    bell = database.bell()
    assert {bell} == database._bells
    bell.close()
    assert set() == database._bells


@pytest.fixture
def own_server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A server that may be stopped without harm to other tests."""
    if not postgres.is_own:
        pytest.skip("the server was named, and cannot be stopped")
    with PostgresServer() as server:
        yield server


def test_a_server_that_was_restarted_is_found_again(own_server: PostgresServer) -> None:
    with own_server.database() as url:
        database = Database(url)
        put(database, 1)
        own_server.stop()
        with pytest.raises(StorageUnavailable):
            put(database, 2)
        own_server.start()
        put(database, 2)
        assert 2 == count(database)
        database.close()


def test_a_connection_that_rested_is_tried_before_it_is_used(
    own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "IDLE_SECONDS", 0.0)
    with own_server.database() as url:
        database = Database(url)
        put(database, 1)
        own_server.stop()
        own_server.start()
        put(database, 2)
        assert 2 == count(database)
        database.close()


def test_a_bell_hears_again_after_a_restart_and_nobody_complains_meanwhile(
    own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bells, "RETRY_SECONDS", 0.05)
    with own_server.database() as url:
        database, other = Database(url), Database(url)
        with database.bell() as bell:
            while bell.wait(0.3):
                pass
            own_server.stop()
            own_server.start()
            assert bell.wait(LONG)  # something may have happened while it heard nothing
            while bell.wait(0.6):
                pass
            with suppress(StorageUnavailable):
                put(other, 1)  # finds out that its connection is gone
            put(other, 2, rings=True)
            assert bell.wait(LONG)
        database.close()
        other.close()
    names = {one.name for one in caplog.records if one.levelno >= logging.WARNING}
    assert {"storelink.storage.bell"} == names


def test_a_connection_brings_no_options_of_its_own(postgres: PostgresServer) -> None:
    """PgBouncer refuses one that does. Who waits for a lock does not do so for ever."""
    with postgres.database() as url:
        database = Database(url)
        with database.read() as tx:
            brought = tx._connection.connection.driver_connection.info.get_parameters()
            waits = tx._connection.exec_driver_sql("SHOW lock_timeout").scalar()
        database.close()
    assert ("options" in brought, waits) == (False, "30s")
