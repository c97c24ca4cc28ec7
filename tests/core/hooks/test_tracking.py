"""TrackingUpdates: each parcel's news, in one direction, and never yesterday's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from core.world import ADA, DAY, HOUR, MUG, START, TEA, World

from storelink.hooks import TrackingUpdates
from storelink.models import MessageState, ShipmentStatus

SUPERSEDED = (MessageState.CANCELLED, "superseded")
EXPIRED = (MessageState.EXPIRED, "expired")
REMOVED = (MessageState.CANCELLED, "parcel_removed")


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop that sends nothing but tracking updates."""
    return new_world(hooks=[TrackingUpdates()])


@pytest.fixture
def order_id(world: World) -> str:
    return world.timeline.place(ADA, [MUG, TEA])


def steps(world: World) -> list[str]:
    """What was sent: the step of each message, oldest first."""
    return [key.partition("shipment:")[2].partition("/")[2] for key in world.sent()]


def scan(world: World, order_id: str, parcel: str, status: str, **promise: timedelta) -> None:
    world.timeline.scan(order_id, parcel, ShipmentStatus(status), **promise)


def test_a_parcel_from_shop_to_door(world: World, order_id: str) -> None:
    parcel = world.timeline.ship(order_id)
    for status in ("label_created", "picked_up", "in_transit", "out_for_delivery", "delivered"):
        world.wait(HOUR)
        scan(world, order_id, parcel, status)
    world.wait(30 * DAY)
    assert ["created", "out_for_delivery", "delivered"] == steps(world)


def test_the_message_has_number_link_and_date(world: World, order_id: str) -> None:
    world.timeline.ship(
        order_id,
        number="JD0001",
        carrier="DHL",
        url="https://track.example/JD0001",
        promised_in=timedelta(days=2),
    )
    (mail,) = world.channel.sent
    assert "JD0001" in mail.text
    assert "https://track.example/JD0001" in mail.text
    assert mail.html is not None
    assert "https://track.example/JD0001" in mail.html
    assert "November 4" in mail.text or "4 November" in mail.text


def test_each_parcel_has_its_own_news(world: World, order_id: str) -> None:
    first = world.timeline.ship(order_id, number="A", lines={0: 1})
    second = world.timeline.ship(order_id, number="B", lines={1: 1})
    world.wait(HOUR)
    world.timeline.deliver(order_id, first)
    expected = [
        f"tracking/shipment:{first}/created",
        f"tracking/shipment:{second}/created",
        f"tracking/shipment:{first}/delivered",
    ]
    assert expected == world.sent()


def test_a_parcel_without_number_and_link_is_not_told_until_it_has_one(
    world: World, order_id: str
) -> None:
    parcel = world.timeline.ship(order_id, number="")
    assert [] == world.sent()
    assert {f"Shipping notice (parcel {parcel})"} == set(world.said(order_id))
    world.store.retrack(order_id, parcel, number="JD1")
    world.tell()
    assert ["created"] == steps(world)


# -- in one direction ------------------------------------------------------------------------------


def test_what_became_known_at_once_is_told_by_the_last_word(world: World, order_id: str) -> None:
    """The worker was off while the parcel travelled."""
    parcel = world.store.ship(order_id, number="A", carrier="DHL")
    for status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY):
        world.clock.advance(HOUR)
        world.store.scan(order_id, parcel, status)
    world.tell()
    assert ["out_for_delivery"] == steps(world)


@pytest.mark.parametrize(
    "status",
    [
        ShipmentStatus.OUT_FOR_DELIVERY,
        ShipmentStatus.ATTEMPTED,
        ShipmentStatus.EXCEPTION,
        ShipmentStatus.DELAYED,
    ],
)
def test_no_older_news_after_the_delivery(
    world: World, order_id: str, status: ShipmentStatus
) -> None:
    """Carriers report late and not in order, and their clocks differ: delivered is delivered."""
    parcel = world.timeline.ship(order_id)
    world.wait(HOUR)
    world.timeline.deliver(order_id, parcel)
    world.timeline.scan(order_id, parcel, status)
    world.wait(HOUR)
    world.timeline.scan(order_id, parcel, status)
    assert ["created", "delivered"] == steps(world)


def test_a_parcel_told_of_only_after_its_delivery_is_told_once(world: World, order_id: str) -> None:
    """A plugin writes the tracking number when the parcel has long arrived."""
    parcel = world.store.ship(order_id, number="A", carrier="DHL")
    webhooks = world.store.take()
    world.store.scan(order_id, parcel, ShipmentStatus.DELIVERED)
    world.tell()
    for webhook in webhooks:
        world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    world.link.run_once()
    assert ["delivered"] == steps(world)


