from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from storelink.errors import PayloadError
from storelink.models import Kind, ShipmentStatus, Tracking
from storelink_shopify import nodes


@pytest.fixture
def body(life):
    return life.body("fulfillments/create") | {"shipment_status": None}


@pytest.fixture
def parcel_node(life):
    order = dict(life.acts[-1][1].records[0].raw)

    def read(**changes):
        one = order["fulfillments"][0] | changes
        snapshot = nodes.order(order | {"fulfillments": [one]})
        return next(record for record in snapshot.records if record.kind is Kind.SHIPMENT)

    return read


def test_a_parcel_as_the_shop_made_it(life, body, only):
    record = only("fulfillments/create", body)
    assert (Kind.SHIPMENT, life.order_id) == (record.kind, record.order_id)
    assert (Tracking(number="1Z02", carrier="UPS"),) == record.fields["tracking"]
    assert [line.quantity for line in record.fields["lines"]] == [1, 1]
    assert record.fields["created_at"] == record.fields["shipped_at"] == record.updated_at


def test_while_no_carrier_has_spoken_the_status_is_not_told(body, only, parcel_node):
    assert "status" not in only("fulfillments/create", body).fields
    for word in (None, "FULFILLED", "MARKED_AS_FULFILLED", "SUBMITTED"):
        assert "status" not in parcel_node(displayStatus=word).fields


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("confirmed", ShipmentStatus.LABEL_CREATED),
        ("label_printed", ShipmentStatus.LABEL_CREATED),
        ("label_purchased", ShipmentStatus.LABEL_CREATED),
        ("carrier_picked_up", ShipmentStatus.PICKED_UP),
        ("in_transit", ShipmentStatus.IN_TRANSIT),
        ("out_for_delivery", ShipmentStatus.OUT_FOR_DELIVERY),
        ("ready_for_pickup", ShipmentStatus.READY_FOR_PICKUP),
        ("picked_up", ShipmentStatus.DELIVERED),
        ("attempted_delivery", ShipmentStatus.ATTEMPTED),
        ("delayed", ShipmentStatus.DELAYED),
        ("failure", ShipmentStatus.EXCEPTION),
        ("not_delivered", ShipmentStatus.EXCEPTION),
        ("delivered", ShipmentStatus.DELIVERED),
        ("label_voided", ShipmentStatus.CANCELLED),
        ("canceled", ShipmentStatus.CANCELLED),
        ("beamed_up", ShipmentStatus.UNKNOWN),
    ],
)
def test_carrier_words(life, body, only, parcel_node, word, expected):
    event = life.body("fulfillment_events/create") | {"status": word}
    told = only("fulfillments/update", body | {"shipment_status": word}).fields["status"]
    assert expected is told
    assert expected is parcel_node(displayStatus=word.upper()).fields["status"]
    assert expected is only("fulfillment_events/create", event).scans[0].status


@pytest.mark.parametrize("status", ["cancelled", "error", "failure"])
def test_what_never_left_is_cancelled_whatever_a_carrier_said(body, only, parcel_node, status):
    told = only("fulfillments/update", body | {"status": status, "shipment_status": "in_transit"})
    read = parcel_node(status=status.upper(), displayStatus="IN_TRANSIT")
    assert ShipmentStatus.CANCELLED is told.fields["status"]
    assert ShipmentStatus.CANCELLED is read.fields["status"]


def test_several_numbers_keep_their_links(body, only):
    several = {
        "tracking_numbers": ["A", "B"],
        "tracking_urls": ["https://track.example/A", "ftp://track.example/B"],
    }
    expected = (
        Tracking(number="A", carrier="UPS", url="https://track.example/A"),
        Tracking(number="B", carrier="UPS"),
    )
    assert expected == only("fulfillments/update", body | several).fields["tracking"]


