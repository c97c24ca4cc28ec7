"""The worker sweeps each store again and again; one that fails does not stop the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, HOUR, MUG, START

from storelink import Storelink
from storelink.contracts.store import Page
from storelink.errors import StoreUnavailable
from storelink.intake.rounds import Rounds, next_sweep
from storelink.models import Kind
from storelink.testing import FakeStore, FrozenClock

EVERY = timedelta(minutes=15)


class Shops:
    """Several stores in one app, and its rounds."""

    def __init__(self, *names: str, database: str = "sqlite://", clock: FrozenClock) -> None:
        self.clock = clock
        self.stores = {name: FakeStore(clock=clock) for name in names}
        self.link = Storelink(database, stores=dict(self.stores), clock=clock)
        self.rounds: Rounds = self.link._caretaker.rounds(EVERY, threading.Event())

    def go_round(self) -> list[str]:
        due = self.rounds.due()
        for name in due:
            self.rounds.visit(name)
        return due

    def next_due(self, name: str) -> datetime:
        with self.link._database.read() as tx:
            return datetime.fromisoformat(tx.positions.get(name, "round")["due_at"])


@pytest.fixture
def open_shops() -> Iterator[Callable[..., Shops]]:
    with ExitStack() as stack:

        def make(*names: str, **options: Any) -> Shops:
            shops = Shops(*names, **{"clock": FrozenClock(START), **options})
            stack.callback(shops.link.close)
            return shops

        yield make


def test_each_store_is_swept_once_in_its_time(open_shops: Callable[..., Shops]) -> None:
    shops = open_shops("one", "two", "three")
    assert ["one", "three", "two"] == sorted(shops.go_round())
    assert [] == shops.go_round()
    seen: list[str] = []
    for _ in range(15):
        shops.clock.advance(timedelta(minutes=1))
        seen += shops.go_round()
    assert ["one", "three", "two"] == sorted(seen)


def test_many_stores_do_not_sweep_at_the_same_time() -> None:
    names = [f"store-{number}" for number in range(50)]
    minutes = {next_sweep(name, START, EVERY).minute for name in names}
    assert len(minutes) > 10


def test_a_store_that_fails_is_tried_less_and_less_often(
    open_shops: Callable[..., Shops], monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    shops = open_shops("down", "up")

    def changed(kind: Kind, **options: Any) -> Page:
        raise StoreUnavailable("the store answers 503")

    monkeypatch.setattr(shops.stores["down"], "changed", changed)
    shops.stores["up"].place(ADA, [MUG])
    waits = []
    for _ in range(8):
        shops.go_round()
        waits.append(shops.next_due("down") - shops.clock.now())
        shops.clock.set(shops.next_due("down"))
    assert [30, 60, 120, 240] == [wait.total_seconds() / 60 for wait in waits[:4]]
    assert 6 * HOUR == waits[-1]
    assert 1 == len(shops.link.orders("up"))
    said = [one.getMessage() for one in caplog.records if "503" in one.getMessage()]
    assert ["sweep of down: the store answers 503"] == said


def test_a_store_that_recovers_is_swept_as_before(
    open_shops: Callable[..., Shops], monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = open_shops("shop")

    def changed(kind: Kind, **options: Any) -> Page:
        raise StoreUnavailable("503")

    with monkeypatch.context() as patch:
        patch.setattr(shops.stores["shop"], "changed", changed)
        shops.go_round()
    shops.clock.set(shops.next_due("shop"))
    shops.go_round()
    assert shops.next_due("shop") - shops.clock.now() <= EVERY


def test_a_store_that_took_storelink_off_is_left_alone(open_shops: Callable[..., Shops]) -> None:
    shops = open_shops("gone", "here")
    with shops.link._database.write() as tx:
        tx.stores.uninstall("gone", at=START)
    assert ["here"] == shops.go_round()


def test_two_workers_share_the_rounds(open_shops: Callable[..., Shops], tmp_path: object) -> None:
    database, clock = f"sqlite:///{tmp_path}/link.db", FrozenClock(START)
    first = open_shops("one", "two", database=database, clock=clock)
    second = open_shops("one", "two", database=database, clock=clock)
    assert ["one", "two"] == sorted(first.go_round())
    assert [] == second.go_round()


def test_the_worker_sweeps_and_stops(open_shops: Callable[..., Shops]) -> None:
    shops = open_shops("shop")
    order_id = shops.stores["shop"].place(ADA, [MUG])
    stopped = threading.Event()

    def until_known(seconds: float) -> bool:
        assert shops.link.order("shop", order_id) is not None
        stopped.set()
        return True

    rounds = shops.link._caretaker.rounds(EVERY, stopped)
    stopped.wait = until_known  # type: ignore[method-assign,assignment]
    rounds.run(stopped)
    assert stopped.is_set()


def test_run_once_does_not_sweep(open_shops: Callable[..., Shops]) -> None:
    shops = open_shops("shop")
    shops.stores["shop"].place(ADA, [MUG])
    shops.link.run_once()
    assert [] == shops.link.orders("shop")


def test_a_round_that_was_noted_while_the_clock_was_wrong_is_due(
    open_shops: Callable[..., Shops],
) -> None:
    shops = open_shops("shop")
    shops.clock.advance(timedelta(days=365))
    shops.go_round()
    shops.clock._now -= timedelta(days=365)
    assert ["shop"] == shops.go_round()
