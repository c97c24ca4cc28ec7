"""Why somebody left a cart: asked with one tap, and each reason is answered in its own way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from core.world import ADA, DAY, HOUR, MUG, World
from pydantic import ValidationError

from storelink.events import CheckoutAnswered
from storelink.hooks import AbandonedCheckout, Incentive
from storelink.models import Answer, CartReason, Kind, MessageClass, Ref

TEN = Incentive(percent="10")


@pytest.fixture(params=[None, TEN], ids=["no offer", "an offer"])
def offer(request: pytest.FixtureRequest) -> Incentive | None:
    found: Incentive | None = request.param
    return found


@pytest.fixture
def world(offer: Incentive | None) -> Iterable[World]:
    shop = World(hooks=[AbandonedCheckout(offer=offer)])
    with shop.link:
        yield shop


def left(world: World, hours: int = 30) -> str:
    """Let Ada leave a cart; by then she was reminded twice."""
    cart = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(hours * HOUR)
    assert 2 == len(world.channel.sent)
    return cart


def answer(world: World, cart: str, reason: CartReason | None, comment: str = "") -> None:
    told = Answer(kind="cart", checkout_id=cart, reason=reason, comment=comment or None)
    world.link.answer("shop", told)
    world.tell()


REPLIES = {
    CartReason.SHIPPING: ("Shipping was in the way", MessageClass.MARKETING),
    CartReason.PRICE: ("It was too expensive", MessageClass.MARKETING),
    CartReason.QUESTION: ("You still have a question", MessageClass.TRANSACTIONAL),
    CartReason.TROUBLE: ("Something did not work", MessageClass.TRANSACTIONAL),
    CartReason.OTHER: ("Your answer has arrived", MessageClass.TRANSACTIONAL),
}


@pytest.mark.parametrize("reason", REPLIES)
def test_each_reason_has_its_own_answer_and_ends_the_reminders(
    world: World, reason: CartReason
) -> None:
    cart = left(world)
    answer(world, cart, reason)
    words, kind = REPLIES[reason]
    sent = world.channel.sent[-1]
    assert (f"shop/abandoned_checkout/checkout:{cart}/answer", kind) == (
        sent.key, sent.message_class,
    )  # fmt: skip
    assert words in sent.text
    world.wait(10 * DAY)
    assert 3 == len(world.channel.sent)


@pytest.mark.parametrize("reason", [CartReason.LOOKING, CartReason.ELSEWHERE])
def test_who_was_just_looking_is_left_alone(world: World, reason: CartReason) -> None:
    cart = left(world)
    answer(world, cart, reason)
    world.wait(10 * DAY)
    assert 2 == len(world.channel.sent)


def test_words_alone_are_answered_too(world: World) -> None:
    cart = left(world)
    answer(world, cart, None, "Do you ship to Oslo?")
    assert "Your answer has arrived" in world.channel.sent[-1].text


def test_whoever_finds_it_too_expensive_gets_the_code_at_once_if_there_is_one(
    world: World, offer: Incentive | None
) -> None:
    cart = left(world)
    answer(world, cart, CartReason.PRICE)
    coupons = [
        world.store.read(Ref(kind=Kind.COUPON, id=one.id)).records[0].fields["code"]
        for one in world.store.listed(Kind.COUPON)
    ]
    assert (1 if offer else 0) == len(coupons)
    assert all(code in world.channel.sent[-1].text for code in coupons)


def test_a_second_thought_is_answered_no_second_time(world: World) -> None:
    cart = left(world)
    answer(world, cart, CartReason.QUESTION)
    answer(world, cart, CartReason.TROUBLE)
    world.wait(DAY)
    assert 3 == len(world.channel.sent)


def test_the_shops_people_hear_of_it(world: World) -> None:
    heard: list[tuple[CartReason | None, str]] = []
    world.link.on(CheckoutAnswered)(
        lambda one: heard.append((one.reason, one.checkout.contact.first_name))
    )
    cart = left(world)
    answer(world, cart, CartReason.QUESTION, "Is it dishwasher safe?")
    world.wait(DAY)
    assert [(CartReason.QUESTION, "Ada")] == heard
    (kept,) = world.link.answers("shop", checkout=cart)
    assert ("Is it dishwasher safe?", CartReason.QUESTION) == (kept.comment, kept.reason)


def test_an_order_after_the_answer_is_no_reason_to_write(world: World) -> None:
    cart = left(world)
    told = Answer(kind="cart", checkout_id=cart, reason=CartReason.TROUBLE)
    world.link.answer("shop", told)
    world.store.place(ADA, [MUG])
    world.tell()
    world.wait(DAY)
    assert 2 == len(world.channel.sent)


def test_an_answer_is_forgotten_with_its_person(world: World) -> None:
    cart = left(world)
    answer(world, cart, CartReason.OTHER, "I am Ada.")
    erased = world.link.erase("shop", email=ADA.email)
    assert 1 == erased.answers
    assert [] == world.link.answers("shop", checkout=cart)


def test_what_was_answered_is_exported(world: World) -> None:
    cart = left(world)
    answer(world, cart, CartReason.OTHER, "I am Ada.")
    told = world.link.export("shop", email=ADA.email)
    assert ["I am Ada."] == [one["value"]["comment"] for one in told["answers"]]


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "cart", "order_id": "1", "reason": "price"},
        {"kind": "cart", "checkout_id": "1"},
        {"kind": "survey", "checkout_id": "1", "rating": 3},
        {"kind": "survey", "order_id": "1", "reason": "price"},
        {"kind": "cart", "checkout_id": "1", "rating": 3},
        {"kind": "cart", "checkout_id": "1", "reason": "weather"},
        {"kind": "cart", "checkout_id": "1", "order_id": "1", "reason": "price"},
    ],
)
def test_an_answer_that_makes_no_sense_does_not_construct(told: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Answer.model_validate(told)


def test_an_answer_that_is_late_is_answered_no_more(world: World) -> None:
    cart = left(world)
    world.store.remove(Ref(kind=Kind.CHECKOUT, id=cart))
    world.tell()
    with pytest.raises(LookupError, match="no checkout"):
        answer(world, cart, CartReason.OTHER)
    world.wait(timedelta(days=4))
    assert 2 == len(world.channel.sent)
