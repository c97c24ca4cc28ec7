"""What the tracking page makes of any order: pure, and never at a loss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from storelink.models import Address, Money, Order
from storelink.models.enums import FulfillmentStatus, OrderStatus, ShipmentStatus
from storelink.models.order import LineItem
from storelink.models.shipment import Scan, Shipment, ShipmentLine, Tracking
from storelink.rendering import Brand
from storelink.rendering.pages import Pages, choose_language, tracked

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
TIMES = some.none() | some.integers(-20, 20).map(lambda days: NOW + timedelta(days=days))
PAGES = Pages(Brand(name="Atelier"))

scans = some.builds(
    Scan,
    id=some.just("1"),
    status=some.sampled_from(ShipmentStatus),
    at=some.integers(-20, 0).map(lambda days: NOW + timedelta(days=days)),
    estimated_delivery_at=TIMES,
)
shipments = some.builds(
    Shipment,
    id=some.sampled_from("ab"),
    order_id=some.just("1"),
    lines=some.none()
    | some.tuples(some.builds(ShipmentLine, line_id=some.just("1"), quantity=some.integers(0, 3))),
    tracking=some.lists(
        some.builds(Tracking, number=some.none() | some.sampled_from("xy")), max_size=2
    ).map(tuple),
    status=some.sampled_from(ShipmentStatus),
    shipped_at=TIMES,
    estimated_delivery_at=TIMES,
    delivered_at=TIMES,
    scans=some.lists(scans, max_size=3).map(tuple),
)
orders = some.builds(
    Order,
    id=some.just("1"),
    store=some.just("atelier"),
    number=some.just("#1"),
    status=some.sampled_from(OrderStatus),
    fulfillment_status=some.sampled_from(FulfillmentStatus),
    currency=some.just("EUR"),
    total=some.just(Money("1.00", "EUR")),
    placed_at=TIMES,
    cancelled_at=TIMES,
    lines=some.tuples(
        some.builds(LineItem, id=some.just("1"), title=some.text(), quantity=some.integers(0, 3))
    ),
    shipments=some.lists(shipments, max_size=3).map(tuple),
)


@given(orders, some.sampled_from(["en", "hi", "bn", "fa"]))
def test_any_order_has_a_page(order: Order, tag: str) -> None:
    html = PAGES.draw("tracking", choose_language(tag), order=tracked(order, NOW), return_url=None)
    assert "<h2></h2>" not in html
    assert "None" not in html


@given(orders)
def test_steps_only_go_forward_and_nothing_that_arrived_is_late(order: Order) -> None:
    for parcel in tracked(order, NOW).parcels:
        states = [step.state for step in parcel.steps]
        assert states == sorted(states, key=["done", "now", "ahead"].index)
        assert states.count("now") <= 1
        if parcel.state in {"delivered", "returned"}:
            assert not parcel.late
        assert not parcel.overdue or (parcel.expected_at and parcel.expected_at <= NOW)


@given(orders)
def test_no_more_is_still_to_be_sent_than_was_ordered(order: Order) -> None:
    ordered = sum(line.quantity for line in order.lines)
    assert sum(item.quantity for item in tracked(order, NOW).waiting) <= ordered


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://dhl.example/?n=1Z&plz=10115", "https://dhl.example/?n=1Z"),
        ("https://dhl.example/?n=1Z&zip=SW1A+1AA", "https://dhl.example/?n=1Z&zip=SW1A+1AA"),
        ("https://gls.example/1Z/10115", None),
        ("https://dpd.example/#/parcel?id=1Z&zip=10115", None),
        ("https://dhl.example/?n=1Z%20", "https://dhl.example/?n=1Z%20"),
        ("https://dhl.example/101150", "https://dhl.example/101150"),
        ("https://[oops", "https://[oops"),
        (None, None),
    ],
)
def test_no_link_of_a_carrier_says_where_the_order_goes(
    url: str | None, expected: str | None
) -> None:
    """A shop's plugin writes the postcode into the link; to a carrier it is a password."""
    parcel = Shipment(id="1", order_id="1", tracking=(Tracking(number="1Z", url=url),))
    order = Order(
        id="1",
        store="atelier",
        number="#1",
        currency="EUR",
        status=OrderStatus.OPEN,
        total=Money("1.00", "EUR"),
        shipping_address=Address(postcode="10115"),
        shipments=(parcel,),
    )
    [shown] = tracked(order, NOW).parcels
    assert ("1Z", expected) == (shown.tracking[0].number, shown.tracking[0].url)


def test_a_postcode_with_a_blank_is_found_however_it_is_written() -> None:
    for url in ("https://x.example/?z=sw1a1aa", "https://x.example/?z=SW1A%201AA"):
        parcel = Shipment(id="1", order_id="1", tracking=(Tracking(url=url),))
        order = Order(
            id="1",
            store="atelier",
            number="#1",
            currency="EUR",
            status=OrderStatus.OPEN,
            total=Money("1.00", "EUR"),
            shipping_address=Address(postcode="SW1A 1AA"),
            shipments=(parcel,),
        )
        assert "https://x.example/" == tracked(order, NOW).parcels[0].tracking[0].url