def test_out_for_delivery_is_not_told_after_the_attempt(world: World, order_id: str) -> None:
    parcel = world.timeline.ship(order_id)
    world.wait(HOUR)
    world.store.scan(order_id, parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    world.clock.advance(HOUR)
    world.store.scan(order_id, parcel, ShipmentStatus.ATTEMPTED)
    world.tell()
    assert ["created", "problem"] == [step.partition("/")[0] for step in steps(world)]


def test_out_for_delivery_is_told_once_although_it_is_tried_three_times(
    world: World, order_id: str
) -> None:
    parcel = world.timeline.ship(order_id)
    for _ in range(3):
        world.wait(DAY)
        scan(world, order_id, parcel, "out_for_delivery")
        world.wait(8 * HOUR)
        scan(world, order_id, parcel, "attempted")
    told = [step.partition("/")[0] for step in steps(world)]
    assert ["created", "out_for_delivery", "problem", "problem", "problem"] == told


# -- yesterday's news ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "lasts"),
    [
        (ShipmentStatus.OUT_FOR_DELIVERY, DAY),
        (ShipmentStatus.EXCEPTION, DAY),
        (ShipmentStatus.ATTEMPTED, DAY),
        (ShipmentStatus.DELAYED, DAY),
        (ShipmentStatus.DELIVERED, 3 * DAY),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_news_expire(
    world: World, order_id: str, status: ShipmentStatus, lasts: timedelta, late: bool
) -> None:
    parcel = world.timeline.ship(order_id)
    world.store.scan(order_id, parcel, status)
    world.absorb()
    world.clock.advance(lasts if late else lasts - timedelta(seconds=1))
    world.link.run_once()
    (message,) = [one for one in world.link.messages() if one.step != "created"]
    assert (EXPIRED if late else (MessageState.SENT, None)) == (message.state, message.reason)


def test_news_of_a_second_attempt_may_follow_news_that_expired(world: World, order_id: str) -> None:
    parcel = world.timeline.ship(order_id)
    world.store.scan(order_id, parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    world.absorb()
    world.clock.advance(2 * DAY)
    world.link.run_once()
    assert EXPIRED == world.state(f"tracking/shipment:{parcel}/out_for_delivery")
    scan(world, order_id, parcel, "out_for_delivery")
    assert ["created", "out_for_delivery"] == steps(world)


# -- late ------------------------------------------------------------------------------------------


def test_a_broken_promise_is_told_when_its_time_has_passed(world: World, order_id: str) -> None:
    world.timeline.ship(order_id, promised_in=2 * DAY)
    world.wait(2 * DAY - timedelta(seconds=1))
    assert ["created"] == steps(world)
    world.wait(timedelta(seconds=1))
    assert ["created", f"overdue/{(START + 2 * DAY).isoformat()}"] == steps(world)
    world.wait(30 * DAY)
    assert 2 == len(world.sent())


def test_a_new_promise_is_told_and_the_old_day_passes_in_silence(
    world: World, order_id: str
) -> None:
    parcel = world.timeline.ship(order_id, promised_in=2 * DAY)
    world.wait(DAY)
    world.timeline.delay(order_id, parcel, promised_in=4 * DAY)
    world.wait(3 * DAY)
    assert ["created", f"delayed/{(START + 5 * DAY).isoformat()}"] == steps(world)


def test_a_new_promise_that_breaks_is_told_again(world: World, order_id: str) -> None:
    parcel = world.timeline.ship(order_id, promised_in=2 * DAY)
    world.wait(DAY)
    world.timeline.delay(order_id, parcel, promised_in=4 * DAY)
    world.wait(30 * DAY)
    promise = (START + 5 * DAY).isoformat()
    assert ["created", f"delayed/{promise}", f"overdue/{promise}"] == steps(world)


def test_the_same_new_promise_reported_twice_is_told_once(world: World, order_id: str) -> None:
    """Two scans of one delay, known before the worker runs: one message, and the worker rests."""
    parcel = world.timeline.ship(order_id)
    promised_at = START + 5 * DAY
    world.store.scan(order_id, parcel, ShipmentStatus.DELAYED, promised_at=promised_at)
    world.clock.advance(HOUR)
    world.store.scan(order_id, parcel, ShipmentStatus.DELAYED, promised_at=promised_at)
    world.tell()
    world.wait(HOUR)
    scan(world, order_id, parcel, "delayed", promised_in=promised_at - world.clock.now())
    assert ["created", f"delayed/{promised_at.isoformat()}"] == steps(world)


def test_a_delay_without_a_date_is_told_and_the_promised_day_passes_in_silence(
    world: World, order_id: str
) -> None:
    """Whichever comes first: the carrier's word, or the day."""
    parcel = world.timeline.ship(order_id, promised_in=3 * DAY)
    world.wait(DAY)
    scan(world, order_id, parcel, "delayed")
    world.wait(10 * DAY)
    assert ["created", "delayed/undated"] == steps(world)


def test_the_promised_day_is_told_and_the_carriers_delay_without_a_date_is_not(
    world: World, order_id: str
) -> None:
    parcel = world.timeline.ship(order_id, promised_in=DAY)
    world.wait(2 * DAY)
    scan(world, order_id, parcel, "delayed")
    world.wait(10 * DAY)
    assert ["created", f"overdue/{(START + DAY).isoformat()}"] == steps(world)


def test_daily_delays_without_a_date_are_told_once(world: World, order_id: str) -> None:
    parcel = world.timeline.ship(order_id)
    for _ in range(4):
        world.wait(DAY)
        scan(world, order_id, parcel, "delayed")
    assert ["created", "delayed/undated"] == steps(world)


def test_a_new_date_after_a_broken_promise_is_told(world: World, order_id: str) -> None:
    parcel = world.timeline.ship(order_id, promised_in=DAY)
    world.wait(2 * DAY)
    world.timeline.delay(order_id, parcel, promised_in=3 * DAY)
    expected = [f"overdue/{(START + DAY).isoformat()}", f"delayed/{(START + 5 * DAY).isoformat()}"]
    assert ["created", *expected] == steps(world)


def test_the_newest_word_about_a_delay_wins(world: World, order_id: str) -> None:
    """Both became known while the worker was off."""
    parcel = world.timeline.ship(order_id)
    world.store.scan(order_id, parcel, ShipmentStatus.DELAYED, promised_at=START + 3 * DAY)
    world.clock.advance(HOUR)
    world.store.scan(order_id, parcel, ShipmentStatus.DELAYED, promised_at=START + 5 * DAY)
    world.tell()
    assert ["created", f"delayed/{(START + 5 * DAY).isoformat()}"] == steps(world)


def test_a_parcel_that_arrived_in_time_is_not_late_although_it_was_told_late(
    world: World, order_id: str
) -> None:
    """The scan comes after the promised hour, and says that the parcel was there before it."""
    parcel = world.timeline.ship(order_id, promised_in=2 * HOUR)
    world.clock.advance(HOUR)
    world.store.scan(order_id, parcel, ShipmentStatus.DELIVERED)
    webhooks = world.store.take()
    world.clock.advance(2 * HOUR)
    for webhook in webhooks:
        world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    world.link.run_once()
    assert ["created", "delivered"] == steps(world)


# -- corrections -----------------------------------------------------------------------------------


def test_a_corrected_number_is_told_to_who_was_told_the_wrong_one(
    world: World, order_id: str
) -> None:
    parcel = world.timeline.ship(order_id, number="WRONG")
    world.wait(HOUR)
    world.store.retrack(order_id, parcel, number="RIGHT")
    world.tell()
    assert ["created", "changed/RIGHT"] == steps(world)
    assert "RIGHT" in world.channel.sent[-1].text
    assert "WRONG" not in world.channel.sent[-1].text
    world.wait(30 * DAY)
    assert 2 == len(world.sent())


def test_a_number_corrected_before_it_was_told_is_told_once(world: World, order_id: str) -> None:
    parcel = world.store.ship(order_id, number="WRONG", carrier="DHL")
    world.clock.advance(HOUR)
    world.store.retrack(order_id, parcel, number="RIGHT")
    world.tell()
    assert ["created"] == steps(world)
    assert "RIGHT" in world.channel.sent[-1].text


def test_a_number_that_changes_back_is_not_told_a_third_time(world: World, order_id: str) -> None:
    parcel = world.timeline.ship(order_id, number="A")
    for number in ("B", "A"):
        world.wait(HOUR)
        world.store.retrack(order_id, parcel, number=number)
        world.tell()
    assert ["created", "changed/B"] == steps(world)


def test_a_number_corrected_after_the_delivery_is_nobodys_news(world: World, order_id: str) -> None:
    parcel = world.timeline.ship(order_id, number="A")
    world.wait(HOUR)
    world.timeline.deliver(order_id, parcel)
    world.wait(HOUR)
    world.store.retrack(order_id, parcel, number="B")
    world.tell()
    assert ["created", "delivered"] == steps(world)


def test_a_parcel_that_was_taken_off_is_not_told(world: World, order_id: str) -> None:
    parcel = world.store.ship(order_id, number="A", carrier="DHL")
    world.absorb()
    world.link._planner.run_once(["shop"])
    assert [f"tracking/shipment:{parcel}/created"] == world.keys()
    world.store.untrack(order_id, parcel)
    world.tell()
    assert REMOVED == world.state(f"tracking/shipment:{parcel}/created")
    assert [] == world.sent()


def test_nothing_more_is_told_of_a_parcel_that_was_taken_off(world: World, order_id: str) -> None:
    parcel = world.timeline.ship(order_id, promised_in=DAY)
    world.wait(HOUR)
    world.store.untrack(order_id, parcel)
    world.tell()
    world.wait(10 * DAY)
    assert ["created"] == steps(world)


@pytest.mark.parametrize("act", ["cancel", "refund", "delete"])
def test_nothing_is_told_of_an_order_that_is_off(world: World, order_id: str, act: str) -> None:
    parcel = world.timeline.ship(order_id, promised_in=DAY)
    world.store.scan(order_id, parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    scanned = world.store.take()
    getattr(world.timeline, act)(order_id)
    for webhook in scanned:
        world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    world.wait(3 * DAY)
    assert ["created"] == steps(world)
    why = {"cancel": "cancelled", "refund": "refunded", "delete": "deleted"}[act]
    reasons = {line.reason for line in world.link.explain("shop", order_id).messages}
    assert reasons <= {None, why}


def test_a_waiting_delay_is_taken_back_with_the_reason_of_the_order(
    world: World, order_id: str
) -> None:
    parcel = world.timeline.ship(order_id)
    world.store.scan(order_id, parcel, ShipmentStatus.EXCEPTION)
    world.absorb()
    world.link._planner.run_once(["shop"])
    (key,) = filter(lambda one: "problem" in one, world.keys())
    world.store.cancel(order_id)
    world.tell()
    assert (MessageState.CANCELLED, "cancelled") == world.state(key)


# -- two records of one parcel ---------------------------------------------------------------------


def test_two_records_of_one_number_are_told_once(world: World, order_id: str) -> None:
    """A plugin writes the number, and the platform has a fulfillment of its own."""
    first = world.timeline.ship(order_id, number="JD1", lines={0: 1})
    world.wait(HOUR)
    second = world.timeline.ship(order_id, number="JD1", lines={0: 1})
    world.wait(DAY)
    for parcel in (first, second):
        scan(world, order_id, parcel, "out_for_delivery")
    told = [f"tracking/shipment:{first}/{step}" for step in ("created", "out_for_delivery")]
    assert told == world.sent()
    sentence = "Not sent: another parcel of the order carries the same tracking number."
    assert sentence == world.said(order_id)[f"Shipping notice (parcel {second})"]


def test_a_parcel_that_was_cancelled_does_not_speak_for_its_successor(
    world: World, order_id: str
) -> None:
    """Cancelled in the shop and sent again under the same label: that one must be told."""
    first = world.timeline.ship(order_id, number="JD1")
    scan(world, order_id, first, "cancelled")
    world.wait(HOUR)
    second = world.timeline.ship(order_id, number="JD1")
    world.wait(HOUR)
    world.timeline.deliver(order_id, second)
    assert f"tracking/shipment:{second}/delivered" in world.sent()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("draft", "not_placed"),
        ("failed", "payment_failed"),
    ],
)
def test_parcels_of_what_is_no_order_yet_are_not_told(
    world: World, status: str, reason: str
) -> None:
    order_id = world.store.place(ADA, [MUG], paid=False)
    world.store.edit(order_id, status=status)
    world.timeline.ship(order_id)
    assert [] == world.sent()
    assert {reason} == {line.reason for line in world.link.explain("shop", order_id).messages}


def test_a_parcel_is_not_told_before_its_order_was_paid(world: World, order_id: str) -> None:
    """Some plugins write a shipping date without a time: it may lie before the payment."""
    paid_at = START + HOUR
    world.store.ship(order_id, number="JD1", carrier="DHL")
    world.store.edit(order_id, paid_at=paid_at)
    world.tell()
    (message,) = world.link.messages()
    assert paid_at == message.due_at
