"""The outbox as a state machine: whatever happens in whatever order, nothing is lost or twice.

Two workers claim, send, settle and die; the clock goes forward and back; people cancel and retry;
orders change. A provider counts what it was given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete

from storelink.contracts import Reason
from storelink.errors import Conflict
from storelink.models import MessageClass, MessageState
from storelink.outbox import steps
from storelink.outbox.desk import Desk
from storelink.outbox.life import Attempt, Lease, Outbox, unsettled
from storelink.storage import Database, MessageRow
from storelink.storage.tables import metadata
from storelink.testing.outbox_suite import ACCEPTED, LEASE, MESSAGE, NOW, add

ORDERS = ["1", "2", "3"]
STORES = ["a"]
orders = st.sampled_from(ORDERS)
workers = st.sampled_from([0, 1])


def somebody_has(what: str) -> Any:
    """The rule makes sense only if there is something in a worker's memory."""
    return precondition(lambda self: any(getattr(worker, what) for worker in self.workers))


MINUTE = timedelta(minutes=1)


class Worker:
    """What one process has in its memory; all of it is gone when it dies."""

    def __init__(self, database: Database, owner: str) -> None:
        self.outbox = Outbox(database, Lease(owner, LEASE))
        self.claimed: dict[str, MessageRow] = {}
        self.begun: dict[str, MessageRow] = {}
        self.accepted: dict[str, MessageRow] = {}


