"""ReviewRequest: after delivery, item by item, one at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, POT, START, TEA, World

from storelink import Money
from storelink.contracts import Facts, Send, Skip
from storelink.errors import Rejected
from storelink.events import OrderCompleted, ShipmentDelivered
from storelink.hooks import Reason, ReviewRequest
from storelink.models import (
    Contact,
    MessageClass,
    MessageState,
    Order,
    OrderStatus,
    Person,
    ShipmentStatus,
)
from storelink.testing import Item

WEEK = timedelta(days=7)
SENT = (MessageState.SENT, None)
WAITING = (MessageState.WAITING, None)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop that sends nothing but review requests."""
    return new_world(hooks=[ReviewRequest()])


def request(order_id: str) -> str:
    return f"review_request/order:{order_id}"


def asked(world: World, order_id: str) -> list[str]:
    """The products that the request is, or was, about."""
    return [item["title"] for item in world.message(request(order_id)).data["items"]]


# -- when ------------------------------------------------------------------------------------------


def test_it_is_due_a_week_after_the_delivery(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.timeline.ship(order_id)
    world.wait(3 * DAY)
    assert [] == world.keys()
    world.timeline.deliver(order_id, parcel)
    assert START + 3 * DAY + WEEK == world.message(request(order_id)).due_at
    world.wait(WEEK - timedelta(seconds=1))
    assert [] == world.sent()
    world.wait(timedelta(seconds=1))
    assert [request(order_id)] == world.sent()
    world.wait(60 * DAY)
    assert 1 == len(world.sent())


def test_it_is_due_after_the_last_parcel_of_several(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG, TEA])
    first = world.timeline.ship(order_id, lines={0: 1})
    world.wait(DAY)
    world.timeline.deliver(order_id, first)
    assert [] == world.keys()
    second = world.timeline.ship(order_id, lines={1: 1})
    world.wait(DAY)
    world.timeline.deliver(order_id, second)
    assert START + 2 * DAY + WEEK == world.message(request(order_id)).due_at


def test_it_waits_for_what_was_not_shipped_yet(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG, TEA])
    world.timeline.deliver(order_id, world.timeline.ship(order_id, lines={0: 1}))
    world.wait(30 * DAY)
    assert [] == world.sent()
    assert "not_delivered" in [
        line.reason for line in world.link.explain("shop", order_id).messages
    ]


