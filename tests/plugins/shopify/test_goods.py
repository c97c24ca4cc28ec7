"""Products, checkouts, codes and notices, from Shopify's own examples and from hand-made ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from storelink.errors import PayloadError
from storelink.models import Kind, Money
from storelink.models.enums import CouponKind, ProductStatus
from storelink.models.record import NoticeKind
from storelink_shopify import nodes

EXAMPLES = Path(__file__).parents[2] / "data" / "shopify" / "payloads"
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def example():
    return lambda topic: json.loads((EXAMPLES / f"{topic.replace('/', '__')}.json").read_text())


@pytest.fixture
def goods(trade):
    """The last node of each kind."""
    found = {}
    for _, truth in trade.acts:
        if truth is not None:
            found[truth.records[0].kind] = dict(truth.records[0].raw)
    return found


@pytest.mark.parametrize(
    "topic", sorted(path.stem.replace("__", "/") for path in EXAMPLES.glob("*.json"))
)
def test_shopifys_own_examples_are_understood(normalize, example, topic):
    snapshot = normalize(topic, example(topic), AT)
    assert snapshot.records or snapshot.notices or snapshot.note


# -- products ------------------------------------------------------------------------------------


def test_the_example_of_a_product(only, example):
    record = only("products/create", example("products/create"))
    assert (Kind.PRODUCT, "788032119674292922") == (record.kind, record.id)
    assert "Example T-Shirt" == record.fields["title"]
    assert ProductStatus.ACTIVE is record.fields["status"]
    assert ("example", "mens", "t-shirt") == record.fields["tags"]
    assert record.fields["in_stock"] is True
    assert record.fields["sku"] is None
    assert record.needs_read is None
    assert "price" not in record.fields


@pytest.mark.parametrize(
    ("policy", "quantity", "expected"),
    [("deny", 1, True), ("continue", 0, True), ("continue", -3, True)],
)
def test_a_variant_that_is_there_or_goes_on_can_be_bought(
    only, example, policy, quantity, expected
):
    variant = {"inventory_policy": policy, "inventory_quantity": quantity}
    record = only("products/update", example("products/create") | {"variants": [variant]})
    assert expected is record.fields["in_stock"]


def test_nothing_left_may_be_stock_that_is_not_tracked_and_is_read(only, example):
    variant = {"inventory_policy": "deny", "inventory_quantity": 0}
    record = only("products/update", example("products/create") | {"variants": [variant]})
    assert "in_stock" not in record.fields
    assert "bought" in record.needs_read


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("UNLISTED", ProductStatus.ACTIVE),
        ("DRAFT", ProductStatus.DRAFT),
        ("ARCHIVED", ProductStatus.ARCHIVED),
        ("NEW_WORD", ProductStatus.UNKNOWN),
    ],
)
def test_the_words_for_products(goods, word, status):
    record = nodes.product(goods[Kind.PRODUCT] | {"status": word}).records[0]
    assert status is record.fields["status"]


@pytest.mark.parametrize(("word", "listed"), [("ACTIVE", True), ("UNLISTED", False)])
def test_an_unlisted_product_is_in_no_list_of_the_shop(goods, word, listed):
    record = nodes.product(goods[Kind.PRODUCT] | {"status": word}).records[0]
    assert listed is record.fields["listed"]


def test_a_product_can_be_bought_if_one_variant_can(goods):
    variants = [
        {"id": f"gid://shopify/ProductVariant/{n}", "sku": "S", "availableForSale": n == 2}
        for n in range(3)
    ]
    node = goods[Kind.PRODUCT] | {"variants": {"nodes": variants}}
    assert nodes.product(node).records[0].fields["in_stock"] is True
    assert nodes.product(node).records[0].fields["sku"] is None


def test_variants_that_were_cut_off_leave_it_open_whether_it_can_be_bought(goods):
    variant = {"id": "gid://shopify/ProductVariant/1", "sku": "S", "availableForSale": False}
    cut = {"nodes": [variant], "pageInfo": {"hasNextPage": True, "endCursor": "x"}}
    record = nodes.product(goods[Kind.PRODUCT] | {"variants": cut}).records[0]
    assert "in_stock" not in record.fields


def test_a_deleted_product_is_gone_and_has_to_be_read(only, example):
    record = only("products/delete", example("products/delete"))
    assert (Kind.PRODUCT, True) == (record.kind, record.deleted)
    assert record.needs_read


# -- checkouts -----------------------------------------------------------------------------------


def test_a_checkout_is_the_same_one_in_every_shape(only, example, goods):
    """A webhook has a token and a name, its deletion a number, a node a GID."""
    begun = only("checkouts/create", example("checkouts/create"))
    number = int(begun.id)
    gone = only("checkouts/delete", example("checkouts/delete") | {"id": number})
    node = goods[Kind.CHECKOUT] | {"id": f"gid://shopify/AbandonedCheckout/{number}"}
    assert "981820079255243537" == begun.id == gone.id == nodes.checkout(node).records[0].id


def test_the_example_of_a_checkout(only, example):
    record = only("checkouts/create", example("checkouts/create"))
    fields = record.fields
    assert Money("421.88", "USD") == fields["total"]
    assert ["1", "2"] == [line.id for line in fields["lines"]]
    assert Money("199.00", "USD") == fields["lines"][0].unit_price
    assert "john@example.com" == fields["contact"].email
    assert fields["accepts_marketing"] is False
    assert fields["completed_at"] is None
    assert fields["url"].startswith("https://checkout.local/")
    assert record.needs_read is None


def test_without_an_account_what_was_typed_counts(only, example):
    record = only("checkouts/create", example("checkouts/create") | {"customer": None})
    assert "example@email.com" == record.fields["contact"].email


def test_amounts_of_an_unnamed_currency_are_read_instead(only, example):
    body = example("checkouts/create") | {"presentment_currency": "EUR"}
    record = only("checkouts/create", body)
    assert set() == {"total", "lines"} & record.fields.keys()
    assert "currency" in record.needs_read


def test_a_checkout_without_an_account_leaves_its_contact_alone(goods):
    record = nodes.checkout(goods[Kind.CHECKOUT] | {"customer": None}).records[0]
    assert "contact" not in record.fields


def test_a_link_that_the_app_may_not_see_is_not_an_empty_one(goods):
    node = dict(goods[Kind.CHECKOUT])
    del node["abandonedCheckoutUrl"]
    assert "url" not in nodes.checkout(node).records[0].fields


def test_a_checkout_without_any_number_is_refused(normalize, example):
    with pytest.raises(PayloadError, match="id"):
        normalize("checkouts/create", example("checkouts/create") | {"name": "Mine"})


# -- coupons -------------------------------------------------------------------------------------


def test_a_code_for_one_person(goods):
    fields = nodes.coupon(goods[Kind.COUPON]).records[0].fields
    assert "THANKS-1" == fields["code"]
    assert CouponKind.PERCENT is fields["kind"]
    assert Decimal("12.5") == fields["percent"]
    assert Money("20.00", "EUR") == fields["minimum"]
    assert 1 == fields["usage_limit"]
    assert 1 == len(fields["customer_ids"])
    assert fields["active"] is False


@pytest.mark.parametrize(
    ("share", "percent"), [(0.1, "10"), (0.125, "12.5"), (1.0, "100"), (0.07, "7"), (1, "100")]
)
def test_a_share_of_one_is_a_percentage(goods, share, percent):
    gets = {"value": {"__typename": "DiscountPercentage", "percentage": share}}
    discount = goods[Kind.COUPON]["codeDiscount"] | {"customerGets": gets}
    record = nodes.coupon(goods[Kind.COUPON] | {"codeDiscount": discount}).records[0]
    assert percent == str(record.fields["percent"])


def test_a_discount_with_many_codes_has_none_for_a_name(goods):
    codes = {"nodes": [{"code": "A"}, {"code": "B"}]}
    discount = goods[Kind.COUPON]["codeDiscount"] | {"codes": codes}
    record = nodes.coupon(goods[Kind.COUPON] | {"codeDiscount": discount}).records[0]
    assert "code" not in record.fields


@pytest.mark.parametrize("topic", ["discounts/create", "discounts/update", "discounts/delete"])
def test_a_discount_without_a_code_is_no_coupon(normalize, example, topic):
    snapshot = normalize(topic, example(topic))
    assert () == snapshot.records
    assert "no coupon" in snapshot.note


@pytest.mark.parametrize("topic", ["discounts/create", "discounts/redeemcode_added"])
def test_a_code_has_to_be_read_whatever_a_webhook_says(only, example, topic):
    gid = {"admin_graphql_api_id": "gid://shopify/DiscountCodeNode/7"}
    record = only(topic, example(topic) | gid)
    assert (Kind.COUPON, "7") == (record.kind, record.id)
    assert record.needs_read


# -- people and notices --------------------------------------------------------------------------


def test_a_merge_that_failed_changes_nothing(normalize, example):
    assert () == normalize("customers/merge", example("customers/merge")).records


def test_of_two_accounts_that_were_merged_one_is_gone(normalize, example):
    body = example("customers/merge") | {"status": "completed"}
    kept, gone = normalize("customers/merge", body).records
    assert ("1", False) == (kept.id, kept.deleted)
    assert ("2", True) == (gone.id, gone.deleted)
    assert kept.needs_read
    assert gone.needs_read


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("customers/data_request", NoticeKind.CUSTOMER_DATA_REQUESTED),
        ("customers/redact", NoticeKind.CUSTOMER_REDACTED),
        ("shop/redact", NoticeKind.STORE_REDACTED),
        ("app/uninstalled", NoticeKind.STORE_UNINSTALLED),
    ],
)
def test_a_notice_told_again_is_the_same_one(normalize, example, topic, kind):
    (one,) = normalize(topic, example(topic), AT).notices
    (again,) = normalize(topic, example(topic), AT).notices
    assert one == again
    assert (kind, AT) == (one.kind, one.at)


def test_whom_a_privacy_request_is_about(normalize, example):
    for topic in ("customers/data_request", "customers/redact"):
        (notice,) = normalize(topic, example(topic), AT).notices
        assert "191167" == notice.customer_id
        assert ("299938", "280263", "220458") == notice.order_ids
        assert "john" not in repr(notice)


def test_different_people_and_orders_are_different_requests(normalize, example):
    body = example("customers/redact")
    others = [
        body,
        body | {"customer": body["customer"] | {"id": 5}},
        body | {"orders_to_redact": [1]},
        body | {"orders_to_redact": []},
    ]
    ids = {normalize("customers/redact", one, AT).notices[0].id for one in others}
    assert 4 == len(ids)


def test_an_app_can_be_taken_off_twice(normalize, example):
    body = example("app/uninstalled")
    later = AT.replace(day=9)
    ids = {normalize("app/uninstalled", body, at).notices[0].id for at in (AT, later)}
    assert 2 == len(ids)