@pytest.mark.parametrize("empty", [None, []])
def test_the_only_number_may_stand_alone(body, only, empty):
    alone = {
        "tracking_numbers": empty,
        "tracking_number": "A",
        "tracking_urls": empty,
        "tracking_url": "https://track.example/A",
    }
    expected = (Tracking(number="A", carrier="UPS", url="https://track.example/A"),)
    assert expected == only("fulfillments/update", body | alone).fields["tracking"]
    body = {key: value for key, value in body.items() if key != "tracking_numbers"}
    told = only("fulfillments/update", body | {"tracking_number": "B", "tracking_urls": []})
    assert told.fields["tracking"][0].number == "B"


@pytest.mark.parametrize("left_out", ["number", "url"])
def test_tracking_that_a_subscription_leaves_out_is_not_told(body, only, left_out):
    kept = {k: v for k, v in body.items() if not k.startswith(f"tracking_{left_out}")}
    assert "tracking" not in only("fulfillments/update", kept).fields


def test_a_parcel_without_tracking_has_none(body, only, parcel_node):
    none = {
        "tracking_company": None,
        "tracking_numbers": [],
        "tracking_urls": [],
        "tracking_number": None,
        "tracking_url": None,
    }
    assert only("fulfillments/create", body | none).fields["tracking"] == ()
    empty = [{"company": "UPS", "number": None, "url": None}]
    assert parcel_node(trackingInfo=empty).fields["tracking"] == ()


def test_a_full_page_of_lines_is_not_the_whole_parcel(parcel_node):
    line = {"quantity": 1, "lineItem": {"id": "gid://shopify/LineItem/1"}}
    record = parcel_node(fulfillmentLineItems={"nodes": [line] * 20})
    assert "lines" not in record.fields


def test_a_parcel_can_have_any_number_of_tracking_numbers(parcel_node):
    numbers = [{"company": "UPS", "number": f"A{one}", "url": None} for one in range(30)]
    assert 30 == len(parcel_node(trackingInfo=numbers).fields["tracking"])


def test_a_report_is_a_scan_of_its_parcel_and_nothing_else(life, only):
    act = next(one for one in life.acts if "delivered" in one[0][0].body.decode())
    told = only("fulfillment_events/create", json.loads(act[0][0].body))
    (scan,) = told.scans
    assert (Kind.SHIPMENT, life.order_id) == (told.kind, told.order_id)
    assert ShipmentStatus.DELIVERED is scan.status
    assert scan.message == "now delivered"
    assert scan.at == scan.recorded_at == told.updated_at
    assert {"estimated_delivery_at"} == told.fields.keys()
    assert told.within == "fulfillments"
    assert told.raw == {}


def test_without_a_promise_a_report_says_nothing_of_one(life, only):
    event = life.body("fulfillment_events/create") | {"estimated_delivery_at": None}
    assert only("fulfillment_events/create", event).fields == {}


def test_a_report_happened_when_the_carrier_says(life, only):
    event = life.body("fulfillment_events/create") | {"happened_at": "2026-11-01T08:00:00-05:00"}
    scan = only("fulfillment_events/create", event).scans[0]
    assert datetime(2026, 11, 1, 13, tzinfo=UTC) == scan.at
    assert scan.recorded_at - scan.at > timedelta(hours=1)


@pytest.mark.parametrize("name", ["fulfillment_id", "order_id", "happened_at", "id"])
def test_a_report_without_what_makes_it_one_is_refused(life, only, name):
    event = life.body("fulfillment_events/create") | {name: None, "admin_graphql_api_id": None}
    with pytest.raises(PayloadError, match=name):
        only("fulfillment_events/create", event)


def test_a_read_knows_when_it_moved_and_arrived(life):
    shipments = [one for one in life.acts[-1][1].records if one.kind is Kind.SHIPMENT]
    arrived, moving = shipments
    assert arrived.fields["in_transit_at"] < arrived.fields["delivered_at"]
    assert moving.fields["delivered_at"] is None
    assert len(arrived.scans) == 4


def test_a_line_without_its_number_leaves_the_lines_unknown(parcel_node):
    """The schema lets it be null; the order is understood all the same."""
    lines = {"nodes": [{"quantity": None, "lineItem": {"id": "gid://shopify/LineItem/1"}}]}
    assert "lines" not in parcel_node(fulfillmentLineItems=lines).fields
