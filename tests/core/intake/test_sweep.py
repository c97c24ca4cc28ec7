"""Sweeps find what webhooks never told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, START, World

from storelink.contracts.store import Page
from storelink.errors import (
    AccessDenied,
    PayloadError,
    StorageUnavailable,
    StoreUnavailable,
    UnknownStore,
)
from storelink.hooks import ThankYou
from storelink.models import Kind, Record, Ref, ShipmentStatus, Snapshot
from storelink.models.order import Order
from storelink.testing import FrozenClock

NewWorld = Callable[..., World]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(hooks=[ThankYou()])


def known(world: World) -> list[Order]:
    return world.link.orders("shop")


def asked_since(world: World, monkeypatch: pytest.MonkeyPatch) -> list[datetime | None]:
    """Note from when on the store is asked for changed orders."""
    asked: list[datetime | None] = []
    truth = world.store.changed

    def changed(kind: Kind, **options: Any) -> Page:
        if kind is Kind.ORDER:
            asked.append(options["since"])
        return truth(kind, **options)

    monkeypatch.setattr(world.store, "changed", changed)
    return asked


def test_lost_webhooks_are_made_up_for(world: World) -> None:
    world.wait(HOUR)
    order_id = world.store.place(ADA, [MUG])
    parcel = world.store.ship(order_id, number="T", carrier="DHL")
    world.store.scan(order_id, parcel, ShipmentStatus.DELIVERED)
    world.store.refund(order_id)
    world.store.take()  # lost
    report = world.link.sweep("shop")
    assert () == report.problems
    assert {"order.placed", "order.paid", "shipment.delivered", "order.refunded"} <= {
        event.type for event in world.link.events(store="shop")
    }
    truth = world.store.read(Ref.order(order_id)).records[0]
    assert truth.fields["payment_status"] == known(world)[0].payment_status


def test_what_a_sweep_finds_is_sent(world: World) -> None:
    order_id = world.store.place(ADA, [MUG])
    world.store.take()
    world.link.sweep("shop")
    world.link.run_once()
    assert [f"thank_you/order:{order_id}"] == world.sent()


def test_a_sweep_that_finds_nothing_new_changes_nothing(world: World) -> None:
    world.timeline.place(ADA, [MUG])
    world.link.sweep("shop")
    before = world.link.events(), known(world)
    report = world.link.sweep("shop")
    assert (0, 0) == (report.lists[0].changed, report.lists[0].events)
    assert before == (world.link.events(), known(world))
    world.link.run_once()
    assert 1 == len(world.sent())


def test_every_page_is_read(world: World) -> None:
    world.store.page_size = 3
    placed = [world.store.place(ADA, [MUG]) for _ in range(10)]
    world.store.take()
    report = world.link.sweep("shop")
    assert 10 == report.lists[0].seen
    assert sorted(placed) == sorted(order.id for order in known(world))


def test_the_next_sweep_begins_a_little_before_the_newest_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_since(world, monkeypatch)
    world.link.sweep("shop")
    world.clock.advance(10 * MINUTE)
    world.store.place(ADA, [MUG])
    world.clock.advance(10 * MINUTE)
    world.link.sweep("shop")
    world.link.sweep("shop")
    assert [START - DAY - 5 * MINUTE, START - DAY - 5 * MINUTE, START + 5 * MINUTE] == asked


def test_a_clock_ahead_of_the_platform_s_loses_nothing(new_world: NewWorld) -> None:
    """The platform's clock is half an hour behind ours."""
    world = new_world(hooks=[])
    behind = FrozenBehind(world)
    world.store._clock = behind
    world.link.sweep("shop")
    for _ in range(3):
        world.clock.advance(15 * MINUTE)
        world.store.place(ADA, [MUG])
        world.store.take()
        world.link.sweep("shop")
    assert 3 == len(known(world))


