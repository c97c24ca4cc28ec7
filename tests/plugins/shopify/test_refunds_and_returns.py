from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from storelink.contracts.sandbox import Item
from storelink.models import Kind, Money, Ref, RefundLine, ReturnLine, ReturnStatus
from storelink_shopify import nodes

TRIGGERED = datetime(2026, 11, 5, 12, 0, 0, 123456, UTC)


@pytest.fixture
def refund(life, only):
    """The first refund: one tea of 7.95 less a tenth."""
    first = next(one for one in life.webhooks if one.topic == "refunds/create")
    body = json.loads(first.body)
    return lambda **changes: only("refunds/create", body | changes)


def test_a_refund_says_what_was_given_back_for_what(life, refund):
    record = refund()
    tea = life.body("orders/updated")["line_items"][1]["id"]
    paid = Money("7.15", "EUR")
    assert paid == record.fields["amount"]
    assert (RefundLine(line_id=str(tea), quantity=1, amount=paid),) == record.fields["lines"]
    assert (Kind.REFUND, life.order_id) == (record.kind, record.order_id)
    assert record.fields["created_at"] == record.updated_at
    assert record.needs_read is None


def transaction(amount="3.00", currency="EUR", kind="refund", status="success"):
    return {"kind": kind, "status": status, "amount": amount, "currency": currency}


@pytest.mark.parametrize(
    ("transactions", "expected"),
    [
        ([], Money(0, "EUR")),
        ([transaction(), transaction("4.5")], Money("7.50", "EUR")),
        ([transaction(currency=None)], Money("3", "EUR")),
        ([transaction(), transaction(status="failure")], Money("3", "EUR")),
        ([transaction(), transaction(kind="sale")], Money("3", "EUR")),
        ([transaction(currency="USD")], None),
    ],
)
def test_only_money_that_moved_back_counts(refund, transactions, expected):
    """In another currency than the customer's it is not known here what they got."""
    assert expected == refund(transactions=transactions).fields["amount"]


@pytest.mark.parametrize(
    ("duties", "transactions", "expected"),
    [
        ("0.00", [transaction(), transaction("4.5", currency=None)], Money("7.50", "EUR")),
        (None, [transaction(), transaction("4.5")], Money("7.50", "EUR")),
        (None, [transaction(), transaction("4.5", currency="USD")], None),
        (None, [transaction(currency=None)], None),
        (None, [], None),
    ],
)
def test_a_refund_by_amount_has_no_lines_and_keeps_its_amount(
    refund, duties, transactions, expected
):
    """Its duties are zero, and say the currency; without them the transactions do."""
    money = {"amount": duties, "currency_code": "EUR"}
    bag = duties and {"presentment_money": money, "shop_money": money}
    record = refund(refund_line_items=[], total_duties_set=bag, transactions=transactions)
    assert expected == record.fields["amount"]
    assert record.fields["lines"] == ()


def test_a_refund_of_money_only_names_no_line(refund):
    assert refund(refund_line_items=[]).fields["lines"] == ()


def test_a_refund_that_leaves_its_lines_out_does_not_say_that_there_are_none(life, only):
    body = life.body("refunds/create")
    del body["refund_line_items"], body["transactions"]
    assert {"created_at", "reason"} == only("refunds/create", body).fields.keys()


def test_a_full_page_of_refunded_lines_is_not_all(life):
    node = dict(life.acts[-1][1].records[0].raw)
    line = node["refunds"][0]["refundLineItems"]["nodes"][0]
    full = node["refunds"][0] | {"refundLineItems": {"nodes": [line] * 20}}
    records = nodes.order(node | {"refunds": [full]}).records
    (found,) = [one for one in records if one.kind is Kind.REFUND]
    assert "lines" not in found.fields


def test_a_return_request_names_what_comes_back_and_has_to_be_read(life, only):
    body = life.body("returns/request")
    record = only("returns/request", body, TRIGGERED)
    mug = life.body("orders/updated")["line_items"][0]["id"]
    expected = ReturnLine(line_id=str(mug), quantity=1, reason="unwanted")
    assert (expected,) == record.fields["lines"]
    assert ReturnStatus.REQUESTED is record.fields["status"]
    assert (Kind.RETURN, life.order_id) == (record.kind, record.order_id)
    assert record.updated_at == TRIGGERED
    assert record.needs_read


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [{"id": 1, "quantity": 1, "fulfillment_line_item": None}],
        [{"id": 1, "quantity": 1, "fulfillment_line_item": {"id": 3}}],
    ],
)
def test_lines_that_name_nothing_are_not_told(life, only, lines):
    """The example counts two lines and shows none."""
    body = life.body("returns/request") | {"return_line_items": lines}
    assert "lines" not in only("returns/request", body).fields


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("requested", ReturnStatus.REQUESTED),
        ("open", ReturnStatus.OPEN),
        ("declined", ReturnStatus.DECLINED),
        ("canceled", ReturnStatus.CANCELLED),
        ("closed", ReturnStatus.CLOSED),
        ("haunted", ReturnStatus.UNKNOWN),
    ],
)
def test_return_words(life, only, word, expected):
    told = only("returns/close", life.body("returns/close") | {"status": word})
    read = nodes.return_({**_return_node(life), "status": word.upper()}).records[0]
    assert expected is told.fields["status"]
    assert expected is read.fields["status"]


def _return_node(life):
    found = next(one for one in life.acts[-1][1].records if one.kind is Kind.RETURN)
    return dict(life.shop.read(found.ref).records[0].raw)


def test_a_changed_return_names_only_itself(life, only):
    record = only("returns/update", life.body("returns/update"), TRIGGERED)
    assert (record.kind, record.order_id, record.fields) == (Kind.RETURN, None, {})
    assert record.updated_at == TRIGGERED
    assert record.needs_read


def test_a_return_that_is_read_says_what_arrived(shop, maya, clock):
    order_id = shop.place(maya, [Item("Mug", Money("12.50", "EUR"), 2)])
    return_id = shop.request_return(order_id)
    clock.advance(days=1)
    shop.approve_return(return_id)
    shop.receive_return(return_id)
    (record,) = shop.read(Ref(kind=Kind.RETURN, id=return_id)).records
    (line,) = record.fields["lines"]
    assert (line.quantity, line.processed_quantity) == (2, 2)
    assert record.fields["requested_at"] < record.fields["approved_at"]
    assert record.updated_at is None
    assert record.needs_read is None


def test_a_returned_line_that_matches_nothing_bought_is_left_out(life):
    node = _return_node(life)
    stray = {"quantity": 1, "unitPrice": {"amount": "1.0", "currencyCode": "EUR"}}
    lines = {"nodes": [*node["returnLineItems"]["nodes"], stray]}
    (record,) = nodes.return_(node | {"returnLineItems": lines}).records
    assert len(record.fields["lines"]) == 1