def test_without_a_delivery_it_is_due_after_completion_and_transit(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(DAY)
    world.timeline.complete(order_id)
    assert START + DAY + timedelta(days=5) + WEEK == world.message(request(order_id)).due_at


def test_without_a_delivery_the_later_of_shipping_and_completion_counts(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.complete(order_id)
    world.wait(2 * DAY)
    world.timeline.ship(order_id)
    assert START + 2 * DAY + timedelta(days=5) + WEEK == world.message(request(order_id)).due_at


def test_the_usual_transit_time_is_configurable(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ReviewRequest(after=DAY, transit=2 * DAY)])
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.complete(order_id)
    assert START + 3 * DAY == world.message(request(order_id)).due_at


def test_a_delivery_that_becomes_known_moves_the_request(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.timeline.ship(order_id)
    world.timeline.complete(order_id)
    assert START + 12 * DAY == world.message(request(order_id)).due_at
    world.wait(9 * DAY)
    world.timeline.deliver(order_id, parcel)
    assert START + 16 * DAY == world.message(request(order_id)).due_at
    world.wait(WEEK)
    assert [request(order_id)] == world.sent()


def test_an_earlier_delivery_moves_it_forward(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.timeline.ship(order_id)
    world.timeline.complete(order_id)
    world.wait(DAY)
    world.timeline.deliver(order_id, parcel)
    assert START + 8 * DAY == world.message(request(order_id)).due_at


def test_a_delivery_told_after_the_request_was_sent_changes_nothing(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.timeline.ship(order_id)
    world.timeline.complete(order_id)
    world.wait(13 * DAY)
    world.timeline.deliver(order_id, parcel)
    world.wait(60 * DAY)
    assert [request(order_id)] == world.sent()


def test_a_request_that_could_not_be_sent_for_months_is_dropped(world: World) -> None:
    order_id = world.delivered_order()
    world.clock.advance(WEEK + ReviewRequest().expires_after)
    world.link.run_once()
    assert (MessageState.EXPIRED, "expired") == world.state(request(order_id))


def test_it_is_no_part_of_the_order() -> None:
    """Consent and caps will apply to it."""
    hook, order = ReviewRequest(), an_order()
    (decision,) = hook.decide(Person(store="shop", key="x", orders=(order,)), DELIVERED, START)
    assert isinstance(decision, Send)
    assert MessageClass.RELATIONSHIP is decision.message.message_class


# -- only while the order is good ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("cancel", "cancelled"),
        ("hold", "on_hold"),
        ("delete", "deleted"),
        ("refund", "refunded"),
    ],
)
def test_it_is_taken_back_when_the_order_is_not_good_any_more(
    world: World, act: str, reason: str
) -> None:
    order_id = world.delivered_order()
    assert WAITING == world.state(request(order_id))
    world.wait(DAY)
    getattr(world.store, act)(order_id)
    world.tell()
    assert (MessageState.CANCELLED, reason) == world.state(request(order_id))
    world.wait(60 * DAY)
    assert [] == world.sent()


def test_it_is_decided_again_just_before_sending(world: World) -> None:
    """The refund's webhook was lost; the order is read before it is asked about."""
    order_id = world.delivered_order()
    world.store.refund(order_id)
    world.store.take()
    world.wait(60 * DAY)
    assert [] == world.sent()
    assert (MessageState.CANCELLED, "refunded") == world.state(request(order_id))


def test_a_refund_after_the_request_changes_nothing(world: World) -> None:
    order_id = world.delivered_order()
    world.wait(WEEK)
    world.timeline.refund(order_id)
    assert SENT == world.state(request(order_id))


def test_an_order_that_goes_on_is_asked_about_in_time(world: World) -> None:
    order_id = world.delivered_order()
    world.store.hold(order_id)
    world.tell()
    world.wait(2 * DAY)
    world.store.edit(order_id, status=OrderStatus.OPEN)
    world.tell()
    world.wait(5 * DAY)
    assert [request(order_id)] == world.sent()


def an_order(**fields: Any) -> Order:
    line = {"id": "1", "title": "Mug", "product_id": "mug", "quantity": 2}
    told = {
        "id": "1",
        "store": "shop",
        "number": "#1",
        "currency": "EUR",
        "status": "completed",
        "payment_status": "paid",
        "fulfillment_status": "fulfilled",
        "total": Money("12", "EUR"),
        "lines": [{**line, "total": Money("12", "EUR")}],
        "shipments": [{"id": "p", "order_id": "1", "status": "delivered"}],
    }
    return Order.model_validate({**told, **fields})


COMPLETED = OrderCompleted(id="shop/order/1/completed", store="shop", at=START, order_id="1")
DELIVERED = Facts(
    [
        ShipmentDelivered(
            id="shop/shipment/p/delivered", store="shop", at=START, order_id="1", shipment_id="p"
        ),
        COMPLETED,
    ]
)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "draft"}, Reason.NOT_PLACED),
        ({"status": "pending"}, Reason.NOT_PAID),
        ({"status": "failed"}, Reason.PAYMENT_FAILED),
        ({"status": "on_hold"}, Reason.ON_HOLD),
        ({"status": "cancelled"}, Reason.CANCELLED),
        ({"payment_status": "refunded"}, Reason.REFUNDED),
        ({"deleted_at": START}, Reason.DELETED),
        ({"refunds": [{"id": "r", "order_id": "1"}]}, Reason.DETAILS_UNKNOWN),
        ({"returns": [{"id": "r", "order_id": "1", "status": "requested"}]}, Reason.RETURN_OPEN),
        ({"lines": []}, Reason.NOTHING_TO_REVIEW),
        ({"lines": [{"id": "1", "title": "Fee", "quantity": 1}]}, Reason.NOTHING_TO_REVIEW),
    ],
)
def test_nobody_is_asked_about(fields: dict[str, Any], reason: Reason) -> None:
    person = Person(store="shop", key="x", orders=(an_order(**fields),))
    (decision,) = ReviewRequest().decide(person, DELIVERED, START)
    assert isinstance(decision, Skip)
    assert reason is decision.reason


def test_only_a_completed_order_is_asked_about_without_a_delivery() -> None:
    """It was completed once and is open again: it is not done."""
    order = an_order(status="open", shipments=[])
    person = Person(store="shop", key="x", orders=(order,))
    (decision,) = ReviewRequest().decide(person, Facts([COMPLETED]), START)
    assert isinstance(decision, Skip)
    assert Reason.NOT_DELIVERED is decision.reason


def test_a_return_that_was_declined_does_not_stand_in_the_way() -> None:
    order = an_order(returns=[{"id": "r", "order_id": "1", "status": "declined"}])
    person = Person(store="shop", key="x", orders=(order,))
    (decision,) = ReviewRequest().decide(person, DELIVERED, START)
    assert isinstance(decision, Send)


# -- item by item ----------------------------------------------------------------------------------


def part_of_line(**part: Any) -> list[dict[str, Any]]:
    return [{"id": "r", "order_id": "1", "lines": [{"line_id": "1", "quantity": 0, **part}]}]


