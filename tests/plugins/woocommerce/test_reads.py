"""What only a read brings, and that it agrees with the webhooks on what both carry."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from storelink.errors import NotFound, PayloadError
from storelink.models import Kind, Money, Record, RefundLine
from storelink.testing.journeys import Journeys
from storelink.toolkit.payload import parse_json, parse_object
from storelink_woocommerce import normalize

Answer = Callable[[str], Any]


def test_refunds_in_an_order_name_no_lines(answer: Answer) -> None:
    snapshot = normalize.order(answer("order_trash"))

    order, *parts = snapshot.records
    refund = next(part for part in parts if part.kind is Kind.REFUND)
    assert order.children["refunds"] == (refund.id,)
    assert order.needs_read == normalize.NO_REFUND_LINES
    assert refund.fields.keys() == {"amount", "reason"}
    assert refund.fields["amount"] > Money(0, "INR")
    assert (refund.order_id, refund.within) == (order.id, "refunds")
    assert refund.updated_at == order.updated_at


def test_a_read_brings_the_lines_of_the_refunds(answer: Answer) -> None:
    body, refunds = answer("order_single_status_refunded"), answer("refunds_list_full_refund")

    order, refund = normalize.order_read(body, refunds=refunds).records

    assert order.needs_read is None
    assert order.children["refunds"] == ("104",)
    assert refund.fields == {
        "amount": Money("7109.57", "INR"),
        "reason": None,
        "created_at": datetime(2026, 11, 22, 3, 27, 35, tzinfo=UTC),
        "lines": (
            RefundLine(line_id="177", quantity=2, amount=Money("2478.40", "INR")),
            RefundLine(line_id="178", quantity=1, amount=Money("400.00", "INR")),
            RefundLine(line_id="179", quantity=1, amount=Money("719.28", "INR")),
            RefundLine(line_id="180", quantity=2, amount=Money("2398.40", "INR")),
        ),
    }


def test_a_refund_of_money_names_no_lines(answer: Answer) -> None:
    refunds = answer("refunds_list_for_order")
    body = {"id": 194, "currency": "INR"}

    _, by_amount, of_a_line = normalize.order_read(body, refunds=refunds).records

    assert by_amount.fields["lines"] == ()
    assert (by_amount.fields["amount"], by_amount.fields["reason"]) == (
        Money("5.00", "INR"),
        "Goodwill (no line items)",
    )
    assert of_a_line.fields["lines"] == (
        RefundLine(line_id="636", quantity=1, amount=Money("179.10", "INR")),
    )


@pytest.mark.parametrize(
    "odd", [{"meta_data": []}, {"quantity": "some"}, {"meta_data": [{"key": "_refunded_item_id"}]}]
)
def test_a_refunded_line_that_names_none_makes_the_lines_unknown(
    answer: Answer, odd: dict[str, Any]
) -> None:
    """A line that was left out would be asked about."""
    first, *others = answer("refunds_list_full_refund")[0]["line_items"]
    refund = {**answer("refunds_list_full_refund")[0], "line_items": [{**first, **odd}, *others]}

    _, record = normalize.order_read({"id": 103, "currency": "INR"}, refunds=[refund]).records

    assert record.fields["lines"] is None
    assert record.fields["amount"] == Money("7109.57", "INR")


def test_both_ways_to_parse_json_give_the_same(journeys: Journeys) -> None:
    """`requests` gives floats where this library reads `Decimal`."""
    for order_id in standing(journeys):
        truth = journeys.truth(order_id)
        gift = parse_json(b'{"key": "_gift", "value": [2.50, 3.0, 1e-7, 1.5e22, -0.0]}')
        body = {**truth["order"], "meta_data": [*truth["order"]["meta_data"], gift]}
        exact = read_arguments({**truth, "order": body})
        floats = json.loads(json.dumps(exact, default=float))

        assert normalize.order_read(**floats) == normalize.order_read(**exact)
        assert normalize.order(floats["body"]) == normalize.order(exact["body"])


def test_an_order_and_its_refund_agree_on_what_both_carry(journeys: Journeys) -> None:
    for order_id in standing(journeys):
        truth = journeys.truth(order_id)
        short = parts(normalize.order(truth["order"]).records, Kind.REFUND)
        whole = parts(normalize.order_read(**read_arguments(truth)).records, Kind.REFUND)

        assert short.keys() == whole.keys()
        for refund_id, fields in short.items():
            assert fields == {name: whole[refund_id][name] for name in fields}


def test_a_read_of_a_missing_order_says_so(answer: Answer) -> None:
    with pytest.raises(NotFound):
        normalize.order_read(answer("error_404_order"), refunds=[])
    with pytest.raises(PayloadError):
        normalize.order_read(answer("error_401_bad_key"), refunds=[])


def test_a_webhook_and_a_read_of_the_same_state_agree(journeys: Journeys) -> None:
    """Deleting a refund does not move date_modified: payments may differ, and nothing else."""
    compared = 0
    for delivery in journeys.deliveries:
        body = parse_object(delivery.body)
        if "order_key" not in body or str(body["id"]) not in standing(journeys):
            continue
        truth = journeys.truth(body["id"])
        if truth["order"]["date_modified_gmt"] != body["date_modified_gmt"]:
            continue
        hint, read = (
            normalize.order(body).records[0],
            normalize.order_read(**read_arguments(truth)).records[0],
        )
        depends = (
            {"payment_status", "totals"} if body["refunds"] != truth["order"]["refunds"] else set()
        )
        assert without(hint.fields, depends) == without(read.fields, depends)
        compared += 1

    assert compared > len(standing(journeys)) / 2


def standing(journeys: Journeys) -> list[str]:
    ids = [str(entry["order_id"]) for entry in journeys.journeys]
    return [order_id for order_id in ids if "id" in journeys.truth(order_id)["order"]]


def read_arguments(truth: dict[str, Any]) -> dict[str, Any]:
    return {
        "body": truth["order"],
        "refunds": truth["refunds"],
        "fulfillments": truth["fulfillments"],
    }


def parts(records: tuple[Record, ...], kind: Kind) -> dict[str, dict[str, Any]]:
    return {record.id: dict(record.fields) for record in records if record.kind is kind}


def without(fields: Any, names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
