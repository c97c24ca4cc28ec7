from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from storelink.contracts.sandbox import Item
from storelink.errors import PayloadError
from storelink.models import (
    Contact,
    Discount,
    FulfillmentStatus,
    Kind,
    Money,
    OrderStatus,
    PaymentStatus,
    Ref,
    ShippingLine,
    TaxLine,
)
from storelink_shopify import nodes

SIDES = ("presentmentMoney", "shopMoney")


@pytest.fixture
def body(life):
    """An order with two parcels, two refunds and two currencies."""
    return life.body("orders/updated")


@pytest.fixture
def node(life):
    return dict(life.acts[-1][1].records[0].raw)


@pytest.fixture
def header(normalize):
    return lambda body: normalize("orders/updated", body).records[0]


def test_an_order_as_the_customer_saw_it(body, header, maya):
    fields = header(body).fields
    assert fields["number"] == "#1001"
    assert fields["currency"] == "EUR"
    assert Money("34.55", "EUR") == fields["total"]
    assert Money("12.50", "EUR") == fields["lines"][0].unit_price
    assert Money("22.50", "EUR") == fields["lines"][0].total
    assert (
        fields["lines"][0].title,
        fields["lines"][0].quantity,
        fields["lines"][0].current_quantity,
    ) == ("Mug", 2, 0)
    assert maya == fields["contact"]
    assert fields["billing"].country == "DE"
    assert (Discount(code="TENTH"),) == fields["discounts"]
    assert (ShippingLine(title="Standard", code="standard"),) == fields["shipping"]
    assert fields["tags"] == ("autumn", "web")
    assert fields["attributes"] == {"gift wrap": "paper", "delivery slot": "morning"}
    assert fields["payment_methods"] == ("Cash on Delivery (COD)",)
    assert fields["deleted_at"] is None


def test_the_sums_in_both_currencies(body, header):
    fields = header(body).fields
    expected = ("29.65", "3.30", "4.90", "0.00", "34.55", "34.55")
    assert expected == _amounts(fields["totals"])
    assert Money("37.31", "USD") == fields["store_totals"].total
    assert fields["store_totals"].refunded is None


def _amounts(totals):
    return tuple(str(one.amount) for one in dict(totals).values())


def test_money_has_one_form_in_both_shapes(body, header, node):
    """The mirror compares text: `"24.9"` and `"24.90"` must not look like a change."""
    expected = header(body).fields
    read = nodes.order(node).records[0].fields
    assert _amounts(expected["totals"]) == _amounts(read["totals"])
    assert str(expected["total"].amount) == str(read["total"].amount)


def test_taxes_are_told_in_percent_and_alike_by_both_shapes(body, header, node):
    amount = {"amount": "5.52", "currency_code": "EUR"}
    amounts = {"presentment_money": amount, "shop_money": amount}
    told = {"title": "MwSt", "rate": 0.19, "price": "5.52", "price_set": amounts}
    plain = {"amount": "5.52", "currencyCode": "EUR"}
    line = {"title": "MwSt", "rate": 0.19, "priceSet": dict.fromkeys(SIDES, plain)}
    expected = (TaxLine(title="MwSt", rate=Decimal(19), total=Money("5.52", "EUR")),)
    for fields in (
        header({**body, "tax_lines": [told], "taxes_included": True}).fields,
        nodes.order({**node, "taxLines": [line], "taxesIncluded": True}).records[0].fields,
    ):
        assert (expected, True) == (fields["taxes"], fields["taxes_included"])


@pytest.mark.parametrize(
    ("cancelled_at", "closed_at", "expected"),
    [
        (None, None, OrderStatus.OPEN),
        (None, "2026-11-03T10:00:00+01:00", OrderStatus.COMPLETED),
        ("2026-11-03T10:00:00+01:00", None, OrderStatus.CANCELLED),
        ("2026-11-03T10:00:00+01:00", "2026-11-03T10:00:00+01:00", OrderStatus.CANCELLED),
    ],
)
def test_two_times_make_the_status(body, header, node, cancelled_at, closed_at, expected):
    told = header(body | {"cancelled_at": cancelled_at, "closed_at": closed_at})
    read = nodes.order(node | {"cancelledAt": cancelled_at, "closedAt": closed_at}).records[0]
    assert expected is told.fields["status"]
    assert expected is read.fields["status"]


