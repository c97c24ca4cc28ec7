"""ReturnsUpdates: each step of a return once, each refund once, and no old news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, MUG, START, TEA, World

from storelink.contracts.hook import Facts, Send, SentMessage, Skip
from storelink.events.types import (
    Event,
    OrderRefunded,
    ReturnApproved,
    ReturnClosed,
    ReturnDeclined,
    ReturnExchanged,
    ReturnReceived,
    ReturnRequested,
)
from storelink.hooks import ReturnsUpdates
from storelink.hooks.words import title
from storelink.models import Contact, MessageClass, MessageState, Money, Order, Ref


def an_order(**fields: Any) -> Order:
    told = {
        "id": "1",
        "store": "shop",
        "number": "#1",
        "currency": "EUR",
        "status": "completed",
        "payment_status": "paid",
        "total": Money("12", "EUR"),
        "lines": [{"id": "1", "title": "Mug", "product_id": "mug", "quantity": 1}],
    }
    return Order.model_validate({**told, **fields})


def back(status: str, key: str = "r") -> dict[str, Any]:
    return {"id": key, "order_id": "1", "status": status, "lines": []}


def money(amount: str | None = "12", key: str = "m") -> dict[str, Any]:
    given = {"amount": amount, "currency": "EUR"} if amount else None
    return {"id": key, "order_id": "1", "amount": given}


def event(kind: type[Event], hours: float = 0, key: str = "r", **fields: Any) -> Event:
    at = START + timedelta(hours=hours)
    about = {"refund_id": key} if kind is OrderRefunded else {"return_id": key}
    told = {"id": f"shop/{key}/{kind.type}", "store": "shop", "order_id": "1", "at": at}
    return kind(**{**told, **about, **fields})


def said(order: Order, events: Sequence[Event], sent: Sequence[SentMessage] = ()) -> list[str]:
    facts = Facts(events, sent)
    found = []
    for one in ReturnsUpdates().decide(order, facts, START):
        if isinstance(one, Skip):
            found.append(f"{one.subject} {one.step or '-'}: {one.reason}")
        else:
            found.append(f"{one.subject} {one.step} -> {one.message.template}")
    return found


ASKED, AGREED = event(ReturnRequested), event(ReturnApproved, 1)
REFUSED, HERE = event(ReturnDeclined, 1), event(ReturnReceived, 2)
SWAPPED = event(ReturnExchanged, 3)
DONE, PAID = event(ReturnClosed, 3), event(OrderRefunded, 4, "m")
NOTHING = ["order:1 -: nothing_returned"]
TELL = {
    step: f"return:r {step} -> return_{step}"
    for step in ("requested", "approved", "declined", "received", "exchanged")
}
OLD = {step: f"return:r {step}: return_further" for step in TELL}
CLOSED = {step: f"return:r {step}: return_closed" for step in TELL}
OFF = {step: f"return:r {step}: return_cancelled" for step in TELL}
GONE = {step: f"return:r {step}: deleted" for step in TELL}
REFUND = "refund:m refunded -> refund_confirmation"
SENT = SentMessage("returns", Ref.parse("return:r"), "requested", "1", START)
TABLE: dict[str, tuple[Mapping[str, Any], Sequence[Event], list[str]]] = {
    "nothing goes back": ({}, [], NOTHING),
    "a return that nothing is known of yet": ({"returns": [back("unknown")]}, [], NOTHING),
    "the customer asked": ({"returns": [back("requested")]}, [ASKED], [TELL["requested"]]),
    "approved: that it was asked for is old": (
        {"returns": [back("open")]}, [ASKED, AGREED], [OLD["requested"], TELL["approved"]],
    ),
    "the shop began it, at one instant": (
        {"returns": [back("open")]}, [ASKED, event(ReturnApproved)],
        [OLD["requested"], TELL["approved"]],
    ),
    "declined": (
        {"returns": [back("declined")]}, [ASKED, REFUSED], [OLD["requested"], TELL["declined"]],
    ),
    "declined, and approved after all": (
        {"returns": [back("open")]}, [ASKED, REFUSED, event(ReturnApproved, 5)],
        [OLD["requested"], TELL["approved"], OLD["declined"]],
    ),
    "approved, and declined after all": (
        {"returns": [back("declined")]}, [ASKED, AGREED, event(ReturnDeclined, 5)],
        [OLD["requested"], OLD["approved"], TELL["declined"]],
    ),
    "the goods arrived": (
        {"returns": [back("open")]}, [ASKED, AGREED, HERE],
        [OLD["requested"], OLD["approved"], TELL["received"]],
    ),
    "exchanged: what was received is old": (
        {"returns": [back("open")]}, [ASKED, AGREED, HERE, SWAPPED],
        [OLD["requested"], OLD["approved"], OLD["received"], TELL["exchanged"]],
    ),
    "exchanged, and closed in the same breath": (
        {"returns": [back("closed")]}, [ASKED, AGREED, SWAPPED, DONE],
        [CLOSED["requested"], CLOSED["approved"], TELL["exchanged"]],
    ),
    "exchanged, and called off": (
        {"returns": [back("cancelled")]}, [SWAPPED], [OFF["exchanged"]],
    ),
    "the store tells late that it had approved": (
        {"returns": [back("open")]}, [ASKED, HERE, event(ReturnApproved, 9)],
        [OLD["requested"], OLD["approved"], TELL["received"]],
    ),
    "closed: what was received is not told late": (
        {"returns": [back("closed")]}, [ASKED, AGREED, HERE, DONE],
        [CLOSED["requested"], CLOSED["approved"], CLOSED["received"]],
    ),
    "closed, and the money is told": (
        {"returns": [back("closed")], "refunds": [money()]}, [ASKED, DONE, PAID],
        [CLOSED["requested"], REFUND],
    ),
    "closed once, and open again": (
        {"returns": [back("open")]}, [ASKED, AGREED, DONE, event(ReturnReceived, 9)],
        [OLD["requested"], OLD["approved"], TELL["received"]],
    ),
    "called off": ({"returns": [back("cancelled")]}, [ASKED], [OFF["requested"]]),
    "not there any more": ({}, [ASKED, AGREED], [OFF["requested"], OFF["approved"]]),
    "the order was deleted": (
        {"returns": [back("requested")], "refunds": [money()], "deleted_at": START},
        [ASKED, PAID], [GONE["requested"], "refund:m refunded: deleted"],
    ),
    "the order is on hold: its return is told": (
        {"returns": [back("requested")], "status": "on_hold"}, [ASKED], [TELL["requested"]],
    ),
    "two returns of one order": (
        {"returns": [back("requested"), back("open", "q")]},
        [ASKED, event(ReturnRequested, 0, "q"), event(ReturnApproved, 1, "q")],
        ["return:q requested: return_further", "return:q approved -> return_approved",
         TELL["requested"]],
    ),
    "refunded in full, without a return": (
        {"refunds": [money()], "payment_status": "refunded"}, [PAID], [REFUND],
    ),
    "refunded in part": (
        {"refunds": [money("2")], "payment_status": "partially_refunded"}, [PAID], [REFUND],
    ),
    "two refunds": (
        {"refunds": [money("2"), money("3", "n")]}, [PAID, event(OrderRefunded, 6, "n")],
        [REFUND, "refund:n refunded -> refund_confirmation"],
    ),
    "the money of a cancelled order is told": (
        {"refunds": [money()], "status": "cancelled"}, [PAID], [REFUND],
    ),
    "goods were put back into stock, without money": (
        {"refunds": [money("0")]}, [PAID], ["refund:m refunded: no_money"],
    ),
    "nobody knows yet how much": ({"refunds": [money(None)]}, [PAID], [REFUND]),
    "the refund was taken back": ({}, [PAID], ["refund:m refunded: refund_removed"]),
    "the money came before the goods": (
        {"returns": [back("open")], "refunds": [money()]}, [PAID, ASKED, AGREED],
        [OLD["requested"], TELL["approved"], REFUND],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_what_goes_back_is_told_once_and_never_late(case: str) -> None:
    fields, events, expected = TABLE[case]
    assert expected == said(an_order(**fields), events)


def test_what_was_sent_changes_nothing_of_what_is_said() -> None:
    order = an_order(returns=[back("requested")])
    assert said(order, [ASKED]) == said(order, [ASKED], [SENT])


def test_a_guest_is_told_too() -> None:
    order = an_order(returns=[back("requested")], contact={"email": "guest@example.com"})
    assert order.customer_id is None
    assert [TELL["requested"]] == said(order, [ASKED])


@pytest.mark.parametrize(
    "day",
    [datetime(2026, 10, 23, 22, tzinfo=UTC), datetime(2028, 2, 27, 12, tzinfo=UTC)],
    ids=["the weekend in which clocks go back in Europe", "over the 29th of February"],
)
def test_it_is_due_at_once_and_news_for_a_week_of_seven_times_24_hours(day: datetime) -> None:
    facts = Facts([event(OrderRefunded, 0, "m", at=day)])
    (send,) = ReturnsUpdates().decide(an_order(refunds=[money()]), facts, day)
    assert isinstance(send, Send)
    assert (day, day + timedelta(hours=168)) == (send.due_at, send.expires_at)
    assert MessageClass.TRANSACTIONAL is send.message.message_class


@pytest.mark.parametrize(
    ("step", "called"),
    [
        ("requested", "Receipt of a return request"),
        ("declined", "Refusal of a return"),
        ("refunded", "Refund notice"),
    ],
)
def test_each_message_has_a_name(step: str, called: str) -> None:
    assert called == title("returns", step, Ref.parse("return:7"))


@pytest.fixture
def world() -> Any:
    shop = World(hooks=[ReturnsUpdates()])
    with shop.link:
        yield shop


def test_every_refund_is_told_once_with_its_amount(world: World) -> None:
    order_id = world.delivered_order(ADA, [MUG, TEA])
    world.timeline.refund(order_id, lines={0: 1})
    world.wait(2 * DAY)
    world.timeline.refund(order_id, lines={1: 1})
    world.store.edit(order_id, note="said twice")
    world.tell()
    world.wait(20 * DAY)
    first, second = world.channel.sent
    assert ["refund_confirmation"] * 2 == [first.template, second.template]
    assert "€12.00" in first.text
    assert "€5.50" in second.text


def test_money_of_a_cancelled_order_is_told(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.cancel(order_id)
    world.timeline.refund(order_id)
    world.wait(DAY)
    assert ["refund_confirmation"] == [one.template for one in world.channel.sent]


def test_two_orders_of_one_person_are_told_apart(world: World) -> None:
    orders = [world.delivered_order(), world.delivered_order()]
    for order_id in orders:
        world.timeline.refund(order_id)
    assert orders == [one.order_id for one in world.link.messages() if one.sent_at]


def test_what_was_refunded_before_the_store_was_connected_is_not_told() -> None:
    shop = World(hooks=[ReturnsUpdates()], since=START + 30 * DAY)
    with shop.link:
        shop.timeline.refund(shop.delivered_order())
        shop.wait(60 * DAY)
        assert [] == shop.sent()


def test_who_cannot_be_reached_is_told_no_old_news_later(world: World) -> None:
    order_id = world.delivered_order(Contact(first_name="Ada"))
    world.timeline.refund(order_id)
    world.wait(8 * DAY)
    world.store.edit(order_id, contact=ADA)
    world.tell()
    world.wait(DAY)
    assert [] == world.sent()
    (message,) = world.link.messages()
    assert message.state in {MessageState.EXPIRED, MessageState.FAILED}
