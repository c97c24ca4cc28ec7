"""Lists of parts that are carried whole: what is not named is gone, and stays gone."""

from __future__ import annotations

from dataclasses import replace

from core.mirror.shelf import Shelf, at, header, parcel

from storelink.models import Kind, Record, Ref, Scan, ShipmentStatus


def test_a_part_that_is_not_named_any_more_is_gone(shelf: Shelf) -> None:
    shelf.hint(10, header(9, shipments=["p", "q"]), parcel("p", 9), parcel("q", 9))
    shelf.hint(12, header(11, shipments=["q"]), parcel("q", 11))
    assert ["q"] == shelf.parcels


def test_a_stale_list_does_not_revive(shelf: Shelf) -> None:
    shelf.hint(12, header(11, shipments=["q"]), parcel("q", 11))
    shelf.hint(13, header(9, shipments=["p", "q"]), parcel("p", 9), parcel("q", 9))
    assert ["q"] == shelf.parcels


def test_a_list_that_is_not_carried_says_nothing(shelf: Shelf) -> None:
    shelf.hint(10, header(9, shipments=["p"]), parcel("p", 9))
    shelf.hint(12, header(11))
    assert ["p"] == shelf.parcels


def test_a_part_that_is_newer_than_the_list_survives_it(shelf: Shelf) -> None:
    shelf.hint(10, header(9, shipments=[]))
    shelf.hint(12, parcel("p", 11, tracking=[{"number": "T"}]))
    shelf.hint(13, header(10, shipments=[]))
    assert ["p"] == shelf.parcels
    assert {} == shelf.open_questions


def test_a_part_of_the_same_second_as_a_list_without_it_is_asked_about(shelf: Shelf) -> None:
    why = "a list and a part of it are equally new and disagree"
    shelf.hint(10, header(9, shipments=[]))
    shelf.hint(11, parcel("p", 9))
    assert ["p"] == shelf.parcels
    assert {"order:1": why} == shelf.open_questions
    shelf.read(12, header(9, shipments=[]))
    assert [] == shelf.parcels
    assert {} == shelf.open_questions


def test_a_part_of_the_same_second_as_a_read_without_it_is_asked_about(shelf: Shelf) -> None:
    why = "a list and a part of it are equally new and disagree"
    shelf.read(9.3, header(9, shipments=[]))
    shelf.hint(11, parcel("p", 9))
    assert [] == shelf.parcels
    assert {"order:1": why} == shelf.open_questions
    shelf.read(12, header(9, shipments=["p"]), parcel("p", 9))
    assert ["p"] == shelf.parcels
    assert {} == shelf.open_questions


def test_a_part_that_came_while_the_order_was_read_is_not_lost(shelf: Shelf) -> None:
    shelf.hint(5, header(4))
    shelf.hint(10.5, parcel("p", 10))
    shelf.read(10, header(4, shipments=[]))
    assert ["p"] == shelf.parcels


def test_a_part_is_gone_although_the_order_was_not_touched(shelf: Shelf) -> None:
    """Not every platform moves the order's time when a parcel is taken off."""
    shelf.read(20, header(4, shipments=["p"]), parcel("p", 15))
    assert ["p"] == shelf.parcels
    shelf.read(30, header(4, shipments=[]))
    assert [] == shelf.parcels


def test_a_part_named_only_by_a_read_that_was_overtaken_is_gone(shelf: Shelf) -> None:
    """Two workers read; the older answer, with the parcel, is absorbed last."""
    shelf.read(30, header(4, shipments=[]))
    shelf.read(29, header(4, shipments=["p"]), parcel("p", 15))
    assert [] == shelf.parcels


def test_a_part_told_by_webhook_is_gone_when_a_later_read_does_not_name_it(shelf: Shelf) -> None:
    shelf.hint(5, header(4))
    shelf.hint(16, parcel("p", 15))
    shelf.read(30, header(4, shipments=[]))
    assert [] == shelf.parcels
    assert {} == shelf.open_questions


def test_stale_news_of_a_part_that_is_gone_let_the_order_be_read(shelf: Shelf) -> None:
    shelf.hint(5, header(4))
    shelf.hint(16, parcel("p", 15))
    shelf.read(30, header(4, shipments=[]))
    shelf.hint(31, parcel("p", 14, tracking=[{"number": "T"}]))
    assert [] == shelf.parcels
    assert ["shipment:p"] == list(shelf.open_questions)
    shelf.read(32, header(4, shipments=[]))
    assert [] == shelf.parcels
    assert {} == shelf.open_questions


def test_a_part_that_comes_back_is_shown_by_the_next_read(shelf: Shelf) -> None:
    shelf.read(20, header(4, shipments=["p"]), parcel("p", 15))
    shelf.read(30, header(4, shipments=[]))
    shelf.read(40, header(4, shipments=["p"]), parcel("p", 15))
    assert ["p"] == shelf.parcels


def test_an_order_that_was_deleted_keeps_its_parts(shelf: Shelf) -> None:
    """They are needed to explain what was sent about them."""
    shelf.hint(10, header(9, shipments=["p"]), parcel("p", 9))
    shelf.read(12, Record(kind=Kind.ORDER, id="1", deleted=True))
    assert ["p"] == shelf.parcels


def test_a_read_of_the_order_answers_what_is_open_about_its_parts(shelf: Shelf) -> None:
    shelf.hint(10, header(9), parcel("p", 9, needs_read="a delta"))
    assert {"shipment:p": "a delta"} == shelf.open_questions
    shelf.read(12, header(9, shipments=["p"]), parcel("p", 9))
    assert {} == shelf.open_questions


def test_it_answers_also_about_a_part_that_is_gone_under_a_frozen_clock(shelf: Shelf) -> None:
    """Otherwise the order would be read for ever."""
    shelf.read(0, header(0, shipments=["p"]), parcel("p", 0))
    shelf.hint(0, parcel("p", 0, needs_read="a delta"))
    shelf.read(0, header(0, shipments=[]))
    assert {} == shelf.open_questions
    assert [] == shelf.parcels


def test_under_a_frozen_clock_a_part_may_come_and_go(shelf: Shelf) -> None:
    for _ in range(3):
        shelf.read(0, header(0, shipments=["p"]), parcel("p", 0))
        assert ["p"] == shelf.parcels
        shelf.read(0, header(0, shipments=[]))
        assert [] == shelf.parcels
    assert {} == shelf.open_questions


def test_a_scan_alone_adds_to_its_parcel(shelf: Shelf) -> None:
    shelf.hint(10, header(9, shipments=["p"]), parcel("p", 9, tracking=[{"number": "T"}]))
    scan = Scan(id="s", status=ShipmentStatus.OUT_FOR_DELIVERY, at=at(20))
    shelf.hint(21, replace(parcel("p", 20), scans=(scan,)))
    shipment = shelf.known_order.shipment("p")
    assert shipment is not None
    assert ShipmentStatus.OUT_FOR_DELIVERY is shipment.status
    assert ["T"] == [one.number for one in shipment.tracking]


def test_a_part_of_another_order_is_left_alone(shelf: Shelf) -> None:
    shelf.hint(10, header(9, shipments=["p"]), parcel("p", 9))
    shelf.hint(10, replace(parcel("x", 9), order_id="2"))
    shelf.read(12, header(9, shipments=["p"]), parcel("p", 9))
    assert shelf.row(Ref.shipment("x")).deleted_since is None
