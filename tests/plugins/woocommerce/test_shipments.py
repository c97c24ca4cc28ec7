from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from storelink.models import Kind, OrderStatus, Record, ShipmentLine, Tracking
from storelink.testing.journeys import Journeys
from storelink_woocommerce import normalize

Answer = Callable[[str], Any]

ITEM = {"tracking_provider": "dhl", "tracking_number": "N1", "tracking_id": "t1"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def parcels(body: dict[str, Any]) -> list[Record]:
    return [part for part in normalize.order(body).records if part.kind is Kind.SHIPMENT]


def order_with(items: Any, **other: Any) -> dict[str, Any]:
    meta = [{"id": 1, "key": "_wc_shipment_tracking_items", "value": items}]
    return {"id": 7, "date_modified_gmt": "2026-11-22T03:00:00", "meta_data": meta, **other}


def only(items: Any, **other: Any) -> Record:
    (parcel,) = parcels(order_with(items, **other))
    return parcel


def test_advanced_shipment_tracking(answer: Answer) -> None:
    """AST stores a slug without a link, and the day as its midnight in UTC."""
    order, parcel = normalize.order(answer("order_single_tracking_ast")).records

    assert order.children["meta_shipments"] == (parcel.id,)
    assert (parcel.id, parcel.order_id, parcel.within) == (
        "25811f76759996a920ecdb4b93f6d115",
        "77",
        "meta_shipments",
    )
    assert parcel.updated_at == order.updated_at
    assert parcel.fields == {
        "tracking": (Tracking(number="700000000010", carrier="fedex"),),
        "shipped_at": at("2026-02-22T23:59:59"),
    }
    assert parcel.raw["tracking_provider"] == "fedex"


def test_shipment_tracking_with_a_carrier_typed_by_hand(answer: Answer) -> None:
    first, second = parcels(answer("order_single_guest"))

    assert first.fields == {
        "tracking": (
            Tracking(
                number="SR000000016IN",
                carrier="Blue Dart Local",
                url="https://track.invalid/?n=SR000000016IN",
            ),
        ),
        "shipped_at": at("2026-11-20T04:22:11"),
    }
    assert second.fields["tracking"][0].number == "SR000000016IN-2"


def test_core_fulfillments(answer: Answer) -> None:
    body = answer("order_single_with_fulfillments")

    snapshot = normalize.order_read(body, refunds=[], fulfillments=answer("fulfillments_list_two"))

    order, first, second = snapshot.records
    assert order.children["fulfillments"] == ("129", "130")
    assert (first.order_id, first.within) == ("2183", "fulfillments")
    assert first.fields == {
        "lines": (ShipmentLine(line_id="10100", quantity=1),),
        "tracking": (
            Tracking(
                number="1Z12345E0205271688",
                carrier="ups",
                url="https://www.ups.com/track?tracknum=1Z12345E0205271688",
            ),
        ),
        "shipped_at": at("2026-11-22T03:49:43"),
        "updated_at": at("2026-11-22T03:49:43"),
    }
    assert second.fields["tracking"][0].carrier == "custom-post"


def test_the_parcels_of_every_journey_are_those_that_stand_at_the_end(journeys: Journeys) -> None:
    for entry in journeys.journeys:
        truth = journeys.truth(entry["order_id"])
        if "id" not in truth["order"]:
            continue
        snapshot = normalize.order_read(
            truth["order"], refunds=truth["refunds"], fulfillments=truth["fulfillments"]
        )
        found = [
            (tracking.carrier, tracking.number, tracking.url)
            for part in snapshot.records
            if part.kind is Kind.SHIPMENT
            for tracking in part.fields["tracking"]
        ]
        expected = [
            (parcel["carrier"], parcel["tracking_number"], parcel["url"])
            for parcel in entry["expected"]["tracking"]["parcels"]
        ]
        assert (entry["order_id"], sorted(found)) == (entry["order_id"], sorted(expected))


def test_a_fulfillment_as_it_is_written_and_as_it_is_read_are_the_same(answer: Answer) -> None:
    """`is_fulfilled` is true when written and "1" when read."""
    written, read = answer("fulfillment_create_fulfilled"), answer("fulfillment_get")

    records = [
        normalize.order_read(
            {"id": 2183, "currency": "INR"}, refunds=[], fulfillments=[one]
        ).records
        for one in (written, read)
    ]

    assert records[0] == records[1]


def test_drafts_and_deleted_fulfillments_are_no_parcels(answer: Answer) -> None:
    deleted = {**answer("fulfillment_get"), "date_deleted": "2026-11-22T03:50:00Z"}
    drafts = [answer("fulfillment_create_draft"), deleted]

    (order,) = normalize.order_read(
        {"id": 2183, "currency": "INR"}, refunds=[], fulfillments=drafts
    ).records

    assert order.children["fulfillments"] == ()


def test_a_fulfillment_without_tracking_is_a_parcel_without_tracking(answer: Answer) -> None:
    """Virtual items fulfill themselves."""
    bare = {"id": 142, "status": "fulfilled", "is_fulfilled": "1", "meta_data": []}

    _, parcel = normalize.order_read(
        {"id": 1, "currency": "INR"}, refunds=[], fulfillments=[bare]
    ).records

    assert (parcel.fields["tracking"], parcel.fields["lines"]) == ((), None)


def test_another_provider_has_its_own_name() -> None:
    meta = {"_tracking_number": "S1", "_shipment_provider": "other", "_provider_name": "Local Post"}

    def carrier(**changes: str) -> str:
        entries = [{"key": key, "value": value} for key, value in (meta | changes).items()]
        entry = {"id": 1, "is_fulfilled": True, "meta_data": entries}
        body = {"id": 1, "currency": "INR"}
        parcel = normalize.order_read(body, refunds=[], fulfillments=[entry]).records[1]
        return parcel.fields["tracking"][0].carrier

    assert carrier() == "Local Post"
    assert carrier(_provider_name="") == "other"
    assert carrier(_shipment_provider="dhl") == "dhl"


def test_a_read_without_the_feature_carries_no_list_of_fulfillments(answer: Answer) -> None:
    order, *_ = normalize.order_read(
        answer("order_single_with_fulfillments"), refunds=[], fulfillments=None
    ).records

    assert order.children.keys() == {"refunds", "meta_shipments"}


def test_without_a_fulfillment_status_there_are_no_fulfillments() -> None:
    """WooCommerce removes `_fulfillment_status` together with the last fulfillment."""
    (order,) = normalize.order({"id": 7, "meta_data": []}).records

    assert order.children["fulfillments"] == ()


@pytest.mark.parametrize("nothing", [None, [], {}, "", " ", "[]", "null", False, [None], [[]]])
def test_no_parcels(nothing: Any) -> None:
    (order,) = normalize.order(order_with(nothing)).records

    assert order.children["meta_shipments"] == ()


@pytest.mark.parametrize(
    "shape",
    [
        [ITEM],
        {"1": ITEM},
        json.dumps([ITEM]),
        json.dumps({"3": ITEM}),
        [None, ITEM],
        {"0": None, "2": ITEM},
        ITEM,
        json.dumps(ITEM),
    ],
)
def test_every_shape_in_which_php_may_store_the_list(shape: Any) -> None:
    assert only(shape).id == "t1"


@pytest.mark.parametrize(
    "wrong", [5, True, "a:1:{i:0;s:2:", "5", ["N1"], {"a": 1}, [{}, {"x": 1}], "[" * 3000]
)
def test_what_is_no_list_of_parcels_is_unknown_and_costs_nothing_else(wrong: Any) -> None:
    """Not "no parcel": a parcel that is known already must not be gone."""
    order, *parts = normalize.order(order_with(wrong, status="completed")).records

    assert parts == []
    assert "meta_shipments" not in order.children
    assert order.fields["status"] == OrderStatus.COMPLETED


@pytest.mark.parametrize(
    ("stored", "shipped_at"),
    [
        ("1795323205", at("2026-11-22T04:53:25")),
        (1795323205, at("2026-11-22T04:53:25")),
        ("1795305600", at("2026-11-22T23:59:59")),  # midnight: a date without a time
        ("2026-11-22", at("2026-11-22T23:59:59")),
        ("2026-11-22 10:30:00", at("2026-11-22T10:30:00")),
        ("2026-11-22T10:30:00+05:30", at("2026-11-22T05:00:00")),
        ("", None),
        (None, None),
        ("22.11.2026", None),
        ("1795305600000000", None),
        ("0", None),
        (-1795323205, None),
        ("4795323205", None),  # after 2100
        ("0000-00-00", None),
        (1795323205.0, at("2026-11-22T04:53:25")),
        ([], None),
    ],
)
def test_when_it_was_shipped(stored: Any, shipped_at: datetime | None) -> None:
    assert only([{**ITEM, "date_shipped": stored}]).fields["shipped_at"] == shipped_at


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://track.example/?n=1&lang=en", "https://track.example/?n=1&lang=en"),
        ("https://track.example/?n=1&amp;lang=en", "https://track.example/?n=1&lang=en"),
        ("https://track.example/%1$s/%2$s", "https://track.example/N%2F%201/560%20001"),
        ("https://track.example/%s", "https://track.example/N%2F%201"),
        ("javascript:alert(1)", None),
        ("track.example/1", None),
        ("https://[", None),
        ("https://track.example/\nX: 1", None),
        ("", None),
    ],
)
def test_only_a_link_of_the_web_is_kept(link: str, url: str | None) -> None:
    item = {**ITEM, "tracking_number": "N/ 1", "custom_tracking_link": link}

    parcel = only([item], shipping={"postcode": "560 001"})

    assert parcel.fields["tracking"][0].url == url


