"""What happened before the store was connected makes events and never a message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from core.world import ADA, DAY, HOUR, MUG, START, World

from storelink.errors import ConfigError

JUST_BEFORE = START + timedelta(microseconds=1)


def test_history_makes_events_and_no_messages(new_world: Callable[..., World]) -> None:
    world = new_world(since=START + DAY)
    order_id = world.delivered_order()
    world.wait(90 * DAY)
    assert [] == world.sent()
    events = world.link.events(store="shop")
    assert {"order.placed", "order.paid", "shipment.delivered"} <= {one.type for one in events}
    assert all(event.historic for event in events)
    reasons = {line.reason for line in world.link.explain("shop", order_id).messages}
    assert {"history", "superseded"} >= reasons


def test_what_happens_at_that_instant_is_news(new_world: Callable[..., World]) -> None:
    world = new_world(since=START)
    order_id = world.timeline.place(ADA, [MUG])
    assert [f"thank_you/order:{order_id}"] == world.sent()


def test_what_happened_just_before_is_not(new_world: Callable[..., World]) -> None:
    world = new_world(since=JUST_BEFORE)
    world.timeline.place(ADA, [MUG])
    assert [] == world.sent()


def test_an_old_order_s_new_parcel_is_news(new_world: Callable[..., World]) -> None:
    world = new_world(since=START + DAY)
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(2 * DAY)
    parcel = world.timeline.ship(order_id)
    assert [f"tracking/shipment:{parcel}/created"] == world.sent()


def test_without_since_the_first_connection_counts_for_ever(
    new_world: Callable[..., World], tmp_path: Path
) -> None:
    """Webhooks of the time while the process was down are news, and those from before are not."""
    database = f"sqlite:///{tmp_path}/link.db"
    first = new_world(database)
    order_id = first.store.place(ADA, [MUG])
    first.link.close()
    first.clock.advance(HOUR)
    second = new_world(database, clock=first.clock)
    for webhook in first.store.take():
        second.link.receive("shop", headers=webhook.headers, body=webhook.body)
    second.store._orders = first.store._orders
    second.link.run_once()
    assert [f"thank_you/order:{order_id}"] == second.sent()


def test_since_may_be_raised_after_a_restore(
    new_world: Callable[..., World], tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path}/link.db"
    first = new_world(database)
    first.store.place(ADA, [MUG])
    first.absorb()
    first.link.close()
    first.clock.advance(HOUR)
    second = new_world(database, clock=first.clock, since=first.clock.now())
    second.store._orders = first.store._orders
    second.link.run_once()
    assert [] == second.sent()


def test_since_needs_a_time_zone(new_world: Callable[..., World]) -> None:
    with pytest.raises(ConfigError, match="since needs a time zone"):
        new_world(since=START.replace(tzinfo=None))
