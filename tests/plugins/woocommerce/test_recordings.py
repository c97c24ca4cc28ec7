"""Every recorded answer of the REST API is understood, or refused for what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storelink.errors import NotFound, PayloadError
from storelink.models import Kind, OrderStatus
from storelink.models.coupon import Coupon
from storelink.models.enums import CouponKind, ProductStatus, ReviewStatus
from storelink.models.product import Product, ProductReview
from storelink_woocommerce import coupons, normalize, products

Answer = Callable[[str], Any]

REST = Path(__file__).parents[2] / "data" / "woocommerce" / "recordings" / "rest"
ABOUT_ORDERS = ("order_note", "order_receipt", "order_statuses")
ORDERS = sorted(
    path.stem for path in REST.glob("order_*.json") if not path.stem.startswith(ABOUT_ORDERS)
)
LISTS = sorted(path.stem for path in REST.glob("orders_list_*.json"))
CUSTOMERS = sorted(
    path.stem for path in REST.glob("customer_*.json") if path.stem != "customer_downloads"
)
PRODUCTS = ["product_simple", "product_variable", "product_grouped", "product_external"]
PRODUCTS += ["product_trash", "product_by_sku", "products_list"]
COUPONS = ["coupon_create", "coupon_create_minimal", "coupon_create_fixed_cart"]
COUPONS += ["coupon_by_code", "coupons_list"]
REVIEWS = ["product_reviews_list", "product_review_create", "product_reviews_hold"]
REFUNDS = sorted(path.stem for path in REST.glob("refund*.json"))
FULFILLMENTS = ["fulfillments_list_two", "fulfillments_list_empty", "fulfillment_get"]


def several(body: Any) -> Iterator[dict[str, Any]]:
    yield from body if isinstance(body, list) else [body]


@pytest.mark.parametrize("name", ORDERS + LISTS)
def test_an_order_is_read_as_a_webhook_and_as_an_answer(answer: Answer, name: str) -> None:
    for body in several(answer(name)):
        hint = normalize.order(body).records[0]
        read = normalize.order_read(body, refunds=[]).records[0]

        assert (hint.kind, hint.id) == (Kind.ORDER, str(body["id"]))
        assert hint.fields == read.fields
        assert hint.fields["status"] != OrderStatus.UNKNOWN
        assert read.needs_read is None
        assert len(hint.fields.get("lines", ())) == len(body.get("line_items", ()))


@pytest.mark.parametrize("name", CUSTOMERS)
def test_a_customer_is_read(answer: Answer, name: str) -> None:
    body = answer(name)

    (customer,) = normalize.customer(body).records

    assert (customer.id, customer.fields["email"]) == (str(body["id"]), body["email"])


@pytest.mark.parametrize("name", REFUNDS)
def test_a_refund_is_read(answer: Answer, name: str) -> None:
    refunds = list(several(answer(name)))

    _, *records = normalize.order_read({"id": 1, "currency": "INR"}, refunds=refunds).records

    assert [record.id for record in records] == [str(refund["id"]) for refund in refunds]
    for record, refund in zip(records, refunds, strict=True):
        assert record.fields["amount"].amount > 0
        assert len(record.fields["lines"]) == len(refund["line_items"])


@pytest.mark.parametrize("name", FULFILLMENTS)
def test_a_fulfillment_is_read(answer: Answer, name: str) -> None:
    entries = list(several(answer(name)))
    order = {"id": 1, "currency": "INR"}

    _, *records = normalize.order_read(order, refunds=[], fulfillments=entries).records

    assert [record.id for record in records] == [str(entry["id"]) for entry in entries]


@pytest.mark.parametrize("name", sorted(path.stem for path in REST.glob("error_*.json")))
def test_an_error_is_never_taken_for_an_order(answer: Answer, name: str) -> None:
    with pytest.raises((PayloadError, NotFound)):
        normalize.order_read(answer(name), refunds=[])


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_is_read_with_every_field(answer: Answer, name: str) -> None:
    for body in several(answer(name)):
        (record,) = products.product(body, currency="INR").records

        assert (Kind.PRODUCT, str(body["id"]), None) == (record.kind, record.id, record.needs_read)
        assert PRODUCT_FIELDS == record.fields.keys()
        assert record.fields["status"] != ProductStatus.UNKNOWN


@pytest.mark.parametrize("name", COUPONS)
def test_a_coupon_is_read_with_every_field(answer: Answer, name: str) -> None:
    for body in several(answer(name)):
        (record,) = coupons.coupon(body, currency="INR").records

        assert (Kind.COUPON, str(body["id"]), None) == (record.kind, record.id, record.needs_read)
        assert COUPON_FIELDS == record.fields.keys()
        assert record.fields["kind"] != CouponKind.UNKNOWN


@pytest.mark.parametrize("name", REVIEWS)
def test_a_review_is_read_with_every_field(answer: Answer, name: str) -> None:
    for body in several(answer(name)):
        (record,) = products.review(body).records

        assert (Kind.REVIEW, str(body["id"])) == (record.kind, record.id)
        assert REVIEW_FIELDS == record.fields.keys()
        assert record.fields["status"] != ReviewStatus.UNKNOWN


OF_A_RECORD = {"id", "store", "raw"}
# WooCommerce restricts by address only, and knows no beginning.
PRODUCT_FIELDS = Product.model_fields.keys() - OF_A_RECORD
COUPON_FIELDS = Coupon.model_fields.keys() - OF_A_RECORD - {"customer_ids", "starts_at"}
REVIEW_FIELDS = ProductReview.model_fields.keys() - OF_A_RECORD - {"deleted_at"}
