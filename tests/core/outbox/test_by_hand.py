"""What only a person can put right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from core.world import ADA, DAY, MUG, TEA, World

from storelink.errors import Conflict, Rejected, RetryLater
from storelink.hooks import ReviewRequest, ThankYou
from storelink.models import MessageState

SENT = (MessageState.SENT, None)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop that thanks after a day."""
    return new_world(hooks=[ThankYou(after=DAY)])


@pytest.fixture
def key(world: World) -> str:
    """A thank-you that waits."""
    return f"shop/thank_you/order:{world.timeline.place(ADA, [MUG])}"


def state(world: World, key: str) -> tuple[MessageState, str | None]:
    return world.state(key.removeprefix("shop/"))


def test_a_cancelled_message_stays_cancelled_whatever_its_hook_says(world: World, key: str) -> None:
    view = world.link.cancel(key)
    assert (MessageState.CANCELLED, "by_hand") == (view.state, view.reason)
    world.store.edit(key.rpartition(":")[2], tags=("x",))
    world.tell()
    world.wait(5 * DAY)
    assert (MessageState.CANCELLED, "by_hand") == state(world, key)
    assert [] == world.sent()


def test_it_may_be_let_go_after_all(world: World, key: str) -> None:
    world.link.cancel(key)
    assert MessageState.WAITING is world.link.retry(key).state
    world.link.run_once()
    world.wait(DAY)
    assert SENT == state(world, key)


def test_retrying_a_waiting_message_does_not_send_it_before_its_time(
    world: World, key: str
) -> None:
    """As soon as it may: the hook still says when."""
    world.link.retry(key)
    world.link.run_once()
    assert [] == world.sent()
    world.wait(DAY)
    assert [key] == [mail.key for mail in world.channel.sent]


def test_a_failed_message_may_be_tried_again(world: World, key: str) -> None:
    world.channel.fail_next(Rejected("no such user"))
    world.wait(DAY)
    assert (MessageState.FAILED, "rejected") == state(world, key)
    world.link.retry(key)
    world.link.run_once()
    assert SENT == state(world, key)


def test_a_retry_may_be_hurried(world: World, key: str) -> None:
    world.channel.fail_next(RetryLater("busy"))
    world.wait(DAY)
    assert (MessageState.WAITING, "temporary") == state(world, key)
    world.link.retry(key)
    world.link.run_once()
    assert SENT == state(world, key)


def test_a_message_that_is_leased_by_a_dead_worker_may_be_hurried(world: World, key: str) -> None:
    world.clock.advance(DAY)
    world.link._relay._outbox.claim(world.clock.now(), limit=9, stores=["shop"])
    world.link.run_once()
    assert MessageState.WAITING is state(world, key)[0]
    world.link.retry(key)
    world.link.run_once()
    assert SENT == state(world, key)


@pytest.mark.parametrize("sent", [True, False])
def test_a_message_in_doubt_is_settled(new_world: Callable[..., World], sent: bool) -> None:
    world = new_world(hooks=[ReviewRequest()])
    world.channel.lose_next_answer(TimeoutError())
    order_id = world.delivered_order()
    world.wait(7 * DAY)
    view = world.link.settle(f"shop/review_request/order:{order_id}", sent=sent)
    expected = (MessageState.SENT, None) if sent else (MessageState.FAILED, "by_hand")
    assert expected == (view.state, view.reason)
    assert (view.sent_at is not None) == sent
    if not sent:
        world.link.retry(f"shop/review_request/order:{order_id}")
        world.link.run_once()
        assert SENT == world.state(f"review_request/order:{order_id}")


def test_after_a_message_in_doubt_was_settled_the_next_has_its_turn(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ReviewRequest()])
    world.channel.fail_next(TimeoutError())
    first = world.delivered_order(ADA, [MUG])
    world.wait(7 * DAY)
    world.link.settle(f"shop/review_request/order:{first}", sent=False)
    second = world.delivered_order(ADA, [MUG, TEA])
    world.wait(7 * DAY)
    assert [f"review_request/order:{second}"] == world.sent()
    items = world.message(f"review_request/order:{second}").data["items"]
    assert ["Mug", "Tea"] == [item["title"] for item in items]


def test_only_a_waiting_message_is_cancelled(world: World, key: str) -> None:
    world.wait(DAY)
    with pytest.raises(Conflict, match="is sent; only a waiting message can be cancelled"):
        world.link.cancel(key)


def test_a_sent_message_is_not_sent_again(world: World, key: str) -> None:
    world.wait(DAY)
    with pytest.raises(Conflict, match="is sent; it is not sent again"):
        world.link.retry(key)


def test_only_a_message_in_doubt_is_settled(world: World, key: str) -> None:
    with pytest.raises(Conflict, match="is waiting, not in doubt"):
        world.link.settle(key, sent=True)


@pytest.mark.parametrize("act", ["cancel", "retry", "message", "attempts"])
def test_a_message_that_there_is_not(world: World, act: str) -> None:
    with pytest.raises(LookupError, match="the outbox has no message 'x'"):
        getattr(world.link, act)("x")
