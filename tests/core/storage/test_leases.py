"""What is due is lent to one worker at a time, and no store waits for another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storelink.events import OrderPlaced
from storelink.storage import Database, calls, inbox, plans
from storelink.storage.plans import Mark
from storelink.storage.statement import Statement

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
UNTIL = NOW + 5 * MINUTE


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    one = Database(database_url)
    yield one
    one.close()


def mark(database: Database, store: str, *subjects: str, due_at: datetime = NOW) -> None:
    with database.write() as tx:
        tx.plans.mark(store, subjects, due_at=due_at)


def claim(
    database: Database,
    owner: str,
    *stores: str,
    now: datetime = NOW,
    limit: int = 10,
) -> list[Mark]:
    with database.write() as tx:
        return tx.plans.claim(
            now, owner=owner, until=now + 5 * MINUTE, limit=limit, stores=stores or ["shop"]
        )


def subjects(marks: list[Mark]) -> list[str]:
    return [one.subject for one in marks]


def test_what_one_worker_has_no_other_gets_before_the_lease_ends(database: Database) -> None:
    mark(database, "shop", "order:1")

    assert subjects(claim(database, "ann")) == ["order:1"]
    assert claim(database, "bob", now=UNTIL - MINUTE) == []
    assert subjects(claim(database, "bob", now=UNTIL)) == ["order:1"]


def test_what_is_due_later_is_not_lent(database: Database) -> None:
    mark(database, "shop", "order:1", due_at=NOW + MINUTE)

    assert claim(database, "ann") == []


def test_the_oldest_are_lent_first(database: Database) -> None:
    for minutes, name in enumerate(("order:3", "order:1", "order:2")):
        mark(database, "shop", name, due_at=NOW - minutes * MINUTE)

    assert subjects(claim(database, "ann", limit=2)) == ["order:2", "order:1"]


def test_what_is_done_is_gone_or_free_at_its_next_time(database: Database) -> None:
    mark(database, "shop", "order:1", "order:2")
    one, other = claim(database, "ann")

    with database.write() as tx:
        tx.plans.done(one, again_at=None)
        tx.plans.done(other, again_at=NOW + MINUTE)

    assert subjects(claim(database, "bob", now=NOW + MINUTE)) == ["order:2"]


def test_what_changed_while_it_was_planned_is_due_and_free_at_once(database: Database) -> None:
    mark(database, "shop", "order:1")
    (before,) = claim(database, "ann")
    mark(database, "shop", "order:1")

    with database.write() as tx:
        assert before not in tx.plans.marks_on("shop", {before.subject})
        tx.plans.done(before, again_at=None)

    assert subjects(claim(database, "bob")) == ["order:1"]


def test_what_is_given_back_is_free_at_once(database: Database) -> None:
    mark(database, "shop", "order:1")
    marks = claim(database, "ann")
    with database.write() as tx:
        tx.plans.release(marks)

    assert subjects(claim(database, "bob")) == ["order:1"]


def test_a_flood_of_one_store_leaves_room_for_the_others(database: Database) -> None:
    mark(database, "flood", *(f"order:{number}" for number in range(50)), due_at=NOW - MINUTE)
    mark(database, "shop", "order:1")
    mark(database, "small", "order:1", "order:2")

    claimed = claim(database, "ann", "flood", "shop", "small", limit=6)

    stores = [one.store for one in claimed]
    assert (stores.count("flood"), stores.count("shop"), stores.count("small")) == (3, 1, 2)


def test_of_more_stores_than_fit_into_a_batch_none_is_passed_over(database: Database) -> None:
    mark(database, "a", "order:1")
    mark(database, "b", "order:2", due_at=NOW + SECOND)
    mark(database, "a", "order:3", due_at=NOW + 2 * SECOND)

    later = NOW + MINUTE
    found = [subjects(claim(database, "ann", "a", "b", now=later, limit=1)) for _ in "123"]

    assert found == [["order:1"], ["order:2"], ["order:3"]]


def test_only_the_named_stores_are_looked_at(database: Database) -> None:
    mark(database, "other", "order:1")

    assert claim(database, "ann", "shop") == []
    with database.read() as tx:
        assert tx.plans.next_due(["shop"]) is None


def test_the_next_time_is_that_of_what_nobody_has(database: Database) -> None:
    mark(database, "shop", "order:1")
    mark(database, "shop", "order:2", due_at=NOW + MINUTE)
    claim(database, "ann")

    with database.read() as tx:
        assert tx.plans.next_due(["shop"]) == NOW + MINUTE


def test_a_lease_that_ends_is_a_time_too(database: Database) -> None:
    mark(database, "shop", "order:1")
    mark(database, "shop", "order:2", due_at=NOW + 60 * MINUTE)
    claim(database, "ann")

    with database.read() as tx:
        assert tx.plans.next_due(["shop"]) == UNTIL


def test_workers_at_once_get_different_things(database: Database) -> None:
    names = {f"order:{number}" for number in range(60)}
    mark(database, "shop", *names)

    with ThreadPoolExecutor(4) as threads:
        claimed = list(threads.map(lambda owner: claim(database, str(owner), limit=5), range(12)))

    got = [one.subject for some in claimed for one in some]
    assert len(got) == len(set(got))
    left = [one.subject for some in iter(lambda: claim(database, "last"), []) for one in some]
    assert sorted(got + left) == sorted(names)


# -- calls -----------------------------------------------------------------------------------------


def call(database: Database, *handlers: str) -> None:
    event = OrderPlaced(id="shop/order/1/placed", store="shop", at=NOW, exact=True, order_id="1")
    with database.write() as tx:
        tx.calls.add([(handler, event) for handler in handlers], due_at=NOW)


def test_a_call_is_made_by_whoever_has_it(database: Database) -> None:
    call(database, "post", "count")
    wanted = {"handlers": ["post"], "stores": ["shop"], "limit": 9}

    with database.write() as tx:
        (taken,) = tx.calls.claim(NOW, owner="ann", until=UNTIL, **wanted)
        assert tx.calls.claim(NOW, owner="bob", until=UNTIL, **wanted) == []
        (again,) = tx.calls.claim(UNTIL, owner="bob", until=UNTIL + MINUTE, **wanted)
        assert not tx.calls.settle(taken, state="done", due_at=UNTIL)
        assert tx.calls.keep([taken], until=UNTIL + 9 * MINUTE) == 0
        assert tx.calls.keep([again], until=UNTIL + 9 * MINUTE) == 1
        assert tx.calls.next_due(["post"], ["shop"]) == UNTIL + 9 * MINUTE
        assert tx.calls.settle(again, state="done", due_at=UNTIL)
        assert tx.calls.next_due(["post"], ["shop"]) is None
        assert tx.calls.next_due(["count"], ["shop"]) == NOW


def test_sqlite_finds_what_is_due_without_looking_at_the_rest() -> None:
    for table, leases in (("plans", plans._LEASES), ("calls", calls._LEASES)):
        for statement in (leases._ready, leases._take, leases._first_free):
            steps = explained(statement)
            by_index = re.compile(f"SEARCH {table} USING (COVERING )?INDEX ix_{table}_store_due_at")
            assert any(map(by_index.match, steps)), steps
            assert not any(step.startswith(f"SCAN {table}") for step in steps), steps


def test_sqlite_finds_waiting_deliveries_without_looking_at_the_rest() -> None:
    (step, *_) = explained(inbox._WAITING)

    assert step.startswith("SEARCH inbox USING COVERING INDEX ix_inbox_store_state_attempts_id")


def explained(statement: Statement[Any]) -> list[str]:
    """The steps of SQLite's plan."""
    with Database("sqlite://").read() as tx:
        text = statement.text(tx._connection)
        nothing = (None,) * text.count("?")
        plan = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", nothing)
        return [step.detail for step in plan]
