"""Products, their reviews and coupons, as WooCommerce tells them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from storelink.errors import PayloadError
from storelink.models import Kind, Money
from storelink.models.enums import CouponKind, ProductStatus, ReviewStatus
from storelink.models.record import Record
from storelink_woocommerce import coupons, products

Answer = Callable[[str], Any]


def product(body: dict[str, Any], currency: str | None = "INR") -> Record:
    (record,) = products.product(body, currency=currency).records
    return record


def coupon(body: dict[str, Any], currency: str | None = "INR") -> Record:
    (record,) = coupons.coupon(body, currency=currency).records
    return record


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_product_is_read_field_by_field(answer: Answer) -> None:
    record = product(answer("product_simple")[0])

    assert (Kind.PRODUCT, "40", at("2026-11-22T03:27:22")) == (
        record.kind,
        record.id,
        record.updated_at,
    )
    assert record.fields == {
        "title": "Sold-out Lamp",
        "handle": "sold-out-lamp",
        "status": ProductStatus.ACTIVE,
        "url": "https://127.0.0.1:8443/product/sold-out-lamp/",
        "image_url": None,
        "vendor": None,
        "product_type": "simple",
        "categories": ("Uncategorized",),
        "tags": (),
        "sku": "HOM-LMP-0",
        "price": Money("1200", "INR"),
        "price_to": Money("1200", "INR"),
        "in_stock": False,
        "listed": True,
        "reviews_allowed": True,
        "rating": None,
        "rating_count": 0,
        "created_at": at("2026-11-22T03:27:22"),
        "updated_at": at("2026-11-22T03:27:22"),
        "deleted_at": None,
    }


def test_of_a_product_with_variations_only_the_lowest_price_is_known(answer: Answer) -> None:
    fields = product(answer("product_variable")).fields

    assert (Money("1499", "INR"), None) == (fields["price"], fields["price_to"])
    assert "https://127.0.0.1:8443/wp-content/uploads/2026/11/kurta.png" == fields["image_url"]


def test_without_a_currency_prices_are_unset(answer: Answer) -> None:
    fields = product(answer("product_variable"), currency=None).fields

    assert not {"price", "price_to"} & fields.keys()


def test_a_variation_asks_for_a_read_of_its_parent(answer: Answer) -> None:
    """`product.updated` is sent for variations, too."""
    record = product(answer("product_variation_single"))

    expected = ("55", {}, products.VARIATION_CHANGED)
    assert expected == (record.id, record.fields, record.needs_read)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("publish", ProductStatus.ACTIVE),
        ("draft", ProductStatus.DRAFT),
        ("private", ProductStatus.DRAFT),
        ("future", ProductStatus.DRAFT),
        ("trash", ProductStatus.ARCHIVED),
        ("sold-by-plugin", ProductStatus.UNKNOWN),
    ],
)
def test_only_what_customers_can_see_has_an_address(
    answer: Answer, status: str, expected: ProductStatus
) -> None:
    body = {**answer("product_simple")[0], "status": status}

    record = product(body)

    assert expected == record.fields["status"]
    assert (expected is ProductStatus.ACTIVE) == (record.fields["url"] is not None)
    assert (status == "trash") == (record.fields["deleted_at"] is not None)
    hidden = product({**body, "post_password": "open sesame"})
    assert hidden.fields["url"] is None


@pytest.mark.parametrize(
    ("visibility", "listed"), [("visible", True), ("search", True), ("hidden", False), (None, None)]
)
def test_a_hidden_product_is_in_no_list_of_the_shop(
    answer: Answer, visibility: str | None, listed: bool | None
) -> None:
    record = product(answer("product_simple")[0] | {"catalog_visibility": visibility})
    assert listed is record.fields["listed"]


def test_names_are_decoded(answer: Answer) -> None:
    body = {**answer("product_simple")[0], "name": "Tea &amp; Cups"}
    body["categories"] = [{"name": "Cups &amp; Pots"}, {"name": ""}, {}]

    fields = product(body).fields

    assert ("Tea & Cups", ("Cups & Pots",)) == (fields["title"], fields["categories"])


def test_a_rating_is_known_once_there_is_one(answer: Answer) -> None:
    body = {**answer("product_simple")[0], "average_rating": "4.50", "rating_count": 2}

    fields = product(body).fields

    assert (Decimal("4.50"), 2) == (fields["rating"], fields["rating_count"])


@pytest.mark.parametrize(
    "odd",
    [
        {"images": False},
        {"images": [{"src": "javascript:alert(1)"}]},
        {"categories": ""},
        {"tags": [7]},
        {"price": ""},
        {"price": "on request"},
        {"average_rating": []},
        {"rating_count": "many"},
        {"reviews_allowed": "yes"},
        {"stock_status": None},
        {"brands": [{"name": None}]},
        {"date_created_gmt": "soon"},
        {"parent_id": []},
    ],
)
def test_an_odd_value_costs_only_its_own_field(answer: Answer, odd: dict[str, Any]) -> None:
    body = answer("product_simple")[0]

    whole, rest = product(body).fields, product({**body, **odd}).fields

    changed = {name for name, value in whole.items() if rest[name] != value}
    assert len(changed) <= 2
    assert "title" not in changed


@pytest.mark.parametrize("read", [product, coupon])
def test_what_decides_is_refused_by_name_when_it_is_odd(read: Callable[..., Record]) -> None:
    for wrong in ({"id": []}, {"id": 5, "date_modified_gmt": "soon"}, {}):
        with pytest.raises(PayloadError, match=r"\.(id|date_modified_gmt): "):
            read(wrong)


@pytest.mark.parametrize("read", [product, coupon])
def test_a_body_that_does_not_say_when_it_changed_wants_a_read(
    read: Callable[..., Record],
) -> None:
    record = read({"id": 5, "status": "trash"})

    assert record.needs_read
    assert record.deleted


def test_a_review_is_read_field_by_field(answer: Answer) -> None:
    (record,) = products.review(answer("product_review_create")).records

    assert (Kind.REVIEW, "10528", None) == (record.kind, record.id, record.updated_at)
    assert record.fields == {
        "product_id": "14",
        "status": ReviewStatus.PUBLISHED,
        "rating": 5,
        "text": "চমৎকার চা!",
        "author": "নাদিয়া",
        "email": "nadia.review@mail.example",
        "verified": False,
        "created_at": at("2026-11-22T03:55:03"),
    }


def test_a_review_is_plain_text(answer: Answer) -> None:
    (record,) = products.review(answer("product_reviews_hold")[0]).records

    assert ("Meh & ok", ReviewStatus.HELD) == (record.fields["text"], record.fields["status"])


def test_a_comment_without_stars_has_no_rating(answer: Answer) -> None:
    (record,) = products.review({**answer("product_review_create"), "rating": 0}).records

    assert record.fields["rating"] is None


def test_a_coupon_is_read_field_by_field(answer: Answer) -> None:
    record = coupon(answer("coupon_create"))

    assert (Kind.COUPON, "2206", at("2026-11-22T03:38:00")) == (
        record.kind,
        record.id,
        record.updated_at,
    )
    assert record.fields == {
        "code": "recover-1795318680",
        "kind": CouponKind.PERCENT,
        "percent": Decimal("15.00"),
        "amount": None,
        "minimum": Money("200.00", "INR"),
        "usage_limit": 1,
        "usage_count": 0,
        "emails": ("nadia1795318675@shop.example",),
        "active": True,
        "expires_at": at("2026-12-31T18:29:59"),
        "created_at": at("2026-11-22T03:38:00"),
        "updated_at": at("2026-11-22T03:38:00"),
        "deleted_at": None,
    }


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"discount_type": "fixed_cart"}, CouponKind.AMOUNT),
        ({"discount_type": "fixed_product"}, CouponKind.AMOUNT),
        ({"discount_type": "fixed_cart", "amount": "0.00", "free_shipping": True}, "free_shipping"),
        ({"discount_type": "buy_x_get_y"}, CouponKind.UNKNOWN),
    ],
)
def test_a_coupon_takes_one_thing_off(answer: Answer, changes: dict[str, Any], kind: str) -> None:
    fields = coupon({**answer("coupon_create"), **changes}).fields

    assert CouponKind(kind) == fields["kind"]
    assert (kind == CouponKind.AMOUNT) == (fields["amount"] == Money("15.00", "INR"))
    assert fields["percent"] is None


def test_a_used_or_hidden_coupon_is_not_active(answer: Answer) -> None:
    body = answer("coupon_create")

    for change in ({"usage_count": 1}, {"status": "draft"}):
        assert coupon({**body, **change}).fields["active"] is False
    assert coupon({**body, "usage_limit": 0, "usage_count": 9}).fields["active"] is True


def test_without_a_currency_amounts_are_unset(answer: Answer) -> None:
    fields = coupon(answer("coupon_create"), currency=None).fields

    assert not {"amount", "minimum"} & fields.keys()