class Machine(RuleBasedStateMachine):
    """Two workers on one outbox."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database, self.desk, self.now = database, Desk(database), NOW
        self.born = 0
        self.workers = [self.new_worker(), self.new_worker()]
        self.given: Counter[str] = Counter()
        self.accepted: set[tuple[str, int]] = set()
        with database.write() as tx:
            for table in reversed(metadata.sorted_tables):
                tx._connection.execute(delete(table))

    def new_worker(self) -> Worker:
        self.born += 1
        return Worker(self.database, f"worker {self.born}")

    def key(self, order: str) -> str:
        return f"a/note/order:{order}"

    def take(self, what: str, number: int, order: str) -> tuple[Worker, MessageRow]:
        """Take a row out of a worker's memory, of that worker and order if there is such a one."""
        first, second = self.workers[number], self.workers[1 - number]
        worker = first if getattr(first, what) else second
        rows: dict[str, MessageRow] = getattr(worker, what)
        return worker, rows.pop(order if order in rows else next(iter(rows)))

    # -- what happens ------------------------------------------------------------------------------

    @initialize(classes=st.tuples(*(st.sampled_from(MessageClass) for _ in ORDERS)))
    def plan(self, classes: tuple[MessageClass, ...]) -> None:
        for order, message_class in zip(ORDERS, classes, strict=True):
            add(self.database, order, due_at=self.now, message_class=message_class)

    @rule(number=workers, limit=st.integers(1, 3))
    def claim(self, number: int, limit: int) -> None:
        worker = self.workers[number]
        for row in worker.outbox.claim(self.now, limit=limit, stores=STORES):
            assert MessageState.WAITING is row.state
            worker.claimed[row.order_id] = row

    @somebody_has("claimed")
    @rule(number=workers, order=orders)
    def begin(self, number: int, order: str) -> None:
        worker, row = self.take("claimed", number, order)
        with self.database.read() as tx:
            basis = unsettled(tx, [row])[row.id]
        attempt = Attempt(row, MESSAGE, "mail", basis)
        for begun in worker.outbox.begin([attempt], now=self.now).values():
            self.check_that_nobody_has_it(begun)
            worker.begun[begun.order_id] = begun

    def check_that_nobody_has_it(self, begun: MessageRow) -> None:
        """A new attempt follows only what is known to have failed, or is in doubt."""
        with self.database.read() as tx:
            earlier = tx.messages.attempts_of(begun.id)[:-1]
        known = {one["number"]: one["outcome"] for one in earlier}
        given = {known[number] for order, number in self.accepted if order == begun.order_id}
        assert given <= {"in doubt"}
        assert set(known.values()) <= {"temporary", "failed", "not sent", "in doubt"}

    @somebody_has("claimed")
    @rule(number=workers, order=orders)
    def begin_after_a_change(self, number: int, order: str) -> None:
        """The order changes after its hook was asked: nothing begins."""
        worker, row = self.take("claimed", number, order)
        with self.database.write() as tx:
            tx.plans.mark("a", row.scope, due_at=self.now)
        attempt = Attempt(row, MESSAGE, "mail", frozenset())
        assert {} == worker.outbox.begin([attempt], now=self.now)
        worker.outbox.commit([steps.released(row)], now=self.now)

    @somebody_has("begun")
    @rule(number=workers, order=orders)
    def send(self, number: int, order: str) -> None:
        worker, row = self.take("begun", number, order)
        worker.accepted[row.order_id] = row
        self.give(row)

    def give(self, row: MessageRow) -> None:
        """Let the provider take a message."""
        self.given[row.order_id] += 1
        self.accepted.add((row.order_id, row.attempts))

    @somebody_has("accepted")
    @rule(number=workers)
    def settle(self, number: int) -> None:
        worker = self.workers[number]
        given = [steps.sent(row, ACCEPTED, now=self.now) for row in worker.accepted.values()]
        worker.outbox.commit(given, now=self.now)
        worker.accepted = {}

    @somebody_has("begun")
    @rule(number=workers, order=orders, wait=st.sampled_from([timedelta(), MINUTE]))
    def refuse_for_now(self, number: int, order: str, wait: timedelta) -> None:
        worker, row = self.take("begun", number, order)
        worker.outbox.commit([steps.retry(row, "busy", now=self.now, wait=wait)], now=self.now)

    @somebody_has("begun")
    @rule(number=workers, order=orders)
    def refuse_for_good(self, number: int, order: str) -> None:
        worker, row = self.take("begun", number, order)
        worker.outbox.commit([steps.failed(row, Reason.REJECTED, "no")], now=self.now)

    @somebody_has("begun")
    @rule(number=workers, order=orders)
    def stop_before_sending(self, number: int, order: str) -> None:
        worker, row = self.take("begun", number, order)
        worker.outbox.commit([steps.unsent(row)], now=self.now)

    @somebody_has("begun")
    @rule(number=workers, order=orders)
    def lose_the_answer(self, number: int, order: str) -> None:
        worker, row = self.take("begun", number, order)
        self.give(row)
        self.doubt(worker, row)

    @rule(number=workers)
    def settle_lost(self, number: int) -> None:
        worker = self.workers[number]
        for row in worker.outbox.claim_doubtful(self.now, limit=9, stores=STORES):
            self.doubt(worker, row)

    @somebody_has("begun")
    @rule(number=workers)
    def take_over(self, number: int) -> None:
        """One hangs for longer than its lease; the other takes its messages over."""
        self.move_the_clock(LEASE)
        self.settle_lost(number)
        self.claim(number, 9)
        while self.workers[number].claimed:
            self.begin(number, "")

    def doubt(self, worker: Worker, row: MessageRow) -> None:
        step = steps.doubt(row, "lost", repeat_is_safe=False, now=self.now)
        worker.outbox.commit([step], now=self.now)

    @somebody_has("claimed")
    @rule(number=workers, order=orders)
    def release(self, number: int, order: str) -> None:
        worker, row = self.take("claimed", number, order)
        worker.outbox.commit([steps.released(row)], now=self.now)

    @rule(number=workers)
    def keep(self, number: int) -> None:
        self.workers[number].outbox.keep(self.now)

    @rule(number=workers)
    def crash(self, number: int) -> None:
        self.workers[number] = self.new_worker()

    @rule(by=st.sampled_from([timedelta(seconds=1), MINUTE, LEASE, -MINUTE, -2 * LEASE]))
    def move_the_clock(self, by: timedelta) -> None:
        self.now += by

    @rule(order=orders, act=st.sampled_from(["cancel", "retry", "sent", "not sent"]))
    def act_by_hand(self, order: str, act: str) -> None:
        key = self.key(order)
        with suppress(Conflict, LookupError):
            if act in ("cancel", "retry"):
                getattr(self.desk, act)(key, now=self.now)
            elif act == "not sent" or self.given[order]:
                self.desk.settle(key, sent=act == "sent", now=self.now)

    # -- what holds --------------------------------------------------------------------------------

    def rows(self) -> list[MessageRow]:
        with self.database.read() as tx:
            return tx.messages.all()

    @invariant()
    def every_message_is_there_and_none_twice_unless_in_doubt(self) -> None:
        rows = {row.order_id: row for row in self.rows()}
        assert set(ORDERS) == set(rows)
        for order, row in rows.items():
            assert self.given[order] <= 1 + row.doubts
            assert self.given[order] <= row.attempts
            if row.state is MessageState.SENT:
                assert self.given[order] >= 1
            if row.state is MessageState.WAITING and self.given[order]:
                assert row.doubts >= 1

    @invariant()
    def the_attempts_say_what_happened(self) -> None:
        with self.database.read() as tx:
            for row in tx.messages.all():
                ended = [one["outcome"] for one in tx.messages.attempts_of(row.id)]
                assert row.attempts == len(ended)
                assert (row.state is MessageState.SENDING) == (None in ended)

    def teardown(self) -> None:
        """Peace: one more worker sends what is left."""
        self.workers = [self.new_worker(), self.new_worker()]
        worker = self.workers[0]
        for _ in range(9):
            self.now += timedelta(days=1)
            self.settle_lost(0)
            self.claim(0, 9)
            while worker.claimed:
                self.begin(0, "")
            while worker.begun:
                self.send(0, "")
            self.settle(0)
        over = {
            MessageState.SENT,
            MessageState.CANCELLED,
            MessageState.FAILED,
            MessageState.IN_DOUBT,
        }
        self.every_message_is_there_and_none_twice_unless_in_doubt()
        assert {row.state for row in self.rows()} <= over


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    one = Database(database_url)
    yield one
    one.close()


def test_whatever_happens_nothing_is_lost_and_nothing_twice(database: Database) -> None:
    def machine() -> Any:
        return Machine(database)

    run_state_machine_as_test(machine, settings=settings(max_examples=60, stateful_step_count=40))