def test_times_are_utc(body, header):
    record = header(body | {"created_at": "2026-11-02T10:30:15+01:00"})
    assert datetime(2026, 11, 2, 9, 30, 15, tzinfo=UTC) == record.fields["placed_at"]


def test_an_imported_order_was_placed_when_this_shop_made_it(body, header):
    record = header(body | {"processed_at": "2019-01-01T00:00:00+01:00"})
    assert datetime(2026, 11, 2, 9, 30, 15, tzinfo=UTC) == record.fields["placed_at"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("pending", PaymentStatus.PENDING),
        ("authorized", PaymentStatus.AUTHORIZED),
        ("partially_paid", PaymentStatus.PARTIALLY_PAID),
        ("paid", PaymentStatus.PAID),
        ("partially_refunded", PaymentStatus.PARTIALLY_REFUNDED),
        ("refunded", PaymentStatus.REFUNDED),
        ("voided", PaymentStatus.VOIDED),
        ("expired", PaymentStatus.EXPIRED),
        ("bartered", PaymentStatus.UNKNOWN),
        (None, PaymentStatus.UNKNOWN),
    ],
)
def test_payment_words(body, header, node, word, expected):
    told = header(body | {"financial_status": word})
    read = nodes.order(node | {"displayFinancialStatus": word and word.upper()}).records[0]
    assert expected is told.fields["payment_status"]
    assert expected is read.fields["payment_status"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (None, FulfillmentStatus.UNFULFILLED),
        ("partial", FulfillmentStatus.PARTIALLY_FULFILLED),
        ("fulfilled", FulfillmentStatus.FULFILLED),
        ("restocked", FulfillmentStatus.RESTOCKED),
        ("teleported", FulfillmentStatus.UNKNOWN),
    ],
)
def test_fulfillment_words_of_webhooks(body, header, word, expected):
    assert expected is header(body | {"fulfillment_status": word}).fields["fulfillment_status"]


@pytest.mark.parametrize(
    "word",
    ["OPEN", "IN_PROGRESS", "PENDING_FULFILLMENT", "REQUEST_DECLINED", "ON_HOLD", "SCHEDULED"],
)
def test_graphql_words_for_what_has_not_left_say_what_a_webhook_says(node, word):
    """A webhook says `null`, or `partial` when a parcel has left; the shapes must not disagree."""
    changed = node | {"displayFulfillmentStatus": word}
    parcels = nodes.order(changed).records[0]
    none = nodes.order(changed | {"fulfillments": []}).records[0]
    void = [one | {"status": "CANCELLED"} for one in node["fulfillments"]]
    only_void = nodes.order(changed | {"fulfillments": void}).records[0]
    assert FulfillmentStatus.PARTIALLY_FULFILLED is parcels.fields["fulfillment_status"]
    assert FulfillmentStatus.UNFULFILLED is none.fields["fulfillment_status"]
    assert FulfillmentStatus.UNFULFILLED is only_void.fields["fulfillment_status"]


def test_a_64_bit_id_is_taken_from_the_gid(body, header, normalize):
    """Tools that read JSON numbers as floating point round the numbers, as the examples show."""
    gid = "gid://shopify/Order/820982911946154508"
    line = body["line_items"][0] | {
        "id": 487817672276298560,
        "admin_graphql_api_id": "gid://shopify/LineItem/487817672276298554",
    }
    snapshot = normalize(
        "orders/updated",
        body | {"id": 820982911946154500, "admin_graphql_api_id": gid, "line_items": [line]},
    )
    assert {"820982911946154508"} == {one.order_id or one.id for one in snapshot.records}
    assert snapshot.records[0].fields["lines"][0].id == "487817672276298554"


