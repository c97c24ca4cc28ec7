"""The machine's clock jumps, as clocks do: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from core.faults.shop import STEPS, JumpingClock, Once, place_orders, work, wrong
from core.world import ADA, DAY, HOUR, MUG, START, World

from storelink.models import MessageState

JUMPS = [5 * HOUR, -3 * DAY]
NEVER_READ = {"fresh_for": 99 * DAY}  # each world has a store of its own
BEFORE_THE_ATTEMPT = ["decide", "render", "begin"]


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock(START)


@pytest.mark.parametrize("jump", JUMPS, ids=str)
@pytest.mark.parametrize("step", STEPS)
def test_a_jump_between_two_steps(
    new_world: Callable[..., World], clock: JumpingClock, step: str, jump: timedelta
) -> None:
    once = Once(step, lambda: clock.jump(jump))
    world = new_world(clock=clock, on_step=once)
    keys = place_orders(world)
    work(world)
    clock.set(START + DAY)
    work(world)
    assert once.is_done
    assert [] == wrong(world, keys)


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_jump_while_messages_wait(
    new_world: Callable[..., World], clock: JumpingClock, jump: timedelta
) -> None:
    """Whatever the clock says, a message that is sent is sent, and one that waits comes due."""
    world = new_world(clock=clock)
    order_id = world.delivered_order()
    clock.jump(jump)
    work(world)
    clock.set(START + 6 * DAY)
    work(world)
    request = f"review_request/order:{order_id}"
    parcel = [key for key in world.sent() if key.startswith("tracking")]
    assert parcel == sorted(set(parcel))
    assert MessageState.WAITING == world.message(request).state
    clock.set(START + 8 * DAY)
    work(world)
    assert [] == wrong(world, [f"thank_you/order:{order_id}", *parcel, request])


@pytest.mark.parametrize("jump", JUMPS, ids=str)
@pytest.mark.parametrize("step", BEFORE_THE_ATTEMPT)
def test_a_jump_while_another_worker_has_claimed(
    new_database: Callable[[], str],
    new_world: Callable[..., World],
    clock: JumpingClock,
    step: str,
    jump: timedelta,
) -> None:
    """The clock jumps, and the other one works: only one of them sends."""
    database = new_database()

    def meanwhile() -> None:
        clock.jump(jump)
        other.link.run_once()

    other = new_world(database, clock=clock, **NEVER_READ)
    once = Once(step, meanwhile)
    world = new_world(database, clock=clock, on_step=once, channels=[other.channel], **NEVER_READ)
    world.channel = other.channel
    keys = place_orders(world)
    work(world)
    clock.set(START + DAY)
    work(other)
    assert once.is_done
    assert [] == wrong(world, keys)


def test_a_jump_beyond_the_lease_of_one_that_sends_is_a_doubt_that_is_counted(
    new_database: Callable[[], str], new_world: Callable[..., World], clock: JumpingClock
) -> None:
    """To the other worker it looks as if the first one had died: the customer's need decides."""
    database = new_database()

    def meanwhile() -> None:
        clock.jump(5 * HOUR)
        other.link.run_once()

    other = new_world(database, clock=clock, **NEVER_READ)
    world = new_world(
        database,
        clock=clock,
        on_step=Once("send", meanwhile),
        channels=[other.channel],
        **NEVER_READ,
    )
    order_id = world.store.place(ADA, [MUG])
    world.absorb()
    work(world)
    message = world.message(f"thank_you/order:{order_id}")
    assert (MessageState.SENT, 1) == (message.state, message.doubts)
    assert {message.key} == {one.key for one in other.channel.sent}
    assert len(other.channel.sent) <= 2
