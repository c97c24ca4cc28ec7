"""The worker rests when nothing is left to do, and no single object holds up the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, START, World
from sqlalchemy import event, text

from storelink import Storelink
from storelink.errors import NotFound, StoreUnavailable
from storelink.hooks import ReviewRequest, ThankYou
from storelink.models import Kind, Record, Ref, ReturnStatus, ShipmentStatus, Snapshot
from storelink.testing import FakeStore, RecordingChannel, wire
from storelink.toolkit.signing import hmac_sha256_base64

Read = Callable[[Ref], Snapshot]


@contextmanager
def answering(world: World, answer: Callable[[Ref, Read], Snapshot]) -> Iterator[list[Ref]]:
    """Let the store answer so, and note what it was asked."""
    asked: list[Ref] = []
    truth = world.store.read

    def read(ref: Ref) -> Snapshot:
        asked.append(ref)
        return answer(ref, truth)

    world.store.read = read  # type: ignore[method-assign]
    yield asked
    world.store.read = truth  # type: ignore[method-assign]


def half_told(world: World, number: int) -> list[str]:
    """Orders of which only a parcel is known: each has to be read."""
    orders = []
    for _ in range(number):
        order_id = world.store.place(ADA, [MUG])
        world.store.take()
        world.store.ship(order_id, number="T", carrier="DHL")
        parcel, _ = world.store.take()
        world.link.receive("shop", headers=parcel.headers, body=parcel.body)
        orders.append(order_id)
    return orders


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    return new_world(hooks=[ThankYou()])


# -- reading ---------------------------------------------------------------------------------------


def test_what_webhooks_left_open_is_read_once(world: World) -> None:
    orders = half_told(world, 3)
    with answering(world, lambda ref, truth: truth(ref)) as asked:
        report = world.link.run_once()
        assert 3 == report.read
        world.link.run_once()
    assert sorted(map(Ref.order, orders), key=str) == sorted(asked, key=str)


def test_an_answer_that_settles_nothing_does_not_keep_the_worker_reading(world: World) -> None:
    """An adapter that says nothing at all about the object it was asked for."""
    half_told(world, 1)
    with answering(world, lambda ref, truth: Snapshot()) as asked:
        world.link.run_once()
        assert 5 == len(asked)
        world.link.run_once()
        assert 10 == len(asked)


def test_a_store_that_does_not_answer_is_asked_once_in_a_run(world: World) -> None:
    """Not once for each of its orders, each time until the timeout."""
    half_told(world, 7)

    def silent(ref: Ref, truth: Read) -> Snapshot:
        raise StoreUnavailable("503")

    with answering(world, silent) as asked:
        assert 0 == world.link.run_once().read
        assert 1 == len(asked)
    assert 7 == world.link.run_once().read


def test_an_order_that_cannot_be_read_does_not_hold_up_the_others(
    world: World, errors_are_expected: None
) -> None:
    broken, *others = half_told(world, 4)

    def answer(ref: Ref, truth: Read) -> Snapshot:
        if ref.id == broken:
            raise KeyError("total")
        return truth(ref)

    with answering(world, answer) as asked:
        assert 3 == world.link.run_once().read
    assert 2 == asked.count(Ref.order(broken))  # once among the others, once alone
    assert set(others) == {order.id for order in world.link.orders("shop")}


def test_an_order_that_is_not_there_any_more_is_deleted(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(HOUR)
    world.store.delete(order_id)
    world.store.take()
    world.link.read("shop", order_id)
    assert START + HOUR == world.order(order_id).deleted_at


def test_a_return_is_read_by_its_own_name(world: World) -> None:
    """A read of the order does not answer what is open about a return."""
    order_id = world.timeline.place(ADA, [MUG])
    told = Record(
        kind=Kind.RETURN,
        id="r",
        order_id=order_id,
        fields={"status": ReturnStatus.REQUESTED},
        needs_read="webhooks of returns have no times",
    )

    def answer(ref: Ref, truth: Read) -> Snapshot:
        if ref.kind is not Kind.RETURN:
            return truth(ref)
        full = {"status": ReturnStatus.OPEN, "lines": [], "approved_at": START}
        return Snapshot((Record(kind=Kind.RETURN, id="r", order_id=order_id, fields=full),))

    body = wire.encode(Snapshot((told,)))
    headers = {
        "x-fake-delivery": "r1",
        "x-fake-signature": hmac_sha256_base64("fake-secret", body),
    }
    world.link.receive("shop", headers=headers, body=body)
    with answering(world, answer) as asked:
        world.link.run_once()
    assert [Ref(kind=Kind.RETURN, id="r")] == asked
    assert [ReturnStatus.OPEN] == [one.status for one in world.order(order_id).returns]


def test_a_parcel_of_no_known_order_that_is_gone_is_nobodys_business(world: World) -> None:
    def gone(ref: Ref, truth: Read) -> Snapshot:
        raise NotFound("no")

    half_told(world, 1)
    with answering(world, gone) as asked:
        world.link.run_once()
        world.link.run_once()
    assert 1 == len(asked)
    assert [] == world.link.orders("shop")


# -- planning --------------------------------------------------------------------------------------


def test_an_order_that_cannot_be_planned_does_not_hold_up_the_others(
    world: World, errors_are_expected: None
) -> None:
    """Something is wrong with one row of the database."""
    broken = world.timeline.place(ADA, [MUG])
    with world.link._database.write() as tx:
        spoil = "UPDATE outbox SET subject = 'nonsense' WHERE order_id = :id"
        tx._connection.execute(text(spoil), {"id": broken})
    world.store.edit(broken, tags=("x",))
    good = world.store.place(BOB, [MUG])
    world.tell()
    assert f"thank_you/order:{good}" in world.sent()
    assert world.clock.now() < (world.link.next_due() or world.clock.now())


def test_many_orders_of_one_person_are_planned_in_time_that_grows_with_them(
    new_world: Callable[..., World],
) -> None:
    """Not with their square: a point of sale books thousands of orders on one address."""

    def statements(orders: int) -> int:
        world = new_world(hooks=[ThankYou(after=DAY), ReviewRequest()])
        for _ in range(orders):
            order_id = world.store.place(ADA, [MUG])
            parcel = world.store.ship(order_id, number="T", carrier="DHL")
            world.store.scan(order_id, parcel, ShipmentStatus.DELIVERED)
        world.absorb()
        counted: list[str] = []

        def note(connection: object, cursor: object, statement: str, *_: object) -> None:
            counted.append(statement)

        event.listen(world.link._database._engine, "before_cursor_execute", note)
        world.link._planner.run_once(["shop"])
        world.link._planner.run_once(["shop"])
        return len(counted)

    few, many = statements(15), statements(45)
    assert many < 3.3 * few


# -- the loop --------------------------------------------------------------------------------------


def test_a_run_with_nothing_to_do_does_nothing(world: World) -> None:
    report = world.link.run_once()
    assert (0, 0, 0, 0, {}) == (
        report.absorbed,
        report.read,
        report.planned,
        report.called,
        report.messages,
    )
    assert world.link.next_due() is None


def test_next_due_is_when_there_will_be_work_again(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou(after=DAY)])
    world.timeline.place(ADA, [MUG])
    assert START + DAY == world.link.next_due()
    world.wait(DAY)
    assert world.link.next_due() is None


def test_another_store_s_work_is_not_ours(
    new_world: Callable[..., World], tmp_path: object
) -> None:
    """Two processes on one database, each with stores of its own."""
    database = f"sqlite:///{tmp_path}/link.db"
    mine = new_world(database, hooks=[ThankYou()])
    mine.store.place(ADA, [MUG])
    mine.absorb()
    channel = RecordingChannel()
    with Storelink(
        database,
        stores={"other": FakeStore(clock=mine.clock)},
        channels=[channel],
        hooks=[ThankYou()],
        clock=mine.clock,
    ) as other:
        other.run_once()
        assert other.next_due() is None
    assert [] == channel.sent
    mine.link.run_once()
    assert 1 == len(mine.sent())
