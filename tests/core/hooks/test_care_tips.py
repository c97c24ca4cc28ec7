"""CareTips: what helps with what was bought, once for each product and person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, MUG, START, TEA, World
from hypothesis import given
from hypothesis import strategies as st

from storelink.contracts.hook import Facts, Reason, Send, SentMessage, Skip
from storelink.events.types import Event, OrderCompleted, ShipmentCreated, ShipmentDelivered
from storelink.hooks import CareTips, Tip
from storelink.models import MessageClass, MessageState, Money, Order, Person, Product, Ref

MANUAL = Tip(product="mug", url="https://shop.example/mug.pdf")
WASH = Tip(tag="Ceramics", text={"en": "Wash by hand.", "de": "Von Hand waschen."}, name="wash")
TIPS = (
    MANUAL,
    WASH,
    Tip(sku="T-1", text="Four minutes.", after=30 * DAY),
    Tip(variant="mug-red", text="Keep it out of the sun.", after=30 * DAY),
    Tip(category="tea", text="Keep it dry.", after=timedelta(days=30, hours=6)),
    Tip(product="pan", template="pan_care"),
)
MUG_LINE = {"id": "1", "title": "Mug", "product_id": "mug", "quantity": 2}
TEA_LINE = {"id": "2", "title": "Tea", "product_id": "tea", "sku": "T-1", "quantity": 1}
PRODUCTS = {
    "mug": Product(id="mug", store="shop", tags=("ceramics",)),
    "tea": Product(id="tea", store="shop", categories=("Tea",)),
}


def an_order(order_id: str = "1", **fields: Any) -> Order:
    told = {
        "id": order_id,
        "store": "shop",
        "number": f"#{order_id}",
        "currency": "EUR",
        "status": "completed",
        "payment_status": "paid",
        "fulfillment_status": "fulfilled",
        "total": Money("12", "EUR"),
        "lines": [{**MUG_LINE, "total": Money("12", "EUR")}],
        "shipments": [{"id": f"p{order_id}", "order_id": order_id, "status": "delivered"}],
    }
    return Order.model_validate({**told, **fields})


def event(kind: type[Event], order_id: str = "1", at: datetime = START, **fields: Any) -> Event:
    what = {"id": f"shop/{kind.type}/{order_id}", "store": "shop", "order_id": order_id}
    parcel = {} if kind is OrderCompleted else {"shipment_id": f"p{order_id}"}
    return kind(**what, at=at, **parcel, **fields)


def told(order_id: str = "1", step: str = "day-1", **item: str) -> SentMessage:
    items = [{"product": "mug", "tip": MANUAL.key}, {"product": "mug", "tip": "wash"}]
    data = {"items": [item] if item else items}
    return SentMessage("care_tips", Ref.order(order_id), step, order_id, START, data)


def decided(
    *orders: Order,
    events: Sequence[Event] | None = None,
    sent: Sequence[SentMessage] = (),
    products: Mapping[str, Product] = PRODUCTS,
    closed: Sequence[tuple[str, Ref, str]] = (),
    now: datetime = START,
    tips: Sequence[Tip] = TIPS,
) -> list[Send | Skip]:
    some = [event(ShipmentDelivered, one.id) for one in orders] if events is None else events
    facts = Facts(some, sent, closed, products=products)
    person = Person(store="shop", key="x", orders=orders)
    return list(CareTips(tips=tips).decide(person, facts, now))


def said(decisions: Sequence[Send | Skip]) -> list[str]:
    """Say each decision in short: the order, and what is told of what, or why nothing is."""
    found = []
    for one in decisions:
        if isinstance(one, Skip):
            found.append(f"{one.order_id} {one.reason}")
            continue
        items = [f"{item['product']}:{item['tip']}" for item in one.message.data["items"]]
        hours = (one.due_at - START) // timedelta(hours=1)
        found.append(f"{one.order_id} {hours}h {' '.join(items)}")
    return found


def returned(status: str, **lines: Any) -> dict[str, Any]:
    return {"returns": [{"id": "r", "order_id": "1", "status": status, **lines}]}


OF_MUG = [{"line_id": "1", "quantity": 1}]
BOTH = "1 24h mug:https://shop.example/mug.pdf mug:wash"
MONTH = "1 726h tea:sku T-1 tea:category tea"
DELIVERED = event(ShipmentDelivered)
LATE = START + timedelta(days=40)

TABLE: dict[str, tuple[Mapping[str, Any], Mapping[str, Any], list[str]]] = {
    "a day after the arrival, both tips of that day together": ({}, {}, [BOTH]),
    "a cancelled order": ({"status": "cancelled"}, {}, ["1 cancelled"]),
    "an order on hold": ({"status": "on_hold"}, {}, ["1 on_hold"]),
    "a deleted order": ({"deleted_at": START}, {}, ["1 deleted"]),
    "a refunded order": ({"payment_status": "refunded"}, {}, ["1 refunded"]),
    "an order of unknown status that arrived nowhere": (
        {"status": "unknown"}, {"events": []}, ["1 unknown_status"],
    ),
    "an order under way": ({"status": "open"}, {"events": []}, ["1 not_delivered"]),
    "a parcel that is still to be sent": (
        {"fulfillment_status": "partially_fulfilled", "status": "open"}, {}, ["1 not_delivered"],
    ),
    "completed, and nobody reports on the parcel: after the usual transit": (
        {}, {"events": [event(OrderCompleted)]},
        ["1 144h mug:https://shop.example/mug.pdf mug:wash"],
    ),
    "completed, and shipped later": (
        {}, {"events": [event(OrderCompleted), event(ShipmentCreated, at=START + 2 * DAY)]},
        ["1 192h mug:https://shop.example/mug.pdf mug:wash"],
    ),
    "a parcel that was taken off the order, beside one that arrived": (
        {"shipments": [
            {"id": "p1", "order_id": "1", "status": "delivered"},
            {"id": "p9", "order_id": "1", "status": "cancelled"},
        ]}, {}, [BOTH],
    ),
    "the line was refunded": (
        {"refunds": [{"id": "r", "order_id": "1", "lines": [{"line_id": "1", "quantity": 2}]}]},
        {}, ["1 no_tip"],
    ),
    "one of two mugs was refunded": (
        {"refunds": [{"id": "r", "order_id": "1", "lines": [{"line_id": "1", "quantity": 1}]}]},
        {}, [BOTH],
    ),
    "a refund of nobody knows which line": (
        {"refunds": [{"id": "r", "order_id": "1"}]}, {}, ["1 details_unknown"],
    ),
    "a return of the line is under way": (returned("open", lines=OF_MUG), {}, ["1 no_tip"]),
    "a return of nobody knows which line": (returned("requested"), {}, ["1 return_open"]),
    "a return that was declined": (returned("declined", lines=OF_MUG), {}, [BOTH]),
    "no tip matches": ({"lines": [{**MUG_LINE, "product_id": "vase"}]}, {}, ["1 no_tip"]),
    "a product that is not known yet has no tags": (
        {}, {"products": {}}, ["1 24h mug:https://shop.example/mug.pdf"],
    ),
    "a gift card": ({"lines": [{**MUG_LINE, "gift_card": True}]}, {}, ["1 no_tip"]),
    "a variant has tips of its own, on its day": (
        {"lines": [{**MUG_LINE, "variant_id": "mug-red"}]}, {},
        [BOTH, "1 720h mug:variant mug-red"],
    ),
    "by stock-keeping unit and category, when the later one is due": (
        {"lines": [TEA_LINE]}, {}, [MONTH],
    ),
    "two products, and each its tips": ({"lines": [MUG_LINE, TEA_LINE]}, {}, [BOTH, MONTH]),
    "two variants of a product": (
        {"lines": [MUG_LINE, {**MUG_LINE, "id": "3", "variant_id": "blue"}]}, {}, [BOTH],
    ),
    "a thing without a product in the store": (
        {"lines": [{**TEA_LINE, "product_id": None}]}, {}, ["1 720h T-1:sku T-1"],
    ),
    "already sent": ({}, {"sent": [told()]}, []),
    "one tip was told after another order": (
        {}, {"sent": [told("0", product="mug", tip="wash")]},
        ["1 24h mug:https://shop.example/mug.pdf"],
    ),
    "all tips were told after another order": ({}, {"sent": [told("0")]}, ["1 already_told"]),
    "what another hook sent is not looked at": (
        {}, {"sent": [SentMessage("thank_you", Ref.order("1"), "", "1", START)]}, [BOTH],
    ),
    "too late is decided on as ever: the message expires": ({}, {"now": LATE}, [BOTH]),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_tips_are_decided_by_what_the_customer_has(case: str) -> None:
    fields, options, expected = TABLE[case]
    assert expected == said(decided(an_order(**fields), **options))


TWICE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the first one tells it": ({}, [BOTH, "2 already_told"]),
    "it was stopped there: the second one tells it": (
        {"closed": [("care_tips", Ref.order("1"), "day-1")]}, [BOTH, BOTH.replace("1 ", "2 ", 1)],
    ),
    "it is too late for the first one": (
        {"now": START + 16 * DAY, "events": [
            event(ShipmentDelivered, "1"), event(ShipmentDelivered, "2", at=START + 10 * DAY),
        ]}, [BOTH, "2 264h mug:https://shop.example/mug.pdf mug:wash"],
    ),
    "the first one is from before the store was connected": (
        {"events": [event(ShipmentDelivered, "1", historic=True), event(ShipmentDelivered, "2")]},
        [BOTH, BOTH.replace("1 ", "2 ", 1)],
    ),
    "the first one arrives later": (
        {"events": [event(ShipmentDelivered, "1", at=START + DAY), event(ShipmentDelivered, "2")]},
        ["2 24h mug:https://shop.example/mug.pdf mug:wash", "1 already_told"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TWICE)
def test_of_two_orders_of_the_same_thing(case: str) -> None:
    options, expected = TWICE[case]
    assert expected == said(decided(an_order("1"), an_order("2"), **options))


def test_a_template_of_the_shops_own_gets_a_message_of_its_own() -> None:
    lines = [MUG_LINE, {**MUG_LINE, "id": "2", "product_id": "pan"}]
    sends = [one for one in decided(an_order(lines=lines)) if isinstance(one, Send)]
    assert [("care_tips", "day-1"), ("pan_care", "day-1/pan_care")] == [
        (one.message.template, one.step) for one in sends
    ]


def test_it_is_no_part_of_the_order_and_becomes_pointless() -> None:
    (send,) = decided(an_order())
    assert isinstance(send, Send)
    assert MessageClass.RELATIONSHIP is send.message.message_class
    assert send.due_at + timedelta(days=14) == send.expires_at


@pytest.mark.parametrize(
    "day",
    [datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2028, 2, 28, 12, tzinfo=UTC)],
    ids=["the night in which clocks go back in Europe", "before the 29th of February"],
)
def test_a_day_is_24_hours_whatever_the_calendar_does(day: datetime) -> None:
    (send,) = decided(an_order(), events=[event(ShipmentDelivered, at=day)])
    assert isinstance(send, Send)
    assert day + timedelta(hours=24) == send.due_at


@pytest.mark.parametrize(
    "options",
    [
        {"text": "x"},
        {"product": "1"},
        {"product": "1", "sku": "2", "text": "x"},
        {"product": "1", "url": "www.shop.example"},
        {"product": "1", "text": " "},
        {"product": "1", "text": {}},
        {"product": "1", "text": "x", "after": timedelta(days=-1)},
    ],
)
def test_a_tip_that_says_nothing_of_nothing_is_refused(options: Any) -> None:
    with pytest.raises(ValueError, match="Tip"):
        Tip(**options)


def test_two_tips_that_could_not_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="give one of them a name"):
        CareTips(tips=[Tip(product="1", text="x"), Tip(product="1", text="y")])


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sets(st.sampled_from(("mug", "tea"))), st.booleans()),
        max_size=6,
    )
)
def test_nobody_is_told_anything_twice(lives: list[tuple[int, set[str], bool]]) -> None:
    """Whatever is bought and refunded when, and in whatever order messages go."""
    lines = {"mug": MUG_LINE, "tea": TEA_LINE}
    orders, events = [], []
    for number, (days, products, is_refunded) in enumerate(lives):
        status = {"payment_status": "refunded"} if is_refunded else {}
        orders.append(an_order(str(number), lines=[lines[one] for one in products], **status))
        events.append(event(ShipmentDelivered, str(number), at=START + days * DAY))
    sent: list[SentMessage] = []
    for _ in range(50):
        sends = [one for one in decided(*orders, events=events, sent=sent) if isinstance(one, Send)]
        if not sends:
            break
        one = min(sends, key=lambda send: (send.due_at, str(send.subject), send.step))
        data = one.message.data
        sent.append(SentMessage("care_tips", one.subject, one.step, one.order_id, one.due_at, data))
    told = [(item["product"], item["tip"]) for one in sent for item in one.data["items"]]
    assert sorted(set(told)) == sorted(told)
    kept = {one for _, products, is_refunded in lives if not is_refunded for one in products}
    assert kept == {product for product, _ in told}


# -- in a shop -------------------------------------------------------------------------------------


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    tips = [
        Tip(product="product-Mug", text="Wash by hand.", url="https://shop.example/mug.pdf"),
        Tip(product="product-Mug", text="Oil the handle.", name="oil", after=30 * DAY),
        Tip(product="product-Tea", text="Keep it dry."),
    ]
    return new_world(hooks=[CareTips(tips=tips)])


def test_weeks_of_tips(world: World) -> None:
    """Two days of tips; the same thing bought again brings none; what goes back brings none."""
    first = world.delivered_order(items=[MUG, TEA])
    world.wait(DAY)
    assert [f"care_tips/order:{first}/day-1"] == world.sent()
    text = world.channel.sent[0].text
    assert ["Wash by hand.", "Keep it dry."] == [
        one for one in ("Wash by hand.", "Oil the handle.", "Keep it dry.") if one in text
    ]
    assert "https://shop.example/mug.pdf" in text
    again = world.delivered_order(items=[MUG])
    world.wait(5 * DAY)
    assert 1 == len(world.sent())
    assert Reason.ALREADY_TOLD in {one.reason for one in world.link.explain("shop", again).messages}
    world.timeline.refund(first, lines={0: 1})
    world.wait(40 * DAY)
    assert [f"care_tips/order:{again}/day-30"] == world.sent()[1:]
    assert (MessageState.CANCELLED, "withdrawn") == world.state(f"care_tips/order:{first}/day-30")


def test_a_delivery_that_becomes_known_moves_the_same_message(world: World) -> None:
    order_id = world.timeline.place(ADA, [TEA])
    parcel = world.timeline.ship(order_id)
    world.timeline.complete(order_id)
    key = f"care_tips/order:{order_id}/day-1"
    assert START + 6 * DAY == world.message(key).due_at
    world.wait(2 * DAY)
    world.timeline.deliver(order_id, parcel)
    assert START + 3 * DAY == world.message(key).due_at
    assert [key] == world.keys()
