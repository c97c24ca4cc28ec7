"""Every recorded answer of the REST API is understood, or refused for what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storelink.errors import NotFound, PayloadError
from storelink.models import Kind, OrderStatus
from storelink_woocommerce import normalize

Answer = Callable[[str], Any]

REST = Path(__file__).parents[2] / "data" / "woocommerce" / "recordings" / "rest"
ORDERS = sorted(path.stem for path in REST.glob("order_*.json"))
LISTS = sorted(path.stem for path in REST.glob("orders_list_*.json"))
CUSTOMERS = sorted(path.stem for path in REST.glob("customer_*.json"))
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
