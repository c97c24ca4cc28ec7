"""Requests for returns at Shopify: pieces in several parcels, marks, refusals, exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from storelink.contracts.sandbox import Item
from storelink.errors import AccessDenied, WriteInDoubt, WriteRefused
from storelink.models import (
    Contact,
    Money,
    Record,
    Ref,
    ReturnReason,
    ReturnRequest,
    ReturnStatus,
    ReturnStep,
    ReturnWish,
    WantedLine,
)
from storelink.models.ref import Kind
from storelink.testing import FrozenClock
from storelink_shopify import Shopify, marks, nodes
from storelink_shopify.documents import SUPPORTED
from storelink_shopify.sandbox.server import ShopifySandbox

ADA = Contact(email="ada@example.com", first_name="Ada")
MUGS = Item("Mug", Money("12.00", "EUR"), quantity=3)


@pytest.fixture
def sandbox() -> Iterator[ShopifySandbox]:
    with ShopifySandbox(clock=FrozenClock()) as sandbox:
        yield sandbox


def connected(sandbox: ShopifySandbox, **options: Any) -> Shopify:
    return Shopify(**{**sandbox.options, **options})


def a_request(shop: Shopify, order: str, quantity: int = 1, **fields: Any) -> ReturnRequest:
    [line] = shop.read(Ref.order(order)).records[0].fields["lines"]
    known = {"key": f"{order}-1", "order_id": order, "wish": ReturnWish.EXCHANGE}
    reason = fields.pop("reason", ReturnReason.COLOR)
    wanted = WantedLine(line_id=line.id, quantity=quantity, reason=reason)
    return ReturnRequest(**{**known, "lines": (wanted,), **fields})


def told(shop: Shopify, order: str) -> list[Record]:
    return [one for one in shop.read(Ref.order(order)).records if one.kind is Kind.RETURN]


def shipped(sandbox: ShopifySandbox, *parcels: int) -> str:
    order = sandbox.store.place(ADA, [MUGS])
    for quantity in parcels:
        sandbox.store.ship(order, number="A1", carrier="DHL", lines={0: quantity})
    return order


@pytest.mark.parametrize("version", SUPPORTED)
def test_pieces_of_several_parcels_are_asked_for_together(
    sandbox: ShopifySandbox, version: str
) -> None:
    shop, order = connected(sandbox, api_version=version), shipped(sandbox, 1, 2)
    shop.request_return(a_request(shop, order, 3))
    [record] = told(shop, order)
    [line] = record.fields["lines"]
    assert (3, "color", f"{order}-1") == (line.quantity, line.reason, record.fields["key"])
    assert record.fields["exchanged"] is False


def test_pieces_of_a_parcel_are_one_line_however_shopify_keeps_them(
    sandbox: ShopifySandbox,
) -> None:
    """What was paid back is counted against the line."""
    shop, order = connected(sandbox), shipped(sandbox, 1, 2)
    [record] = shop.request_return(a_request(shop, order, 3)).records
    [one] = sandbox.store.ledger.order(order).returns
    assert [1, 2] == [piece.count for piece in one.pieces]
    assert [3] == [line.quantity for line in record.fields["lines"]]


def test_of_many_lines_in_one_parcel_each_can_come_back(sandbox: ShopifySandbox) -> None:
    shop = connected(sandbox)
    things = [Item(f"Thing {number}", Money("1.00", "EUR")) for number in range(260)]
    order = sandbox.store.place(ADA, things)
    sandbox.store.ship(order, number="A1", carrier="DHL")
    line = shop.read(Ref.order(order)).records[0].fields["lines"][-1]
    wanted = WantedLine(line_id=line.id, quantity=1)
    [record] = shop.request_return(
        ReturnRequest(key="k", order_id=order, lines=(wanted,), wish=ReturnWish.REFUND)
    ).records
    assert [line.id] == [one.line_id for one in record.fields["lines"]]


def test_what_was_paid_back_or_never_sent_does_not_come_back(sandbox: ShopifySandbox) -> None:
    shop, order = connected(sandbox), shipped(sandbox, 3)
    sandbox.store.refund(order, lines={0: 2})
    with pytest.raises(WriteRefused, match="takes back 1 of"):
        shop.request_return(a_request(shop, order, 2))
    sandbox.store.ledger.order(order).parcels[0].status = "cancelled"
    with pytest.raises(WriteRefused, match="takes back 0 of"):
        shop.request_return(a_request(shop, order, 1))


def test_what_cannot_be_seen_is_not_asked_again(sandbox: ShopifySandbox) -> None:
    """A right that is missing, or was when it was last looked, must not hide the return."""
    shop, order = connected(sandbox), shipped(sandbox, 3)
    wanted = a_request(shop, order)
    shop.client._closed["withReturns"] = shop.client._wire.monotonic() + 3600
    first, second = shop.request_return(wanted), shop.request_return(wanted)
    assert first.records[0].id == second.records[0].id


def test_without_the_right_to_look_nothing_is_asked() -> None:
    scopes = {"read_orders", "read_customers", "read_products", "write_marketplace_returns"}
    with ShopifySandbox(clock=FrozenClock(), scopes=scopes) as box:
        shop, order = connected(box), shipped(box, 1)
        wanted = a_request(shop, order, reason=ReturnReason.UNKNOWN)
        for _ in range(2):
            with pytest.raises(AccessDenied, match="read_returns"):
                shop.request_return(wanted)
        assert [] == box.store.ledger.order(order).returns


def test_a_return_that_is_not_shown_yet_is_in_doubt_and_found_later(
    sandbox: ShopifySandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, order = connected(sandbox), shipped(sandbox, 3)
    wanted, query = a_request(shop, order), shop.client.query

    def late(name: str, variables: Any = None) -> Any:
        return {"nodes": [None]} if name == "returns_by_ids" else query(name, variables)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(shop.client, "query", late)
        with pytest.raises(WriteInDoubt):
            shop.request_return(wanted)
    shop.request_return(wanted)
    assert 1 == len(told(shop, order))


@pytest.mark.parametrize("step", [ReturnStep.APPROVED, ReturnStep.DECLINED])
def test_who_settles_at_the_same_moment_as_the_admin_says_the_same_or_is_told(
    sandbox: ShopifySandbox, monkeypatch: pytest.MonkeyPatch, step: ReturnStep
) -> None:
    shop, order = connected(sandbox), shipped(sandbox, 3)
    view = _return(shop.request_return(a_request(shop, order)).records[0])
    mutate = shop.client.mutate

    def slow(*args: Any, **named: Any) -> Any:
        sandbox.store.approve_return(view.id)
        return mutate(*args, **named)

    monkeypatch.setattr(shop.client, "mutate", slow)
    if step is ReturnStep.APPROVED:
        [record] = shop.settle_return(view, step, at=sandbox.store.ledger.now()).records
        assert ReturnStatus.OPEN is record.fields["status"]
    else:
        with pytest.raises(WriteRefused) as refused:
            shop.settle_return(view, step, at=sandbox.store.ledger.now())
        assert "STATE" == refused.value.code


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"quantity": 0}, "INVALID"),
        ({"quantity": -1}, "INVALID"),
        ({"returnReasonDefinitionId": "gid://shopify/ReturnReasonDefinition/9999"}, "NOT_FOUND"),
        ({"customerNote": "x" * 301}, "TOO_LONG"),
        (None, "BLANK"),
    ],
    ids=str,
)
def test_the_sandbox_refuses_what_shopify_does(
    sandbox: ShopifySandbox, line: dict[str, Any] | None, code: str
) -> None:
    shop, order = connected(sandbox), shipped(sandbox, 1)
    told = shop.client.page(
        "returnable_fulfillments", {"orderId": f"gid://shopify/Order/{order}"}, first=1
    )
    [parcel] = told["returnableFulfillments"]["nodes"]
    [shown] = parcel["returnableFulfillmentLineItems"]["nodes"]
    good = {"fulfillmentLineItemId": shown["fulfillmentLineItem"]["id"], "quantity": 1}
    lines = [] if line is None else [{**good, **line}]
    asked = {"orderId": f"gid://shopify/Order/{order}", "returnLineItems": lines}
    with pytest.raises(WriteRefused) as refused:
        shop.client.mutate("return_request", {"input": asked}, answer="returnRequest")
    assert code == refused.value.code


def test_no_more_comes_back_than_was_sent(sandbox: ShopifySandbox) -> None:
    shop, order = connected(sandbox), shipped(sandbox, 2)
    with pytest.raises(WriteRefused, match="2 of line") as refused:
        shop.request_return(a_request(shop, order, 3))
    assert "QUANTITY" == refused.value.code
    shop.request_return(a_request(shop, order, 2))
    with pytest.raises(WriteRefused):
        shop.request_return(a_request(shop, order, 1, key="another"))


def test_what_was_declined_can_be_asked_for_again(sandbox: ShopifySandbox) -> None:
    shop, order = connected(sandbox), shipped(sandbox, 3)
    shop.request_return(a_request(shop, order, 3))
    sandbox.store.decline_return(told(shop, order)[0].id)
    shop.request_return(a_request(shop, order, 3, key="another"))
    assert [f"{order}-1", "another"] == [one.fields["key"] for one in told(shop, order)]


def test_without_the_right_it_is_named(sandbox: ShopifySandbox) -> None:
    scopes = {"read_orders", "read_returns", "read_customers", "read_products"}
    with ShopifySandbox(clock=FrozenClock(), scopes=scopes) as shop_without:
        shop, order = connected(shop_without), shipped(shop_without, 1)
        with pytest.raises(AccessDenied, match="write_returns"):
            shop.request_return(a_request(shop, order))


def test_what_the_admin_says_is_not_said_here(sandbox: ShopifySandbox) -> None:
    shop, order = connected(sandbox), shipped(sandbox, 1)
    shop.request_return(a_request(shop, order))
    view = _return(told(shop, order)[0])
    for step in (ReturnStep.RECEIVED, ReturnStep.EXCHANGED):
        with pytest.raises(WriteRefused, match="admin") as refused:
            shop.settle_return(view, step, at=sandbox.store.ledger.now())
        assert "IN_ADMIN" == refused.value.code


def test_an_exchange_of_the_admin_is_told(sandbox: ShopifySandbox) -> None:
    shop, order = connected(sandbox), shipped(sandbox, 1)
    key = sandbox.store.request_return(order)
    sandbox.store.approve_return(key)
    sandbox.store.exchange_return(key)
    [record] = told(shop, order)
    assert (True, None) == (record.fields["exchanged"], record.fields["key"])


def test_a_state_that_does_not_allow_it_is_a_refusal(sandbox: ShopifySandbox) -> None:
    shop, order = connected(sandbox), shipped(sandbox, 1)
    view = _return(shop.request_return(a_request(shop, order)).records[0])
    sandbox.store.cancel_return(view.id)
    with pytest.raises(WriteRefused) as refused:
        shop.settle_return(view, ReturnStep.APPROVED, at=sandbox.store.ledger.now())
    assert "STATE" == refused.value.code


@pytest.mark.parametrize("words", ["☕" * 250, "[storelink x-9] " * 15, "", "a\n\nb"])
def test_a_note_is_marked_once_and_never_too_long(words: str) -> None:
    line = WantedLine(line_id="1", quantity=1)
    asked = ReturnRequest(
        key="k" * 64, order_id="1", lines=(line,), wish=ReturnWish.REFUND, note=words
    )
    for is_first in (True, False):
        note = marks.note_of(asked, is_first=is_first)
        assert len(note.encode("utf-16-le")) <= 2 * marks.MOST
        assert "k" * 64 == marks.key_of(note)
    assert marks.key_of(words) == ("x-9" if words.startswith("[") else None)


def test_a_return_of_the_shops_own_has_no_key() -> None:
    node = {
        "id": "gid://shopify/Return/5",
        "order": {"id": "gid://shopify/Order/7"},
        "returnLineItems": {
            "nodes": [
                {
                    "quantity": 1,
                    "customerNote": "please [storelink 7-1]",
                    "fulfillmentLineItem": {"lineItem": {"id": "gid://shopify/LineItem/9"}},
                }
            ],
            "pageInfo": {"hasNextPage": False},
        },
    }
    [record] = nodes.return_(node).records
    assert record.fields["key"] is None
    assert "exchanged" not in record.fields


def _return(record: Record) -> Any:
    from storelink.models import Return

    return Return(id=record.id, order_id=str(record.order_id), **record.fields)
