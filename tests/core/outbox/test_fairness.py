"""One store's flood delays no other store, and claiming costs the same whatever waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, MUG, START

from storelink import Storelink
from storelink.hooks import ThankYou
from storelink.models import MessageState
from storelink.storage import Database, messages
from storelink.storage.statement import Statement
from storelink.testing import FakeStore, FrozenClock, RecordingChannel
from storelink.testing.outbox_suite import add

HOUR = timedelta(hours=1)


@pytest.fixture
def link(database_url: str) -> Iterator[Storelink]:
    """Two stores, `a` and `b`."""
    clock = FrozenClock(START)
    stores = {name: FakeStore(clock=clock) for name in ("a", "b")}
    channel = RecordingChannel()
    with Storelink(
        database_url, stores=stores, channels=[channel], hooks=[ThankYou()], clock=clock
    ) as one:
        yield one


def test_a_message_of_a_quiet_store_is_sent_in_the_next_round_of_a_flood(link: Storelink) -> None:
    database, store = link._database, link._stores["b"]
    assert isinstance(store, FakeStore)
    add(database, *map(str, range(10_000)), store="a", due_at=START - HOUR)
    store.place(ADA, [MUG])
    for webhook in store.take():
        link.receive("b", headers=webhook.headers, body=webhook.body)
    link._planner.run_once(["a", "b"])
    link._relay.run_once(["a", "b"], limit=10)
    assert [MessageState.SENT] == [message.state for message in link.messages(store="b")]


@pytest.fixture
def database() -> Iterator[Database]:
    one = Database("sqlite://")
    yield one
    one.close()


WAITING = "ix_outbox_store_due_at_id"
OPEN = "ix_outbox_store_state_updated_at"
LEASED = "ix_outbox_lease_owner"


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (messages._READY, WAITING),
        (messages._DUE, WAITING),
        (messages._NEXT, WAITING),
        (messages._NEXT_LEASED, WAITING),
        (messages._NEXT_DOUBTFUL, OPEN),
        (messages._ANY_LOST, OPEN),
        (messages._LOST, OPEN),
        (messages._KEEP, LEASED),
        (messages._HELD, LEASED),
    ],
)
def test_sqlite_looks_at_those_rows_only_that_can_matter(
    database: Database, statement: Statement[Any], index: str
) -> None:
    """It takes a partial index only if the statement says the same as the index."""
    with database.read() as tx:
        text = statement.text(tx._connection)
        values = tuple([None] * text.count("?"))
        plan = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        used = [row[3] for row in plan if "outbox" in row[3]]
    by_row = "SEARCH outbox USING INTEGER PRIMARY KEY (rowid=?)"  # of rows that were found already
    found = [one.replace("COVERING INDEX", "INDEX") for one in used if one != by_row]
    assert len(found) == 1
    assert f"USING INDEX {index}" in found[0]
