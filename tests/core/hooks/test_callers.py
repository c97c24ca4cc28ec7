"""Several workers call handlers: each call is made by one of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from storelink.errors import StoreUnavailable
from storelink.events import Event, OrderPlaced
from storelink.hooks.calls import Caller
from storelink.hooks.function import Handler
from storelink.hooks.registry import Registry
from storelink.mirror import Fact, tell
from storelink.mirror.merge import Version
from storelink.outbox.life import Lease
from storelink.storage import Database
from storelink.testing import FrozenClock

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LEASE = timedelta(minutes=5)

Act = Callable[[Event], object]


class Office:
    """Some workers with one handler, and events to call it with."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.heard = database, FrozenClock(NOW), list[str]()
        self.registry = Registry([])
        self.act: Act = lambda event: None
        self.registry.add_handler(Handler("post", OrderPlaced, self._hear))
        with database.write() as tx:
            for store in ("shop", "other"):
                tx.stores.connect(store, platform="fake", now=NOW, since=None)

    def happen(self, *names: str, store: str = "shop") -> None:
        facts = [
            Fact(
                OrderPlaced(id=name, store=store, at=NOW, exact=True, order_id=name), Version(1, -1)
            )
            for name in names
        ]
        with self.database.write() as tx:
            tell(tx, facts, now=NOW, listeners=self.registry.listeners)

    def worker(self, owner: str) -> Caller:
        return Caller(self.database, self.registry, self.clock, Lease(owner, LEASE))

    def _hear(self, event: Event) -> None:
        self.heard.append(event.id)
        self.act(event)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    database = Database(database_url)
    yield Office(database)
    database.close()


def test_workers_at_once_make_each_call_once(office: Office) -> None:
    names = [f"{number:02}" for number in range(20)]
    office.happen(*names)
    workers = [office.worker(str(number)) for number in range(4)]

    with ThreadPoolExecutor(len(workers)) as threads:
        made = sum(threads.map(lambda one: one.run_once(["shop"], limit=7), workers))
    made += office.worker("last").run_once(["shop"])

    assert made == len(names)
    assert sorted(office.heard) == names


def test_nobody_else_calls_while_a_handler_takes_its_time(office: Office) -> None:
    office.happen("a")
    one, other = office.worker("one"), office.worker("other")
    found: list[int] = []

    def slow(_: Event) -> None:
        office.clock.advance(LEASE - timedelta(seconds=1))
        one.keep()
        office.clock.advance(LEASE - timedelta(seconds=1))
        found.append(other.run_once(["shop"]))

    office.act = slow
    assert one.run_once(["shop"]) == 1
    assert (found, office.heard) == ([0], ["a"])


def test_calls_that_outlive_the_lease_are_left_to_others(office: Office) -> None:
    office.happen("a", "b")
    office.act = lambda event: office.clock.advance(LEASE)

    assert office.worker("one").run_once(["shop"]) == 1
    assert office.worker("other").run_once(["shop"]) == 1
    assert sorted(office.heard) == ["a", "b"]


def test_what_is_not_called_before_the_end_is_free_at_once(office: Office) -> None:
    office.happen("a", "b")

    assert office.worker("one").run_once(["shop"], stop=lambda: len(office.heard) == 1) == 1
    assert office.worker("other").run_once(["shop"]) == 1
    assert sorted(office.heard) == ["a", "b"]


def test_only_the_calls_of_the_named_stores_are_made(office: Office) -> None:
    office.happen("a")
    office.happen("b", store="other")

    assert office.worker("one").run_once(["other"]) == 1
    assert office.heard == ["b"]


@pytest.mark.usefixtures("errors_are_expected")
@pytest.mark.parametrize(
    ("error", "days"), [(RuntimeError("a bug"), 2), (StoreUnavailable("it rests"), 31)], ids=repr
)
def test_a_store_that_is_away_is_waited_for_longer_than_a_bug(
    office: Office, error: Exception, days: int
) -> None:
    def fail(event: Event) -> None:
        raise error

    office.act = fail
    office.happen("a")
    worker, last = office.worker("one"), NOW
    for hour in range(24 * 40):
        office.clock.set(NOW + timedelta(hours=hour))
        if worker.run_once(["shop"]):
            last = office.clock.now()
    assert timedelta(days - 1) <= last - NOW <= timedelta(days + 1)