@pytest.mark.parametrize("gid", [None, "", "gid://shopify/Order/", "gid://evil/Order/1", "7"])
def test_without_a_usable_gid_the_number_counts(body, header, gid):
    assert header(body | {"admin_graphql_api_id": gid}).id == str(body["id"])


def test_a_gid_may_have_parameters(node):
    record = nodes.order(node | {"id": "gid://shopify/Order/42?shop=7"}).records[0]
    assert record.id == "42"


def test_lists_are_whole_and_their_children_carry_the_list(body, normalize):
    header, *parts = normalize("orders/updated", body).records
    assert {k: len(v) for k, v in header.children.items()} == {"fulfillments": 2, "refunds": 2}
    assert [one.within for one in parts] == ["fulfillments", "fulfillments", "refunds", "refunds"]
    assert {header.id} == {one.order_id for one in parts}


def test_a_list_that_the_payload_does_not_carry_is_not_whole(body, header):
    """A subscription can leave fields out."""
    del body["fulfillments"], body["customer"], body["total_price_set"]
    record = header(body)
    assert {"refunds"} == record.children.keys()
    missing = {"customer_id", "total", "totals", "store_totals"}
    assert set() == missing & record.fields.keys()


def test_the_list_of_returns_in_a_webhook_is_not_trusted(body, header):
    """The examples show it empty, and nothing says what is in it."""
    assert "returns" not in header(body | {"returns": []}).children


def test_a_full_page_may_have_been_cut_off(node):
    parts = node["returns"]["nodes"]
    page = [parts[0] | {"id": f"gid://shopify/Return/{number}"} for number in range(10)]
    full, short = {"nodes": page}, {"nodes": page[:9]}
    assert "returns" not in nodes.order(node | {"returns": full}).records[0].children
    assert 9 == len(nodes.order(node | {"returns": short}).records[0].children["returns"])
    assert len(nodes.order(node | {"returns": full}).records) >= 10


@pytest.mark.parametrize("name", ["fulfillments", "refunds"])
def test_lists_without_pages_are_whole_however_long(node, name):
    parts = [node[name][0] | {"id": f"gid://shopify/Thing/{number}"} for number in range(40)]
    assert 40 == len(nodes.order(node | {name: parts}).records[0].children[name])


def test_lines_with_a_next_page_are_not_the_lines(node):
    lines = node["lineItems"] | {"pageInfo": {"hasNextPage": True, "endCursor": "x"}}
    assert "lines" not in nodes.order(node | {"lineItems": lines}).records[0].fields


def test_a_guest_has_no_account(body, header, node):
    assert header(body | {"customer": None}).fields["customer_id"] is None
    assert nodes.order(node | {"customer": None}).records[0].fields["customer_id"] is None


def test_without_an_account_the_name_comes_from_the_billing_address(body, header, node):
    names = {"first_name": "Bo", "last_name": "Lind"}
    billing = body["billing_address"] | names
    told = header(body | {"customer": None, "billing_address": billing}).fields["contact"]
    address = node["billingAddress"] | {"firstName": "Bo", "lastName": "Lind"}
    read = nodes.order(node | {"customer": None, "billingAddress": address}).records[0]
    assert told.name == "Bo Lind"
    assert told == read.fields["contact"]


@pytest.mark.parametrize("address", ["maya", "maya@b.example\nBcc: x@y.example", "m a@b.example"])
def test_what_can_be_no_address_is_none(body, header, node, address):
    """The account's address counts then."""
    told = header(body | {"email": address, "contact_email": None}).fields["contact"]
    read = nodes.order(node | {"email": address}).records[0].fields["contact"]
    without = header(body | {"email": address, "contact_email": None, "customer": None})
    assert told == read
    assert told.email == "maya.ito@example.org"
    assert without.fields["contact"].email is None


def test_an_order_without_a_total_is_refused_in_words(body, header, node):
    with pytest.raises(PayloadError, match=r"^order\.total: missing$"):
        header(body | {"total_price_set": None})
    with pytest.raises(PayloadError, match=r"^order\.total: missing$"):
        nodes.order(node | {"totalPriceSet": None})


