"""CommunityInvite: once, after the k-th order that ended well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, MUG, START, TEA, World

from storelink.contracts.hook import Facts, Send, SentMessage, Skip
from storelink.events.types import (
    Event,
    OrderCompleted,
    ReviewAnswered,
    ShipmentDelivered,
    SurveyAnswered,
    SurveyUnhappy,
)
from storelink.hooks import CommunityInvite
from storelink.models import MessageClass, Money, Order, Person, ProductReview, Ref

URL = "https://shop.example/friends"
LATE = START + 60 * DAY


def an_order(order_id: str, **fields: Any) -> Order:
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


def event(kind: type[Event], order_id: str, at: datetime = START, **fields: Any) -> Event:
    what = {"id": f"shop/{kind.type}/{order_id}", "store": "shop", "order_id": order_id, "at": at}
    if kind is ShipmentDelivered:
        fields = {"shipment_id": f"p{order_id}", **fields}
    return kind(**{**what, **fields})


def delivered(order_id: str, days: float = 0, **fields: Any) -> Event:
    return event(ShipmentDelivered, order_id, START + days * DAY, **fields)


BOUGHT = (delivered("1"), delivered("2", 10), delivered("3", 20))
SENT = SentMessage("community_invite", Ref.order("2"), "", "2", START)
REFUND = [{"id": "r", "order_id": "2", "lines": [{"line_id": "1", "quantity": 1}]}]


def said(
    orders: Sequence[Order],
    *,
    events: Sequence[Event] = BOUGHT,
    sent: Sequence[SentMessage] = (),
    closed: Sequence[str] = (),
    reviews: Sequence[ProductReview] = (),
    now: datetime = START,
    after_orders: int = 2,
) -> list[str]:
    over = [("community_invite", Ref.order(one), "") for one in closed]
    facts = Facts(events, sent, over, reviews=reviews)
    hook = CommunityInvite(url=URL, after_orders=after_orders)
    found = []
    for one in hook.decide(Person(store="shop", key="x", orders=tuple(orders)), facts, now):
        if isinstance(one, Skip):
            found.append(f"{one.order_id} {one.reason}")
        else:
            found.append(f"{one.order_id} on day {(one.due_at - START) / DAY:g}")
    return sorted(found)


def second(**fields: Any) -> list[Order]:
    """Two orders, of which the second one is as the fields say."""
    return [an_order("1"), an_order("2", **fields)]


def review(rating: int, **fields: Any) -> ProductReview:
    return ProductReview(id="v", store="shop", product_id="mug", rating=rating, **fields)


TWO, THREE = second(), [*second(), an_order("3")]
INVITED = ["1 too_few_orders", "2 on day 13"]
TABLE: dict[str, tuple[Sequence[Order], Mapping[str, Any], list[str]]] = {
    "nothing bought": ([], {}, []),
    "one order is not enough": ([an_order("1")], {}, ["1 too_few_orders"]),
    "some days after the second one": (TWO, {}, INVITED),
    "after the first one, if the shop likes": (
        [an_order("1")], {"after_orders": 1}, ["1 on day 3"],
    ),
    "a third order changes nothing": (THREE, {}, [*INVITED, "3 already_invited"]),
    "invited before": (
        THREE, {"sent": [SENT]},
        ["1 too_few_orders", "2 already_invited", "3 already_invited"],
    ),
    "the second was cancelled": (
        second(status="cancelled"), {}, ["1 too_few_orders", "2 cancelled"],
    ),
    "the second is on hold": (second(status="on_hold"), {}, ["1 too_few_orders", "2 on_hold"]),
    "the second was deleted": (second(deleted_at=START), {}, ["1 too_few_orders", "2 deleted"]),
    "the second was refunded in full": (
        second(payment_status="refunded"), {}, ["1 too_few_orders", "2 refunded"],
    ),
    "a part of the second was refunded": (
        second(refunds=REFUND), {}, ["1 too_few_orders", "2 part_refunded"],
    ),
    "a refund of nobody knows what": (
        second(refunds=[{"id": "r", "order_id": "2"}]), {},
        ["1 too_few_orders", "2 details_unknown"],
    ),
    "a return of the second is open": (
        second(returns=[{"id": "r", "order_id": "2", "status": "open", "lines": []}]), {},
        ["1 too_few_orders", "2 part_returned"],
    ),
    "a return of the second was closed: it came back": (
        second(returns=[{"id": "r", "order_id": "2", "status": "closed", "lines": []}]), {},
        ["1 too_few_orders", "2 part_returned"],
    ),
    "a return of the second was declined": (
        second(returns=[{"id": "r", "order_id": "2", "status": "declined", "lines": []}]), {},
        INVITED,
    ),
    "the second is under way": (
        second(status="open"), {"events": BOUGHT[:1]}, ["1 too_few_orders", "2 not_delivered"],
    ),
    "completed where nobody reports on parcels: after the usual transit": (
        TWO, {"events": [*BOUGHT[:1], event(OrderCompleted, "2", START + 10 * DAY)]},
        ["1 too_few_orders", "2 on day 18"],
    ),
    "an unhappy answer to the survey": (
        TWO, {"events": [*BOUGHT, event(SurveyAnswered, "2", answer_id="a", rating=6)]},
        ["1 too_few_orders", "2 complaint"],
    ),
    "the best answer there is, of five": (
        TWO, {"events": [*BOUGHT, event(SurveyAnswered, "2", answer_id="a", rating=5,
                                        asked="satisfaction")]}, INVITED,
    ),
    "two of five": (
        TWO, {"events": [*BOUGHT, event(SurveyAnswered, "2", answer_id="a", rating=2,
                                        asked="satisfaction")]},
        ["1 too_few_orders", "2 complaint"],
    ),
    "an answer that the survey of the shop calls unhappy": (
        TWO, {"events": [*BOUGHT, event(SurveyUnhappy, "2", answer_id="a", rating=8)]},
        ["1 too_few_orders", "2 complaint"],
    ),
    "a happy answer to the survey": (
        TWO, {"events": [*BOUGHT, event(SurveyAnswered, "2", answer_id="a", rating=7)]}, INVITED,
    ),
    "an answer without a number": (
        TWO, {"events": [*BOUGHT, event(SurveyAnswered, "2", answer_id="a")]}, INVITED,
    ),
    "two stars": (
        TWO, {"events": [*BOUGHT, event(ReviewAnswered, "2", answer_id="a", rating=2)]},
        ["1 too_few_orders", "2 complaint"],
    ),
    "three stars": (
        TWO, {"events": [*BOUGHT, event(ReviewAnswered, "2", answer_id="a", rating=3)]}, INVITED,
    ),
    "one star in the store itself": (
        TWO, {"reviews": [review(1)]}, ["1 complaint", "2 complaint"],
    ),
    "somebody else's star under the same address": (
        TWO, {"reviews": [review(1, verified=False)]}, INVITED,
    ),
    "the second arrived first": (
        TWO, {"events": [delivered("1", 12), delivered("2", 10)]},
        ["1 on day 15", "2 too_few_orders"],
    ),
    "what ended before the store was connected counts, and invites nobody": (
        THREE, {"events": [delivered("1", historic=True), delivered("2", historic=True),
                           delivered("3", 20)]},
        ["1 too_few_orders", "2 on day 3", "3 on day 23"],
    ),
    "it was stopped after the second: the third may bring it": (
        THREE, {"closed": ["2"]}, [*INVITED, "3 on day 23"],
    ),
    "it is too late after the second": (
        THREE, {"now": LATE, "events": [delivered("1"), delivered("2", 10), delivered("3", 40)]},
        [*INVITED, "3 on day 43"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_people_are_invited_once_they_had_good_experiences(case: str) -> None:
    orders, options, expected = TABLE[case]
    assert expected == said(orders, **options)


@pytest.mark.parametrize(
    "day",
    [datetime(2026, 10, 23, 22, tzinfo=UTC), datetime(2028, 2, 27, 12, tzinfo=UTC)],
    ids=["the weekend in which clocks go back in Europe", "over the 29th of February"],
)
def test_three_days_are_72_hours_whatever_the_calendar_does(day: datetime) -> None:
    person = Person(store="shop", key="x", orders=(an_order("1"),))
    facts = Facts([event(ShipmentDelivered, "1", day)])
    (send,) = CommunityInvite(url=URL, after_orders=1).decide(person, facts, day)
    assert isinstance(send, Send)
    assert day + timedelta(hours=72) == send.due_at
    assert MessageClass.MARKETING is send.message.message_class


@pytest.mark.parametrize(
    "options", [{"url": "shop.example"}, {"url": URL, "text": ""}, {"url": URL, "after_orders": 0}]
)
def test_an_invitation_to_nowhere_is_refused(options: Any) -> None:
    with pytest.raises(ValueError, match=r"link|text|after_orders"):
        CommunityInvite(**options)


def test_months_of_orders(new_world: Callable[..., World]) -> None:
    """Ada is invited after her second good order, once; Bob, whose second goes back, after his."""
    text = {"en": "Join our Sunday walks.", "de": "Sonntags gehen wir wandern."}
    world = new_world(hooks=[CommunityInvite(url=URL, text=text)])
    world.delivered_order(ADA)
    world.delivered_order(BOB)
    world.wait(10 * DAY)
    assert [] == world.sent()
    second, his = world.delivered_order(ADA), world.delivered_order(BOB, [MUG, TEA])
    world.wait(DAY)
    world.timeline.refund(his, lines={0: 1})
    world.wait(10 * DAY)
    assert [f"community_invite/order:{second}"] == world.sent()
    assert "Join our Sunday walks." in world.channel.sent[0].text
    assert URL in world.channel.sent[0].text
    third, bobs = world.delivered_order(ADA), world.delivered_order(BOB)
    world.wait(60 * DAY)
    assert [f"community_invite/order:{bobs}"] == world.sent()[1:]
    reasons = {one.reason for one in world.link.explain("shop", third).messages}
    assert {"already_invited"} == reasons
