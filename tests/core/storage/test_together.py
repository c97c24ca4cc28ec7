"""Writes that are sent at once are still one transaction, and their errors still errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from core.marks import due_marks
from sqlalchemy.exc import IntegrityError

from storelink.storage import Database, EventRow, Transaction

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    one = Database(database_url)
    yield one
    one.close()


def event(key: str) -> EventRow:
    return EventRow(key, "shop", "order.placed", NOW, True, [0, -1], "1", None, {}, NOW)


def fail(tx: Transaction) -> None:
    with tx.savepoint(), tx.together():
        tx.events.add([event("a")])
        tx.events.add([event("a")])
        tx.plans.mark("shop", "order:2", due_at=NOW)


def test_all_that_is_sent_is_there_afterwards(database: Database) -> None:
    with database.write() as tx, tx.together():
        tx.plans.mark("shop", ["order:1", "order:2"], due_at=NOW)
        assert tx.events.known(["a"]) == {}
        tx.events.add([event("a"), event("b")])

    with database.read() as tx:
        assert sorted(tx.events.known(["a", "b", "c"])) == ["a", "b"]
        assert len(due_marks(tx, NOW)) == 2


def test_an_error_is_raised_inside_the_savepoint_and_undoes_only_that(database: Database) -> None:
    with database.write() as tx:
        tx.plans.mark("shop", "order:1", due_at=NOW)
        with pytest.raises(IntegrityError):
            fail(tx)
        tx.plans.mark("shop", "order:3", due_at=NOW)

    with database.read() as tx:
        marks = due_marks(tx, NOW)
        assert [mark.subject for mark in marks] == ["order:1", "order:3"]
        assert tx.events.known(["a"]) == {}
