"""What was promised for a review is given once, whatever the review says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from core.world import ADA, BOB, DAY, MUG, TEA, World

from storelink.errors import StoreUnavailable
from storelink.events import ReviewAnswered, RewardEarned, RewardIssued
from storelink.hooks import Incentive, ReviewRequest
from storelink.models import Answer, Coupon, Kind, MessageState, Offer
from storelink.testing.goods import product_id

TEN = Incentive(percent="10", valid_for=timedelta(days=30))


@pytest.fixture
def world() -> World:
    return World(hooks=[ReviewRequest(incentive=TEN)])


def asked(world: World) -> str:
    """An order that was asked about."""
    order_id = world.delivered_order(ADA, [MUG, TEA])
    world.tell()
    world.wait(8 * DAY)
    assert f"review_request/order:{order_id}" in world.sent()
    return order_id


def codes(world: World) -> list[Coupon]:
    records = [one.fields for ref, one in world.store._things.items() if ref.kind is Kind.COUPON]
    return [Coupon(id="", store="", **fields) for fields in records]


def rewards(world: World) -> list[str]:
    return [key for key in world.sent() if key.startswith("review_reward/")]


@pytest.mark.parametrize("rating", [1, 3, 5])
def test_whatever_the_rating_the_code_is_sent(world: World, rating: int) -> None:
    order_id = asked(world)
    world.link.answer("shop", Answer(kind="review", order_id=order_id, rating=rating))
    world.tell()
    assert [f"review_reward/order:{order_id}"] == rewards(world)
    (coupon,) = codes(world)
    assert coupon.code in world.channel.sent[-1].text
    assert (("ada@example.com",), 1) == (coupon.emails, coupon.usage_limit)
    assert world.clock.now() + timedelta(days=30) == coupon.expires_at


def test_several_reviews_of_one_order_are_rewarded_once(world: World) -> None:
    order_id = asked(world)
    for item in (MUG, TEA):
        answer = Answer(
            kind="review", order_id=order_id, product_id=product_id(item), comment="Fine."
        )
        world.link.answer("shop", answer)
        world.tell()
    world.store.review(product_id(TEA), ADA, rating=2)
    world.tell()
    assert (1, 1) == (len(rewards(world)), len(codes(world)))


def test_a_review_in_the_store_itself_is_rewarded(world: World) -> None:
    order_id = asked(world)
    world.store.review(product_id(MUG), ADA, rating=1)
    world.tell()
    assert [f"review_reward/order:{order_id}"] == rewards(world)


def test_who_was_promised_nothing_gets_nothing(world: World) -> None:
    asked(world)
    other = world.delivered_order(BOB)
    world.tell()
    world.link.answer("shop", Answer(kind="review", order_id=other, rating=5))
    world.store.review(product_id(MUG), BOB)
    world.tell()
    assert ([], []) == (rewards(world), codes(world))


def test_a_survey_is_no_review(world: World) -> None:
    order_id = asked(world)
    world.link.answer("shop", Answer(kind="survey", order_id=order_id, rating=10))
    world.tell()
    assert ([], []) == (rewards(world), codes(world))


@pytest.mark.usefixtures("errors_are_expected")
def test_a_store_that_is_silent_is_asked_again_and_issues_one_code(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, issue = asked(world), world.store.issue_coupon

    def lost(offer: Offer) -> Coupon:
        issue(offer)
        raise StoreUnavailable("the answer was lost")

    monkeypatch.setattr(world.store, "issue_coupon", lost)
    world.link.answer("shop", Answer(kind="review", order_id=order_id, rating=4))
    world.tell()
    assert [] == rewards(world)
    monkeypatch.setattr(world.store, "issue_coupon", issue)
    world.wait(DAY)
    assert (1, 1) == (len(rewards(world)), len(codes(world)))


def test_codes_cannot_be_guessed_from_the_order() -> None:
    made = set()
    for _ in range(2):
        world = World(hooks=[ReviewRequest(incentive=TEN)])
        order_id = asked(world)
        world.link.answer("shop", Answer(kind="review", order_id=order_id, rating=4))
        world.tell()
        made |= {coupon.code for coupon in codes(world)}
    assert 2 == len(made)


def test_without_an_incentive_nothing_is_promised_or_given() -> None:
    world = World(hooks=[ReviewRequest()])
    order_id = asked(world)
    assert "As a thank-you" not in world.channel.sent[-1].text
    world.link.answer("shop", Answer(kind="review", order_id=order_id, rating=4))
    world.tell()
    assert [] == rewards(world)


def test_the_request_says_what_everybody_gets_and_that_the_review_should_say_so(
    world: World,
) -> None:
    asked(world)
    text = " ".join(world.channel.sent[-1].text.split())
    assert "everybody who writes one gets 10% off the next order, whatever the review says" in text
    assert "Please mention in it that you were given something." in text


def test_the_story_is_told_by_events(world: World) -> None:
    order_id = asked(world)
    event = world.link.answer("shop", Answer(kind="review", order_id=order_id, rating=4))
    world.tell()
    (earned,) = [one for one in world.link.events() if isinstance(one, RewardEarned)]
    (issued,) = [one for one in world.link.events() if isinstance(one, RewardIssued)]
    assert isinstance(event, ReviewAnswered)
    assert (event.id, order_id) == (earned.because_of, earned.order_id)
    assert (earned.id, order_id) == (issued.because_of, issued.order_id)
    assert MessageState.SENT == world.state(f"review_reward/order:{order_id}")[0]
