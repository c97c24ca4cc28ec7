"""A place in a person's budget is taken by one message."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from core.world import ADA, DAY, HOUR, MUG, START, World

from storelink.consent.budgets import Wanted, reserve_all
from storelink.models import MessageClass, MessageState
from storelink.operations.prune import prune
from storelink.policy.budget import LONGEST, Limit, Limits
from storelink.storage import Database, Transaction

TRANSACTIONAL, RELATIONSHIP, MARKETING = MessageClass
TWO_A_DAY = (Limit(frozenset({RELATIONSHIP, MARKETING}), 2, DAY),)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def wanted(
    name: str, message_class: MessageClass = MARKETING, *, person: str = "ada", by: str = "email"
) -> Wanted:
    return Wanted(f"shop/{name}", person, message_class, by)


def reserve(
    tx: Transaction, store: str, one: Wanted, limits: Limits, now: datetime
) -> datetime | None:
    (until,) = reserve_all(tx, store, [one], limits, now)
    return until


def asked(database: Database, one: Wanted, now: datetime = START) -> datetime | None:
    with database.write() as tx:
        return reserve(tx, "shop", one, TWO_A_DAY, now)


def test_a_budget_is_one_across_channels_and_hooks(database: Database) -> None:
    assert asked(database, wanted("review/1", RELATIONSHIP)) is None
    assert asked(database, wanted("offer/1", by="sms")) is None
    assert START + DAY == asked(database, wanted("offer/2"), START + HOUR)
    assert asked(database, wanted("offer/2"), START + DAY) is None


def test_people_and_stores_have_budgets_of_their_own(database: Database) -> None:
    for name in ("a", "b"):
        assert asked(database, wanted(name)) is None
    assert asked(database, wanted("c", person="bob")) is None
    with database.write() as tx:
        assert reserve(tx, "other", wanted("d"), TWO_A_DAY, START) is None


def test_what_the_order_needs_goes_however_much_was_sent(database: Database) -> None:
    for name in ("a", "b"):
        asked(database, wanted(name))
    assert asked(database, wanted("delay", TRANSACTIONAL)) is None
    with database.read() as tx:
        assert 2 == len(tx.budget.spent("shop", ["ada"], since=START - DAY))


def test_a_message_that_is_tried_again_counts_once(database: Database) -> None:
    for hours in range(5):
        assert asked(database, wanted("a"), START + hours * HOUR) is None
    assert asked(database, wanted("b"), START + 5 * HOUR) is None
    assert START + 4 * HOUR + DAY == asked(database, wanted("c"), START + 5 * HOUR)


@pytest.mark.parametrize("state", [MessageState.CANCELLED, MessageState.FAILED])
def test_a_message_that_does_not_go_after_all_stops_counting(
    new_world: Callable[..., World], state: MessageState
) -> None:
    world = new_world()
    world.timeline.place(ADA, [MUG])
    database = world.link._database
    (key,) = (message.key for message in world.link.messages())
    review = wanted(key.removeprefix("shop/"))
    assert asked(database, review) is None
    assert asked(database, wanted("a")) is None
    assert START + DAY == asked(database, wanted("b"))
    with database.write() as tx:
        row = tx.messages.get(key)
        assert row is not None
        assert tx.messages.change(row, now=START, state=state)
    assert asked(database, wanted("b")) is None


def test_a_law_counts_beside_the_shops_own_limits(database: Database) -> None:
    law = (Limit(frozenset({MARKETING}), 1, 3 * DAY, channel="sms"),)
    texts = [wanted(name, by="sms")._replace(limits=law) for name in ("a", "b")]
    assert [None, START + 3 * DAY] == [asked(database, one) for one in texts]
    assert asked(database, wanted("c")) is None
    assert START + 3 * DAY == asked(database, texts[1], START + 2 * DAY)


def test_many_ask_at_once_and_the_first_ones_come_first(database: Database) -> None:
    asks = [
        wanted("a"),
        wanted("delay", TRANSACTIONAL),
        wanted("b"),
        wanted("c"),
        wanted("a", person="bob"),
    ]
    with database.write() as tx:
        found = reserve_all(tx, "shop", asks, TWO_A_DAY, START)
    assert [None, None, None, START + DAY, None] == found


def test_two_workers_never_send_one_more_than_allowed(database_url: str) -> None:
    """Each has a connection of its own, and both ask for the same person all the time."""
    limits = (Limit(frozenset({MARKETING}), 7, DAY),)
    Database(database_url).close()
    barrier = threading.Barrier(2)
    went: list[str] = []

    def work(worker: int) -> None:
        own = Database(database_url)
        barrier.wait()
        for number in range(15):
            one = wanted(f"{worker}/{number}")
            with own.write() as tx:
                until = reserve(tx, "shop", one, limits, START)
            if until is None:
                went.append(one.message)
        own.close()

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert 7 == len(went)
    database = Database(database_url)
    with database.read() as tx:
        assert set(went) == {
            row.message for row in tx.budget.spent("shop", ["ada"], since=START - DAY)
        }
    database.close()


def test_pruning_forgets_what_no_limit_can_ask_for(database: Database) -> None:
    for name, at in (("old", START), ("young", START + 2 * DAY)):
        assert asked(database, wanted(name), at) is None
    done = prune(database, START + LONGEST + DAY, now=START + 2 * LONGEST)
    assert 1 == done.budgets
    with database.read() as tx:
        (kept,) = tx.budget.spent("shop", ["ada"], since=START - DAY)
    assert "shop/young" == kept.message
