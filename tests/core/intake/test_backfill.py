"""A backfill reads the whole past of a store: resumed where it was, and messaging nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, START, World
from sqlalchemy import event

from storelink.contracts.store import Page
from storelink.errors import AccessDenied, Conflict, StoreUnavailable, Throttled
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.intake import Progress
from storelink.models import Kind, ShipmentStatus

NewWorld = Callable[..., World]
YEAR = 365 * DAY


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """A shop that was connected a year after its first orders."""
    return new_world(hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()], since=START + YEAR)


def past(world: World, number: int) -> list[str]:
    """Old orders that arrived long ago, and of which no webhook told."""
    placed = []
    for _ in range(number):
        order_id = world.store.place(ADA, [MUG])
        parcel = world.store.ship(order_id, number="T", carrier="DHL")
        world.store.scan(order_id, parcel, ShipmentStatus.DELIVERED)
        placed.append(order_id)
        world.clock.advance(timedelta(minutes=1))
    world.store.take()
    return placed


def connected(world: World) -> None:
    """Let the year pass."""
    world.clock.set(START + YEAR + HOUR)


def counting(world: World, monkeypatch: pytest.MonkeyPatch, *, fail_at: int = 0) -> list[object]:
    """Note the cursors of the orders' history; its n-th page is not answered."""
    asked: list[object] = []
    truth = world.store.history

    def history(kind: Kind, *, cursor: str | None = None) -> Page:
        if kind is Kind.ORDER:
            asked.append(cursor)
            if len(asked) == fail_at:
                raise AccessDenied("the key is refused", needs="read_orders")
        return truth(kind, cursor=cursor)

    monkeypatch.setattr(world.store, "history", history)
    return asked


def test_everything_is_known_and_nobody_is_messaged(world: World) -> None:
    placed = past(world, 8)
    connected(world)
    report = world.link.backfill("shop")
    assert ((), 8) == (report.problems, report.lists[0].seen)
    assert sorted(placed) == sorted(order.id for order in world.link.orders("shop"))
    assert {True} == {one.historic for one in world.link.events(store="shop")}
    world.wait(60 * DAY)
    assert [] == world.sent()
    assert [] == world.keys()


def test_planning_old_orders_costs_nothing(world: World) -> None:
    """A hundred thousand of them must not keep the worker from today's."""
    past(world, 30)
    connected(world)
    world.link.backfill("shop")
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    assert 0 == world.link.run_once().planned
    assert world.link.next_due() is None
    event.listen(world.link._database._engine, "before_cursor_execute", note)
    world.link.run_once()
    assert len(statements) < 30


