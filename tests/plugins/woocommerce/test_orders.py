from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from storelink.errors import PayloadError
from storelink.models import (
    Contact,
    Discount,
    Fee,
    FulfillmentStatus,
    Kind,
    LineItem,
    Money,
    OrderStatus,
    PaymentStatus,
    Record,
    ShippingLine,
    TaxLine,
    Totals,
)
from storelink.toolkit.payload import parse_object
from storelink_woocommerce import normalize

Answer = Callable[[str], Any]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def header(body: dict[str, Any]) -> Record:
    return normalize.order(body).records[0]


@pytest.fixture
def body(answer: Answer) -> dict[str, Any]:
    """Return a real order that is paid and not refunded, free to be changed."""
    return {**answer("order_single_status_processing")}


def gst(amount: str) -> TaxLine:
    return TaxLine(title="GST", total=Money(amount, "INR"), rate=Decimal(18))


def with_meta(body: dict[str, Any], **values: Any) -> dict[str, Any]:
    entries = [{"id": 1, "key": key, "value": value} for key, value in values.items()]
    return {**body, "meta_data": [*body["meta_data"], *entries]}


def test_an_order_is_read_field_by_field(answer: Answer) -> None:
    order = header(answer("order_single_status_refunded"))

    inr = {name: Money(name, "INR") for name in ("7109.57", "1499.02", "60.00", "1023.49")}
    assert (order.kind, order.id) == (Kind.ORDER, "103")
    assert order.updated_at == at("2026-05-11T16:36:04")
    fields = dict(order.fields)
    lines = fields.pop("lines")
    attributes = fields.pop("attributes")
    billing = fields.pop("billing")
    shipping_address = fields.pop("shipping_address")
    assert fields == {
        "number": "103",
        "checkout_id": None,
        "status": OrderStatus.COMPLETED,
        "currency": "INR",
        "total": inr["7109.57"],
        "payment_status": PaymentStatus.REFUNDED,
        "fulfillment_status": FulfillmentStatus.UNKNOWN,
        "payment_methods": ("razorpay",),
        "created_at": at("2026-05-08T13:11:49"),
        "placed_at": at("2026-05-08T13:11:49"),
        "paid_at": at("2026-05-08T13:12:49"),
        "completed_at": at("2026-05-10T13:11:49"),
        "updated_at": at("2026-05-11T16:36:04"),
        "deleted_at": None,
        "customer_id": None,
        "contact": Contact(
            email="guest1255@mail.example",
            phone="+919809938345",
            first_name="Ananya",
            last_name="D'Souza",
        ),
        "discounts": (Discount(code="दिवाली20", amount=inr["1499.02"]),),
        "shipping": (
            ShippingLine(
                title="Flat rate", code="flat_rate", total=inr["60.00"], taxes=(gst("10.80"),)
            ),
        ),
        "fees": (Fee(title="COD handling", total=Money("30.00", "INR"), taxes=(gst("5.40"),)),),
        "taxes": (gst("1023.49"),),
        "taxes_included": False,
        "totals": Totals(
            subtotal=Money("7495.10", "INR"),
            discount=inr["1499.02"],
            shipping=inr["60.00"],
            tax=inr["1023.49"],
            total=inr["7109.57"],
            refunded=inr["7109.57"],
        ),
        "note": None,
    }
    assert lines[0] == LineItem(
        id="177",
        title="সুতির পাঞ্জাবি - M, लाल",
        sku="APP-PNJ-M-1",
        product_id="55",
        variant_id="59",
        quantity=2,
        unit_price=Money("1239.2", "INR"),
        total=Money("2478.40", "INR"),
        taxes=(gst("446.11"),),
        image_url="https://127.0.0.1:8443/wp-content/uploads/2026/11/kurta.png",
    )
    assert [(line.id, line.variant_id, line.image_url is None) for line in lines[1:]] == [
        ("178", None, True),
        ("179", None, True),
        ("180", "56", False),
    ]
    assert attributes["_wc_order_attribution_utm_campaign"] == "winback"
    assert billing == shipping_address
    assert (billing.line1, billing.postcode, billing.region, billing.country, billing.phone) == (
        "1265 Main Road",
        "403001",
        "GA",
        "IN",
        "+919809938345",
    )