class FrozenBehind:
    """A clock half an hour behind the world's."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> datetime:
        return self._world.clock.now() - 30 * MINUTE


def test_a_sweep_that_broke_off_goes_on_at_its_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.page_size = 2
    for _ in range(6):
        world.store.place(ADA, [MUG])
    world.store.take()
    cursors: list[str | None] = []
    truth = world.store.changed

    def changed(kind: Kind, *, cursor: str | None = None, **options: Any) -> Page:
        if kind is not Kind.ORDER:
            return Page()
        cursors.append(cursor)
        if len(cursors) == 3:
            raise StoreUnavailable("503")
        return truth(kind, cursor=cursor, **options)

    monkeypatch.setattr(world.store, "changed", changed)
    assert "503" == world.link.sweep("shop").error
    assert 4 == len(known(world))
    assert world.link.sweep("shop").error is None
    assert 6 == len(known(world))
    assert 4 == len(cursors)
    assert cursors[2] == cursors[3] is not None


def test_a_cursor_that_is_refused_is_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.page_size = 2
    for _ in range(4):
        world.store.place(ADA, [MUG])
    world.store.take()
    truth = world.store.changed
    refused, asked = iter([False, True]), []

    def changed(kind: Kind, *, cursor: str | None = None, **options: Any) -> Page:
        if kind is Kind.ORDER:
            asked.append(cursor)
        if kind is Kind.ORDER and next(refused, False):
            raise AccessDenied("the cursor is invalid", needs="a fresh cursor")
        return truth(kind, cursor=cursor, **options)

    monkeypatch.setattr(world.store, "changed", changed)
    assert ("the cursor is invalid",) == world.link.sweep("shop").problems
    assert () == world.link.sweep("shop").problems
    assert [True, False, True, False] == [cursor is None for cursor in asked]
    assert 4 == len(known(world))


def test_one_kind_that_is_denied_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.sell(MUG)
    world.store.place(ADA, [MUG])
    world.store.take()
    truth = world.store.changed

    def changed(kind: Kind, **options: Any) -> Page:
        if kind is Kind.ORDER:
            raise AccessDenied("grant the scope read_orders", needs="read_orders")
        return truth(kind, **options)

    monkeypatch.setattr(world.store, "changed", changed)
    report = world.link.sweep("shop")
    assert ("grant the scope read_orders",) == report.problems
    assert {Kind.ORDER: 0, Kind.PRODUCT: 1} == {
        one.kind: one.seen for one in report.lists if one.kind in (Kind.ORDER, Kind.PRODUCT)
    }
    assert world.link.product("shop", "product-Mug") is not None


def test_refused_credentials_are_told_once_and_end_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Kind] = []

    def changed(kind: Kind, **options: Any) -> Page:
        asked.append(kind)
        raise AccessDenied("the key is refused: make a new one")

    monkeypatch.setattr(world.store, "changed", changed)
    report = world.link.sweep("shop")
    assert [Kind.ORDER] == asked
    assert "the key is refused: make a new one" == report.error


def test_an_adapter_that_fails_is_told_of_and_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, errors_are_expected: None
) -> None:
    truth = world.store.changed

    def changed(kind: Kind, **options: Any) -> Page:
        if kind is Kind.PRODUCT:
            raise KeyError("ada@example.com")
        return truth(kind, **options)

    monkeypatch.setattr(world.store, "changed", changed)
    report = world.link.sweep("shop")
    assert ("the adapter failed: KeyError",) == report.problems
    assert len(world.store.manifest.lists) == len(report.lists)


def test_a_list_that_goes_nowhere_is_an_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.store, "changed", lambda kind, **options: Page(cursor="same"))
    assert any("does not go on" in problem for problem in world.link.sweep("shop").problems)


def test_a_platform_that_prepares_is_waited_for(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    world = new_world(hooks=[], sleep=slept.append)
    world.store.place(ADA, [MUG])
    truth = world.store.changed
    waits = iter([True, True])

    def changed(kind: Kind, *, cursor: str | None = None, **options: Any) -> Page:
        if kind is Kind.ORDER and next(waits, False):
            return Page(wait=timedelta(seconds=7))
        return truth(kind, cursor=cursor, **options)

    monkeypatch.setattr(world.store, "changed", changed)
    assert () == world.link.sweep("shop").problems
    assert [7.0, 7.0] == slept
    assert 1 == len(known(world))


def test_what_the_lists_leave_open_is_read(world: World) -> None:
    """A refund's webhook and nothing else: the order's header is not known."""
    order_id = world.store.place(BOB, [MUG])
    world.store.take()
    world.link.sweep("shop")
    world.clock.advance(2 * HOUR)
    world.store.ship(order_id, number="T", carrier="DHL")
    parcel, _ = world.store.take()
    world.store.delete(order_id)
    world.store.take()
    world.link.receive("shop", headers=parcel.headers, body=parcel.body)
    world.link.sweep("shop")
    found = world.link.order("shop", order_id)
    assert found is not None
    assert found.deleted_at is not None


def test_what_is_left_open_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = world.store.place(ADA, [MUG])
    world.store.refund(order_id)
    world.absorb()

    def silent(refs: Any) -> None:
        raise StoreUnavailable("no answer in time")

    monkeypatch.setattr(world.store, "read_many", silent)
    monkeypatch.setattr(world.store, "changed", lambda kind, **options: Page())
    report = world.link.sweep("shop")
    assert ("no answer in time",) == report.problems
    assert "no answer in time" in {row["note"] for row in report.rows()}


def test_two_workers_do_not_sweep_one_store_at_once(
    new_world: NewWorld, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"sqlite:///{tmp_path}/link.db"
    first, second = new_world(database, hooks=[]), new_world(database, hooks=[])
    told: list[str | None] = []
    truth = first.store.changed

    def changed(kind: Kind, **options: Any) -> Page:
        if kind is Kind.ORDER:
            told.append(second.link.sweep("shop").left_alone)
        return truth(kind, **options)

    monkeypatch.setattr(first.store, "changed", changed)
    assert first.link.sweep("shop").left_alone is None
    assert ["another worker is at the sweep of shop already"] == [
        str(one).partition(";")[0] for one in told
    ]
    assert second.link.sweep("shop").left_alone is None


def test_a_turn_that_nobody_gave_back_ends_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.link._database.write() as tx:
        value = {"owner": "elsewhere/1/x", "until": (START + 5 * MINUTE).isoformat()}
        tx.positions.put("shop", "turn/sweep", value, now=START)
    assert world.link.sweep("shop").left_alone is not None
    world.clock.advance(5 * MINUTE)
    assert world.link.sweep("shop").left_alone is None


def test_a_turn_that_was_taken_while_the_clock_was_wrong_ends_as_well(world: World) -> None:
    with world.link._database.write() as tx:
        value = {"owner": "elsewhere/1/x", "until": (START + 365 * DAY).isoformat()}
        tx.positions.put("shop", "turn/sweep", value, now=START)
    assert world.link.sweep("shop").left_alone is None


def test_a_store_that_leaves_during_a_sweep_has_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(kind: Kind, **options: Any) -> None:
        with world.link._database.write() as tx:
            tx.stores.uninstall("shop", at=START)

    monkeypatch.setattr(world.store, "count", count)
    world.link.sweep("shop")
    with world.link._database.read() as tx:
        assert {"shop": START} == tx.stores.uninstalled_at()


@pytest.mark.parametrize("hours", [-20, -3, 3, 30])
def test_however_wrong_the_platform_s_clock_is_no_change_is_lost(
    new_world: NewWorld, hours: int
) -> None:
    world = new_world(hooks=[])
    world.store._clock = Shifted(world, timedelta(hours=hours))
    order_id = world.store.place(ADA, [MUG])
    world.absorb()
    for number in range(4):
        world.clock.advance(15 * MINUTE)
        world.store.edit(order_id, tags=(str(number),))
        world.store.place(ADA, [MUG])
        world.store.take()
        world.link.sweep("shop")
    assert 5 == len(known(world))
    assert ("3",) == world.order(order_id).tags


def test_our_clock_may_go_wrong_and_right_again(world: World) -> None:
    order_id = world.store.place(ADA, [MUG])
    world.absorb()
    world.store._clock = FrozenClock(START)  # the platform's goes right
    world.link.sweep("shop")
    world.clock.advance(365 * DAY)
    world.link.sweep("shop")
    world.store._clock.advance(2 * DAY)
    world.store.edit(order_id, tags=("vip",))
    world.store.place(ADA, [MUG])
    world.store.take()
    world.link.sweep("shop")
    world.clock._now -= 363 * DAY
    world.link.sweep("shop")
    assert 2 == len(known(world))


class Shifted:
    """A clock that is ahead of the world's, or behind."""

    def __init__(self, world: World, ahead: timedelta) -> None:
        self._world, self._ahead = world, ahead

    def now(self) -> datetime:
        return self._world.clock.now() + self._ahead


