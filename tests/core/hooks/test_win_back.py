"""WinBack: who has lapsed is known by their own rhythm, and a sign of life ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, MUG, START, World
from hypothesis import given
from hypothesis import strategies as st

from storelink.contracts.hook import Facts, Reason, Send, SentMessage, Skip, Tell
from storelink.events.types import (
    CustomerLapsed,
    Event,
    OrderStalled,
    RewardEarned,
    RewardIssued,
    SurveyAnswered,
)
from storelink.hooks import Incentive, WinBack
from storelink.hooks.win_back import CODE, LEAST, MOST
from storelink.models import (
    Checkout,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Person,
    ProductReview,
    Ref,
    Return,
    ReturnStatus,
    Shipment,
)

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
GIFT = Incentive(percent="10", valid_for=timedelta(days=30))
OPEN = {"status": OrderStatus.OPEN}
SHIPPED = Shipment(id="p", order_id="1", shipped_at=FIRST)
DELIVERED = SHIPPED.model_copy(update={"delivered_at": FIRST})


def on(day: float) -> datetime:
    return FIRST + day * DAY


def orders(*days: float, **last: Any) -> tuple[Order, ...]:
    """Orders of these days, all well; *last* is what is different with the last one."""
    usual = {"status": OrderStatus.COMPLETED, "payment_status": PaymentStatus.PAID}
    return tuple(
        Order(
            id=str(number),
            store="shop",
            number=f"#{number}",
            currency="EUR",
            total=Money("12.00", "EUR"),
            placed_at=on(day),
            **{**usual, **(last if number == len(days) else {})},
        )
        for number, day in enumerate(days, 1)
    )


def answer(day: float) -> Event:
    about = {"store": "shop", "order_id": "3", "answer_id": "a", "rating": 2}
    return SurveyAnswered(id="answer", at=on(day), **about)


def lapsed(day: float, order_id: str = "3") -> Event:
    told = {"usual_days": 40, "last_ordered_at": on(80)}
    return CustomerLapsed(id="l", store="shop", at=on(day), order_id=order_id, **told)


def cart(day: float) -> Checkout:
    return Checkout(id="c", store="shop", created_at=on(day))


MONTHLY = orders(0, 40, 80)
"""Every 40 days: lapsed 40 + 3 x 10 days after the last one."""


@dataclass(frozen=True)
class Row:
    """Whose orders, when the hook is asked, and on which day they lapse, or why not."""

    orders: tuple[Order, ...]
    day: float
    said: float | Reason | None
    facts: list[Event] = field(default_factory=list)
    checkouts: tuple[Checkout, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    reviews: tuple[ProductReview, ...] = ()


STALLED = OrderStalled(id="s", store="shop", at=on(81), order_id="3", promised_at=on(81))
REVIEW = ProductReview(id="r", store="shop", created_at=on(155))
ROWS = {
    "a quarter more than usual, three times, is too long": Row(MONTHLY, 150, 150),
    "a moment before it is not": Row(MONTHLY, 149.9, Reason.NOT_LAPSED),
    "whose gaps differ more is waited for longer": Row(
        orders(0, 20, 60, 120), 250, 120 + 40 + 3 * 1.4826 * 20
    ),
    "one odd gap changes little": Row(orders(0, 40, 80, 380, 420), 495, 490),
    "two orders of one day are one purchase": Row(orders(0, 40, 40.2, 80), 150, 150),
    "of two purchases, the gap counts half": Row(orders(0, 30), 200, 30 + 60 * 1.75),
    "and the store's typical one the other half": Row(
        orders(0, 30), 200, 30 + 40 * 1.75, options={"typical": 50 * DAY}
    ),
    "one purchase has no rhythm": Row(orders(0), 300, Reason.TOO_FEW_ORDERS),
    "but a time that the shop gives": Row(
        orders(0), 300, 200, options={"first_after": 200 * DAY}
    ),
    "nobody lapses within a month": Row(orders(0, 3, 6), 100, 6 + 30),
    "everybody has after 400 days": Row(orders(0, 350, 700), 1200, 700 + 400),
    "less patience, sooner": Row(MONTHLY, 150, 130, options={"patience": 1}),
    "nobody who never bought": Row((), 100, None),
    "nobody whose only order was refunded": Row(
        orders(0, payment_status=PaymentStatus.REFUNDED), 500, None
    ),
    "what was cancelled is no purchase": Row(
        (*orders(0, 40), *orders(0, 0, 80, status=OrderStatus.CANCELLED)[2:]), 300,
        80 + 30, options={"patience": 0, "typical": 10 * DAY},
    ),
    "nobody whose order is under way": Row(
        orders(0, 40, 80, **OPEN), 160, Reason.ORDER_OPEN
    ),
    "nobody whose order is not paid": Row(
        (*MONTHLY, *orders(0, 0, 0, 90, status=OrderStatus.PENDING)[3:]), 160, Reason.ORDER_OPEN
    ),
    "somebody whose payment fell through": Row(
        (*MONTHLY, *orders(0, 0, 0, 90, **OPEN, payment_status=PaymentStatus.VOIDED)[3:]),
        160, 150,
    ),
    "nobody whose parcel is under way": Row(
        orders(0, 40, 80, **OPEN, shipments=(SHIPPED,)), 160, Reason.ORDER_OPEN
    ),
    "somebody whose parcel came": Row(
        orders(0, 40, 80, **OPEN, shipments=(DELIVERED,)), 160, 150
    ),
    "nobody with a return open": Row(
        orders(0, 40, 80, returns=(Return(id="r", order_id="3", status=ReturnStatus.REQUESTED),)),
        160, Reason.MUTED,
    ),
    "somebody whose return was declined": Row(
        orders(0, 40, 80, returns=(Return(id="r", order_id="3", status=ReturnStatus.DECLINED),)),
        160, 150,
    ),
    "trouble that was put right is none": Row(MONTHLY, 160, 150, [STALLED]),
    "a cart is a sign of life": Row(MONTHLY, 160, Reason.BACK, [lapsed(150)], (cart(155),)),
    "an answer is one": Row(MONTHLY, 160, Reason.BACK, [lapsed(150), answer(155)]),
    "a review in the store is one": Row(
        MONTHLY, 160, Reason.BACK, [lapsed(150)], reviews=(REVIEW,)
    ),
    "an order that was called off is one": Row(
        (*MONTHLY, *orders(0, 0, 0, 155, status=OrderStatus.CANCELLED)[3:]), 160, Reason.BACK,
        [lapsed(150)],
    ),
    "who gave one shortly before is left alone for a month": Row(
        MONTHLY, 200, 140 + 30, [answer(140)]
    ),
    "what was done before the last order is none": Row(MONTHLY, 160, 150, [], (cart(79),)),
    "a new order begins anew": Row(
        orders(0, 40, 80, 155), 160, Reason.NOT_LAPSED, [lapsed(150)]
    ),
    "once told, a better-known rhythm changes nothing": Row(MONTHLY, 160, 140, [lapsed(140)]),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_who_has_lapsed(row: Row) -> None:
    who = Person(store="shop", key="ada@example.com", orders=row.orders, checkouts=row.checkouts)
    said = list(
        WinBack(**row.options).decide(who, Facts(row.facts, reviews=row.reviews), on(row.day))
    )
    found: set[Any] = {one.reason for one in said if isinstance(one, Skip)}
    found |= {one.due_at for one in said if isinstance(one, Send)}
    expected = {on(row.said) if isinstance(row.said, int | float) else row.said} - {None}
    assert expected == {_near(one) for one in found} or expected == found


def _near(one: Any) -> Any:
    """Days are computed as fractions."""
    return one.replace(microsecond=0) if isinstance(one, datetime) else one


@given(st.lists(st.floats(0, 2000), min_size=2, max_size=12))
def test_nobody_lapses_too_soon_or_never(days: list[float]) -> None:
    found = WinBack().rhythm(sorted(map(on, days)))
    assert found is None or (LEAST <= found.lapses_after <= MOST)


@given(st.lists(st.integers(2, 300), min_size=3, max_size=8), st.integers(300, 3000))
def test_one_long_absence_does_not_make_the_usual_longer_than_what_was_seen(
    gaps: list[int], long: int
) -> None:
    times = [on(sum(gaps[:count])) for count in range(len(gaps) + 1)]
    found = WinBack().rhythm([*times, times[-1] + timedelta(days=long)])
    assert found is not None
    assert found.usual <= timedelta(days=max(gaps))


# -- the second step -------------------------------------------------------------------------------


def written(day: float, step: str = "") -> SentMessage:
    return SentMessage("win_back", Ref.order("3"), step, "3", on(day))


def test_a_second_message_brings_a_code_some_time_after_the_first() -> None:
    hook, who = WinBack(reward=GIFT), Person(store="shop", key="a", orders=MONTHLY)
    facts = Facts([lapsed(150)], [written(151)])
    earned = [
        one.event
        for one in hook.decide(who, facts, on(152))
        if isinstance(one, Tell) and isinstance(one.event, RewardEarned)
    ]
    assert [on(165)] == [one.at for one in earned]
    about = {"store": "shop", "order_id": "3", "because_of": earned[0].id}
    issued = RewardIssued(id="i", at=on(165), code="C", expires_at=on(195), **about)
    facts = Facts([lapsed(150), *earned, issued], [written(151)])
    (send,) = (one for one in hook.decide(who, facts, on(165)) if isinstance(one, Send))
    assert (CODE, "C", on(165)) == (send.step, send.message.data["code"], send.due_at)


def test_no_code_is_made_for_who_is_back() -> None:
    who = Person(store="shop", key="a", orders=MONTHLY, checkouts=(cart(160),))
    said = list(WinBack(reward=GIFT).decide(who, Facts([lapsed(150)], [written(151)]), on(165)))
    assert not [one for one in said if isinstance(one, Tell) and one.event.type == "reward.earned"]
    assert {Reason.BACK} == {one.reason for one in said if isinstance(one, Skip)}


def test_a_code_is_not_sent_that_nobody_can_use_any_more() -> None:
    hook, who = WinBack(reward=GIFT), Person(store="shop", key="a", orders=MONTHLY)
    facts = Facts([lapsed(150)], [written(151)])
    (earned,) = (
        one.event
        for one in hook.decide(who, facts, on(165))
        if isinstance(one, Tell) and isinstance(one.event, RewardEarned)
    )
    about = {"store": "shop", "order_id": "3", "because_of": earned.id}
    issued = RewardIssued(id="i", at=on(165), code="C", expires_at=on(170), **about)
    facts = Facts([lapsed(150), earned, issued], [written(151)])
    (send,) = (one for one in hook.decide(who, facts, on(165)) if isinstance(one, Send))
    assert on(170) == send.expires_at


@pytest.mark.parametrize("patience", [-1, 101, float("nan")])
def test_patience_is_a_measure(patience: float) -> None:
    with pytest.raises(ValueError, match="patience"):
        WinBack(patience=patience)


# -- in a shop -------------------------------------------------------------------------------------


def regular(world: World) -> str:
    """Somebody who bought three times, every 40 days."""
    for _ in range(3):
        order_id = world.timeline.place(ADA, [MUG])
        world.timeline.complete(order_id)
        world.wait(40 * DAY)
    return order_id


def test_somebody_who_stays_away_is_written_to_twice_and_the_shop_hears_of_it() -> None:
    world = World(hooks=[WinBack(reward=GIFT)])
    heard: list[Event] = []
    world.link.on(CustomerLapsed)(heard.append)
    last = regular(world)
    assert [] == world.sent()
    world.wait(200 * DAY)
    assert [f"win_back/order:{last}", f"win_back/order:{last}/{CODE}"] == world.sent()
    assert "THANKS-" in world.channel.sent[1].text
    assert [last] == [event.order_id for event in heard]


def test_a_cart_between_the_two_ends_it() -> None:
    world = World(hooks=[WinBack(reward=GIFT)])
    last = regular(world)
    world.wait(31 * DAY)
    world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(200 * DAY)
    assert [f"win_back/order:{last}"] == world.sent()


@pytest.mark.parametrize(("is_asked", "expected"), [(True, 1), (False, 0)])
def test_who_bought_before_the_store_was_connected_lapses_afterwards(
    is_asked: bool, expected: int
) -> None:
    """A backfill brings them, and nothing else ever tells of them."""

    class Hook(WinBack):
        looks_back = is_asked

    world = World(hooks=[Hook()], since=START + 90 * DAY)
    for _ in range(3):
        world.store.complete(world.store.place(ADA, [MUG]))
        world.clock.advance(40 * DAY)
        world.store.take()
    world.link.backfill("shop")
    assert [] == world.sent()
    world.wait(60 * DAY)
    assert expected == len(world.sent())