def test_the_body_is_kept_without_loss(answer: Answer) -> None:
    body = answer("order_single_status_refunded")

    raw = header(body).raw

    assert raw["line_items"][0]["price"] == "1239.2"
    assert raw["coupon_lines"] == body["coupon_lines"]
    assert raw.keys() == body.keys()


@pytest.mark.parametrize(
    ("word", "status", "is_placed"),
    [
        ("auto-draft", OrderStatus.DRAFT, False),
        ("checkout-draft", OrderStatus.DRAFT, False),
        ("draft", OrderStatus.DRAFT, False),
        ("pending", OrderStatus.PENDING, False),
        ("processing", OrderStatus.OPEN, True),
        ("on-hold", OrderStatus.ON_HOLD, True),
        ("completed", OrderStatus.COMPLETED, True),
        ("refunded", OrderStatus.COMPLETED, True),
        ("cancelled", OrderStatus.CANCELLED, False),
        ("failed", OrderStatus.FAILED, False),
        ("delivered", OrderStatus.COMPLETED, True),
        ("partial-shipped", OrderStatus.OPEN, True),
        ("updated-tracking", OrderStatus.OPEN, True),
        ("packed", OrderStatus.UNKNOWN, True),
    ],
)
def test_each_status_says_whether_the_order_was_placed(
    body: dict[str, Any], word: str, status: OrderStatus, is_placed: bool
) -> None:
    unpaid = header({**body, "status": word, "date_paid_gmt": None}).fields
    paid = header({**body, "status": word}).fields

    assert unpaid["status"] == paid["status"] == status
    assert unpaid["placed_at"] == (at("2026-08-05T02:20:04") if is_placed else None)
    assert paid["placed_at"] == at("2026-08-05T02:20:04")
    assert unpaid["deleted_at"] is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, PaymentStatus.PAID),
        ({"date_paid_gmt": None}, PaymentStatus.PENDING),
        ({"refunds": [{"id": 1, "total": "-5.00"}]}, PaymentStatus.PARTIALLY_REFUNDED),
        (
            {"refunds": [{"id": 1, "total": "-2.70"}, {"id": 2, "total": "-4000"}]},
            PaymentStatus.REFUNDED,
        ),
        ({"status": "refunded"}, PaymentStatus.REFUNDED),
        ({"total": "0.00"}, PaymentStatus.PAID),
        (
            {"status": "cancelled", "refunds": [{"id": 1, "total": "-4002.70"}]},
            PaymentStatus.REFUNDED,
        ),
        # Nothing to give back: amounts do not make it refunded.
        ({"total": "0.00", "refunds": [{"id": 1, "total": "0"}]}, PaymentStatus.PAID),
        ({"total": "-5.00"}, PaymentStatus.PAID),
        ({"total": "-5.00", "date_paid_gmt": None}, PaymentStatus.PENDING),
        # WooCommerce sets date_paid itself on completion; imported orders lack it.
        ({"status": "completed", "date_paid_gmt": None}, PaymentStatus.PAID),
        ({"date_paid_gmt": "0000-00-00T00:00:00"}, PaymentStatus.PENDING),
    ],
)
def test_payment_status(
    body: dict[str, Any], changes: dict[str, Any], expected: PaymentStatus
) -> None:
    assert header({**body, **changes}).fields["payment_status"] == expected


