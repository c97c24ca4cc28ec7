"""Nobody is asked for a review that the store does not take, or already has."""

from __future__ import annotations

from typing import Any

import pytest
from core.world import ADA, BOB, DAY, MUG, TEA, World

from storelink.models import Contact, Kind, MessageState, Ref

WEEK = 7 * DAY
NOT_YET = "Review request"


def asked_about(world: World) -> list[list[str]]:
    """The products of each review request that was sent."""
    sent = [one for one in world.channel.sent if "/review_request/" in one.key]
    messages = [world.link.message(one.key) for one in sent]
    return [[item["product_id"] for item in one.data["items"]] for one in messages]


def test_a_product_that_takes_no_reviews_is_left_out(world: World) -> None:
    world.store.sell(MUG, reviews_allowed=False)
    world.store.sell(TEA)
    world.delivered_order(items=[MUG, TEA])
    world.wait(WEEK)
    assert [["product-Tea"]] == asked_about(world)


def test_an_order_of_nothing_else_is_not_asked_about(world: World) -> None:
    world.store.sell(MUG, reviews_allowed=False)
    order_id = world.delivered_order(items=[MUG])
    world.wait(WEEK)
    assert [] == asked_about(world)
    expected = "Not sent: the store takes no reviews of these products."
    assert expected == world.said(order_id)[NOT_YET]


def test_a_product_of_which_nothing_is_known_is_asked_about(world: World) -> None:
    world.delivered_order(items=[MUG])
    world.wait(WEEK)
    assert [["product-Mug"]] == asked_about(world)


def test_what_the_store_learned_until_the_sending_counts(world: World) -> None:
    """The product is no reason to plan again; the hook is asked again before sending."""
    product = world.store.sell(MUG)
    order_id = world.delivered_order(items=[MUG])
    world.wait(WEEK - DAY)
    world.store.change(Ref(kind=Kind.PRODUCT, id=product), reviews_allowed=False)
    world.tell()
    world.wait(2 * DAY)
    assert [] == asked_about(world)
    state, reason = world.state(f"review_request/order:{order_id}")
    assert (MessageState.CANCELLED, "not_reviewable") == (state, reason)


def test_what_the_person_reviewed_is_not_asked_about(world: World) -> None:
    order_id = world.delivered_order(items=[MUG])
    world.wait(DAY)
    world.store.review("product-Mug", Contact(email="ADA@example.com"))
    world.tell()
    assert (MessageState.CANCELLED, "already_reviewed") == world.state(
        f"review_request/order:{order_id}"
    )
    world.wait(WEEK)
    assert [] == asked_about(world)
    expected = "the customer has already reviewed these products in the store."
    assert world.said(order_id)[NOT_YET].endswith(expected)


def test_a_review_that_is_deleted_lets_the_request_be_sent(world: World) -> None:
    world.delivered_order(items=[MUG])
    review_id = world.store.review("product-Mug", ADA)
    world.tell()
    world.store.remove(Ref(kind=Kind.REVIEW, id=review_id))
    world.tell()
    world.wait(WEEK)
    assert [["product-Mug"]] == asked_about(world)


@pytest.mark.parametrize(
    ("author", "fields"),
    [(BOB, {}), (ADA, {"verified": False}), (ADA, {"product": "product-Tea"})],
)
def test_another_review_stands_in_no_way(
    world: World, author: Contact, fields: dict[str, Any]
) -> None:
    """Somebody else's, one that the store does not trust, one of another product."""
    world.delivered_order(items=[MUG])
    world.store.review(**{"product": "product-Mug", "contact": author, **fields})
    world.tell()
    world.wait(WEEK)
    assert [["product-Mug"]] == asked_about(world)