def test_what_a_list_shows_late_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asked_since(world, monkeypatch)
    world.store.place(ADA, [MUG])
    for _ in range(3):
        world.clock.advance(15 * MINUTE)
        world.link.sweep("shop")
    assert [START - 5 * MINUTE, START] == asked[1:]


@pytest.mark.usefixtures("errors_are_expected")
def test_an_object_that_cannot_be_absorbed_stops_no_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a character: no database takes it."""
    world.store.page_size = 3
    placed = [world.store.place(ADA, [MUG]) for _ in range(5)]
    world.store.take()
    truth = world.store.changed
    odd = Snapshot((Record(kind=Kind.ORDER, id="\ud800"),))

    def changed(kind: Kind, **options: Any) -> Page:
        page = truth(kind, **options)
        return replace(page, snapshots=(odd, *page.snapshots)) if kind is Kind.ORDER else page

    monkeypatch.setattr(world.store, "changed", changed)
    report = world.link.sweep("shop")
    assert "2 orders could not be absorbed; the log says why" == report.lists[0].error
    assert placed == sorted(order.id for order in known(world))


@pytest.mark.parametrize("failure", [PayloadError("no list"), AccessDenied("no", needs="hooks")])
def test_webhooks_that_cannot_be_listed_do_not_spoil_the_sweep(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    world = new_world(hooks=[], webhook_url="https://hooks.example/webhooks/{store}")

    def fail() -> None:
        raise failure

    monkeypatch.setattr(world.store, "subscriptions", fail)
    report = world.link.sweep("shop")
    assert (str(failure),) == report.problems
    assert (None, None) == (report.error, report.left_alone)
    assert "webhooks" in {row["what"] for row in report.rows()}


@pytest.mark.usefixtures("errors_are_expected")
@pytest.mark.parametrize("part", ["count", "subscriptions"])
def test_an_adapter_s_mistake_in_one_part_does_not_stop_the_others(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    world = new_world(hooks=[], webhook_url="https://hooks.example/webhooks/{store}")

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.store, part, fail)
    report = world.link.sweep("shop")
    assert ("the adapter failed: ZeroDivisionError",) == report.problems
    assert report.error is None


def test_a_database_that_is_busy_is_no_fault_of_the_store(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise StorageUnavailable("busy")

    monkeypatch.setattr(world.store, "count", busy)
    with pytest.raises(StorageUnavailable):
        world.link.sweep("shop")


def test_a_store_that_took_storelink_off_is_connected_again_by_a_sweep(world: World) -> None:
    with world.link._database.write() as tx:
        tx.stores.uninstall("shop", at=START)
    assert world.link.sweep("shop").error is None
    with world.link._database.read() as tx:
        assert {} == tx.stores.uninstalled_at()


def test_the_report_is_rows(world: World) -> None:
    world.store.place(ADA, [MUG])
    rows = list(world.link.sweep("shop").rows())
    assert ["orders", "products", "checkouts", "coupons", "reviews", "audit of orders"] == [
        row["what"] for row in rows
    ]
    assert {"store": "shop", "what": "orders", "seen": 1, "changed": 1, "note": ""}.items() <= (
        rows[0].items()
    )


def test_an_unknown_store_is_not_swept(world: World) -> None:
    with pytest.raises(UnknownStore):
        world.link.sweep("nowhere")


def test_old_orders_are_no_news(new_world: NewWorld) -> None:
    """An order from before the connection that changes now is known, and messages nobody."""
    world = new_world(hooks=[ThankYou()], since=START + DAY)
    order_id = world.store.place(ADA, [MUG])
    world.clock.advance(DAY + HOUR)
    world.store.edit(order_id, tags=("vip",))
    world.store.take()
    world.link.sweep("shop")
    world.link.run_once()
    assert [] == world.sent()
    assert {True} == {event.historic for event in world.link.events(store="shop")}