@pytest.mark.parametrize(
    ("meta", "needs_processing", "expected"),
    [
        ({}, True, FulfillmentStatus.UNKNOWN),
        ({}, False, FulfillmentStatus.NOT_REQUIRED),
        ({"_fulfillment_status": "unfulfilled"}, True, FulfillmentStatus.UNFULFILLED),
        (
            {"_fulfillment_status": "partially_fulfilled"},
            True,
            FulfillmentStatus.PARTIALLY_FULFILLED,
        ),
        ({"_fulfillment_status": "fulfilled"}, False, FulfillmentStatus.FULFILLED),
        ({"_fulfillment_status": "of a later version"}, True, FulfillmentStatus.UNKNOWN),
    ],
)
def test_fulfillment_status(
    body: dict[str, Any],
    meta: dict[str, str],
    needs_processing: bool,
    expected: FulfillmentStatus,
) -> None:
    order = header(with_meta({**body, "needs_processing": needs_processing}, **meta))

    assert order.fields["fulfillment_status"] == expected


def test_an_order_in_the_trash_keeps_the_status_that_it_had(body: dict[str, Any]) -> None:
    trashed = with_meta(
        {**body, "status": "trash"},
        _wp_trash_meta_status="wc-processing",
        _wp_trash_meta_time="1795318699",
    )

    fields = header(trashed).fields

    assert fields["status"] == OrderStatus.OPEN
    assert fields["deleted_at"] == at("2026-11-22T03:38:19")
    assert fields["placed_at"] == at("2026-08-05T02:20:04")


def test_an_order_in_the_trash_without_notes_has_no_status(body: dict[str, Any]) -> None:
    order = header({**body, "status": "trash"})

    assert "status" not in order.fields
    assert order.fields["deleted_at"] == order.updated_at
    assert not order.deleted


def test_an_order_in_the_trash_without_any_time_is_still_deleted(body: dict[str, Any]) -> None:
    order = header({"id": body["id"], "status": "trash"})

    assert order.deleted
    assert "deleted_at" not in order.fields


def test_a_restored_order_is_not_deleted_though_the_notes_of_the_trash_stay(answer: Answer) -> None:
    restored = answer("order_untrash_by_put")

    fields = header(restored).fields

    assert fields["attributes"]["_wp_trash_meta_status"] == "wc-completed"
    assert (fields["status"], fields["deleted_at"]) == (OrderStatus.COMPLETED, None)


@pytest.mark.parametrize(
    ("name", "currency", "total", "tax"),
    [
        ("jpy", "JPY", "3177.14", "180.14"),  # two decimals whatever the currency
        ("irr", "IRR", "318.00", "0.00"),
        ("usd", "USD", "4798.69", "331.89"),
    ],
)
def test_amounts_are_exact_in_every_currency(
    answer: Answer, name: str, currency: str, total: str, tax: str
) -> None:
    fields = header(answer(f"order_single_currency_{name}")).fields

    assert fields["currency"] == currency
    assert fields["total"] == fields["totals"].total == Money(total, currency)
    assert fields["totals"].tax == Money(tax, currency)
    assert Money.total((tax.total for tax in fields["taxes"]), currency) == Money(tax, currency)


def test_two_taxes_are_two_lines(answer: Answer) -> None:
    taxes = header(answer("order_single_two_tax_lines")).fields["taxes"]

    assert taxes == (
        TaxLine(title="GST", total=Money("1162.08", "INR"), rate=Decimal(18)),
        TaxLine(title="GST 5", total=Money("6.00", "INR"), rate=Decimal(5)),
    )


def test_a_guest_has_no_account_and_an_account_has_its_id(answer: Answer) -> None:
    guest = header(answer("order_single_guest")).fields
    member = header(answer("order_single_status_completed")).fields

    assert (guest["customer_id"], member["customer_id"]) == (None, "184")
    assert guest["contact"].email


def test_a_missing_address_is_none(answer: Answer) -> None:
    body = answer("order_single_status_processing")
    empty = dict.fromkeys(body["shipping"], "")

    fields = header({**body, "shipping": empty, "billing": {**body["billing"], "email": ""}}).fields

    assert fields["shipping_address"] is None
    assert fields["contact"].email is None


