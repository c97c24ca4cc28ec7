"""What `explain` says, word for word: a shop owner has to understand it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, START, TEA, World

from storelink import Message
from storelink.contracts import Reason
from storelink.errors import Rejected, RetryLater, StoreUnavailable
from storelink.events import EVENT_TYPES, OrderPaid
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates, words
from storelink.models import Contact, ShipmentStatus
from storelink.rendering import Brand

WEEK = timedelta(days=7)


def test_the_whole_story_of_an_order_that_was_refunded(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(DAY)
    parcel = world.timeline.ship(order_id, number="JD01", promised_in=DAY)
    world.wait(2 * DAY)
    world.timeline.deliver(order_id, parcel)
    world.wait(HOUR)
    world.timeline.refund(order_id)
    expected = f"""\
Order #1001 (shop): open, refunded; as of 5 November 2026, 10:00 UTC

What happened:
  2 November 2026, 09:00 UTC: The order was placed
  2 November 2026, 09:00 UTC: The order was paid
  3 November 2026, 09:00 UTC: Parcel {parcel} was sent
  3 November 2026, 09:00 UTC: Parcel {parcel} got the tracking number JD01
  4 November 2026, 09:00 UTC: Parcel {parcel} is late: the promised day has passed
  5 November 2026, 09:00 UTC: Parcel {parcel} was delivered
  5 November 2026, 10:00 UTC: Money was given back

