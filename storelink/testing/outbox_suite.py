"""The suite that holds the outbox to its promises, on any database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storelink.contracts.channel import Accepted
from storelink.contracts.hook import Reason
from storelink.models.enums import MessageClass, MessageState
from storelink.models.message import Message
from storelink.outbox import steps
from storelink.outbox.life import Attempt, Lease, Outbox, unsettled
from storelink.storage import Database, MessageRow

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LEASE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
ACCEPTED = Accepted("id-of-the-provider")
MESSAGE = Message("note")


def add(
    database: Database,
    *names: str,
    store: str = "a",
    due_at: datetime = NOW,
    message_class: MessageClass = MessageClass.TRANSACTIONAL,
) -> None:
    """Plan messages, each about an order of its own, with what else there would be of them."""
    with database.write() as tx:
        tx.stores.connect(store, platform="fake", now=NOW, since=None)
        tx.messages.add(
            *(
                {
                    "key": f"{store}/note/order:{name}",
                    "store": store,
                    "hook": "note",
                    "scope": f"order:{name}",
                    "subject": f"order:{name}",
                    "step": "",
                    "order_id": name,
                    "message": MESSAGE.model_dump(mode="json", exclude_defaults=True),
                    "message_class": message_class.value,
                    "cause": f"{store}/order/{name}/paid",
                    "due_at": due_at,
                    "expires_at": None,
                    "state": MessageState.WAITING,
                    "created_at": NOW,
                    "updated_at": NOW,
                }
                for name in names
            )
        )


def row_of(database: Database, name: str, *, store: str = "a") -> MessageRow:
    """Return a message as the database has it."""
    with database.read() as tx:
        found = tx.messages.get(f"{store}/note/order:{name}")
    assert found is not None
    return found


def outcomes_of(database: Database, name: str) -> list[Any]:
    """Return how the attempts at a message ended."""
    with database.read() as tx:
        attempts = tx.messages.attempts_of(row_of(database, name).id)
    return [attempt["outcome"] for attempt in attempts]


def names_of(rows: list[MessageRow]) -> list[str]:
    """Return the orders that messages are about."""
    return [row.order_id or "" for row in rows]


class OutboxSuite:
    """Subclass it in a test module, and give it a fixture `database_url`.

    The database is fresh for each test, and several connections can be opened to it.
    """

    @pytest.fixture
    def database(self, database_url: str) -> Iterator[Database]:
        database = Database(database_url)
        yield database
        database.close()

    @pytest.fixture
    def first(self, database: Database) -> Outbox:
        return Outbox(database, Lease("first", LEASE))

    @pytest.fixture
    def second(self, database: Database) -> Outbox:
        return Outbox(database, Lease("second", LEASE))

    def attempt(self, database: Database, row: MessageRow) -> Attempt:
        with database.read() as tx:
            return Attempt(row, MESSAGE, "mail", unsettled(tx, [row])[row.id])

    def begin(self, database: Database, outbox: Outbox, name: str) -> MessageRow:
        add(database, name)
        (row,) = outbox.claim(NOW, limit=9, stores=["a"])
        return outbox.begin([self.attempt(database, row)], now=NOW)[row.id]

    # -- claims ------------------------------------------------------------------------------------

    def test_what_is_due_is_claimed_oldest_first(self, database: Database, first: Outbox) -> None:
        add(database, "later", due_at=NOW)
        add(database, "sooner", due_at=NOW - SECOND)
        add(database, "not yet", due_at=NOW + SECOND)
        rows = first.claim(NOW, limit=9, stores=["a"])
        assert names_of(rows) == ["sooner", "later"]
        assert [row_of(database, name).version for name in names_of(rows)] == [
            row.version for row in rows
        ]

    def test_many_threads_claim_every_message_once(self, database: Database) -> None:
        wanted = [f"{number:03}" for number in range(200)]
        add(database, *wanted)
        claimed: list[str] = []

        def claim(owner: str) -> None:
            outbox = Outbox(database, Lease(owner, LEASE))
            while rows := outbox.claim(NOW, limit=7, stores=["a"]):
                claimed.extend(names_of(rows))

        threads = [threading.Thread(target=claim, args=(f"worker {n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # One that found only what others were just taking has ended early; the rest is left.
        claim("the last")
        assert Counter(wanted) == Counter(claimed)

    def test_a_lease_keeps_others_away_until_it_ends(
        self, database: Database, first: Outbox, second: Outbox
    ) -> None:
        add(database, "1")
        first.claim(NOW, limit=9, stores=["a"])
        assert second.claim(NOW + LEASE - SECOND, limit=9, stores=["a"]) == []
        assert names_of(second.claim(NOW + LEASE, limit=9, stores=["a"])) == ["1"]

    def test_a_heartbeat_keeps_a_lease_and_changes_nothing_else(
        self, database: Database, first: Outbox, second: Outbox
    ) -> None:
        add(database, "1")
        (row,) = first.claim(NOW, limit=9, stores=["a"])
        assert first.keep(NOW + LEASE - SECOND) == 1
        assert second.claim(NOW + LEASE, limit=9, stores=["a"]) == []
        assert row.version == row_of(database, "1").version
        attempt = self.attempt(database, row)
        assert {row.id} == set(first.begin([attempt], now=NOW + LEASE))

    def test_a_heartbeat_keeps_nothing_that_is_not_worked_on(
        self, database: Database, first: Outbox, second: Outbox
    ) -> None:
        add(database, "1", "2")
        released, _ = first.claim(NOW, limit=9, stores=["a"])
        first.commit([steps.released(released)], now=NOW)
        second.claim(NOW + LEASE, limit=9, stores=["a"])
        assert first.keep(NOW + LEASE) == 0
        assert second.claim(NOW + LEASE, limit=9, stores=["a"]) == []

    def test_what_is_released_is_free_at_once(
        self, database: Database, first: Outbox, second: Outbox
    ) -> None:
        add(database, "1")
        (row,) = first.claim(NOW, limit=9, stores=["a"])
        first.commit([steps.released(row)], now=NOW)
        assert names_of(second.claim(NOW, limit=9, stores=["a"])) == ["1"]

    def test_only_the_named_stores_are_served(self, database: Database, first: Outbox) -> None:
        add(database, "1", store="a")
        add(database, "2", store="b")
        assert names_of(first.claim(NOW, limit=9, stores=["b"])) == ["2"]

    def test_the_next_due_time_knows_of_leases(self, database: Database, first: Outbox) -> None:
        add(database, "1")
        add(database, "2", due_at=NOW + 2 * LEASE)

        def next_due() -> datetime | None:
            with database.read() as tx:
                return tx.messages.next_due(["a"])

        assert next_due() == NOW
        first.claim(NOW, limit=9, stores=["a"])
        assert next_due() == NOW + LEASE
        with database.read() as tx:
            assert tx.messages.next_due(["b"]) is None

    # -- fairness ----------------------------------------------------------------------------------

    def test_one_store_s_flood_leaves_its_share_to_others(
        self, database: Database, first: Outbox
    ) -> None:
        add(database, *map(str, range(300)), store="a", due_at=NOW - LEASE)
        add(database, "b1", store="b")
        rows = first.claim(NOW, limit=10, stores=["a", "b"])
        assert Counter(row.store for row in rows) == {"a": 9, "b": 1}

    def test_where_stores_are_many_all_have_their_turn(
        self, database: Database, first: Outbox
    ) -> None:
        stores = [f"s{number}" for number in range(7)]
        for store in stores:
            add(database, "1", "2", "3", store=store)
        served = Counter[str]()
        for _ in range(7):
            served.update(row.store for row in first.claim(NOW, limit=3, stores=stores))
        assert dict.fromkeys(stores, 3) == served

    # -- attempts ----------------------------------------------------------------------------------

    def test_an_attempt_is_written_down_before_it_is_made(
        self, database: Database, first: Outbox
    ) -> None:
        begun = self.begin(database, first, "1")
        row = row_of(database, "1")
        assert (row.state, row.attempts, row.channel) == (MessageState.SENDING, 1, "mail")
        assert begun.version == row.version
        assert outcomes_of(database, "1") == [None]

    def test_the_outcome_ends_it(self, database: Database, first: Outbox) -> None:
        begun = self.begin(database, first, "1")
        assert first.commit([steps.sent(begun, ACCEPTED, now=NOW)], now=NOW) == []
        row = row_of(database, "1")
        assert (row.state, row.sent_at, row.lease_owner) == (MessageState.SENT, NOW, None)
        assert outcomes_of(database, "1") == ["sent"]
        assert first.claim(NOW + 2 * LEASE, limit=9, stores=["a"]) == []

    def test_what_changed_since_the_claim_is_not_begun(
        self, database: Database, first: Outbox
    ) -> None:
        add(database, "1")
        (row,) = first.claim(NOW, limit=9, stores=["a"])
        with database.write() as tx:
            tx.messages.change(row, now=NOW, due_at=NOW + SECOND)
        assert first.begin([self.attempt(database, row)], now=NOW) == {}

    def test_what_is_about_an_order_that_changed_is_not_begun(
        self, database: Database, first: Outbox
    ) -> None:
        add(database, "1")
        (row,) = first.claim(NOW, limit=9, stores=["a"])
        attempt = self.attempt(database, row)
        with database.write() as tx:
            tx.plans.mark("a", "order:1", due_at=NOW)
        assert first.begin([attempt], now=NOW) == {}

    def test_a_lease_that_ran_out_begins_nothing(self, database: Database, first: Outbox) -> None:
        add(database, "1")
        (row,) = first.claim(NOW, limit=9, stores=["a"])
        assert first.begin([self.attempt(database, row)], now=NOW + LEASE) == {}

    def test_two_attempts_at_one_subject_do_not_begin_together(
        self, database: Database, first: Outbox
    ) -> None:
        """The hook that decided on the second is to know of the first."""
        add(database, "1")
        with database.write() as tx:
            row = tx.messages.by_keys(["a/note/order:1"])["a/note/order:1"]
            values = {name: getattr(row, name) for name in ("store", "hook", "scope", "subject")}
            names = ("order_id", "message", "message_class", "cause", "due_at", "expires_at")
            values |= {name: getattr(row, name) for name in (*names, "state", "created_at")}
            tx.messages.add({**values, "key": "another", "step": "2", "updated_at": NOW})
        rows = first.claim(NOW, limit=9, stores=["a"])
        begun = first.begin([self.attempt(database, row) for row in rows], now=NOW)
        assert [rows[0].id] == list(begun)

    def test_of_steps_that_are_committed_together_one_may_be_refused(
        self, database: Database, first: Outbox
    ) -> None:
        add(database, "1", "2", "3")
        rows = first.claim(NOW, limit=9, stores=["a"])
        with database.write() as tx:
            tx.messages.change(rows[1], now=NOW, due_at=NOW + SECOND)
        given = [steps.cancelled(row, Reason.WITHDRAWN) for row in rows]
        assert [given[1]] == first.commit(given, now=NOW)
        states = [row_of(database, name).state for name in ("1", "2", "3")]
        cancelled, waiting = MessageState.CANCELLED, MessageState.WAITING
        assert [cancelled, waiting, cancelled] == states

    def test_committing_an_outcome_again_changes_nothing(
        self, database: Database, first: Outbox
    ) -> None:
        """Whoever lost the answer to a commit commits again."""
        begun = self.begin(database, first, "1")
        step = steps.sent(begun, ACCEPTED, now=NOW)
        first.commit([step], now=NOW)
        first.commit([step], now=NOW + SECOND)
        assert (
            row_of(database, "1").state,
            row_of(database, "1").sent_at,
        ) == (MessageState.SENT, NOW)

    # -- in doubt ----------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("message_class", "state"),
        [
            (MessageClass.TRANSACTIONAL, MessageState.WAITING),
            (MessageClass.MARKETING, MessageState.IN_DOUBT),
        ],
    )
    def test_an_attempt_without_an_outcome_is_doubtful_once_its_lease_has_ended(
        self,
        database: Database,
        first: Outbox,
        second: Outbox,
        message_class: MessageClass,
        state: MessageState,
    ) -> None:
        self.begin(database, first, "1")
        later = NOW + LEASE
        assert second.claim_doubtful(later - SECOND, limit=9, stores=["a"]) == []
        (row,) = second.claim_doubtful(later, limit=9, stores=["a"])
        row = replace(row, message_class=message_class)
        second.commit([steps.doubt(row, "lost", repeat_is_safe=False, now=later)], now=later)
        assert (state, 1) == (row_of(database, "1").state, row_of(database, "1").doubts)
        assert outcomes_of(database, "1") == ["in doubt"]

    def test_an_answer_that_comes_late_counts_more_than_the_doubt(
        self, database: Database, first: Outbox, second: Outbox
    ) -> None:
        begun = self.begin(database, first, "1")
        (row,) = second.claim_doubtful(NOW + LEASE, limit=9, stores=["a"])
        second.commit([steps.doubt(row, "lost", repeat_is_safe=False, now=NOW)], now=NOW)
        assert first.commit([steps.sent(begun, ACCEPTED, now=NOW)], now=NOW) == []
        assert MessageState.SENT is row_of(database, "1").state

    def test_an_answer_changes_nothing_once_another_attempt_was_made(
        self, database: Database, first: Outbox, second: Outbox
    ) -> None:
        begun, later = self.begin(database, first, "1"), NOW + LEASE
        (row,) = second.claim_doubtful(later, limit=9, stores=["a"])
        second.commit([steps.doubt(row, "lost", repeat_is_safe=False, now=later)], now=later)
        (row,) = second.claim(later, limit=9, stores=["a"])
        second.begin([self.attempt(database, row)], now=later)
        late = steps.sent(begun, ACCEPTED, now=later)
        assert [late] == first.commit([late], now=later)
        assert MessageState.SENDING is row_of(database, "1").state