def test_what_people_read_is_plain_text(body: dict[str, Any]) -> None:
    line = {**body["line_items"][0], "name": "Mug &amp; Saucer"}
    billing = {**body["billing"], "last_name": "O&#039;Hara"}

    fields = header(
        {**body, "line_items": [line], "billing": billing, "customer_note": "1 &lt; 2\nthanks"}
    ).fields

    assert fields["lines"][0].title == "Mug & Saucer"
    assert fields["contact"].last_name == fields["billing"].last_name == "O'Hara"
    assert fields["note"] == "1 < 2\nthanks"


@pytest.mark.parametrize(
    ("meta", "locale"),
    [
        ({}, None),
        ({"wpml_language": "mr"}, "mr"),
        ({"wpml_language": "pt-br"}, "pt-BR"),
        ({"trp_language": "fa_IR"}, "fa-IR"),
        ({"weglot_language": "de"}, "de"),
        ({"wpml_language": ["de"]}, None),
        ({"wpml_language": "?"}, None),
    ],
)
def test_the_language_is_what_a_translation_plugin_wrote(
    body: dict[str, Any], meta: dict[str, Any], locale: str | None
) -> None:
    assert header(with_meta(body, **meta)).fields["contact"].locale == locale


def test_attributes_keep_nested_values_and_drop_bookkeeping(body: dict[str, Any]) -> None:
    """The checkout's own notes vanish without moving date_modified."""
    gift = parse_object(b'{"to": "Maha", "price": 2.50, "msgs": ["1"]}')

    attributes = header(
        with_meta(body, _gift=gift, _debug_log_source_pending_deletion="place-order-1")
    ).fields["attributes"]

    assert attributes["_gift"] == {"to": "Maha", "price": "2.5", "msgs": ["1"]}
    assert "_debug_log_source_pending_deletion" not in attributes


WHAT_FIELDS_NEED = {
    "number": {"number"},
    "status": {"status"},
    "currency": {"currency"},
    "total": {"total", "currency"},
    "payment_status": {"status", "total", "currency", "date_paid_gmt", "refunds"},
    "fulfillment_status": {"meta_data", "needs_processing"},
    "payment_methods": {"payment_method"},
    "created_at": {"date_created_gmt"},
    "placed_at": {"status", "date_created_gmt", "date_paid_gmt"},
    "paid_at": {"date_paid_gmt"},
    "completed_at": {"date_completed_gmt"},
    "updated_at": {"date_modified_gmt"},
    "deleted_at": {"status"},
    "customer_id": {"customer_id"},
    "contact": {"billing"},
    "billing": {"billing"},
    "shipping_address": {"shipping"},
    "lines": {"line_items", "currency"},
    "discounts": {"coupon_lines", "currency"},
    "shipping": {"shipping_lines", "currency"},
    "fees": {"fee_lines", "currency"},
    "taxes": {"tax_lines", "currency"},
    "taxes_included": {"prices_include_tax"},
    "totals": {
        "currency",
        "total",
        "discount_total",
        "shipping_total",
        "total_tax",
        "line_items",
        "refunds",
    },
    "note": {"customer_note"},
    "checkout_id": {"meta_data"},
    "attributes": {"meta_data"},
}


def test_a_field_that_the_body_does_not_carry_is_unset(body: dict[str, Any]) -> None:
    for absent in body.keys() - {"id"}:
        partial = {key: value for key, value in body.items() if key != absent}

        carried = header(partial).fields.keys()

        assert carried == {name for name, needs in WHAT_FIELDS_NEED.items() if absent not in needs}


def test_lists_are_whole_only_if_the_body_carries_them(body: dict[str, Any]) -> None:
    assert header(body).children == {"refunds": (), "meta_shipments": (), "fulfillments": ()}
    assert header({"id": 7, "status": "completed"}).children == {}
    assert header({"id": 7, "refunds": None, "meta_data": None}).children == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"refunds": [{"id": 1, "total": "-1"}]}, normalize.NO_REFUND_LINES),
        (
            {"meta_data": [{"key": "_fulfillment_status", "value": "fulfilled"}]},
            normalize.NO_FULFILLMENTS,
        ),
        ({"date_modified_gmt": None}, normalize.NO_TIME),
    ],
)
def test_a_body_that_omits_what_it_implies_needs_a_read(
    body: dict[str, Any], changes: dict[str, Any], reason: str | None
) -> None:
    assert header({**body, **changes}).needs_read == reason