def test_a_carrier_typed_by_hand_goes_before_the_slug() -> None:
    tracking = only([{**ITEM, "custom_tracking_provider": "Caf&eacute; Post"}]).fields["tracking"]

    assert tracking == (Tracking(number="N1", carrier="Café Post"),)


def test_a_number_may_be_stored_as_a_number() -> None:
    assert only([{**ITEM, "tracking_number": 4711}]).fields["tracking"][0].number == "4711"


def test_a_parcel_without_an_id_gets_a_stable_one() -> None:
    nameless = {"tracking_provider": "dhl", "tracking_number": "N1"}

    first, again = only([nameless]), only([{**nameless, "date_shipped": "1795323205"}])
    other = only([{**nameless, "tracking_number": "N2"}])

    assert first.id == again.id != other.id


def test_a_corrected_carrier_is_no_other_parcel() -> None:
    nameless = {"tracking_provider": "dhl", "tracking_number": "N1"}

    assert only([nameless]).id == only([{**nameless, "tracking_provider": "ups"}]).id


def test_parcels_without_id_and_number_are_told_apart_by_position() -> None:
    first, second = parcels(order_with([{"tracking_provider": "courier"}] * 2))

    assert first.id != second.id
    assert first.fields["tracking"] == second.fields["tracking"] == (Tracking(carrier="courier"),)


