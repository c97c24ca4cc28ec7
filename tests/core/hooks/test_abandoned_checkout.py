"""AbandonedCheckout: a left cart is brought up, and never after the purchase."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, START, TEA, World

from storelink.contracts.hook import Again, Facts, Reason, Said, Send, SentMessage, Skip, Tell
from storelink.contracts.manifest import Capability
from storelink.errors import Unsupported, WriteRefused
from storelink.events.types import (
    CheckoutAbandoned,
    CheckoutAnswered,
    Event,
    RewardIssued,
    RewardRefused,
    RewardWithdrawn,
)
from storelink.hooks import AbandonedCheckout, Incentive
from storelink.models import (
    CartReason,
    Checkout,
    Kind,
    MessageClass,
    MessageState,
    Money,
    Order,
    Person,
    Product,
    Ref,
)

LINES = [
    {"id": "1", "title": "Mug", "product_id": "mug", "quantity": 1},
    {"id": "2", "title": "Tea", "product_id": "tea", "quantity": 1},
]
LEFT = START + HOUR
TEN = Incentive(percent=10, valid_for=timedelta(days=30))


def cart(cart_id: str = "c1", **fields: Any) -> Checkout:
    told = {"id": cart_id, "store": "shop", "lines": LINES, "created_at": START - HOUR}
    told |= {"contact": ADA}
    return Checkout.model_validate({**told, "updated_at": START, **fields})


def order(at: datetime = START + HOUR, **fields: Any) -> Order:
    told = {"id": "1", "store": "shop", "number": "#1", "currency": "EUR", "status": "open"}
    money = {"total": Money("12", "EUR"), "payment_status": "paid"}
    return Order.model_validate({**told, **money, "placed_at": at, "lines": LINES[:1], **fields})


def left(cart_id: str = "c1", at: datetime = LEFT, **fields: Any) -> CheckoutAbandoned:
    name = f"shop/checkout/{cart_id}/abandoned/{at}"
    return CheckoutAbandoned(id=name, store="shop", at=at, checkout_id=cart_id, **fields)


def issued(at: datetime = LEFT + 3 * DAY) -> RewardIssued:
    because = "shop/checkout/c1/earned/abandoned_checkout/3"
    told = {"id": f"{because}/issued", "store": "shop", "at": at, "checkout_id": "c1"}
    return RewardIssued(**told, because_of=because, code="X1", expires_at=at + 30 * DAY)


def refused(step: str, at: datetime) -> RewardRefused:
    because = f"shop/checkout/c1/earned/abandoned_checkout/{step}"
    told = {"id": f"{because}/refused", "store": "shop", "at": at, "checkout_id": "c1"}
    return RewardRefused(**told, because_of=because)


def gone() -> RewardWithdrawn:
    told = {"id": "gone", "store": "shop", "at": LEFT + 3 * DAY, "checkout_id": "c1", "code": "X1"}
    return RewardWithdrawn(**told, because_of=issued().id)


def answered(at: datetime) -> CheckoutAnswered:
    told = {"id": "answered", "store": "shop", "at": at, "checkout_id": "c1", "answer_id": "1"}
    return CheckoutAnswered(**told, reason=CartReason.PRICE)


def sent(number: str, **data: Any) -> SentMessage:
    ref = Ref(kind=Kind.CHECKOUT, id="c1")
    return SentMessage("abandoned_checkout", ref, number, None, LEFT + DAY, data)


def said(one: Said) -> str:
    """Say in short what the hook said."""
    match one:
        case Send():
            hours = (one.due_at - LEFT) // HOUR
            code = f" {one.message.data['code']}" if "code" in one.message.data else ""
            return f"{one.subject.id}/{one.step} +{hours}h{code}"
        case Skip():
            return f"{one.subject.id}/{one.step} {one.reason}"
        case Tell(event):
            return f"{event.type} +{(event.at - LEFT) // HOUR}h"
        case Again():
            return "again"
    raise TypeError(one)


def silent(reason: Reason, name: str = "c1") -> list[str]:
    return [f"{name}/{step} {reason}" for step in (1, 2, 3)]


ALL = ["c1/1 +4h", "c1/2 +24h", "c1/3 +72h"]
FIRST = ALL[:2]
A_PRODUCT = Product(id="mug", store="shop")
NO_MUG = A_PRODUCT.model_copy(update={"in_stock": False})
NO_TEA = NO_MUG.model_copy(update={"id": "tea"})
BACK = {"returns": [{"id": "r", "order_id": "1", "status": "requested"}]}
Case = tuple[Mapping[str, Any], list[str]]

TABLE: dict[str, Case] = {
    "three steps after it was left": ({}, ALL),
    "nothing while somebody may be busy with it": (
        {"events": []}, silent(Reason.CART_OPEN),
    ),
    "changed since it was left": (
        {"carts": [cart(updated_at=LEFT + HOUR)]}, silent(Reason.CART_OPEN),
    ),
    "left again after a change: counted anew": (
        {"carts": [cart(updated_at=LEFT + HOUR)], "events": [left(), left(at=LEFT + 2 * HOUR)]},
        ["c1/1 +6h", "c1/2 +26h", "c1/3 +74h"],
    ),
    "it became an order": (
        {"carts": [cart(completed_at=START + HOUR)]}, silent(Reason.BOUGHT),
    ),
    "an order was placed afterwards, of whatever": (
        {"orders": [order(lines=[])]}, silent(Reason.BOUGHT),
    ),
    "an order that nobody has paid yet counts": (
        {"orders": [order(status="pending", payment_status="pending")]}, silent(Reason.BOUGHT),
    ),
    "an order that was cancelled afterwards counts": (
        {"orders": [order(status="cancelled")]}, silent(Reason.BOUGHT),
    ),
    "an order in the very second of the last change": (
        {"orders": [order(START)]}, silent(Reason.BOUGHT),
    ),
    "an order in that second, of which a platform tells no fraction": (
        {"carts": [cart(updated_at=START + timedelta(seconds=0.9))], "orders": [order(START)]},
        silent(Reason.BOUGHT),
    ),
    "a draft is no order": ({"orders": [order(status="draft")]}, ALL),
    "an order from before the cart": ({"orders": [order(START - 9 * DAY)]}, ALL),
    "one of two things was bought since the cart was begun": (
        {"orders": [order(START - HOUR / 2)]}, ALL,
    ),
    "everything in it was bought since the cart was begun": (
        {"orders": [order(START - HOUR / 2, lines=LINES)]}, silent(Reason.NOTHING_LEFT),
    ),
    "an order that failed, of what was left afterwards": (
        {"orders": [order(START - HOUR / 2, lines=LINES, status="failed")]}, ALL,
    ),
    "one whose payment fell through": (
        {"orders": [order(START - HOUR / 2, lines=LINES, payment_status="voided")]}, ALL,
    ),
    "one that was cancelled": (
        {"orders": [order(START - HOUR / 2, lines=LINES, status="cancelled")]}, ALL,
    ),
    "one that is still to be paid": (
        {"orders": [order(START - HOUR / 2, lines=LINES, status="pending")]},
        silent(Reason.NOTHING_LEFT),
    ),
    "a change that became known after the cart counted as left": (
        {"carts": [cart(updated_at=LEFT - timedelta(minutes=1))]}, silent(Reason.CART_OPEN),
    ),
    "there is no offer any more: the code that was not sent is taken back": (
        {"events": [left(), issued()], "now": LEFT + 3 * DAY}, ["reward.withdrawn +72h", *ALL],
    ),
    "an order without a time says nothing": ({"orders": [order(placed_at=None)]}, ALL),
    "deleted": ({"carts": [cart(deleted_at=LEFT)]}, silent(Reason.NOTHING_LEFT)),
    "empty": ({"carts": [cart(lines=[])]}, silent(Reason.NOTHING_LEFT)),
    "one of two things is out of stock": ({"products": {"mug": NO_MUG}}, ALL),
    "everything is out of stock": (
        {"products": {"mug": NO_MUG, "tea": NO_TEA}}, silent(Reason.NOTHING_LEFT),
    ),
    "everything was taken out of the shop": (
        {"products": {"mug": A_PRODUCT.model_copy(update={"deleted_at": START})},
         "carts": [cart(lines=LINES[:1])]}, silent(Reason.NOTHING_LEFT),
    ),
    "only the newest cart": (
        {"carts": [cart(), cart("c2", updated_at=START + HOUR)],
         "events": [left(), left("c2", LEFT + HOUR)]},
        [*silent(Reason.NEWER_CART), "c2/1 +5h", "c2/2 +25h", "c2/3 +73h"],
    ),
    "a newer one that somebody is busy with": (
        {"carts": [cart(), cart("c2", updated_at=START + HOUR)]},
        [*silent(Reason.NEWER_CART), *silent(Reason.CART_OPEN, "c2")],
    ),
    "a newer one that is empty": (
        {"carts": [cart(), cart("c2", lines=[], updated_at=START + HOUR)]},
        [*ALL, *silent(Reason.NOTHING_LEFT, "c2")],
    ),
    "a newer one that was bought, though its order is not known": (
        {"carts": [cart(), cart("c2", completed_at=START + HOUR)]},
        [*silent(Reason.BOUGHT), *silent(Reason.BOUGHT, "c2")],
    ),
    "a return of an earlier order is open": (
        {"orders": [order(START - 9 * DAY, **BACK)]}, [*silent(Reason.MUTED), "again"],
    ),
    "without a time nobody knows when it was left": (
        {"carts": [cart(created_at=None, updated_at=None)]}, silent(Reason.NOTHING_LEFT),
    ),
    "a code is earned when the last step is due": (
        {"offer": TEN}, [*FIRST, "reward.earned +72h", "c1/3 no_code"],
    ),
    "it is sent once it was made, and taken back if that fails": (
        {"offer": TEN, "events": [left(), issued()]},
        [*FIRST, "c1/3 +72h X1", "reward.withdrawn +120h"],
    ),
    "a code that was sent stays": (
        {"offer": TEN, "events": [left(), issued()], "sent": [sent("3")]},
        [*FIRST, "c1/3 +72h X1"],
    ),
    "a code that was taken back is not sent": (
        {"offer": TEN, "events": [left(), issued(), gone()]}, [*FIRST, "c1/3 withdrawn"],
    ),
    "bought: the code is taken back": (
        {"offer": TEN, "events": [left(), issued()], "orders": [order(LEFT + 4 * DAY)]},
        [*silent(Reason.BOUGHT), "reward.withdrawn +96h"],
    ),
    "bought without the code that was sent: once the order must be known, it is taken back": (
        {"offer": TEN, "events": [left(), issued()], "sent": [sent("3")],
         "orders": [order(LEFT + 4 * DAY)]},
        [*silent(Reason.BOUGHT), "reward.withdrawn +120h"],
    ),
    "bought with the code that was sent, in the platform's spelling": (
        {"offer": TEN, "events": [left(), issued()], "sent": [sent("3")],
         "orders": [order(LEFT + 4 * DAY, discounts=[{"code": "x1"}])]},
        silent(Reason.BOUGHT),
    ),
    "a code in a draft of an order is not used": (
        {"offer": TEN, "events": [left(), issued()], "sent": [sent("3")],
         "orders": [order(LEFT + 4 * DAY),
                    order(LEFT + 4 * DAY, status="draft", discounts=[{"code": "X1"}])]},
        [*silent(Reason.BOUGHT), "reward.withdrawn +120h"],
    ),
    "a code that was sent is good for a newer cart, too": (
        {"offer": TEN, "events": [left(), issued()], "sent": [sent("3")],
         "carts": [cart(), cart("c2", updated_at=LEFT + 4 * DAY)]},
        [*silent(Reason.NEWER_CART), *silent(Reason.CART_OPEN, "c2")],
    ),
    "a code that was not sent is not needed once there is a newer cart": (
        {"offer": TEN, "events": [left(), issued()],
         "carts": [cart(), cart("c2", updated_at=LEFT + 4 * DAY)]},
        [*silent(Reason.NEWER_CART), "reward.withdrawn +72h", *silent(Reason.CART_OPEN, "c2")],
    ),
    "a code that was sent stays when nothing in the cart is left": (
        {"offer": TEN, "events": [left(), issued()], "sent": [sent("3")],
         "products": {"mug": NO_MUG, "tea": NO_TEA}},
        silent(Reason.NOTHING_LEFT),
    ),
    "too expensive, and the code of the last step was not sent yet: it goes now": (
        {"offer": TEN, "events": [left(), issued(LEFT + DAY), answered(LEFT + 2 * DAY)]},
        [*silent(Reason.ANSWERED), "reward.withdrawn +96h", "c1/answer +48h X1"],
    ),
    "too expensive, and the code of the last step was taken back: there is another": (
        {"offer": TEN, "events": [left(), issued(), gone(), answered(LEFT + 4 * DAY)],
         "now": LEFT + 4 * DAY},
        [*silent(Reason.ANSWERED), "reward.earned +96h", "c1/answer no_code"],
    ),
    "too expensive, and the code of the last step is not good any more: there is another": (
        {"offer": TEN, "events": [left(), issued(LEFT - 30 * DAY), answered(LEFT + 4 * DAY)],
         "sent": [sent("3")], "now": LEFT + 4 * DAY},
        [*silent(Reason.ANSWERED), "reward.earned +96h", "c1/answer no_code"],
    ),
    "no code for a message that went before there was an offer": (
        {"offer": TEN, "sent": [sent("3")]}, [*FIRST, "c1/3 no_code"],
    ),
    "a code is for an address or an account: who gave only a phone gets none": (
        {"offer": TEN, "carts": [cart(contact={"phone": "+4366012345678"})]}, ALL,
    ),
    "nor for a reason": (
        {"offer": TEN, "carts": [cart(contact={"phone": "+4366012345678"})],
         "events": [left(), answered(LEFT + DAY)]},
        [*silent(Reason.ANSWERED), "c1/answer +24h"],
    ),
    "the store makes no code: it goes without": (
        {"offer": TEN, "events": [left(), refused("3", LEFT + 3 * DAY)]}, ALL,
    ),
    "nor one for who finds it too expensive": (
        {"offer": TEN,
         "events": [left(), answered(LEFT + DAY), refused("answer", LEFT + DAY)]},
        [*silent(Reason.ANSWERED), "c1/answer +24h"],
    ),
    "it made one later": (
        {"offer": TEN, "events": [left(), refused("3", LEFT + 3 * DAY), issued()]},
        [*FIRST, "c1/3 +72h X1", "reward.withdrawn +120h"],
    ),
    "it made one when the message had gone without": (
        {"offer": TEN, "events": [left(), refused("3", LEFT + 3 * DAY), issued()],
         "sent": [sent("3", step=3)]},
        [*FIRST, "c1/3 +72h X1", "reward.withdrawn +120h"],
    ),
    "the message that went had it": (
        {"offer": TEN, "events": [left(), issued()], "sent": [sent("3", step=3, code="X1")]},
        [*FIRST, "c1/3 +72h X1"],
    ),
    "too late for a code": (
        {"offer": TEN, "now": LEFT + 9 * DAY}, [*FIRST, "c1/3 no_code"],
    ),
    "no code for what was left before the store was connected": (
        {"offer": TEN, "events": [left(historic=True)]}, [*FIRST, "c1/3 no_code"],
    ),
    "in the night when clocks in Europe change, steps are as far apart as ever": (
        {"carts": [cart(updated_at=datetime(2026, 3, 29, 1, 0, tzinfo=UTC))],
         "events": [left(at=datetime(2026, 3, 29, 2, 0, tzinfo=UTC))]},
        [f"c1/{step} +{hours - 5240}h" for step, hours in ((1, 4), (2, 24), (3, 72))],
    ),
}  # fmt: skip


def decided(
    carts: Sequence[Checkout] = (cart(),),
    orders: Sequence[Order] = (),
    events: Sequence[Event] = (left(),),
    sent: Sequence[SentMessage] = (),
    products: Mapping[str, Product] | None = None,
    now: datetime = LEFT,
    **options: Any,
) -> list[Said]:
    person = Person(store="shop", key="x", orders=tuple(orders), checkouts=tuple(carts))
    facts = Facts(events, sent, products=products)
    return list(AbandonedCheckout(**options).decide(person, facts, now))


@pytest.mark.parametrize("case", TABLE)
def test_a_cart_is_brought_up_unless_something_stands_against_it(case: str) -> None:
    given, expected = TABLE[case]
    assert expected == [said(one) for one in decided(**given)]


def test_a_reminder_is_marketing_about_the_cart_and_ends_when_the_next_one_is_due() -> None:
    first, second, last = [one for one in decided() if isinstance(one, Send)]
    assert {MessageClass.MARKETING} == {one.message.message_class for one in (first, second, last)}
    assert (None, Ref(kind=Kind.CHECKOUT, id="c1")) == (first.order_id, first.about)
    assert (second.due_at, last.due_at) == (first.expires_at, second.expires_at)
    assert LEFT + 5 * DAY == last.expires_at


@pytest.mark.parametrize("steps", [(), (DAY, HOUR), (HOUR, HOUR), (-HOUR,), (HOUR,) * 4])
def test_steps_are_one_to_three_in_order(steps: Sequence[timedelta]) -> None:
    with pytest.raises(ValueError, match=r"steps|each step"):
        AbandonedCheckout(steps=steps)


def a_world(**options: Any) -> World:
    world = World(hooks=[AbandonedCheckout(**options)])
    world.wait(HOUR)
    return world


def leave(world: World, **fields: Any) -> Ref:
    cart_id = world.store.begin_checkout(ADA, [MUG, TEA], **fields)
    world.tell()
    return Ref(kind=Kind.CHECKOUT, id=cart_id)


def test_who_comes_back_gets_no_further_reminder() -> None:
    world = a_world()
    ref = leave(world)
    world.wait(DAY)
    world.timeline.place(ADA, [MUG])
    world.wait(9 * DAY)
    key = f"abandoned_checkout/{ref}"
    assert [f"{key}/1"] == world.sent()
    assert (MessageState.CANCELLED, Reason.BOUGHT) == world.state(f"{key}/2")
    (mail,) = world.channel.sent
    assert "Mug" in mail.text
    assert "Tea" in mail.text
    assert "https://shop.example/checkouts/" in mail.text


def as_guest(world: World) -> None:
    world.timeline.place(ADA.model_copy(update={"email": "ADA@example.com "}), [TEA])


def somebody_else(world: World) -> None:
    world.timeline.place(BOB, [MUG])


@pytest.mark.parametrize(("who", "count"), [(as_guest, 0), (somebody_else, 3)])
def test_only_their_own_order_counts_also_as_guest(
    who: Callable[[World], None], count: int
) -> None:
    world = a_world()
    leave(world)
    world.wait(2 * HOUR)
    who(world)
    world.wait(9 * DAY)
    assert count == len(world.sent())


def test_a_code_is_made_once_for_the_last_step() -> None:
    world = a_world(offer=TEN)
    leave(world)
    world.wait(9 * DAY)
    assert 3 == len(world.sent())
    assert ["THANKS-" in one.text for one in world.channel.sent] == [False, False, True]
    rewards = [one.type for one in world.link.events() if one.type.startswith("reward.")]
    assert ["reward.earned", "reward.issued"] == rewards


@pytest.mark.parametrize(
    "error",
    [
        WriteRefused("nobody has this address", code="CUSTOMER_UNKNOWN"),
        Unsupported("acme", Capability.COUPONS),
    ],
    ids=["it will not", "it cannot"],
)
@pytest.mark.usefixtures("errors_are_expected")
def test_where_the_store_makes_no_code_the_last_step_goes_without_it(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(offer: object) -> None:
        raise error

    world = a_world(offer=TEN)
    monkeypatch.setattr(world.store, "issue_coupon", refuse)
    leave(world)
    world.wait(9 * DAY)
    assert 3 == len(world.sent())
    assert not [one for one in world.channel.sent if "THANKS-" in one.text]
    rewards = [one.type for one in world.link.events() if one.type.startswith("reward.")]
    assert ["reward.earned", "reward.refused"] == rewards
    assert [] != world.link.failures()


def coupons(world: World) -> list[bool]:
    """Say of each code that was made whether it can be used."""
    listed = [world.store.read(Ref(kind=Kind.COUPON, id=one.id)) for one in
              world.store.listed(Kind.COUPON)]  # fmt: skip
    return [one.records[0].fields["active"] for one in listed]


def by_guest(world: World, code: str) -> None:
    as_guest(world)


def with_the_code(world: World, code: str) -> None:
    order = world.timeline.place(ADA, [MUG])
    world.store.edit(order, discounts=[{"code": code.lower()}])
    world.tell()


@pytest.mark.parametrize(("how", "taken"), [(by_guest, [False]), (with_the_code, [True])])
def test_a_code_is_taken_back_once_unless_it_was_used(
    how: Callable[[World, str], None], taken: list[bool]
) -> None:
    world = a_world(offer=TEN)
    leave(world)
    world.wait(4 * DAY)
    (code,) = [one.code for one in world.link.events() if isinstance(one, RewardIssued)]
    how(world, code)
    world.wait(9 * DAY)
    assert taken == coupons(world)
    withdrawn = [one for one in world.link.events() if isinstance(one, RewardWithdrawn)]
    assert taken.count(False) == len(withdrawn)


def test_a_code_whose_message_the_purchase_overtook_is_taken_back_once() -> None:
    world = a_world(offer=TEN)
    leave(world)
    world.wait(2 * DAY)
    world.store.place(ADA, [MUG])
    world.store.take()  # its webhooks are lost: the look just before sending finds it
    world.wait(9 * DAY)
    assert 2 == len(world.sent())
    assert [False] == coupons(world)
    rewards = [one.type for one in world.link.events() if one.type.startswith("reward.")]
    assert ["reward.earned", "reward.issued", "reward.withdrawn"] == rewards


def test_what_was_left_before_the_store_was_connected_is_silent() -> None:
    world = World(hooks=[AbandonedCheckout()])
    world.store.begin_checkout(ADA, [MUG], created_at=START - DAY, updated_at=START - DAY)
    world.tell()
    world.wait(9 * DAY)
    assert [] == world.sent()
