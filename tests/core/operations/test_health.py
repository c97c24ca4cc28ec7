"""Health: how old the oldest work of each stage is, what needs a person, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from core.world import ADA, DAY, HOUR, MUG, World
from sqlalchemy import event, update

from storelink.events import OrderPaid
from storelink.events.types import Event
from storelink.hooks import ThankYou
from storelink.loop import FLOW
from storelink.operations.health import Limits, Status
from storelink.storage.tables import inbox, outbox, records

MINUTE = timedelta(minutes=1)
IDLE = dict.fromkeys(FLOW, 0.0)


def change(world: World, statement: Any) -> None:
    """Let the database say something that takes long to bring about."""
    with world.link._database.write() as tx:
        tx._connection.execute(statement)


def codes(world: World, limits: Limits | None = None) -> list[str]:
    return [problem.code for problem in world.link.health(limits).problems]


@pytest.fixture
def planned(new_world: Callable[..., World]) -> World:
    """A shop with one thank-you that is due in an hour."""
    world = new_world(hooks=[ThankYou(after=HOUR)])
    world.timeline.place(ADA, [MUG])
    return world


def test_where_everything_is_done_all_is_well(world: World) -> None:
    world.delivered_order()
    health = world.link.health()
    assert (Status.OK, (), IDLE, 0.0) == (
        health.status,
        health.problems,
        health.lag,
        health.oldest_due,
    )
    assert "0003" <= health.schema
    (shop,) = health.stores
    assert ("shop", 0.0, None, False) == (
        shop.store,
        shop.webhook_silence,
        shop.sweep_age,
        shop.uninstalled,
    )


def test_a_store_that_never_sent_a_webhook_is_not_called_silent(world: World) -> None:
    assert world.link.health().stores[0].webhook_silence is None
    assert [] == codes(world)


def test_what_no_worker_plans_grows_old(world: World) -> None:
    world.store.place(ADA, [MUG])
    world.absorb()
    for minutes, status, code in ((5, Status.OK, []), (6, Status.WARN, ["plan-late"])):
        world.clock.set(world.clock.now() + MINUTE * minutes - world_lag(world, "plan"))
        assert MINUTE * minutes == world_lag(world, "plan")
        assert (status, code) == (world.link.health().status, codes(world))
    world.clock.advance(30 * MINUTE)
    assert (Status.FAIL, ["plan-stuck"]) == (world.link.health().status, codes(world))


def world_lag(world: World, stage: str) -> timedelta:
    return timedelta(seconds=world.link.health().lag[stage])


def test_a_message_that_is_due_later_is_not_late(planned: World) -> None:
    assert (IDLE, 0.0) == (planned.link.health().lag, planned.link.health().oldest_due)
    planned.clock.advance(HOUR + 10 * MINUTE)
    assert {**IDLE, "deliver": 600.0} == planned.link.health().lag
    assert 600.0 == planned.link.health().oldest_due
    assert ["deliver-late"] == codes(planned)


def test_a_message_that_a_worker_has_leased_is_due_but_does_not_wait(planned: World) -> None:
    planned.clock.advance(HOUR + 10 * MINUTE)
    now = planned.clock.now()
    change(planned, update(outbox).values(lease_owner="other", lease_until=now + MINUTE))
    assert (0.0, 600.0) == (
        planned.link.health().lag["deliver"],
        planned.link.health().oldest_due,
    )
    planned.clock.advance(MINUTE)
    assert 660.0 == planned.link.health().lag["deliver"]


def test_a_delivery_that_could_not_be_absorbed_is_seen_however_often_it_was_tried(
    world: World,
) -> None:
    world.timeline.place(ADA, [MUG])
    for attempts in (0, 1, 4):
        change(world, update(inbox).values(state="new", attempts=attempts))
        world.clock.advance(HOUR)
        age = (world.clock.now() - world.link.inbox()[0].received_at).total_seconds()
        assert age == world.link.health().lag["absorb"]


def test_a_store_that_cannot_be_read_is_a_warning_and_never_a_failure(world: World) -> None:
    world.timeline.place(ADA, [MUG])
    change(world, update(records).values(needs_read_since=world.clock.now()))
    world.clock.advance(DAY)
    assert DAY == world_lag(world, "read")
    assert (Status.WARN, {"read-late"}) == (
        world.link.health().status,
        {one for one in codes(world) if one != "unswept"},
    )


def test_calls_count_if_somebody_here_answers_them(world: World) -> None:
    told: list[Event] = []
    world.link.on(OrderPaid)(told.append)
    world.store.place(ADA, [MUG])
    world.absorb()
    world.clock.advance(MINUTE)
    assert MINUTE == world_lag(world, "call")
    world.link.run_once()
    assert (1, timedelta()) == (len(told), world_lag(world, "call"))


def test_what_needs_a_person_is_counted(world: World) -> None:
    for _ in range(3):
        world.delivered_order()
    ids = [("in_doubt", 1), ("failed", 2), ("failed", 3)]
    for state, message in ids:
        change(world, update(outbox).where(outbox.c.id == message).values(state=state))
    change(world, update(inbox).where(inbox.c.id <= 4).values(state="kept"))
    health = world.link.health(Limits(failed=2))
    assert (1, 2, 4) == (health.in_doubt, health.failed, health.kept)
    assert ["in-doubt", "failed-lately", "kept"] == [one.code for one in health.problems]
    assert ["in-doubt", "kept"] == codes(world)  # two failures are nothing out of the ordinary
    world.clock.advance(HOUR * 25)
    assert "failed-lately" not in codes(world, Limits(failed=2))


def test_silence_and_missing_sweeps_are_told(world: World) -> None:
    world.timeline.place(ADA, [MUG])
    world.link.sweep("shop")
    world.clock.advance(HOUR * 3)
    assert ["unswept"] == codes(world)
    assert 3 * HOUR == timedelta(seconds=world.link.health().stores[0].sweep_age or 0)
    world.clock.advance(DAY * 8)
    assert ["silent", "unswept"] == codes(world)
    assert [] == codes(world, Limits(unswept=None, silent=None))


def test_who_sweeps_seldom_or_never_is_not_warned_of_it(new_world: Callable[..., World]) -> None:
    seldom, never = new_world(sweep_every=DAY), new_world(sweep_every=None)
    for world in (seldom, never):
        world.timeline.place(ADA, [MUG])
        world.clock.advance(HOUR * 40)
        assert [] == codes(world)
        world.clock.advance(HOUR * 40)
    assert (["unswept"], []) == (codes(seldom), codes(never))


def test_a_store_that_took_the_app_off_is_named(world: World) -> None:
    world.timeline.place(ADA, [MUG])
    with world.link._database.write() as tx:
        tx.stores.uninstall("shop", at=world.clock.now())
    world.clock.advance(DAY * 30)
    assert ("shop",) == world.link.health().uninstalled
    assert ["uninstalled"] == codes(world)


def test_a_clock_that_went_back_makes_nothing_younger_than_now(world: World) -> None:
    world.timeline.place(ADA, [MUG])
    change(world, update(inbox).values(state="new", received_at=world.clock.now() + DAY))
    assert 0.0 == world.link.health().lag["absorb"]


def test_it_can_be_told_as_json_and_holds_nobodys_data(world: World) -> None:
    world.delivered_order()
    told = json.dumps(world.link.health().to_dict())
    assert [] == [word for word in ("ada", "lovelace", "mug") if word in told.lower()]
    assert "shop" in told
    assert "shop" not in json.dumps(world.link.health().summary())


def test_looking_changes_nothing_and_is_one_statement(world: World) -> None:
    world.delivered_order()
    with statements(world) as said:
        world.link.health()
    assert 2 == len([one for one in said if one[0].startswith("SELECT")])
    assert [] == [one for one in said if one[0].startswith(("UPDATE", "INSERT", "DELETE"))]


class statements:  # noqa: N801  reads as a word
    """Notes what the database is asked inside the block."""

    def __init__(self, world: World) -> None:
        self._engine = world.link._database._engine
        self.said: list[tuple[str, Any]] = []

    def __enter__(self) -> list[tuple[str, Any]]:
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self.said

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, _: Any, cursor: Any, text: str, values: Any, *__: Any) -> None:
        self.said.append((text, values))


def test_every_figure_is_a_probe_into_an_index(tmp_path: Path) -> None:
    """Asking costs the same with ten million messages as with none."""
    world = World(f"sqlite:///{tmp_path}/link.db")
    world.link.on(OrderPaid)(lambda event: None)
    with world.link, statements(world) as said:
        world.link.health()
        text, values = next(one for one in said if "outbox" in one[0])
        with world.link._database.read() as tx:
            plan = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            steps = [row[3] for row in plan]
    looked = [step for step in steps if step.startswith(("SCAN", "SEARCH"))]
    for table in ("inbox", "records", "plans", "calls", "outbox", "positions"):
        assert [step for step in looked if step.startswith(f"SEARCH {table} USING ")]
    counted = "SCAN anon_"  # what counting found, at most `MOST` rows
    scanned = [step for step in looked if step.startswith("SCAN") and counted not in step]
    assert [] == [step for step in scanned if not step.startswith("SCAN stores")]
    assert [] == [step for step in steps if "TEMP B-TREE" in step]
