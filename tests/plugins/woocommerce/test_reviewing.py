"""Reviews that are handed to a WooCommerce shop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from storelink.contracts.sandbox import Item
from storelink.errors import NotFound, WriteRefused
from storelink.models import Contact, Money, NewReview, ReviewStatus
from storelink.models.ref import Kind, Ref
from storelink.testing import FrozenClock
from storelink.toolkit.http import Wire
from storelink_woocommerce import WooCommerce
from storelink_woocommerce.sandbox.server import WooCommerceSandbox

ADA = Contact(email="Ada@Example.com", first_name="Ada", last_name="L.")


@pytest.fixture
def box() -> Iterator[WooCommerceSandbox]:
    with WooCommerceSandbox(clock=FrozenClock()) as box:
        yield box


def connected(box: WooCommerceSandbox, **options: Any) -> WooCommerce:
    return WooCommerce(**{**box.options, **options}, wire=Wire(sleep=lambda _: None))


def bought(box: WooCommerceSandbox) -> str:
    order_id = box.store.place(ADA, [Item("Mug", Money("12.00", "EUR"))])
    box.store.complete(order_id)
    return str(box.store.read(Ref.order(order_id)).records[0].fields["lines"][0].product_id)


def review(product: str, **options: Any) -> NewReview:
    told = {"product_id": product, "text": "Good.", "rating": 4, "email": "ada@example.com"}
    return NewReview(**{**told, **options})


@pytest.mark.parametrize(
    ("options", "status"),
    [({}, ReviewStatus.HELD), ({"reviews": "publish"}, ReviewStatus.PUBLISHED)],
)
def test_a_review_is_held_or_published_as_the_shop_is_set(
    box: WooCommerceSandbox, options: dict[str, str], status: ReviewStatus
) -> None:
    """Without a status the API publishes, whatever Settings > Discussion says."""
    made = connected(box, **options).post_review(review(bought(box), author="Ada L."))
    assert (status, 4, "Good.", "Ada L.") == (made.status, made.rating, made.text, made.author)


def test_what_looks_like_markup_is_read_as_it_was_written(box: WooCommerceSandbox) -> None:
    text = 'a <b> & 1 < 2 &amp; "so"\nnext line\n\n<script>x</script> ☕'
    store, product = connected(box), bought(box)
    made = store.post_review(review(product, text=text))
    [record] = store.read(Ref(kind=Kind.REVIEW, id=made.id)).records
    for told in (made.text, record.fields["text"]):
        assert text.split() == str(told).split()
    assert "<script>" not in made.raw["review"]


@pytest.mark.parametrize("fate", ["trash", "spam", "hold", "approved"])
def test_a_review_that_the_shop_has_is_not_written_twice(
    box: WooCommerceSandbox, fate: str
) -> None:
    store, product = connected(box), bought(box)
    made = store.post_review(review(product))
    box.store.world.reviews[int(made.id)]["status"] = fate
    if fate in ("hold", "approved"):
        assert made.id == store.post_review(review(product, email="ADA@example.com")).id
    elif fate == "spam":
        with pytest.raises(WriteRefused) as refused:
            store.post_review(review(product))
        assert "woocommerce_rest_comment_duplicate" == refused.value.code
    assert 1 == len(box.store.world.reviews)


def test_other_words_are_another_review(box: WooCommerceSandbox) -> None:
    store, product = connected(box), bought(box)
    one = store.post_review(review(product))
    other = store.post_review(review(product, text="Good after all."))
    assert one.id != other.id


def test_stars_can_be_left_out(box: WooCommerceSandbox) -> None:
    made = connected(box).post_review(review(bought(box), rating=None))
    assert None is made.rating


def test_where_the_shop_has_no_form_for_reviews_it_gets_none(box: WooCommerceSandbox) -> None:
    store, product = connected(box), bought(box)
    box.store.edit_product(product, reviews_allowed=False)
    with pytest.raises(WriteRefused, match="takes no reviews"):
        store.post_review(review(product))
    box.store.edit_product(product, reviews_allowed=True)
    box.store.world.site.takes_reviews = False
    with pytest.raises(WriteRefused, match="takes no reviews"):
        store.post_review(review(product))
    assert {} == box.store.world.reviews


def test_a_product_that_is_gone_is_not_found(box: WooCommerceSandbox) -> None:
    store = connected(box)
    for key in ("999", "not-a-number"):
        with pytest.raises(NotFound):
            store.post_review(review(key))


def test_an_address_that_wordpress_would_drop_is_refused(box: WooCommerceSandbox) -> None:
    store, product = connected(box), bought(box)
    with pytest.raises(WriteRefused) as refused:
        store.post_review(review(product, email="ada@bücher.example"))
    assert "EMAIL" == refused.value.code
    assert "ada" not in str(refused.value)