def test_a_body_with_only_an_id_needs_a_read() -> None:
    assert header({"id": 7}).needs_read == normalize.ONLY_THE_ID


def test_an_order_in_the_trash_that_was_never_placed_is_not(body: dict[str, Any]) -> None:
    trashed = {**body, "status": "trash", "date_paid_gmt": None}

    assert header(trashed).fields["placed_at"] is None
    assert header(with_meta(trashed, _wp_trash_meta_status="wc-packed")).fields["placed_at"]


@pytest.mark.parametrize("word", ["packed", "wc-packed"])
def test_a_shop_says_what_its_own_statuses_mean(body: dict[str, Any], word: str) -> None:
    unpaid = {**body, "status": word, "date_paid_gmt": None}

    def fields(status: OrderStatus) -> dict[str, Any]:
        own = {"packed": status}
        told = normalize.order(unpaid, statuses=own).records[0].fields
        read = normalize.order_read(unpaid, refunds=[], statuses=own).records[0].fields
        gone = normalize.deleted_order(unpaid, statuses=own).records[0].fields
        assert told == read == gone
        return dict(told)

    assert fields(OrderStatus.OPEN)["status"] == OrderStatus.OPEN
    assert fields(OrderStatus.OPEN)["placed_at"]
    assert fields(OrderStatus.PENDING)["placed_at"] is None


def test_a_body_without_meta_still_says_how_to_reach_the_buyer(body: dict[str, Any]) -> None:
    del body["meta_data"]

    contact = header(body).fields["contact"]

    assert contact.email == body["billing"]["email"]
    assert contact.locale is None


@pytest.mark.parametrize(
    "address", ["ana", "ana@b.example\nBcc: x@y.example", "a na@b.example", "a@b\u200b.example", 7]
)
def test_what_can_be_no_address_is_none(body: dict[str, Any], address: Any) -> None:
    billing = {**body["billing"], "email": address}

    assert header({**body, "billing": billing}).fields["contact"].email is None


def test_a_null_total_is_missing(body: dict[str, Any]) -> None:
    with pytest.raises(PayloadError, match=r"^order\.total: missing$"):
        header({**body, "total": None})


@pytest.mark.parametrize("code", ["USDT", "IRHT", "", None, "€"])
def test_a_currency_that_is_none_is_refused_with_words(body: dict[str, Any], code: Any) -> None:
    with pytest.raises(PayloadError, match=r"^order\.currency: expected an ISO 4217 code of three"):
        header({**body, "currency": code})


@pytest.mark.parametrize("name", ["billing", "shipping"])
def test_an_empty_list_of_php_is_an_empty_address(body: dict[str, Any], name: str) -> None:
    fields = header({**body, name: []}).fields

    assert fields["billing" if name == "billing" else "shipping_address"] is None
    assert (fields["contact"] == Contact()) is (name == "billing")


@pytest.mark.parametrize(
    ("odd", "unset"),
    [
        ({"number": True}, {"number"}),
        ({"billing": False}, {"billing", "contact"}),
        ({"shipping": "none"}, {"shipping_address"}),
        ({"coupon_lines": False}, {"discounts"}),
        ({"shipping_lines": [None]}, {"shipping"}),
        ({"tax_lines": "x"}, {"taxes"}),
        ({"needs_processing": "yes"}, {"fulfillment_status"}),
        ({"date_completed_gmt": "yesterday"}, {"completed_at"}),
        ({"date_created_gmt": "9999-01-01T00:00:00"}, {"created_at", "placed_at"}),
        ({"date_paid_gmt": "soon"}, {"payment_status", "paid_at"}),
        ({"customer_id": []}, {"customer_id"}),
        ({"refunds": [{"id": 1, "total": "much"}]}, {"payment_status"}),
    ],
)
def test_an_odd_value_costs_only_its_own_field(
    body: dict[str, Any], odd: dict[str, Any], unset: set[str]
) -> None:
    """One plugin's odd value must not lose the whole order."""
    whole, rest = header(body).fields, header({**body, **odd}).fields

    assert whole.keys() - rest.keys() == unset
    assert rest["total"] == whole["total"]


