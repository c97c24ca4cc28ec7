"""Handing out work: each stage of each store once, until it is begun; claimed by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest
from core.world import ADA, HOUR, MUG, World

from storelink.errors import ConfigError, StorageUnavailable, StoreUnavailable, UnknownStore
from storelink.hooks import ThankYou
from storelink.intake.handing import AGAIN_AFTER
from storelink.loop import FLOW
from storelink.outbox.steps import Step
from storelink.storage import due


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    return new_world(hooks=[ThankYou()])


def order_comes(world: World) -> None:
    world.store.place(ADA, [MUG])
    world.absorb()


def test_with_nothing_to_do_nothing_is_handed_out(world: World) -> None:
    assert [] == world.link.hand_out(stages=FLOW)


def test_the_stages_follow_one_another(world: World) -> None:
    order_comes(world)
    seen = []
    while jobs := world.link.hand_out(stages=FLOW):
        for stage, store in jobs:
            seen.append(stage)
            world.link.work(stage, store)
    assert ["plan", "deliver"] == list(dict.fromkeys(seen))
    assert 1 == len(world.sent())


def test_what_was_handed_out_is_handed_out_again_only_when_it_was_begun(world: World) -> None:
    order_comes(world)
    assert [("plan", "shop")] == world.link.hand_out(stages=FLOW)
    assert [] == world.link.hand_out(stages=FLOW)
    world.link.work("plan", "shop")
    world.store.place(ADA, [MUG])
    world.absorb()
    assert ("plan", "shop") in world.link.hand_out(stages=FLOW)


def test_what_was_lost_is_handed_out_again(world: World) -> None:
    order_comes(world)
    world.link.hand_out(stages=FLOW)
    world.clock.advance(AGAIN_AFTER)
    assert [("plan", "shop")] == world.link.hand_out(stages=FLOW)


def test_what_was_noted_while_the_clock_was_wrong_holds_nothing_up(world: World) -> None:
    order_comes(world)
    world.clock.advance(timedelta(days=365))
    world.link.hand_out(stages=FLOW)
    world.clock._now -= timedelta(days=365)
    assert [("plan", "shop")] == world.link.hand_out(stages=FLOW)


def test_work_that_comes_twice_finds_nothing(world: World) -> None:
    order_comes(world)
    world.link.work("plan", "shop")
    assert (1, 0) == (world.link.work("deliver", "shop"), world.link.work("deliver", "shop"))
    assert 1 == len(world.sent())


def test_a_store_that_does_not_answer_is_left_alone_for_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = world.store.place(ADA, [MUG])
    world.store.take()
    world.store.ship(order_id, number="T", carrier="DHL")
    parcel, _ = world.store.take()
    world.link.receive("shop", headers=parcel.headers, body=parcel.body)
    asked: list[object] = []

    def silent(refs: object) -> None:
        asked.append(refs)
        raise StoreUnavailable("503")

    monkeypatch.setattr(world.store, "read_many", silent)
    for _ in range(5):
        for stage, store in world.link.hand_out(stages=("read",)):
            world.link.work(stage, store)
    assert 1 == len(asked)
    monkeypatch.undo()
    world.clock.advance(AGAIN_AFTER)
    assert [("read", "shop")] == world.link.hand_out(stages=("read",))
    assert 1 == world.link.work("read", "shop")


def test_a_sweep_is_handed_out_when_it_is_due(world: World) -> None:
    assert [("sweep", "shop")] == world.link.hand_out(stages=("sweep",))
    assert 1 == world.link.work("sweep", "shop")
    assert 0 == world.link.work("sweep", "shop")
    assert [] == world.link.hand_out(stages=("sweep",))
    world.clock.advance(HOUR)
    assert [("sweep", "shop")] == world.link.hand_out(stages=("sweep",))


def test_a_turn_ends_when_it_is_told_to(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou()])
    for _ in range(3):
        world.store.place(ADA, [MUG])
    world.absorb()
    world.link.work("plan", "shop")
    assert 0 == len(world.sent())
    world.link.work("deliver", "shop", stop=lambda: True)
    assert 0 == len(world.sent())
    assert 3 == world.link.work("deliver", "shop")  # given back, and not leased


@pytest.mark.parametrize("ask", ["hand_out", "work another stage", "close"])
def test_what_was_sent_while_the_database_went_away_is_committed_by_whatever_comes_next(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    """Not only by the same process's next delivery, which may come too late or never."""
    database = new_database()
    world = World(database, hooks=[ThankYou()])
    order_comes(world)
    world.link.work("plan", "shop")
    with monkeypatch.context() as away:
        commit = world.link._outbox.commit

        def fails(steps: Sequence[Step], *, now: datetime) -> list[Step]:
            if world.channel.sent:
                raise StorageUnavailable("away")
            return commit(steps, now=now)

        away.setattr(world.link._outbox, "commit", fails)
        with pytest.raises(StorageUnavailable):
            world.link.work("deliver", "shop")
    next_one = {
        "hand_out": partial(world.link.hand_out, stages=FLOW),
        "work another stage": partial(world.link.work, "absorb", "shop"),
        "close": world.link.close,
    }
    next_one[ask]()
    world.link.close()
    with World(database, clock=world.clock, hooks=[ThankYou()]).link as link:
        assert ["sent"] == [message.state for message in link.messages()]


def test_a_stage_or_a_store_that_is_not_there_is_an_error(world: World) -> None:
    with pytest.raises(ConfigError, match="there are absorb, read"):
        world.link.work("deliever", "shop")
    with pytest.raises(UnknownStore):
        world.link.hand_out(stores=["shpo"])


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_look_at_what_is_due_reads_no_table(world: World) -> None:
    """Each answer is found in an index, however much waits."""
    plans = []
    with world.link._database.read() as tx:
        cursor = tx._connection.connection.cursor()
        execute = cursor.execute
        for statement in (due._OPEN, due._TO_READ):
            told = statement.text(tx._connection)
            rows = execute(f"EXPLAIN QUERY PLAN {told}", ["[]"] * told.count("?")).fetchall()
            plans += [row[3] for row in rows]
        cursor.close()
    assert [] == [one for one in plans if one.startswith("SCAN") and "json_each" not in one]
    assert 6 <= len([one for one in plans if " INDEX ix_" in one])


def test_the_engines_are_not_imported_unless_asked_for() -> None:
    asked = "import sys, storelink.workers, storelink.app; print('celery' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert "False" == done.stdout.strip()