def test_what_lists_leave_out_of_old_orders_is_not_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be ten thousands of reads that nobody is told about; a change of one asks."""
    (order_id,) = past(world, 1)
    truth = world.store.history

    def in_part(kind: Kind, *, cursor: str | None = None) -> Page:
        page = truth(kind, cursor=cursor)
        left_out = [
            replace(one, records=(replace(one.records[0], needs_read="no lines"), *one.records[1:]))
            for one in page.snapshots
        ]
        return replace(page, snapshots=tuple(left_out))

    monkeypatch.setattr(world.store, "history", in_part)
    connected(world)
    world.link.backfill("shop")
    assert 0 == world.link.run_once().read
    world.store.refund(order_id)
    world.absorb()
    assert 1 == world.link.run_once().read


def test_what_is_still_alive_is_planned(world: World) -> None:
    """Placed before the connection, promised for after it."""
    old = world.store.place(ADA, [MUG])
    world.clock.set(START + YEAR - DAY)
    world.store.ship(old, number="T", carrier="DHL", promised_at=START + YEAR + DAY)
    world.store.take()
    connected(world)
    world.link.backfill("shop")
    assert 0 < world.link.run_once().planned
    world.wait(2 * DAY)
    assert "shipment.overdue" in {one.type for one in world.link.events(store="shop")}


def test_an_order_that_is_known_already_is_planned_again(world: World) -> None:
    """A refund of which no webhook told takes back what waits."""
    connected(world)
    order_id = world.store.place(BOB, [MUG])
    world.store.ship(order_id, number="T", carrier="DHL")
    world.absorb()
    world.link.run_once()
    world.store.cancel(order_id)
    world.store.take()
    world.link.backfill("shop")
    assert 0 < world.link.run_once().planned


def test_progress_is_told_page_by_page(world: World) -> None:
    world.store.page_size = 3
    past(world, 7)
    told: list[Progress] = []
    world.link.backfill("shop", kinds=["order"], progress=told.append)
    assert [(3, 7), (6, 7)] == [(one.done, one.total) for one in told[:2]]
    assert 7 == told[-1].done
    assert {Kind.ORDER} == {one.kind for one in told}


def test_a_backfill_that_broke_off_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.store.page_size = 2
    placed = past(world, 6)
    asked = counting(world, monkeypatch, fail_at=3)
    (problem,) = world.link.backfill("shop", kinds=["order"]).problems
    assert "the key is refused" in problem
    report = world.link.backfill("shop", kinds=["order"])
    assert 2 == report.lists[0].seen
    assert asked[2] == asked[3] is not None
    assert len(placed) == len(world.link.orders("shop"))


def test_a_finished_backfill_is_not_done_again_unless_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    past(world, 2)
    asked = counting(world, monkeypatch)
    world.link.backfill("shop")
    again = world.link.backfill("shop").lists[0]
    assert (1, 0) == (len(asked), again.seen)
    assert again.finished_at == world.clock.now()
    assert 2 == world.link.backfill("shop", restart=True).lists[0].seen


def test_only_the_kinds_that_are_asked_for_are_read(world: World) -> None:
    past(world, 1)
    world.store.sell(MUG)
    report = world.link.backfill("shop", kinds=[Kind.PRODUCT])
    assert [Kind.PRODUCT] == [one.kind for one in report.lists]
    assert [] == world.link.orders("shop")


def test_only_what_changed_since_is_read(world: World) -> None:
    past(world, 3)
    late = world.clock.now()
    past(world, 2)
    report = world.link.backfill("shop", kinds=["order"], since=late)
    assert 2 == report.lists[0].seen
    assert 5 == world.link.backfill("shop", kinds=["order"]).lists[0].seen


def test_a_busy_platform_is_waited_for(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    world = new_world(hooks=[], since=START + YEAR, sleep=slept.append)
    past(world, 1)
    failures = iter([Throttled("busy", after=timedelta(seconds=9)), StoreUnavailable("503")])
    truth = world.store.history

    def history(kind: Kind, **options: Any) -> Page:
        if (failure := next(failures, None)) is not None:
            raise failure
        return truth(kind, **options)

    monkeypatch.setattr(world.store, "history", history)
    assert () == world.link.backfill("shop", kinds=["order"]).problems
    assert [9.0, 4.0] == slept


def test_a_deletion_meanwhile_is_not_revived_by_an_older_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform that exports first and hands out later shows what was there at first."""
    order_id, *_ = past(world, 1)
    connected(world)
    exported = world.store.history(Kind.ORDER)
    pages = iter([Page(cursor="export", wait=timedelta(seconds=1)), exported])
    monkeypatch.setattr(world.store, "history", lambda kind, **options: next(pages))

    def meanwhile(seconds: float) -> None:
        world.clock.advance(HOUR)
        world.store.delete(order_id)
        world.absorb()
        world.clock.advance(HOUR)

    monkeypatch.setattr(world.link._caretaker, "_sleep", meanwhile)
    world.link.backfill("shop", kinds=["order"])
    assert world.order(order_id).deleted_at is not None


def test_two_workers_do_not_backfill_one_store_at_once(
    new_world: NewWorld, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"sqlite:///{tmp_path}/link.db"
    first, second = new_world(database, hooks=[]), new_world(database, hooks=[])
    first.store.place(ADA, [MUG])

    def told(progress: Progress) -> None:
        with pytest.raises(Conflict):
            second.link.backfill("shop")

    assert () == first.link.backfill("shop", progress=told).problems


def test_webhooks_during_a_backfill_are_absorbed(world: World) -> None:
    world.store.page_size = 1
    past(world, 2)
    connected(world)
    live: list[str] = []

    def told(progress: Progress) -> None:
        if not live:
            live.append(world.store.place(BOB, [MUG]))
            world.absorb()

    world.link.backfill("shop", kinds=["order"], progress=told)
    world.link.run_once()
    assert f"thank_you/order:{live[0]}" in world.sent()


@pytest.mark.usefixtures("errors_are_expected")
def test_an_adapter_s_mistake_with_one_kind_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = world.store.history

    def history(kind: Kind, **options: Any) -> Page:
        return truth(kind, **options) if kind is not Kind.ORDER else 1 / 0  # type: ignore[return-value]

    monkeypatch.setattr(world.store, "history", history)
    report = world.link.backfill("shop")
    assert 1 == len(report.problems)
    assert "restart" in report.problems[0]
    assert len(report.lists) > 1
