"""Pruning: what is finished goes, a little at a time; nothing is sent again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, World
from sqlalchemy import Table, func, insert, select, update

from storelink.errors import ConfigError, Rejected
from storelink.events import OrderPaid
from storelink.hooks import ThankYou
from storelink.operations.prune import STEP, PruneReport
from storelink.storage import InboxState
from storelink.storage.tables import attempts, calls, events, inbox, outbox, records
from storelink.testing import Webhook

NOW = timedelta()


def remembered(world: World) -> list[Webhook]:
    """Return a list of every webhook that the store raises from now on."""
    webhooks: list[Webhook] = []
    take = world.store.take

    def noting() -> list[Webhook]:
        taken = take()
        webhooks.extend(taken)
        return taken

    world.store.take = noting  # type: ignore[method-assign]
    return webhooks


def number(world: World, table: Table) -> int:
    with world.link._database.read() as tx:
        return tx._connection.execute(select(func.count()).select_from(table)).scalar_one()


def execute(world: World, statement: Any, values: Any = None) -> None:
    with world.link._database.write() as tx:
        tx._connection.execute(statement, values)


def fill(world: World, number: int, **change: Any) -> None:
    """Put many deliveries into the inbox."""
    row = {
        "store": "shop",
        "topic": "order.updated",
        "received_at": world.clock.now(),
        "headers": {},
        "body": b"{}",
        "state": "absorbed",
        "attempts": 1,
        **change,
    }
    kept = row["state"]
    execute(world, insert(inbox), [{**row, "key": f"{kept}{one}"} for one in range(number)])


def test_after_pruning_every_webhook_can_come_again_and_nothing_is_sent(
    database_url: str,
) -> None:
    """The raw webhooks are gone, so that a repeated one is not even known to be one."""
    world = World(database_url)
    webhooks = remembered(world)
    told: list[str] = []
    world.link.on(OrderPaid)(lambda event: told.append(event.id))
    with world.link:
        for contact in (ADA, BOB):
            world.delivered_order(contact)
        world.wait(40 * DAY)
        sent, known = world.sent(), [event.id for event in world.link.events()]
        state = {order.id: order for order in world.link.orders("shop")}

        world.link.prune(older_than=NOW)
        assert [] == world.link.inbox()
        receipts = [
            world.link.receive("shop", headers=webhook.headers, body=webhook.body)
            for webhook in webhooks
        ]
        world.wait(40 * DAY)

        assert {(InboxState.ABSORBED, False, ())} == {
            (receipt.state, receipt.duplicate, receipt.events) for receipt in receipts
        }
        assert sent == world.sent()
        assert known == [event.id for event in world.link.events()]
        assert state == {order.id: order for order in world.link.orders("shop")}
        assert 2 == len(told)


def test_what_is_asked_again_stays(world: World) -> None:
    """The mirror, the events, the messages with their keys; and what explain tells of them."""
    world.link.on(OrderPaid)(lambda event: None)
    order = world.delivered_order()
    world.wait(10 * DAY)
    before = {table.name: number(world, table) for table in (records, events, outbox)}
    said = world.said(order)
    done = world.link.prune(older_than=NOW)
    assert (5, 1, 4) == (done.webhooks, done.calls, done.attempts)
    assert {"inbox": 0, "calls": 0, "attempts": 0} == {
        table.name: number(world, table) for table in (inbox, calls, attempts)
    }
    assert before == {table.name: number(world, table) for table in (records, events, outbox)}
    assert said == world.said(order)
    assert PruneReport(done.before) == world.link.prune(older_than=NOW)


def test_only_what_is_old_goes(world: World) -> None:
    world.delivered_order()
    world.wait(100 * DAY)
    young = world.delivered_order(BOB)
    world.link.prune(older_than=90 * DAY)
    assert {row.received_at for row in world.link.inbox()} == {world.clock.now()}
    assert world.link.attempts(f"shop/thank_you/order:{young}")


@pytest.mark.parametrize("state", [InboxState.NEW, InboxState.KEPT])
def test_a_webhook_that_waits_or_was_not_understood_stays(world: World, state: InboxState) -> None:
    world.timeline.place(ADA, [MUG])
    execute(world, update(inbox).where(inbox.c.id == 1).values(state=state))
    world.clock.advance(DAY)
    world.link.prune(older_than=NOW)
    assert [(1, state)] == [(row.id, row.state) for row in world.link.inbox()]


def test_attempts_at_what_a_person_has_to_look_at_stay(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou()])
    world.channel.fail_next(Rejected("no such user", code="550"))
    failed, doubtful, sent = (world.timeline.place(ADA, [MUG]) for _ in range(3))
    keys = [f"shop/thank_you/order:{order}" for order in (failed, doubtful, sent)]
    execute(world, update(outbox).where(outbox.c.key == keys[1]).values(state="in_doubt"))
    world.clock.advance(DAY)
    assert 1 == world.link.prune(older_than=NOW).attempts
    assert [1, 1, 0] == [len(world.link.attempts(key)) for key in keys]


def test_a_call_that_waits_stays(world: World) -> None:
    def broken(event: object) -> None:
        raise ValueError

    world.link.on(OrderPaid)(broken)
    world.store.place(ADA, [MUG])
    world.absorb()
    world.clock.advance(DAY)
    assert 0 == world.link.prune(older_than=NOW).calls
    assert 1 == number(world, calls)


def test_a_dry_run_counts_what_would_go(world: World) -> None:
    world.delivered_order()
    world.wait(10 * DAY)
    counted = world.link.prune(older_than=NOW, dry_run=True)
    assert 5 == number(world, inbox)
    done = world.link.prune(older_than=NOW)
    assert (5, 4, True) == (counted.webhooks, counted.attempts, counted.dry_run)
    assert (counted.webhooks, counted.calls, counted.attempts) == (
        done.webhooks,
        done.calls,
        done.attempts,
    )


def test_it_goes_in_short_steps_and_others_write_in_between(database_url: str) -> None:
    world = World(database_url)
    other = World(database_url, clock=world.clock)
    with world.link, other.link:
        fill(world, 4 * STEP)
        world.clock.advance(DAY)
        seen: list[int] = []

        def tell(report: PruneReport) -> None:
            seen.append(report.webhooks)
            other.timeline.place(ADA, [MUG])  # would wait, and fail, for somebody who holds on

        done = world.link.prune(older_than=HOUR, progress=tell)
        assert 4 * STEP == done.webhooks
        assert [STEP, 2 * STEP, 3 * STEP, 4 * STEP] == seen[:4]


def test_what_was_kept_long_ago_does_not_hide_what_came_after(world: World) -> None:
    fill(world, 2 * STEP, state="kept")
    fill(world, 10)
    world.clock.advance(DAY)
    assert 10 == world.link.prune(older_than=HOUR).webhooks


def test_it_does_not_look_at_all_that_is_young(world: World) -> None:
    fill(world, 10)
    world.clock.advance(DAY)
    fill(world, 20 * STEP, state="ignored")
    steps: list[PruneReport] = []
    world.link.prune(older_than=HOUR, progress=steps.append)
    assert len(steps) <= 6


def test_one_that_was_interrupted_goes_on_the_next_time(world: World) -> None:
    fill(world, 3 * STEP)
    world.clock.advance(DAY)

    def stop(report: PruneReport) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.link.prune(older_than=HOUR, progress=stop)
    assert 2 * STEP == number(world, inbox)
    assert 2 * STEP == world.link.prune(older_than=HOUR).webhooks


def test_a_negative_age_is_refused(world: World) -> None:
    with pytest.raises(ConfigError, match="not negative"):
        world.link.prune(older_than=-DAY)


def test_what_was_written_while_the_clock_was_wrong_hides_nothing(world: World) -> None:
    """No prune of the next ten years would get past it."""
    fill(world, 2 * STEP, received_at=world.clock.now() + 3650 * DAY, state="ignored")
    fill(world, 10)
    world.clock.advance(DAY)
    assert 10 == world.link.prune(older_than=HOUR).webhooks