def test_odd_values_of_a_line_are_read_or_none(body: dict[str, Any]) -> None:
    odd = {"sku": 12345, "image": [], "quantity": 0.5, "price": "free", "name": None}
    line = {**body["line_items"][0], **odd}

    found = header({**body, "line_items": [line]}).fields["lines"][0]

    assert (found.sku, found.image_url, found.unit_price, found.title) == ("12345", None, None, "")
    assert found.quantity == 1


@pytest.mark.parametrize(
    ("quantity", "pieces"), [(2, 2), ("2", 2), (2.0, 2), (0.5, 1), (2.25, 3), ("1.5", 2)]
)
def test_half_a_piece_is_a_piece(body: dict[str, Any], quantity: Any, pieces: int) -> None:
    line = {**body["line_items"][0], "quantity": quantity}

    assert header({**body, "line_items": [line]}).fields["lines"][0].quantity == pieces


def test_lines_without_their_id_are_unknown(body: dict[str, Any]) -> None:
    line = {**body["line_items"][0], "id": None}

    assert "lines" not in header({**body, "line_items": [line]}).fields


def test_odd_texts_are_read_as_text_or_none(body: dict[str, Any]) -> None:
    billing = {**body["billing"], "phone": 919800079190, "country": "IN", "city": ["Goa"]}
    coupons = [{"code": None, "discount": "1"}, {"code": "TEA", "discount": False}]

    fields = header(
        {**body, "billing": billing, "coupon_lines": coupons, "discount_total": "some"}
    ).fields

    assert fields["contact"].phone == fields["billing"].phone == "+919800079190"
    assert fields["billing"].city is None
    assert fields["discounts"] == (Discount(code="TEA"),)
    assert (fields["totals"].discount, fields["totals"].total) == (None, fields["total"])


@pytest.mark.parametrize("nothing", ["0000-00-00T00:00:00", "0000-00-00 00:00:00", "0000-00-00"])
def test_the_zero_date_of_a_database_is_no_date(body: dict[str, Any], nothing: str) -> None:
    names = ("date_paid_gmt", "date_completed_gmt", "date_modified_gmt")
    order = header({**body, **dict.fromkeys(names, nothing)})

    assert [order.fields[name] for name in ("paid_at", "completed_at", "updated_at")] == [None] * 3
    assert order.needs_read == normalize.NO_TIME


def test_entries_of_meta_that_are_none_are_left_out(body: dict[str, Any]) -> None:
    odd = [None, "x", {"value": 1}, {"key": ["k"], "value": 1}, {"key": 7, "value": 2}]

    assert header({**body, "meta_data": odd}).fields["attributes"] == {"7": 2}


def test_an_order_names_the_cart_that_the_companion_wrote_on_it(body: dict[str, Any]) -> None:
    assert "wc-1" == header(with_meta(body, _storelink_cart="wc-1")).fields["checkout_id"]


@pytest.mark.parametrize(("status", "is_empty"), [(["x"], False), (7, False), (" ", True)])
def test_an_odd_fulfillment_status_does_not_say_that_there_is_no_parcel(
    body: dict[str, Any], status: Any, is_empty: bool
) -> None:
    order = header(with_meta(body, _fulfillment_status=status))

    assert order.fields["fulfillment_status"] == FulfillmentStatus.UNKNOWN
    assert ("fulfillments" in order.children) is is_empty
    assert (order.needs_read == normalize.NO_FULFILLMENTS) is not is_empty