Messages:
  Thank-you: Sent on 2 November 2026, 09:00 UTC by recording.
  Shipping notice (parcel {parcel}): Sent on 3 November 2026, 09:00 UTC by recording.
  Delay notice (parcel {parcel}): Sent on 4 November 2026, 09:00 UTC by recording.
  Delivery notice (parcel {parcel}): Sent on 5 November 2026, 09:00 UTC by recording.
  Review request: Cancelled on 5 November 2026, 10:00 UTC: the order was refunded in full."""
    assert expected == str(world.link.explain("shop", order_id))


def test_an_order_that_was_just_placed(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    assert {
        "Thank-you": "Sent on 2 November 2026, 09:00 UTC by recording.",
        "Tracking": "Not sent yet: nothing has been shipped.",
        "Review request": "Not sent yet: the order has neither been delivered nor completed.",
    } == world.said(order_id)


def test_an_order_that_is_not_paid(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG], paid=False)
    assert {
        "Thank-you": "Not sent yet: the order has not been paid.",
        "Tracking": "Not sent yet: nothing has been shipped.",
        "Review request": "Not sent yet: the order has not been paid.",
    } == world.said(order_id)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("cancel", "Not sent: the order was cancelled."),
        ("refund", "Not sent: the order was refunded in full."),
        ("delete", "Not sent: the order was deleted in the store."),
        ("hold", "Not sent yet: the order is on hold."),
    ],
)
def test_an_order_that_is_not_good(world: World, act: str, sentence: str) -> None:
    order_id = world.store.place(ADA, [MUG])
    world.clock.advance(HOUR)
    getattr(world.store, act)(order_id)
    world.tell()
    said = world.said(order_id)
    assert sentence == said["Thank-you"]
    assert sentence == said["Review request"]
    tracking = "Not sent yet: nothing has been shipped." if act == "hold" else sentence
    assert tracking == said["Tracking"]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("draft", "Not sent yet: the customer has not placed this order; it is still a draft."),
        ("failed", "Not sent yet: the payment failed."),
    ],
)
def test_an_order_that_is_no_order_yet(world: World, status: str, sentence: str) -> None:
    order_id = world.store.place(ADA, [MUG], paid=False)
    world.store.edit(order_id, status=status)
    world.tell()
    assert sentence == world.said(order_id)["Thank-you"]


def test_a_review_request_that_waits(world: World) -> None:
    order_id = world.delivered_order()
    assert "Will be sent on 9 November 2026, 09:00 UTC." == world.said(order_id)["Review request"]


def test_times_are_told_in_the_shop_s_zone(new_world: Callable[..., World]) -> None:
    world = new_world(brand=Brand(name="Atelier", time_zone="Europe/Berlin"))
    order_id = world.delivered_order()
    assert "Will be sent on 9 November 2026, 10:00 CET." == world.said(order_id)["Review request"]


def test_a_review_request_behind_another(world: World) -> None:
    world.delivered_order(ADA, [MUG])
    order_id = world.delivered_order(ADA, [TEA])
    sentence = "Not sent yet: the customer is asked about another order first (#1001)."
    assert sentence == world.said(order_id)["Review request"]


def test_products_that_were_asked_about(world: World) -> None:
    world.delivered_order(ADA, [MUG])
    world.wait(8 * DAY)
    order_id = world.delivered_order(ADA, [MUG])
    sentence = "Not sent: the customer was already asked about these products."
    assert sentence == world.said(order_id)["Review request"]


def test_items_that_were_all_given_back(world: World) -> None:
    order_id = world.delivered_order(ADA, [MUG, TEA])
    world.wait(HOUR)
    world.store.edit(order_id, lines=())
    world.tell()
    assert (
        "Cancelled on 2 November 2026, 10:00 UTC: "
        "every item was refunded or returned, so nothing is left to review."
    ) == world.said(order_id)["Review request"]


def test_a_refund_of_unknown_items(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ReviewRequest()])
    order_id = world.delivered_order(ADA, [MUG, TEA])
    world.wait(HOUR)
    world.store.refund(order_id, lines={0: 1})
    _, webhook = world.store.take()
    world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    explanation = world.link.explain("shop", order_id)
    why = "the refunds come without their lines"
    assert (f"The store is still to be asked for the latest state: {why}.",) == explanation.notes
    (line,) = explanation.messages
    assert "Will be sent on 9 November 2026, 09:00 UTC." == line.sentence


def test_news_of_a_parcel_that_is_further(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.store.ship(order_id, number="JD01", carrier="DHL")
    world.store.scan(order_id, parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    world.clock.advance(HOUR)
    world.store.scan(order_id, parcel, ShipmentStatus.DELIVERED)
    world.tell()
    sentence = "Not sent: there is newer news of the parcel (it was delivered)."
    said = world.said(order_id)
    assert sentence == said[f"Shipping notice (parcel {parcel})"]
    assert sentence == said[f"Out-for-delivery notice (parcel {parcel})"]
    assert (
        "Sent on 2 November 2026, 10:00 UTC by recording."
        == said[f"Delivery notice (parcel {parcel})"]
    )


def test_a_parcel_without_a_number(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.timeline.ship(order_id, number="")
    sentence = "Not sent yet: the parcel has no tracking number and no link."
    assert sentence == world.said(order_id)[f"Shipping notice (parcel {parcel})"]


def test_a_parcel_that_was_taken_off(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.store.ship(order_id, number="JD01", carrier="DHL")
    world.absorb()
    world.clock.advance(HOUR)
    world.store.untrack(order_id, parcel)
    world.tell()
    sentence = "Not sent: the parcel was taken off the order."
    assert sentence == world.said(order_id)[f"Shipping notice (parcel {parcel})"]


def test_history(new_world: Callable[..., World]) -> None:
    world = new_world(since=START + DAY)
    order_id = world.timeline.place(ADA, [MUG])
    sentence = "Not sent: it is about something that happened before the store was connected."
    assert sentence == world.said(order_id)["Thank-you"]


def test_news_that_came_too_late(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.timeline.ship(order_id)
    world.store.scan(order_id, parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    world.absorb()
    world.clock.advance(2 * DAY)
    world.link.run_once()
    said = world.said(order_id)[f"Out-for-delivery notice (parcel {parcel})"]
    assert "Not sent: it would have come too late." == said


def test_an_order_without_an_address(world: World) -> None:
    order_id = world.timeline.place(Contact(phone="+4930231250"), [MUG])
    assert (
        "Cancelled on 2 November 2026, 09:00 UTC: "
        "the order has no address that it could be sent to."
    ) == world.said(order_id)["Thank-you"]


def test_a_provider_that_is_busy_and_one_that_refuses(world: World) -> None:
    world.channel.fail_next(RetryLater("greylisted", code="451 4.7.1"))
    busy = world.timeline.place(ADA, [MUG])
    assert (
        "Not sent yet: the last attempt failed (451 4.7.1 greylisted). "
        "Next attempt on 2 November 2026, 09:01 UTC."
    ) == world.said(busy)["Thank-you"]
    world.channel.fail_next(Rejected("no such user", code="550 5.1.1"))
    refused = world.timeline.place(BOB, [MUG])
    expected = "Not sent: it was refused for good (550 5.1.1 no such user)."
    assert expected == world.said(refused)["Thank-you"]


def test_a_provider_that_is_busy_for_days(world: World) -> None:
    world.channel.fail_next(RetryLater("busy"), times=30)
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(3 * DAY)
    assert "Not sent: every attempt failed (busy)." == world.said(order_id)["Thank-you"]


def test_a_broken_connection(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou(), ReviewRequest()])
    world.channel.lose_next_answer(ConnectionResetError())
    order_id = world.store.place(ADA, [MUG])
    world.absorb()
    world.link._planner.run_once(["shop"])
    world.link._relay.run_once(["shop"])
    assert (
        "May or may not have been sent: the connection broke at the moment of sending. "
        "It will be sent again on 2 November 2026, 09:00 UTC."
    ) == world.said(order_id)["Thank-you"]
    world.timeline.deliver(order_id, world.timeline.ship(order_id))
    world.channel.lose_next_answer(ConnectionResetError())
    world.wait(WEEK)
    assert (
        "May or may not have been sent on 9 November 2026, 09:00 UTC: "
        "the connection broke at the moment of sending. "
        "It is not repeated; `storelink outbox settle` writes down what became of it."
    ) == world.said(order_id)["Review request"]


def test_a_message_that_somebody_cancelled(world: World) -> None:
    order_id = world.delivered_order()
    world.link.cancel(f"shop/review_request/order:{order_id}")
    sentence = "Cancelled on 2 November 2026, 09:00 UTC: somebody decided so by hand."
    assert sentence == world.said(order_id)["Review request"]


def test_a_broken_template(new_world: Callable[..., World], errors_are_expected: None) -> None:
    world = new_world(hooks=[])

    @world.link.hook(OrderPaid)
    def gift_note() -> Message:
        return Message("gift_note", subject="A gift", text="{{ order.nonsense }}")

    order_id = world.timeline.place(ADA, [MUG])
    said = world.said(order_id)["gift_note"]
    assert said.startswith("Not sent yet: its template must be repaired first (")
    assert said.endswith("). Next attempt on 2 November 2026, 09:05 UTC.")


def test_a_hook_s_own_condition_and_a_hook_that_fails(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[])
    world.link.hook(OrderPaid, key="gift_note")(lambda: None)
    world.link.hook(OrderPaid, key="broken")(lambda: 1 / 0)
    order_id = world.timeline.place(ADA, [MUG])
    assert {
        "gift_note": "Not sent: its own condition was not met.",
        "broken": "Not sent: the rule that decides about it failed (ZeroDivisionError).",
    } == world.said(order_id)


def test_a_tracking_hook_that_fails_is_called_tracking(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(TrackingUpdates):
        def decide(self, subject: object, facts: object, now: object) -> None:  # type: ignore[override]
            raise RuntimeError

    world = new_world(hooks=[Broken()])
    order_id = world.timeline.place(ADA, [MUG])
    expected = {"Tracking": "Not sent: the rule that decides about it failed (RuntimeError)."}
    assert expected == world.said(order_id)


def test_a_store_that_does_not_answer(
    new_world: Callable[..., World], errors_are_expected: None
) -> None:
    world = new_world()
    order_id = world.delivered_order()
    world.store.read = unavailable  # type: ignore[method-assign]
    world.wait(WEEK)
    assert (
        "Not sent yet: the store did not answer when it was asked for the latest state. "
        "Next attempt on 9 November 2026, 09:05 UTC."
    ) == world.said(order_id)["Review request"]


def unavailable(ref: object) -> None:
    raise StoreUnavailable("503")


# -- the vocabulary --------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_also_without_its_details(reason: Reason) -> None:
    sentence = words.refused(reason, {})
    assert sentence.startswith(("Not sent: ", "Not sent yet: "))
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert "(" not in sentence


@pytest.mark.parametrize("kind", sorted(set(EVENT_TYPES) - {"customer.created", "consent.changed"}))
def test_every_event_of_an_order_has_words(kind: str) -> None:
    assert kind in words.EVENTS


def test_every_reason_for_superseding_has_words() -> None:
    parcels = {kind for kind in EVENT_TYPES if kind.startswith("shipment.")}
    assert parcels - {"shipment.created", "shipment.changed"} == set(words.NEWS)


def test_explain_finds_an_order_by_id_and_by_number(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    for name in (order_id, f"#{order_id}"):
        assert order_id == world.link.explain("shop", name).order.id


def test_explain_of_an_order_that_is_not_known(world: World) -> None:
    with pytest.raises(LookupError, match="shop has no order '7' that is known here"):
        world.link.explain("shop", "7")


def test_the_json_of_an_explanation(world: World) -> None:
    order_id = world.delivered_order()
    body = world.link.explain("shop", order_id).to_dict()
    line = body["messages"][-1]
    assert ("shop", order_id, "open", "paid") == (
        body["store"],
        body["order"],
        body["status"],
        body["payment_status"],
    )
    assert {
        "key": f"shop/review_request/order:{order_id}",
        "title": "Review request",
        "hook": "review_request",
        "step": "",
        "state": "waiting",
        "reason": None,
        "at": "2026-11-09T09:00:00+00:00",
        "attempts": 0,
        "sentence": "Will be sent on 9 November 2026, 09:00 UTC.",
    }.items() <= line.items()