@pytest.mark.parametrize(
    ("meta", "lines"),
    [
        ({"_items": [{"item_id": 5}]}, (ShipmentLine(line_id="5", quantity=1),)),
        ({"_items": {"item_id": 5, "qty": 0.5}}, (ShipmentLine(line_id="5", quantity=1),)),
        ({"_items": [{"item_id": 5, "qty": "2"}]}, (ShipmentLine(line_id="5", quantity=2),)),
        ({"_items": [{"item_id": 5, "qty": "few"}]}, None),
        ({"_items": [{"qty": 1}]}, None),
        ({"_items": "a:0:{}"}, None),
    ],
)
def test_what_a_fulfillment_holds_is_read_or_unknown(meta: dict[str, Any], lines: Any) -> None:
    assert fulfilled(meta).fields["lines"] == lines


@pytest.mark.parametrize("date", ["22.11.2026", [], 7, "0000-00-00 00:00:00", "2199-01-01"])
def test_a_fulfillment_with_an_odd_date_has_none(date: Any) -> None:
    assert fulfilled({"_date_fulfilled": date}).fields["shipped_at"] is None


def fulfilled(meta: dict[str, Any]) -> Record:
    entries = [{"key": key, "value": value} for key, value in meta.items()]
    entry = {
        "id": 1,
        "is_fulfilled": True,
        "date_deleted": "0000-00-00 00:00:00",
        "meta_data": entries,
    }
    body = {"id": 1, "currency": "INR"}
    return normalize.order_read(body, refunds=[], fulfillments=[entry]).records[1]


def test_a_parcel_listed_twice_is_one() -> None:
    order, *rest = normalize.order(order_with([ITEM, ITEM])).records

    assert (len(rest), order.children["meta_shipments"]) == (1, ("t1",))


def test_nobody_says_where_the_parcel_is() -> None:
    assert "status" not in only([ITEM]).fields
