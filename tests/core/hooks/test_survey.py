"""Survey: one question after an order arrived, and somebody to hear who was unhappy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, MUG, START, TEA, World

from storelink.contracts.hook import Facts, Send, SentMessage, Skip, Tell
from storelink.events import (
    Event,
    OrderCompleted,
    ShipmentDelivered,
    SurveyAnswered,
    SurveyUnhappy,
)
from storelink.hooks import ReviewRequest, Survey
from storelink.models import Answer, AnswerKind, MessageClass, Money, Order, Person, Ref


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
        "lines": [{"id": "1", "title": "Mug", "product_id": "mug", "quantity": 1}],
        "shipments": [{"id": f"p{order_id}", "order_id": order_id, "status": "delivered"}],
    }
    return Order.model_validate({**told, **fields})


def event(kind: type[Event], order_id: str = "1", day: float = 0, **fields: Any) -> Event:
    at = START + day * DAY
    what = {"id": f"shop/{kind.type}/{order_id}", "store": "shop", "order_id": order_id, "at": at}
    return kind(**{**what, **fields})


def delivered(order_id: str = "1", day: float = 0, **fields: Any) -> Event:
    return event(ShipmentDelivered, order_id, day, shipment_id=f"p{order_id}", **fields)


def answered(rating: int | None, asked: AnswerKind = AnswerKind.SURVEY) -> Event:
    return event(SurveyAnswered, answer_id="survey/1", rating=rating, asked=asked)


def sent(order_id: str, day: float) -> SentMessage:
    return SentMessage("survey", Ref.order(order_id), "", order_id, START + day * DAY)


def back(status: str) -> list[dict[str, Any]]:
    return [{"id": "r", "order_id": "1", "status": status, "lines": []}]


def said(
    orders: Sequence[Order],
    events: Iterable[Event],
    *,
    messages: Sequence[SentMessage] = (),
    closed: Sequence[str] = (),
    now: datetime = START,
    **options: Any,
) -> list[str]:
    facts = Facts(events, messages, [("survey", Ref.order(one), "") for one in closed])
    person = Person(store="shop", key="x", orders=tuple(orders))
    found = []
    for one in Survey(**options).decide(person, facts, now):
        match one:
            case Skip():
                found.append(f"{one.order_id} {one.reason}")
            case Send():
                found.append(f"{one.order_id} on day {(one.due_at - START) / DAY:g}")
            case Tell():
                found.append(f"{one.event.order_id} {one.event.type}")
    return sorted(found)


ONE = [an_order()]
TWO = [an_order("1"), an_order("2")]
BOTH = [delivered("1"), delivered("2", 10)]
TABLE: dict[str, tuple[Sequence[Order], Sequence[Event], Mapping[str, Any], list[str]]] = {
    "nothing bought": ([], [], {}, []),
    "some days after it arrived": (ONE, [delivered()], {}, ["1 on day 3"]),
    "when the shop likes": (ONE, [delivered()], {"after": 5 * DAY}, ["1 on day 5"]),
    "not before it arrived": (
        [an_order(status="open")], [], {}, ["1 not_delivered"],
    ),
    "where nobody reports on parcels: after the usual transit": (
        ONE, [event(OrderCompleted, day=2)], {}, ["1 on day 10"],
    ),
    "cancelled": ([an_order(status="cancelled")], [delivered()], {}, ["1 cancelled"]),
    "on hold": ([an_order(status="on_hold")], [delivered()], {}, ["1 on_hold"]),
    "deleted": ([an_order(deleted_at=START)], [delivered()], {}, ["1 deleted"]),
    "refunded in full": (
        [an_order(payment_status="refunded")], [delivered()], {}, ["1 refunded"],
    ),
    "a part was refunded: how it went is worth knowing": (
        [an_order(refunds=[{"id": "r", "order_id": "1", "lines": []}])], [delivered()], {},
        ["1 on day 3"],
    ),
    "a return is asked for": (
        [an_order(returns=back("requested"))], [delivered()], {}, ["1 return_open"],
    ),
    "a return is on its way": (
        [an_order(returns=back("open"))], [delivered()], {}, ["1 return_open"],
    ),
    "a return is done": (
        [an_order(returns=back("closed"))], [delivered()], {}, ["1 on day 3"],
    ),
    "two orders: the first one only": (TWO, BOTH, {}, ["1 on day 3", "2 recently_asked"]),
    "two orders far apart": (
        TWO, [delivered("1"), delivered("2", 100)], {}, ["1 on day 3", "2 on day 103"],
    ),
    "asked already, a while ago": (
        TWO, BOTH, {"messages": [sent("1", 3)]}, ["2 recently_asked"],
    ),
    "asked already, and the pause is over": (
        TWO, [delivered("1"), delivered("2", 100)], {"messages": [sent("1", 3)]},
        ["2 on day 103"],
    ),
    "a shorter pause": (
        TWO, BOTH, {"pause": 5 * DAY}, ["1 on day 3", "2 on day 13"],
    ),
    "the first one is too late by now": (
        TWO, BOTH, {"now": START + 18 * DAY}, ["1 on day 3", "2 on day 13"],
    ),
    "the first one was stopped by the policy": (
        TWO, BOTH, {"closed": ["1"]}, ["1 on day 3", "2 on day 13"],
    ),
    "the first one is history": (
        TWO, [delivered("1", historic=True), delivered("2", 10)], {},
        ["1 on day 3", "2 on day 13"],
    ),
    "answered without being asked": (
        ONE, [delivered(), answered(9)], {}, ["1 recently_asked"],
    ),
    "6 of 10 is unhappy": (
        ONE, [delivered(), answered(6)], {"messages": [sent("1", 3)]}, ["1 survey.unhappy"],
    ),
    "7 of 10 is not": (ONE, [delivered(), answered(7)], {"messages": [sent("1", 3)]}, []),
    "0 of 10 is": (
        ONE, [delivered(), answered(0)], {"messages": [sent("1", 3)]}, ["1 survey.unhappy"],
    ),
    "words alone are not": (
        ONE, [delivered(), answered(None)], {"messages": [sent("1", 3)]}, [],
    ),
    "2 of 5 is unhappy": (
        ONE, [delivered(), answered(2, AnswerKind.SATISFACTION)],
        {"messages": [sent("1", 3)], "asks": "csat"}, ["1 survey.unhappy"],
    ),
    "3 of 5 is not": (
        ONE, [delivered(), answered(3, AnswerKind.SATISFACTION)],
        {"messages": [sent("1", 3)], "asks": "csat"}, [],
    ),
    "an earlier question counts as it counted": (
        ONE, [delivered(), answered(6)], {"messages": [sent("1", 3)], "asks": "csat"},
        ["1 survey.unhappy"],
    ),
    "the shop says what is unhappy": (
        ONE, [delivered(), answered(8)], {"messages": [sent("1", 3)], "unhappy_to": 8},
        ["1 survey.unhappy"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("orders", "events", "around", "expected"), TABLE.values(), ids=TABLE)
def test_table(
    orders: Sequence[Order], events: Sequence[Event], around: Mapping[str, Any], expected: list[str]
) -> None:
    assert expected == said(orders, events, **around)


@pytest.mark.parametrize(
    ("asks", "rating", "told"), [("nps", -1, "from 0 to 10"), ("csat", 6, "from 1 to 5")]
)
def test_the_unhappy_are_on_the_scale(asks: str, rating: int, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Survey(asks=asks, unhappy_to=rating)


def test_there_is_no_other_question() -> None:
    with pytest.raises(ValueError, match="asks is one of 'nps', 'csat', not 'ces'"):
        Survey(asks="ces")


# -- over weeks ------------------------------------------------------------------------------------


@pytest.fixture
def world() -> Iterable[World]:
    shop = World(hooks=[Survey(), ReviewRequest()])
    with shop.link:
        yield shop


def asked(world: World) -> list[str]:
    return [one for one in world.sent() if one.startswith("survey/")]


def test_weeks_of_a_customer(world: World) -> None:
    first = world.delivered_order()
    world.wait(2 * DAY)
    assert [] == asked(world)
    world.wait(2 * DAY)
    assert [f"survey/order:{first}"] == asked(world)
    world.delivered_order(ADA, [TEA])
    world.delivered_order(BOB, [TEA])
    world.wait(20 * DAY)
    assert 2 == len(asked(world))
    world.wait(80 * DAY)
    third = world.delivered_order(ADA, [TEA])
    world.wait(5 * DAY)
    assert f"survey/order:{third}" == asked(world)[-1]
    assert 3 == len(asked(world))


def test_a_refund_in_the_meantime_takes_it_back(world: World) -> None:
    order_id = world.delivered_order()
    world.wait(DAY)
    world.store.refund(order_id)
    world.tell()
    world.wait(10 * DAY)
    assert [] == asked(world)


def test_it_is_no_transactional_message(world: World) -> None:
    world.delivered_order()
    world.wait(4 * DAY)
    (mail,) = world.channel.sent
    assert MessageClass.RELATIONSHIP == mail.message_class


def test_somebody_hears_of_an_unhappy_answer_once(world: World) -> None:
    heard: list[tuple[str, int | None]] = []
    world.link.on(SurveyUnhappy)(lambda one: heard.append((one.order.number, one.rating)))
    order_id = world.delivered_order()
    world.wait(4 * DAY)
    for _ in range(2):
        world.link.answer("shop", Answer(kind="survey", order_id=order_id, rating=3))
        world.tell()
    world.wait(30 * DAY)
    assert [(world.order(order_id).number, 3)] == heard


@pytest.mark.parametrize("rating", [None, 0, 3, 6, 7, 10])
def test_no_answer_decides_who_is_asked_for_a_review(world: World, rating: int | None) -> None:
    """To ask only those who are content for a public review is forbidden (16 CFR 465)."""
    order_id = world.delivered_order()
    world.wait(4 * DAY)
    if rating is not None:
        world.link.answer("shop", Answer(kind="survey", order_id=order_id, rating=rating))
    world.wait(timedelta(days=10))
    times = {one.key: one.due_at for one in world.link.messages() if one.hook == "review_request"}
    assert {f"shop/review_request/order:{order_id}": START + 7 * DAY} == times
    assert f"review_request/order:{order_id}" in world.sent()


def test_what_was_bought_before_the_store_was_connected_is_not_asked_about() -> None:
    shop = World(hooks=[Survey()], since=START + 30 * DAY)
    with shop.link:
        shop.delivered_order(ADA, [MUG])
        shop.wait(60 * DAY)
        assert [] == shop.sent()
