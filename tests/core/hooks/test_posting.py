"""A review goes to the store itself, once, whatever it says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, MUG, World

from storelink.contracts.manifest import Capability
from storelink.errors import NotFound, StoreUnavailable, WriteRefused
from storelink.hooks import ReviewRequest
from storelink.hooks.posting import takes_reviews
from storelink.models import Answer, Kind, NewReview, ProductReview, ReviewStatus
from storelink.testing.goods import product_id


@pytest.fixture
def world() -> World:
    return World(hooks=[ReviewRequest()])


def bought(world: World) -> str:
    order_id = world.delivered_order(ADA, [MUG])
    world.tell()
    return order_id


def answer(world: World, order_id: str, **options: Any) -> None:
    told = {"kind": "review", "order_id": order_id, "product_id": product_id(MUG), **options}
    world.link.answer("shop", Answer(**told))
    world.tell()


def reviews(world: World) -> list[dict[str, Any]]:
    return [one.fields for ref, one in world.store._things.items() if ref.kind is Kind.REVIEW]


@pytest.mark.parametrize("rating", [1, 3, 5, None])
def test_whatever_the_rating_the_store_gets_the_review(world: World, rating: int | None) -> None:
    order_id = bought(world)
    answer(world, order_id, rating=rating, comment=" So-so. ", name="Ada L.")
    [review] = reviews(world)
    expected = {
        "product_id": product_id(MUG),
        "rating": rating,
        "text": "So-so.",
        "author": "Ada L.",
        "email": "ada@example.com",
        "status": ReviewStatus.HELD,
    }
    assert expected.items() <= review.items()
    [kept] = world.link.answers("shop", order_id)
    assert kept.review_id in {ref.id for ref in world.store._things}


@pytest.mark.parametrize(
    "told", [{"rating": 5}, {"product_id": None, "comment": "Good."}, {"rating": 3, "comment": " "}]
)
def test_stars_alone_and_words_about_a_whole_order_are_kept_here_only(
    world: World, told: dict[str, Any]
) -> None:
    order_id = bought(world)
    answer(world, order_id, **told)
    assert [] == reviews(world)
    assert 1 == len(world.link.answers("shop", order_id))


def test_a_survey_is_no_review(world: World) -> None:
    answer(world, bought(world), kind="survey", product_id=None, rating=10, comment="Good.")
    assert [] == reviews(world)


def test_words_that_come_later_go_to_the_store_and_what_it_has_stays_as_it_was(
    world: World,
) -> None:
    """Otherwise somebody could change what the shop has looked at and published."""
    order_id = bought(world)
    for told in ({"rating": 5}, {"rating": 4, "comment": "Good."}, {"comment": "BUY PILLS"}):
        world.clock.advance(timedelta(minutes=1))
        answer(world, order_id, **told)
    assert [(4, "Good.")] == [(one["rating"], one["text"]) for one in reviews(world)]
    [kept] = world.link.answers("shop", order_id)
    assert ("BUY PILLS", True) == (kept.comment, kept.review_id is not None)


@pytest.mark.usefixtures("errors_are_expected")
@pytest.mark.parametrize("is_taken", [True, False])
def test_a_crash_at_any_moment_makes_no_second_review_and_loses_none(
    world: World, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    order_id, take = bought(world), world.store.post_review

    def crash(review: NewReview) -> ProductReview:
        if is_taken:
            take(review)
        raise StoreUnavailable("the connection broke")

    monkeypatch.setattr(world.store, "post_review", crash)
    answer(world, order_id, rating=2, comment="Broken.")
    monkeypatch.setattr(world.store, "post_review", take)
    world.wait(DAY)
    assert ["Broken."] == [one["text"] for one in reviews(world)]
    assert None is not world.link.answers("shop", order_id)[0].review_id


def test_the_page_does_not_wait_for_the_store(world: World) -> None:
    order_id = bought(world)
    told = Answer(kind="review", order_id=order_id, product_id=product_id(MUG), comment="Good.")
    world.link.answer("shop", told)
    assert [] == reviews(world)
    world.tell()
    assert 1 == len(reviews(world))


def test_a_store_that_refuses_it_is_asked_once(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    order_id = bought(world)
    asked: list[NewReview] = []

    def refuse(review: NewReview) -> ProductReview:
        asked.append(review)
        raise WriteRefused("no reviews of this product, and not 'Good.'", code="closed")

    take = world.store.post_review
    monkeypatch.setattr(world.store, "post_review", refuse)
    answer(world, order_id, comment="Good.")
    world.wait(DAY)
    assert 1 == len(asked)
    assert "takes no such review" in caplog.text
    assert [] == [one for one in ("ada@example.com", "Good.") if one in caplog.text]
    [failure] = world.link.failures(store="shop")
    told = (failure.handler, failure.order_id, failure.why, failure.attempts)
    why = "the store takes no such review (closed)"
    assert ("storelink.post_review", order_id, why, 1) == told
    monkeypatch.setattr(world.store, "post_review", take)
    world.link.call_again(failure.event)
    world.tell()
    assert ["Good."] == [one["text"] for one in reviews(world)]
    assert [] == world.link.failures()
    with pytest.raises(LookupError, match="no call failed"):
        world.link.call_again(failure.event)


@pytest.mark.parametrize(
    ("refusal", "called"),
    [
        (WriteRefused("no"), "WriteRefused"),
        (WriteRefused("no", code="Good, said Ada"), "WriteRefused"),
        (NotFound("gone"), "NotFound"),
    ],
)
def test_a_refusal_without_a_code_is_told_by_its_kind(
    world: World, monkeypatch: pytest.MonkeyPatch, refusal: Exception, called: str
) -> None:
    order_id = bought(world)

    def refuse(review: NewReview) -> ProductReview:
        raise refusal

    monkeypatch.setattr(world.store, "post_review", refuse)
    answer(world, order_id, comment="Good.")
    why = f"the store takes no such review ({called})"
    assert [why] == [one.why for one in world.link.failures()]


def test_two_people_may_say_the_same(world: World) -> None:
    orders = [world.delivered_order(who, [MUG]) for who in (ADA, BOB)]
    world.tell()
    for order_id in orders:
        answer(world, order_id, comment="Good.")
    assert {"ada@example.com", "bob@example.com"} == {one["email"] for one in reviews(world)}


def test_a_store_that_takes_none_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    some = frozenset({Capability.WEBHOOKS, Capability.READ})
    monkeypatch.setattr("storelink.testing.store.CAPABILITIES", some)
    world = World(hooks=[ReviewRequest()])
    assert not takes_reviews(world.store)
    answer(world, bought(world), comment="Good.")
    assert [] == reviews(world)


def test_a_product_that_is_closed_gets_none(world: World) -> None:
    world.store.sell(MUG, reviews_allowed=False)
    order_id = bought(world)
    answer(world, order_id, comment="Good.")
    assert [] == reviews(world)
    assert None is world.link.answers("shop", order_id)[0].review_id


@pytest.mark.usefixtures("errors_are_expected")
def test_other_words_after_a_lost_answer_are_no_second_review(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store took it and nobody heard: what it is offered again are the words of the first."""
    order_id = bought(world)
    take, lost = world.store.post_review, [StoreUnavailable("the answer was lost")]

    def post(review: NewReview) -> ProductReview:
        taken = take(review)
        if lost:
            raise lost.pop()
        return taken

    monkeypatch.setattr(world.store, "post_review", post)
    answer(world, order_id, rating=5, comment="Good.", name="Ada")
    answer(world, order_id, rating=4, comment="Good, but small.", name="Ada")
    for _ in range(3):
        world.clock.advance(timedelta(hours=3))
        world.tell()

    assert ["Good."] == [one["text"] for one in reviews(world)]
    [kept] = world.link.answers("shop", order_id)
    assert ("Good, but small.", True) == (kept.comment, bool(kept.review_id))
