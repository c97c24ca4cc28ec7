"""Products, checkouts, coupons and reviews are merged, muted and revived like orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from core.marks import due_marks
from core.mirror.shelf import Shelf, at

from storelink.mirror import load
from storelink.models import Kind, Money, Record, Ref

KINDS: dict[Kind, tuple[str, Any]] = {
    Kind.PRODUCT: ("title", load.product),
    Kind.CHECKOUT: ("number", load.checkout),
    Kind.COUPON: ("code", load.coupon),
    Kind.REVIEW: ("author", load.review),
}
NOTHING_OPEN: dict[str, str | None] = {}

kinds = pytest.mark.parametrize("kind", KINDS)


def a_record(kind: Kind, state_at: float | None, name: str | None = None, **more: Any) -> Record:
    fields = {KINDS[kind][0]: name} if name else {}
    updated_at = None if state_at is None else at(state_at)
    return Record(kind=kind, id="7", updated_at=updated_at, fields=fields, **more)


@pytest.fixture
def known(shelf: Shelf) -> Callable[[Kind], Any]:
    """Returns what is known of the object 7 of a kind."""

    def one(kind: Kind) -> Any:
        with shelf.database.read() as tx:
            return KINDS[kind][1](tx, "shop", "7")

    return one


@kinds
def test_the_newest_telling_stands(kind: Kind, shelf: Shelf, known: Callable[[Kind], Any]) -> None:
    shelf.hint(10, a_record(kind, 9, "new"))
    shelf.hint(11, a_record(kind, 8, "old"))
    assert "new" == getattr(known(kind), KINDS[kind][0])
    assert NOTHING_OPEN == shelf.open_questions


@kinds
def test_two_states_of_one_second_are_read(kind: Kind, shelf: Shelf) -> None:
    shelf.hint(10, a_record(kind, 9, "one"))
    shelf.hint(10, a_record(kind, 9, "other"))
    name = KINDS[kind][0]
    assert {f"{kind}:7": f"two states of the same second differ in {name}"} == shelf.open_questions


@kinds
def test_a_deletion_mutes_and_only_a_read_revives(
    kind: Kind, shelf: Shelf, known: Callable[[Kind], Any]
) -> None:
    shelf.hint(10, a_record(kind, 9, "one"))
    shelf.hint(12, a_record(kind, None, deleted=True, needs_read="only an id"))
    assert at(12) == known(kind).deleted_at
    assert [f"{kind}:7"] == list(shelf.open_questions)
    shelf.hint(14, a_record(kind, 13, "one"))
    assert known(kind).deleted_at is not None
    shelf.read(15, a_record(kind, 13, "one"))
    assert known(kind).deleted_at is None
    assert NOTHING_OPEN == shelf.open_questions


@kinds
def test_of_what_only_a_deletion_or_a_question_is_known_nothing_is_known(
    kind: Kind, shelf: Shelf, known: Callable[[Kind], Any]
) -> None:
    assert known(kind) is None
    shelf.hint(10, a_record(kind, 9, needs_read="only an id"))
    assert known(kind) is None
    shelf.read(11, a_record(kind, None, deleted=True))
    assert known(kind) is None


def test_a_price_without_a_currency_leaves_the_last_price(shelf: Shelf) -> None:
    """WooCommerce's webhooks name no currency: the field is unset, the read told it."""
    price = {"price": Money("3", "EUR")}
    shelf.read(10, Record(kind=Kind.PRODUCT, id="7", updated_at=at(9), fields=price))
    shelf.hint(12, a_record(Kind.PRODUCT, 11, "Mug"))
    with shelf.database.read() as tx:
        product = load.product(tx, "shop", "7")
    assert product is not None
    assert (Money("3", "EUR"), "Mug") == (product.price, product.title)


# -- reviews ---------------------------------------------------------------------------------------


def a_review(state_at: float, **fields: Any) -> Record:
    told = {"product_id": "7", "status": "published", "rating": 4, "email": "Ada@Example.com"}
    return Record(kind=Kind.REVIEW, id="r", updated_at=at(state_at), fields={**told, **fields})


def test_a_review_is_an_event_of_its_own_time(shelf: Shelf) -> None:
    (event,) = shelf.hint(10, a_review(9, created_at=at(5)))
    assert "shop/review/r/reviewed" == event.id
    assert ("product.reviewed", at(5), True) == (event.type, event.at, event.exact)
    assert {"review_id": "r", "product_id": "7", "rating": 4}.items() <= event.model_dump().items()
    assert [] == shelf.hint(12, a_review(11, created_at=at(5)))


@pytest.mark.parametrize("status", ["spam", "trash"])
def test_a_review_that_is_spam_was_not_written(shelf: Shelf, status: str) -> None:
    assert [] == shelf.hint(10, a_review(9, status=status))
    assert ["product.reviewed"] == [one.type for one in shelf.hint(12, a_review(11))]


def test_a_person_s_reviews_are_found_by_the_address(shelf: Shelf) -> None:
    shelf.hint(10, a_review(9))
    with shelf.database.read() as tx:
        assert ["r"] == [one.id for one in load.reviews(tx, "shop", "ada@example.com")]
        assert [] == load.reviews(tx, "shop", "bob@example.com")
    shelf.hint(11, Record(kind=Kind.REVIEW, id="r", deleted=True))
    with shelf.database.read() as tx:
        assert [] == load.reviews(tx, "shop", "ada@example.com")


def test_a_review_lets_its_author_be_planned_again(shelf: Shelf) -> None:
    shelf.hint(10, a_review(9))
    with shelf.database.read() as tx:
        marks = [one.subject for one in due_marks(tx, at(10))]
    assert ["person:ada@example.com"] == marks


def test_a_product_of_a_list_of_orders_does_not_ask_about_an_order(shelf: Shelf) -> None:
    """Only what belongs to an order lets its header be read."""
    shelf.hint(10, a_record(Kind.PRODUCT, 9, "Mug", children={"variants": ("1",)}))
    assert NOTHING_OPEN == shelf.open_questions


def test_a_later_read_of_the_same_state_is_no_news(shelf: Shelf) -> None:
    """A sweep reads much that is known: it must not be planned again."""
    shelf.read(10, a_record(Kind.CHECKOUT, 9, "one"))
    with shelf.database.write() as tx:
        for mark in due_marks(tx, at(10)):
            tx.plans.done(mark, again_at=None)
    shelf.read(11, a_record(Kind.CHECKOUT, 9, "one"))
    assert at(11) == shelf.row(Ref(kind=Kind.CHECKOUT, id="7")).read_at
    with shelf.database.read() as tx:
        assert tx.plans.next_due(["shop"]) is None
    shelf.read(12, a_record(Kind.CHECKOUT, 10, "one"))
    with shelf.database.read() as tx:
        assert at(12) == tx.plans.next_due(["shop"])
