"""Events are the facts that any payload ever implied: once each, with the best time known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from core.mirror.shelf import Shelf, at, gone, header, parcel

from storelink.mirror.facts import facts
from storelink.mirror.merge import Version
from storelink.models import Kind, Money, Record, Refund, Scan, ShipmentStatus
from storelink.models.record import FailedPayment

FIRST = Version(0, -1)


def implied(record: Record, seen_at: float = 100) -> dict[str, datetime]:
    """What a record implies, by the kind of event."""
    return {fact.event.type: fact.event.at for fact in facts("shop", record, FIRST, at(seen_at))}


def known(shelf: Shelf) -> dict[str, tuple[datetime, bool]]:
    return {event.type: (event.at, event.exact) for event in shelf.events}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"placed_at": at(1)}, {"order.placed": at(1)}),
        ({"placed_at": at(1), "status": "draft"}, {}),
        ({"paid_at": at(2)}, {"order.paid": at(2)}),
        ({"payment_status": "paid"}, {"order.paid": at(100)}),
        ({"payment_status": "refunded"}, {"order.paid": at(100)}),
        ({"payment_status": "pending"}, {}),
        ({"completed_at": at(3)}, {"order.completed": at(3)}),
        ({"status": "completed"}, {}),
        ({"cancelled_at": at(4)}, {"order.cancelled": at(4)}),
        ({"status": "cancelled"}, {"order.cancelled": at(100)}),
        ({"status": "failed"}, {"order.payment_failed": at(100)}),
        ({"status": "a word of next year"}, {}),
    ],
)
def test_what_an_order_implies(fields: dict[str, Any], expected: dict[str, datetime]) -> None:
    assert expected == implied(Record(kind=Kind.ORDER, id="1", fields=fields))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (ShipmentStatus.IN_TRANSIT, "shipment.in_transit"),
        (ShipmentStatus.OUT_FOR_DELIVERY, "shipment.out_for_delivery"),
        (ShipmentStatus.READY_FOR_PICKUP, "shipment.ready_for_pickup"),
        (ShipmentStatus.ATTEMPTED, "shipment.attempted"),
        (ShipmentStatus.DELAYED, "shipment.delayed"),
        (ShipmentStatus.EXCEPTION, "shipment.exception"),
        (ShipmentStatus.DELIVERED, "shipment.delivered"),
    ],
)
def test_what_a_scan_implies(status: ShipmentStatus, expected: str) -> None:
    scan = Scan(id="s", status=status, at=at(7))
    assert {expected: at(7)} == implied(replace(parcel("p", 9), scans=(scan,)))


@pytest.mark.parametrize(
    "status",
    [
        ShipmentStatus.LABEL_CREATED,
        ShipmentStatus.PICKED_UP,
        ShipmentStatus.RETURNING,
        ShipmentStatus.CANCELLED,
        ShipmentStatus.UNKNOWN,
    ],
)
def test_scans_that_are_no_news(status: ShipmentStatus) -> None:
    scan = Scan(id="s", status=status, at=at(7))
    assert {} == implied(replace(parcel("p", 9), scans=(scan,)))


def test_a_parcel_with_two_numbers_was_changed_twice_and_created_once() -> None:
    record = parcel("p", 9, tracking=[{"number": "A"}, {"number": "B"}], shipped_at=at(5))
    found = facts("shop", record, FIRST, at(9))
    expected = ["created", "changed/A", "changed/B"]
    assert [f"shop/shipment/p/{what}" for what in expected] == [fact.event.id for fact in found]
    assert [at(5), at(9), at(9)] == [fact.event.at for fact in found]


def test_attempts_to_pay_are_told_apart_where_the_platform_counts_them() -> None:
    attempts = (FailedPayment("x", at(1)), FailedPayment("y", at(2)))
    record = Record(kind=Kind.ORDER, id="1", failed_payments=attempts)
    expected = ["shop/order/1/payment_failed/x", "shop/order/1/payment_failed/y"]
    assert expected == [fact.event.id for fact in facts("shop", record, FIRST, at(9))]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "requested"}, {"return.requested"}),
        ({"status": "open"}, {"return.approved"}),
        ({"status": "open", "approved_at": at(3)}, {"return.requested", "return.approved"}),
        ({"status": "declined"}, {"return.declined"}),
        ({"status": "closed", "closed_at": at(4)}, {"return.closed"}),
        (
            {"lines": [{"line_id": "1", "quantity": 1, "processed_quantity": 1}]},
            {"return.received"},
        ),
        ({"lines": [{"line_id": "1", "quantity": 1}]}, set()),
        ({"lines": [{"line_id": "1", "quantity": 2, "processed_quantity": 1}]}, set()),
    ],
)
def test_what_a_return_implies(fields: dict[str, Any], expected: set[str]) -> None:
    assert expected == set(implied(Record(kind=Kind.RETURN, id="r", order_id="1", fields=fields)))


@pytest.mark.parametrize("kind", [Kind.ORDER, Kind.SHIPMENT, Kind.REFUND, Kind.RETURN])
def test_what_is_gone_implies_nothing(kind: Kind) -> None:
    """A read that finds no refund of that id must not make the refund known."""
    assert {} == implied(Record(kind=kind, id="9", order_id="1", deleted=True))


def test_a_time_still_to_come_is_no_time_of_a_fact() -> None:
    """A parcel "delivered" next week has been seen delivered by now."""
    record = parcel("p", 9, delivered_at=at(500))
    assert {"shipment.delivered": at(100)} == implied(record)


# -- the union of all tellings ---------------------------------------------------------------------


def test_a_fact_is_known_once_however_often_it_is_told(shelf: Shelf) -> None:
    first = shelf.hint(10, header(9, placed_at=at(1)))
    second = shelf.hint(11, header(10, placed_at=at(1)))
    third = shelf.read(12, header(11, placed_at=at(1)))
    assert ["order.placed"] == [event.type for event in first]
    assert [] == second + third
    assert ["shop/order/1/placed"] == [event.id for event in shelf.events]


def test_a_stale_webhook_leaves_the_state_alone_and_may_add_a_fact(shelf: Shelf) -> None:
    shelf.hint(20, header(19, status="completed"))
    new = shelf.hint(21, header(5, status="failed"))
    assert ["order.payment_failed"] == [event.type for event in new]
    assert "completed" == shelf.known_order.status


def test_a_fact_outlives_the_state_that_told_it(shelf: Shelf) -> None:
    shelf.hint(10, header(9, status="failed"))
    shelf.hint(20, header(19, status="open"))
    assert {"order.payment_failed": (at(9), False)} == known(shelf)


def test_without_a_time_the_earliest_state_that_shows_it_counts(shelf: Shelf) -> None:
    shelf.hint(20, header(19, status="cancelled"))
    shelf.hint(21, header(9, status="cancelled"))
    shelf.hint(22, header(14, status="cancelled"))
    assert {"order.cancelled": (at(9), False)} == known(shelf)


def test_a_time_that_is_told_takes_the_place_of_an_estimate(shelf: Shelf) -> None:
    shelf.hint(20, header(19, payment_status="paid"))
    shelf.hint(21, header(18, payment_status="paid", paid_at=at(17)))
    shelf.hint(22, header(5, payment_status="paid"))
    assert {"order.paid": (at(17), True)} == known(shelf)


def test_the_newest_telling_of_an_exact_time_stands(shelf: Shelf) -> None:
    """A carrier corrects itself: the parcel arrived a day later."""
    shelf.hint(30, parcel("p", 25, delivered_at=at(24)))
    shelf.hint(31, parcel("p", 20, delivered_at=at(12)))
    assert {"shipment.delivered": (at(24), True)} == known(shelf)


def test_what_a_deleted_order_did_stays_known(shelf: Shelf) -> None:
    shelf.hint(10, header(9, placed_at=at(1)))
    shelf.hint(11, gone(needs_read="only an id"))
    shelf.read(12, gone())
    assert {"order.placed": (at(1), True)} == known(shelf)


def test_a_refund_is_known_with_its_amount(shelf: Shelf) -> None:
    fields = {"created_at": at(5), "amount": Money("3", "EUR")}
    shelf.hint(10, Record(kind=Kind.REFUND, id="r", order_id="1", updated_at=at(5), fields=fields))
    (event,) = shelf.events
    assert ("order.refunded", "r", Money("3", "EUR")) == (
        event.type,
        getattr(event, "refund_id", None),
        getattr(event, "amount", None),
    )


# -- putting an order together ---------------------------------------------------------------------


def test_the_newer_word_of_platform_or_carrier_is_the_status(shelf: Shelf) -> None:
    scan = Scan(id="s", status=ShipmentStatus.OUT_FOR_DELIVERY, at=at(20))
    shelf.hint(10, header(9), parcel("p", 9, status="in_transit"))
    shelf.hint(21, replace(parcel("p", 20), scans=(scan,)))
    assert [ShipmentStatus.OUT_FOR_DELIVERY] == [one.status for one in shelf.known_order.shipments]
    shelf.hint(31, parcel("p", 30, status="delivered", delivered_at=at(29)))
    assert [ShipmentStatus.DELIVERED] == [one.status for one in shelf.known_order.shipments]
    assert [at(29)] == [one.delivered_at for one in shelf.known_order.shipments]


def test_a_parcel_that_a_scan_says_has_arrived_has_a_time_of_arrival(shelf: Shelf) -> None:
    scan = Scan(id="s", status=ShipmentStatus.DELIVERED, at=at(20))
    shelf.hint(10, header(9), parcel("p", 9))
    shelf.hint(21, replace(parcel("p", 20), scans=(scan,)))
    assert [at(20)] == [one.delivered_at for one in shelf.known_order.shipments]


def test_scans_come_in_the_order_in_which_they_happened(shelf: Shelf) -> None:
    late = Scan(id="a", status=ShipmentStatus.DELIVERED, at=at(20))
    early = Scan(id="b", status=ShipmentStatus.IN_TRANSIT, at=at(15))
    shelf.hint(21, header(9), replace(parcel("p", 20), scans=(late,)))
    shelf.hint(22, replace(parcel("p", 16), scans=(early,)))
    (shipment,) = shelf.known_order.shipments
    assert ["b", "a"] == [scan.id for scan in shipment.scans]
    assert ShipmentStatus.DELIVERED is shipment.status


def test_the_lines_of_a_refund_are_not_lost_when_a_webhook_leaves_them_out(shelf: Shelf) -> None:
    fields = {"created_at": at(5), "lines": [{"line_id": "1", "quantity": 1}]}
    refund = Record(
        kind=Kind.REFUND, id="r", order_id="1", within="refunds", updated_at=at(5), fields=fields
    )
    shelf.hint(10, header(9, refunds=["r"]), refund)
    shelf.hint(12, header(11, refunds=["r"]), replace(refund, fields={"created_at": at(5)}))
    (known_refund,) = shelf.known_order.refunds
    assert Refund.model_fields["lines"].default is None
    assert known_refund.lines is not None
    assert ["1"] == [line.line_id for line in known_refund.lines]
