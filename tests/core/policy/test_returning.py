"""What of an order may be sent back, and until when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.models import (
    Address,
    FulfillmentStatus,
    LineItem,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Refund,
    RefundLine,
    Return,
    ReturnLine,
    ReturnRequest,
    ReturnStatus,
    ReturnWish,
    Scan,
    Shipment,
    ShipmentLine,
    ShipmentStatus,
    WantedLine,
)
from storelink.policy.returning import LAWFUL_DAYS, Against, MayReturn, Returns, may_return

CAME = datetime(2026, 11, 3, 12, tzinfo=UTC)  # a Tuesday
DAY = timedelta(days=1)
SHORT = Returns(window=7 * DAY)
ALL = FulfillmentStatus.FULFILLED


def line(key: str, quantity: int = 1, **fields: Any) -> LineItem:
    return LineItem(id=key, title=key, product_id=f"p-{key}", quantity=quantity, **fields)


def parcel(lines: dict[str, int] | None, **fields: Any) -> Shipment:
    inside = [ShipmentLine(line_id=one, quantity=many) for one, many in (lines or {}).items()]
    known = {"lines": None if lines is None else inside}
    return Shipment(id=f"s{lines}", order_id="1", **{**known, **fields})


def back(status: ReturnStatus, lines: dict[str, int] | None) -> Return:
    inside = [ReturnLine(line_id=one, quantity=many) for one, many in (lines or {}).items()]
    return Return(
        id=f"r{status}", order_id="1", status=status, lines=None if lines is None else inside
    )


def paid_back(lines: dict[str, int]) -> Refund:
    inside = [RefundLine(line_id=one, quantity=many) for one, many in lines.items()]
    return Refund(id=f"m{lines}", order_id="1", lines=inside)


def an_order(country: str | None = "US", **fields: Any) -> Order:
    known: dict[str, Any] = {
        "lines": [line("mug", 2), line("pot")],
        "shipments": [parcel({"mug": 2, "pot": 1}, delivered_at=CAME)],
        "fulfillment_status": ALL,
        "shipping_address": Address(country=country) if country else None,
    }
    return Order(
        **{
            "id": "1",
            "store": "shop",
            "number": "#1",
            "status": OrderStatus.OPEN,
            "currency": "EUR",
            "total": Money("30", "EUR"),
            **known,
            **fields,
        }
    )


def most(found: MayReturn) -> dict[str, int]:
    return {one.line.id: one.most for one in found.lines}


class Row(NamedTuple):
    says: str
    fields: dict[str, Any]
    left: dict[str, int] | Against


PART = {
    "shipments": [parcel({"mug": 1}, delivered_at=CAME)],
    "fulfillment_status": FulfillmentStatus.PARTIALLY_FULFILLED,
}
WHOLE = {"mug": 2, "pot": 1}
ROWS = [
    Row("what arrived can come back", {}, WHOLE),
    Row(
        "nothing was sent",
        {"shipments": []} | {"fulfillment_status": FulfillmentStatus.UNFULFILLED},
        Against.NOT_SENT,
    ),
    Row("only what was sent", PART, {"mug": 1}),
    Row(
        "a cancelled parcel was not sent",
        {**PART, "shipments": [parcel({"mug": 1}, status=ShipmentStatus.CANCELLED)]},
        Against.NOT_SENT,
    ),
    Row(
        "a parcel without contents may hold all",
        {**PART, "shipments": [parcel(None, delivered_at=CAME)]},
        WHOLE,
    ),
    Row(
        "a completed order was sent",
        {"shipments": [], "status": OrderStatus.COMPLETED, "completed_at": CAME},
        WHOLE,
    ),
    Row("parcels that hold all are all", {"fulfillment_status": FulfillmentStatus.UNKNOWN}, WHOLE),
    Row(
        "what is asked for is not asked for twice",
        {"returns": [back(ReturnStatus.REQUESTED, {"mug": 1})]},
        {"mug": 1, "pot": 1},
    ),
    Row("what is on its way back", {"returns": [back(ReturnStatus.OPEN, {"mug": 2})]}, {"pot": 1}),
    Row("what came back", {"returns": [back(ReturnStatus.CLOSED, WHOLE)]}, Against.NOTHING_LEFT),
    Row(
        "what was declined may be asked again",
        {"returns": [back(ReturnStatus.DECLINED, WHOLE)]},
        WHOLE,
    ),
    Row(
        "what was called off may be asked again",
        {"returns": [back(ReturnStatus.CANCELLED, WHOLE)]},
        WHOLE,
    ),
    Row(
        "a return of nobody knows what",
        {"returns": [back(ReturnStatus.OPEN, None)]},
        Against.NOTHING_LEFT,
    ),
    Row(
        "a return in a status of tomorrow",
        {"returns": [back(ReturnStatus.UNKNOWN, {"pot": 1})]},
        {"mug": 2},
    ),
    Row("what was paid back", {"refunds": [paid_back({"mug": 1})]}, {"mug": 1, "pot": 1}),
    Row(
        "paid back because it came back",
        {"refunds": [paid_back({"mug": 1})], "returns": [back(ReturnStatus.CLOSED, {"mug": 1})]},
        {"mug": 1, "pot": 1},
    ),
    Row("money without goods", {"refunds": [paid_back({"mug": 0})]}, WHOLE),
    Row("paid back before it was sent", {**PART, "refunds": [paid_back({"mug": 1})]}, {"mug": 1}),
    Row(
        "taken off the order",
        {"lines": [line("mug", 2, current_quantity=1), line("pot")]},
        {"mug": 1, "pot": 1},
    ),
    Row(
        "what needs no parcel",
        {"lines": [line("mug", 2), line("pot", requires_shipping=False)]},
        {"mug": 2},
    ),
    Row(
        "another piece was paid back before it was sent",
        {
            "lines": [line("mug", 3), line("pot")],
            "refunds": [paid_back({"mug": 1})],
            "returns": [back(ReturnStatus.OPEN, {"mug": 1})],
        },
        {"mug": 1, "pot": 1},
    ),
    Row(
        "all that was sent of it is on its way back, and the rest paid back",
        {
            "lines": [line("mug", 3, current_quantity=2), line("pot")],
            "refunds": [paid_back({"mug": 1})],
            "returns": [back(ReturnStatus.OPEN, {"mug": 2})],
        },
        {"pot": 1},
    ),
    Row(
        "handed over without a parcel",
        {"shipments": [parcel({"mug": 1}, delivered_at=CAME)], "status": OrderStatus.COMPLETED},
        WHOLE,
    ),
    Row(
        "all of it was paid back",
        {"payment_status": PaymentStatus.REFUNDED, "refunds": [paid_back({})]},
        Against.NOTHING_LEFT,
    ),
    Row(
        "paid back before anything was sent",
        {
            "payment_status": PaymentStatus.REFUNDED,
            "status": OrderStatus.COMPLETED,
            "shipments": [],
        },
        Against.NOTHING_LEFT,
    ),
    Row(
        "nobody took the parcel",
        {"shipments": [parcel(WHOLE, status=ShipmentStatus.RETURNED)]},
        Against.NOTHING_LEFT,
    ),
    Row(
        "nobody took one of the parcels",
        {
            "shipments": [
                parcel({"mug": 1, "pot": 1}, delivered_at=CAME),
                parcel({"mug": 1}, status=ShipmentStatus.RETURNED),
            ]
        },
        {"mug": 1, "pot": 1},
    ),
    Row(
        "a parcel that was delivered, and sent back",
        {"shipments": [parcel(WHOLE, status=ShipmentStatus.RETURNED, delivered_at=CAME)]},
        WHOLE,
    ),
    Row(
        "what was put back into stock was not sent",
        {**PART, "fulfillment_status": FulfillmentStatus.RESTOCKED},
        {"mug": 1},
    ),
    Row("a gift card", {"lines": [line("mug", 2), line("pot", gift_card=True)]}, {"mug": 2}),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says)
def test_what_is_left(row: Row) -> None:
    found = may_return(an_order(**row.fields), SHORT, CAME + DAY)
    assert row.left == (found.against or most(found))


def test_what_the_shop_never_takes_back_is_not_offered() -> None:
    rules = Returns(excluded=frozenset({"p-pot"}))
    assert {"mug": 2} == most(may_return(an_order(), rules, CAME + DAY))


def test_what_the_store_does_not_know_of_yet_is_counted_once() -> None:
    wanted = WantedLine(line_id="mug", quantity=1)
    asked = ReturnRequest(key="k", order_id="1", lines=(wanted,), wish=ReturnWish.REFUND)
    order = an_order()
    assert {"mug": 1, "pot": 1} == most(may_return(order, SHORT, CAME, asked=[asked]))
    known = back(ReturnStatus.REQUESTED, {"mug": 1}).model_copy(update={"key": "k"})
    order = order.model_copy(update={"returns": (known,)})
    assert {"mug": 1, "pot": 1} == most(may_return(order, SHORT, CAME, asked=[asked]))


MOVED = Scan(id="x", status=ShipmentStatus.IN_TRANSIT, at=CAME)
ENDS = [
    ("US", {}, date(2026, 11, 12)),  # seven days from the 4th, where the day began first; the
    ("us", {}, date(2026, 11, 12)),  # 11th is Veterans Day
    ("DE", {}, date(2026, 11, 19)),  # fourteen, whatever the shop says; the 18th is free in Saxony
    ("RE", {}, date(2026, 11, 18)),
    ("BR", {}, date(2026, 11, 11)),
    ("IN", {}, date(2026, 11, 12)),
    (None, {}, date(2026, 11, 18)),
    ("Freedonia", {}, date(2026, 11, 18)),
    (
        "DE",
        {"shipments": [parcel(WHOLE, delivered_at=datetime(2026, 11, 6, 23, 30, tzinfo=UTC))]},
        date(2026, 11, 23),
    ),
    (
        "DE",
        {
            "shipments": [
                parcel({"mug": 2}, delivered_at=CAME),
                parcel({"pot": 1}, delivered_at=CAME + 2 * DAY),
            ]
        },
        date(2026, 11, 20),
    ),
    ("DE", {"shipments": [parcel(WHOLE, scans=[MOVED])]}, date(2026, 12, 2)),
    ("DE", {"shipments": [parcel(WHOLE, shipped_at=CAME)]}, date(2026, 12, 2)),
    (
        "DE",
        {"shipments": [], "status": OrderStatus.COMPLETED, "completed_at": CAME},
        date(2026, 12, 2),
    ),
    ("DE", {"shipments": [parcel(WHOLE)]}, None),
    ("DE", PART, None),
    ("DE", {**PART, "fulfillment_status": FulfillmentStatus.RESTOCKED}, date(2026, 11, 19)),
    (
        "DE",
        {
            "shipments": [parcel({"mug": 1, "pot": 1}, delivered_at=CAME)],
            "fulfillment_status": FulfillmentStatus.UNKNOWN,
            "refunds": [paid_back({"mug": 1})],
        },
        date(2026, 11, 19),
    ),
    (
        "DE",
        {
            "lines": [line("mug", 2), line("card", gift_card=True)],
            "shipments": [parcel({"mug": 2}, delivered_at=CAME)],
            "fulfillment_status": FulfillmentStatus.UNKNOWN,
        },
        date(2026, 11, 19),
    ),
    (
        "DE",
        {"shipments": [parcel(WHOLE, delivered_at=datetime(2026, 12, 11, 9, tzinfo=UTC))]},
        date(2026, 12, 28),
    ),
]


@pytest.mark.parametrize(("country", "fields", "last"), ENDS)
def test_the_last_day(country: str | None, fields: dict[str, Any], last: date | None) -> None:
    assert last == may_return(an_order(country, **fields), SHORT, CAME).until


def test_the_last_day_ends_when_it_is_over_everywhere() -> None:
    order, ends = an_order("DE"), datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert may_return(order, SHORT, ends - timedelta(microseconds=1)).against is None
    late = may_return(order, SHORT, ends)
    assert (Against.TOO_LATE, date(2026, 11, 19), ()) == (late.against, late.until, late.lines)


def test_without_an_end_it_is_never_too_late() -> None:
    assert may_return(an_order("DE", **PART), SHORT, CAME + 400 * DAY).against is None


@pytest.mark.parametrize("country", sorted(LAWFUL_DAYS))
def test_no_shop_gives_less_than_the_law(country: str) -> None:
    found = may_return(an_order(country), Returns(window=timedelta()), CAME)
    assert found.until is not None
    assert found.until - CAME.date() >= LAWFUL_DAYS[country] * DAY


def test_a_window_is_not_negative() -> None:
    with pytest.raises(ValueError, match="from none to ten years"):
        Returns(window=-DAY)


counts = st.fixed_dictionaries({"mug": st.integers(0, 2), "pot": st.integers(0, 1)})
returned = st.lists(st.tuples(st.sampled_from(list(ReturnStatus)), counts), max_size=3)


@given(counts, returned, st.lists(counts, max_size=2), st.sampled_from(list(FulfillmentStatus)))
def test_never_more_than_the_customer_can_have(
    sent: dict[str, int],
    came: list[tuple[ReturnStatus, dict[str, int]]],
    money: list[dict[str, int]],
    status: FulfillmentStatus,
) -> None:
    order = an_order(
        shipments=[parcel(sent, delivered_at=CAME)],
        returns=[back(*one) for one in came],
        refunds=[paid_back(one) for one in money],
        fulfillment_status=status,
    )
    for one in may_return(order, SHORT, CAME).lines:
        gone = [
            lines[one.line.id]
            for kind, lines in came
            if kind not in {ReturnStatus.DECLINED, ReturnStatus.CANCELLED}
        ]
        assert 1 <= one.most <= one.line.quantity - sum(gone)
        if status is not ALL:
            assert one.most <= max(sent[one.line.id], 0) - sum(gone)
