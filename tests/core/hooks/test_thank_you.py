"""ThankYou: once for each order that is good, and never for one that is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, START, TEA, World

from storelink import Money
from storelink.contracts import Decision, Facts, Send, Skip
from storelink.events import OrderPaid, OrderPlaced
from storelink.hooks import Reason, ThankYou
from storelink.models import MessageState, Order, OrderStatus, PaymentStatus

SENT = (MessageState.SENT, None)
PAID = OrderPaid(id="shop/order/1/paid", store="shop", at=START, order_id="1")
PLACED = OrderPlaced(id="shop/order/1/placed", store="shop", at=START, order_id="1")


def an_order(**fields: Any) -> Order:
    told = {"id": "1", "store": "shop", "number": "#1", "currency": "EUR"}
    good = {"status": OrderStatus.OPEN, "payment_status": PaymentStatus.PAID}
    return Order.model_validate({**told, "total": Money("12", "EUR"), **good, **fields})


def decided(order: Order, hook: ThankYou | None = None) -> Decision:
    (decision,) = (hook or ThankYou()).decide(order, Facts([PLACED, PAID]), START)
    return decision


def test_a_paid_order_is_thanked_for_at_once(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    assert [f"thank_you/order:{order_id}"] == world.sent()
    assert START == world.message(f"thank_you/order:{order_id}").due_at
    (message,) = world.channel.sent
    assert "ada@example.com" == message.to
    assert "Ada" in message.text


def test_the_thanks_may_wait(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou(after=2 * HOUR)])
    world.timeline.place(ADA, [MUG])
    world.wait(2 * HOUR - timedelta(seconds=1))
    assert [] == world.sent()
    world.wait(timedelta(seconds=1))
    assert 1 == len(world.sent())


def test_an_unpaid_order_is_thanked_for_when_it_is_paid(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG], paid=False)
    world.wait(3 * DAY)
    assert [] == world.sent()
    world.timeline.pay(order_id)
    assert [f"thank_you/order:{order_id}"] == world.sent()


def test_cash_on_delivery_is_good_when_it_is_placed(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG], payment_method="cod")
    assert PaymentStatus.PENDING is world.order(order_id).payment_status
    assert [f"thank_you/order:{order_id}"] == world.sent()


def test_cash_on_delivery_is_thanked_for_once_although_it_is_paid_later(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG], payment_method="cod")
    world.wait(5 * DAY)
    world.timeline.pay(order_id)
    world.wait(5 * DAY)
    assert [f"thank_you/order:{order_id}"] == world.sent()


def test_which_methods_are_good_when_placed_is_configurable(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ThankYou(good_when_placed={"Purchase Order"})])
    world.timeline.place(ADA, [MUG], payment_method="cod")
    assert [] == world.sent()
    order = an_order(payment_status="pending", payment_methods=("PURCHASE order",))
    assert isinstance(decided(order, ThankYou(good_when_placed={"Purchase Order"})), Send)


def test_every_order_of_a_person_is_thanked_for_and_each_once(world: World) -> None:
    orders = [world.timeline.place(who, [MUG]) for who in (ADA, ADA, BOB)]
    for order_id in orders:
        world.store.edit(order_id, tags=("seen",))
    world.tell()
    world.wait(40 * DAY)
    assert sorted(f"thank_you/order:{order_id}" for order_id in orders) == sorted(world.sent())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "draft"}, Reason.NOT_PLACED),
        ({"status": "pending", "payment_status": "pending"}, Reason.NOT_PAID),
        ({"status": "open", "payment_status": "pending"}, Reason.NOT_PAID),
        ({"payment_status": "authorized"}, Reason.NOT_PAID),
        ({"payment_status": "partially_paid"}, Reason.NOT_PAID),
        ({"payment_status": "voided"}, Reason.NOT_PAID),
        ({"payment_status": "expired"}, Reason.NOT_PAID),
        ({"payment_status": "a word of next year"}, Reason.NOT_PAID),
        ({"status": "failed", "payment_status": "pending"}, Reason.PAYMENT_FAILED),
        ({"status": "on_hold"}, Reason.ON_HOLD),
        ({"status": "cancelled"}, Reason.CANCELLED),
        ({"payment_status": "refunded"}, Reason.REFUNDED),
        ({"status": "cancelled", "payment_status": "refunded"}, Reason.CANCELLED),
        ({"deleted_at": START}, Reason.DELETED),
    ],
)
def test_it_is_never_sent_for(fields: dict[str, Any], reason: Reason) -> None:
    decision = decided(an_order(**fields))
    assert isinstance(decision, Skip)
    assert reason is decision.reason


@pytest.mark.parametrize("method", ["cod", "COD", "Cash on Delivery", "Cash on Delivery (COD)"])
@pytest.mark.parametrize(
    ("status", "is_sent"),
    [
        ("open", True),
        ("completed", True),
        ("pending", False),
        ("on_hold", False),
        ("draft", False),
        ("failed", False),
        ("cancelled", False),
    ],
)
def test_cash_on_delivery_is_good_in_these_states(method: str, status: str, is_sent: bool) -> None:
    order = an_order(status=status, payment_status="pending", payment_methods=(method,))
    assert is_sent == isinstance(decided(order), Send)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"payment_status": "partially_refunded"},
        {"status": "completed"},
        {"status": "a word of next year"},
    ],
)
def test_it_is_sent_for(fields: dict[str, Any]) -> None:
    assert isinstance(decided(an_order(**fields)), Send)


def test_a_waiting_thank_you_is_taken_back_with_the_order(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou(after=DAY)])
    cancelled, refunded, deleted = (world.timeline.place(ADA, [MUG]) for _ in range(3))
    world.timeline.cancel(cancelled)
    world.timeline.refund(refunded)
    world.timeline.delete(deleted)
    world.wait(10 * DAY)
    assert [] == world.sent()
    assert (MessageState.CANCELLED, "cancelled") == world.state(f"thank_you/order:{cancelled}")
    assert (MessageState.CANCELLED, "refunded") == world.state(f"thank_you/order:{refunded}")
    assert (MessageState.CANCELLED, "deleted") == world.state(f"thank_you/order:{deleted}")


def test_on_hold_it_waits_and_is_sent_when_the_order_goes_on(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ThankYou(after=DAY)])
    order_id = world.timeline.place(ADA, [MUG])
    world.store.hold(order_id)
    world.tell()
    world.wait(3 * DAY)
    assert (MessageState.CANCELLED, "on_hold") == world.state(f"thank_you/order:{order_id}")
    world.store.edit(order_id, status=OrderStatus.OPEN)
    world.tell()
    assert SENT == world.state(f"thank_you/order:{order_id}")


def test_a_part_refund_leaves_the_thanks_alone(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou(after=DAY)])
    order_id = world.timeline.place(ADA, [MUG, TEA])
    world.timeline.refund(order_id, lines={0: 1})
    world.wait(DAY)
    assert SENT == world.state(f"thank_you/order:{order_id}")


def test_an_order_that_is_restored_is_thanked_for(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou(after=DAY)])
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.delete(order_id)
    assert (MessageState.CANCELLED, "deleted") == world.state(f"thank_you/order:{order_id}")
    world.store.restore(order_id)
    world.tell()
    world.wait(DAY)
    assert SENT == world.state(f"thank_you/order:{order_id}")


def test_a_thank_you_of_a_month_ago_is_not_sent(new_world: Callable[..., World]) -> None:
    """The worker was off, or the store did not answer, for a month."""
    world = new_world()
    order_id = world.store.place(ADA, [MUG])
    world.absorb()
    world.clock.advance(31 * DAY)
    world.link.run_once()
    assert (MessageState.EXPIRED, "expired") == world.state(f"thank_you/order:{order_id}")
    assert [] == world.sent()