def test_a_test_order_is_like_any_other(body, header):
    assert header(body | {"test": True}) == header(body | {"test": False})


def test_a_number_that_an_app_wrote_is_kept_as_text(body, header):
    written = [{"name": "weight", "value": 2.50}, {"name": "count", "value": 3}]
    attributes = header(body | {"note_attributes": written}).fields["attributes"]
    assert {"weight": "2.5", "count": "3"} == attributes


def test_a_phone_is_read_with_the_country_of_the_buyer(body, header, node):
    told = header(body | {"phone": "0151 12345679"}).fields["contact"]
    read = nodes.order(node | {"phone": "0151 12345679"}).records[0].fields["contact"]
    assert told.phone == "+4915112345679"
    assert told == read


def test_the_receivers_phone_is_not_the_buyers(body, header):
    """A gift must not announce itself."""
    unknown = {"phone": None, "customer": None, "billing_address": None}
    contact = header(body | unknown).fields["contact"]
    assert body["shipping_address"]["phone"]
    assert contact.phone is None


def test_protected_data_that_an_app_may_not_see_is_null(node):
    hidden = ("email", "phone", "customer", "billingAddress", "shippingAddress")
    fields = nodes.order(node | dict.fromkeys(hidden)).records[0].fields
    assert Contact(locale="de-DE") == fields["contact"]
    assert fields["billing"] is None


def test_an_unusual_link_does_not_get_into_a_message(body, header):
    record = header(body | {"order_status_url": "javascript:alert(1)"})
    assert record.fields["status_url"] is None


def test_the_only_variant_of_a_product_has_no_title(body, header):
    line = body["line_items"][0] | {"variant_title": "Default Title"}
    assert header(body | {"line_items": [line]}).fields["lines"][0].variant_title is None


def test_an_order_without_a_time_has_to_be_read(body, header):
    record = header(body | {"updated_at": None})
    assert record.updated_at is None
    assert record.needs_read


def test_a_refusal_names_the_field_and_no_personal_data(body, header):
    body["line_items"][1]["quantity"] = ["maya.ito@example.org"]
    with pytest.raises(PayloadError) as caught:
        header(body)
    assert str(caught.value) == (
        "orders/updated.line_items[1].quantity: expected a whole number, got list"
    )


def test_amounts_of_two_currencies_in_one_line_are_refused(body, header):
    line = body["line_items"][0]
    line["total_discount_set"]["presentment_money"]["currency_code"] = "USD"
    with pytest.raises(PayloadError, match=r"line_items\[0\]\.total_discount_set"):
        header(body)


def test_a_failed_payment_is_told_one_by_one(life, only):
    record = only("order_transactions/create", life.body("order_transactions/create"))
    (failed,) = record.failed_payments
    assert (Kind.ORDER, life.order_id, {}) == (record.kind, record.id, record.fields)
    assert datetime(2026, 11, 2, 10, 30, 15, tzinfo=UTC) == failed.at
    assert record.needs_read is None
    assert record.updated_at is None


@pytest.mark.parametrize(
    ("kind", "status", "count"),
    [
        ("sale", "failure", 1),
        ("authorization", "error", 1),
        ("capture", "FAILURE", 1),
        ("sale", "success", 0),
        ("sale", "pending", 0),
        ("refund", "failure", 0),
        ("void", "error", 0),
        (None, None, 0),
    ],
)
def test_only_a_failed_attempt_to_pay_is_one(life, normalize, kind, status, count):
    body = life.body("order_transactions/create") | {"kind": kind, "status": status}
    snapshot = normalize("order_transactions/create", body)
    assert count == len(snapshot.records)
    assert (snapshot.note is None) == bool(count)


def test_whom_the_sandbox_calls_a_guest_has_an_order(shop, maya):
    order_id = shop.place(Contact(phone=maya.phone), [Item("Mug", Money(5, "EUR"))])
    contact = shop.read(Ref.order(order_id)).records[0].fields["contact"]
    assert (None, maya.phone) == (contact.email, contact.phone)