@pytest.mark.parametrize(
    ("fields", "is_asked"),
    [
        ({"refunds": part_of_line(quantity=2)}, False),
        ({"refunds": part_of_line(quantity=1)}, True),
        ({"refunds": part_of_line(quantity=1) + part_of_line(quantity=1)}, False),
        ({"refunds": part_of_line(amount=Money("12", "EUR"))}, False),
        ({"refunds": part_of_line(amount=Money("3", "EUR"))}, True),
        ({"refunds": [{"id": "r", "order_id": "1", "lines": []}]}, True),
        ({"returns": [{**part_of_line(quantity=1)[0], "status": "requested"}]}, False),
        ({"returns": [{**part_of_line(quantity=1)[0], "status": "closed"}]}, False),
        ({"returns": [{**part_of_line(quantity=1)[0], "status": "cancelled"}]}, True),
    ],
)
def test_a_line_that_was_refunded_or_returned_is_not_asked_about(
    fields: dict[str, Any], is_asked: bool
) -> None:
    person = Person(store="shop", key="x", orders=(an_order(**fields),))
    (decision,) = ReviewRequest().decide(person, DELIVERED, START)
    assert is_asked == isinstance(decision, Send)


def test_gift_cards_are_not_asked_about() -> None:
    lines = [
        {"id": "1", "title": "Card", "product_id": "card", "quantity": 1, "gift_card": True},
        {"id": "2", "title": "Mug", "product_id": "mug", "quantity": 1},
    ]
    person = Person(store="shop", key="x", orders=(an_order(lines=lines),))
    (decision,) = ReviewRequest().decide(person, DELIVERED, START)
    assert isinstance(decision, Send)
    assert ["Mug"] == [item["title"] for item in decision.message.data["items"]]


def test_a_part_refund_takes_its_item_out_of_the_request(world: World) -> None:
    order_id = world.delivered_order(items=[MUG, TEA])
    assert ["Mug", "Tea"] == asked(world, order_id)
    world.timeline.refund(order_id, lines={0: 1})
    assert ["Tea"] == asked(world, order_id)
    world.wait(WEEK)
    (mail,) = world.channel.sent
    assert "Tea" in mail.text
    assert "Mug" not in mail.text


def test_a_refund_whose_lines_are_not_known_yet_holds_the_request(world: World) -> None:
    """A webhook names the refund without its lines: it could be about any item."""
    order_id = world.delivered_order(items=[MUG, TEA])
    world.wait(HOUR)
    world.store.refund(order_id, lines={0: 1})
    _, order_webhook = world.store.take()
    world.link.receive("shop", headers=order_webhook.headers, body=order_webhook.body)
    world.link._planner.run_once(["shop"])
    world.link._planner.run_once(["shop"])
    assert (MessageState.CANCELLED, "details_unknown") == world.state(request(order_id))
    world.link.run_once()
    assert ["Tea"] == asked(world, order_id)


def test_when_every_item_was_refunded_by_parts_nothing_is_asked(world: World) -> None:
    order_id = world.delivered_order(items=[MUG, TEA])
    world.timeline.refund(order_id, lines={0: 1})
    world.timeline.refund(order_id, lines={1: 1})
    world.wait(60 * DAY)
    assert [] == world.sent()


# -- one person ------------------------------------------------------------------------------------


def test_a_product_is_asked_about_once_for_each_person(world: World) -> None:
    first = world.delivered_order(ADA, [MUG])
    other = world.delivered_order(BOB, [MUG])
    world.wait(8 * DAY)
    second = world.delivered_order(ADA, [MUG, TEA])
    third = world.delivered_order(ADA, [MUG])
    world.wait(30 * DAY)
    assert sorted(map(request, [first, other, second])) == sorted(world.sent())
    assert ["Tea"] == asked(world, second)
    reasons = {line.hook: line.reason for line in world.link.explain("shop", third).messages}
    assert {"review_request": "already_asked"} == reasons


def test_one_person_is_asked_one_thing_at_a_time(world: World) -> None:
    first = world.delivered_order(ADA, [MUG])
    second = world.delivered_order(ADA, [TEA])
    assert [request(first)] == world.keys()
    reasons = {line.hook: line.reason for line in world.link.explain("shop", second).messages}
    assert {"review_request": "another_open"} == reasons
    world.wait(WEEK)
    assert [request(first), request(second)] == world.sent()


ITEMS = (MUG, TEA, POT)


@pytest.mark.parametrize("arrival", list(itertools.permutations(range(3))))
def test_the_earliest_due_asks_first_whatever_the_order_of_arrival(
    world: World, arrival: tuple[int, ...]
) -> None:
    """Three orders of one person, delivered on three days; only their webhooks are shuffled."""
    orders, webhooks = [], []
    for item in ITEMS:
        order_id = world.store.place(ADA, [item])
        parcel = world.store.ship(order_id, number="T", carrier="DHL")
        world.clock.advance(DAY)
        world.store.scan(order_id, parcel, ShipmentStatus.DELIVERED)
        orders.append(order_id)
        webhooks.append(world.store.take())
    for index in arrival:
        for webhook in webhooks[index]:
            world.link.receive("shop", headers=webhook.headers, body=webhook.body)
        world.link.run_once()
    open_ones = [one.order_id for one in world.link.messages(state=MessageState.WAITING)]
    assert [orders[0]] == open_ones
    world.wait(30 * DAY)
    assert [request(order_id) for order_id in orders] == world.sent()


def test_of_two_due_at_once_the_lower_number_asks_first() -> None:
    """By number, not by text: order 999 comes before order 1000."""
    orders = tuple(an_order(id=order_id, number=f"#{order_id}") for order_id in ("1000", "999"))
    facts = Facts(
        [
            COMPLETED.model_copy(update={"id": f"x/{order.id}", "order_id": order.id})
            for order in orders
        ]
    )
    bare = tuple(order.model_copy(update={"shipments": ()}) for order in orders)
    decisions = list(ReviewRequest().decide(Person(store="s", key="x", orders=bare), facts, START))
    sends = [one.order_id for one in decisions if isinstance(one, Send)]
    assert ["999"] == sends


def test_case_of_the_address_and_an_account_do_not_make_another_person(world: World) -> None:
    world.delivered_order(Contact(email="Ada@Example.com"), [MUG])
    second = world.delivered_order(Contact(email="ada@example.com "), [TEA])
    assert "another_open" in {line.reason for line in world.link.explain("shop", second).messages}


def test_guests_are_not_one_person(world: World) -> None:
    first, second = world.delivered_order(ADA, [MUG]), world.delivered_order(BOB, [MUG])
    assert {request(first), request(second)} == set(world.keys())


@pytest.mark.parametrize("end", ["by hand", "expired", "failed", "refunded"])
def test_a_request_that_will_not_be_sent_does_not_hold_up_the_next(world: World, end: str) -> None:
    first = world.delivered_order(ADA, [MUG])
    world.wait(HOUR)
    second = world.delivered_order(ADA, [TEA])
    if end == "by hand":
        world.link.cancel(f"shop/{request(first)}")
    elif end == "expired":
        world.clock.advance(WEEK + ReviewRequest().expires_after - HOUR)
    elif end == "failed":
        world.channel.fail_next(Rejected("unknown user"))
    else:
        world.timeline.refund(first)
    world.wait(WEEK)
    assert [request(second)] == world.sent()


def test_what_was_delivered_before_the_store_was_connected_does_not_hold_up_the_next(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ReviewRequest()], since=START + DAY)
    old = world.delivered_order(ADA, [MUG])
    world.wait(2 * DAY)
    new = world.delivered_order(ADA, [TEA])
    world.wait(60 * DAY)
    assert [request(new)] == world.sent()
    reasons = {line.reason for line in world.link.explain("shop", old).messages}
    assert {"history"} == reasons


def test_an_order_that_gets_another_address_moves_to_that_person(world: World) -> None:
    order_id = world.delivered_order(ADA, [MUG])
    world.store.edit(order_id, contact=BOB)
    world.tell()
    assert WAITING == world.state(request(order_id))
    world.wait(60 * DAY)
    assert [request(order_id)] == world.sent()
    assert "bob@example.com" == world.channel.sent[0].to


def test_the_first_person_s_next_request_gets_its_turn_then(world: World) -> None:
    first = world.delivered_order(ADA, [MUG])
    world.wait(HOUR)
    second = world.delivered_order(ADA, [TEA])
    assert [request(first)] == world.keys()
    world.store.edit(first, contact=BOB)
    world.tell()
    open_ones = {one.order_id for one in world.link.messages(state=MessageState.WAITING)}
    assert {first, second} == open_ones


def test_an_order_that_moves_after_it_was_asked_about_is_not_asked_about_twice(
    world: World,
) -> None:
    order_id = world.delivered_order(ADA, [MUG])
    world.wait(WEEK)
    assert [request(order_id)] == world.sent()
    world.store.edit(order_id, contact=BOB)
    world.tell()
    world.wait(60 * DAY)
    assert [request(order_id)] == world.sent()


def test_an_order_without_any_address_is_asked_about_by_nobody(world: World) -> None:
    world.delivered_order(Contact(first_name="Nobody"), [Item("Mug", Money("1", "EUR"))])
    world.wait(60 * DAY)
    assert [] == world.keys()
