"""A page of a list is a read of what it shows whole, and asks about what it leaves out."""

from __future__ import annotations

from core.mirror.shelf import Shelf, at, gone, header, parcel

from storelink.models import Kind, Money, OrderStatus, Record, Ref

LEFT_OUT = "the list leaves out the refunds' lines"
NOTHING_OPEN: dict[str, str | None] = {}
OPEN = {"order:1": LEFT_OUT}


def part(state_at: float, **fields: object) -> Record:
    """What a list says of an order that it does not show whole."""
    return header(state_at, needs_read=LEFT_OUT, **fields)


def test_what_a_list_shows_whole_is_read(shelf: Shelf) -> None:
    shelf.hint(10, header(9, needs_read="a delta"))
    shelf.read(11, header(9, status="completed"))
    assert NOTHING_OPEN == shelf.open_questions
    assert at(11) == shelf.row().read_at


def test_what_a_list_leaves_out_is_asked_about(shelf: Shelf) -> None:
    shelf.read(11, part(9))
    assert OPEN == shelf.open_questions
    assert shelf.row().read_at is None
    shelf.read(12, header(9))
    assert NOTHING_OPEN == shelf.open_questions


def test_what_it_does_show_is_as_fresh_as_any_read(shelf: Shelf) -> None:
    """A webhook of the same second does not stand against it, whichever came first."""
    shelf.hint(10, header(9, status="cancelled"))
    shelf.read(11, part(9, status="on_hold"))
    assert OrderStatus.ON_HOLD is shelf.known_order.status
    shelf.hint(10, header(9, status="cancelled"))
    assert OrderStatus.ON_HOLD is shelf.known_order.status


def test_it_answers_nothing(shelf: Shelf) -> None:
    shelf.hint(10, header(9, needs_read="a delta"))
    shelf.read(11, part(9))
    assert {"order:1": "a delta"} == shelf.open_questions
    shelf.read(10.5, header(9))
    assert {"order:1": "a delta"} == shelf.open_questions, "the list asked again, later"
    shelf.read(12, header(9))
    assert NOTHING_OPEN == shelf.open_questions


def test_it_revives_nothing_and_lets_the_order_be_read(shelf: Shelf) -> None:
    shelf.read(8, header(7))
    shelf.hint(10, gone())
    shelf.read(12, part(7))
    assert shelf.known_order.deleted_at is not None
    assert ["order:1"] == list(shelf.open_questions)
    shelf.read(13, header(7))
    assert shelf.known_order.deleted_at is None


def test_a_state_that_was_read_whole_is_not_asked_about_again(shelf: Shelf) -> None:
    """Two sweeps overlap: what is listed twice is not read twice."""
    shelf.read(11, header(9, total=Money("7", "EUR")))
    shelf.read(12, part(9, total=Money("7", "EUR")))
    assert NOTHING_OPEN == shelf.open_questions
    shelf.read(13, part(9, total=Money("8", "EUR")))
    assert OPEN == shelf.open_questions


def test_a_newer_state_is_asked_about(shelf: Shelf) -> None:
    shelf.read(11, header(9))
    shelf.read(12, part(10))
    assert OPEN == shelf.open_questions


def test_a_list_that_a_whole_read_overtook_asks_nothing(shelf: Shelf) -> None:
    shelf.read(12, header(9))
    shelf.read(11, part(10))
    assert NOTHING_OPEN == shelf.open_questions


def test_it_does_not_answer_for_the_parts_of_its_order(shelf: Shelf) -> None:
    shelf.hint(10, header(9, shipments=["p"]), parcel("p", 9, needs_read="only an id"))
    shelf.read(11, part(9, shipments=["p"]))
    assert OPEN | {"shipment:p": "only an id"} == shelf.open_questions
    shelf.read(12, header(9, shipments=["p"]), parcel("p", 9))
    assert NOTHING_OPEN == shelf.open_questions


def test_it_still_says_which_parts_there_are(shelf: Shelf) -> None:
    shelf.hint(10, header(9, shipments=["p", "q"]), parcel("p", 9), parcel("q", 9))
    shelf.read(11, part(10, shipments=["q"]))
    assert ["q"] == shelf.parcels


def test_an_object_of_another_kind_is_no_different(shelf: Shelf) -> None:
    product = Ref(kind=Kind.PRODUCT, id="7")
    named = {"kind": Kind.PRODUCT, "id": "7", "updated_at": at(9)}
    shelf.read(11, Record(**named, fields={"title": "Mug"}, needs_read="no currency"))
    assert {"product:7": "no currency"} == shelf.open_questions
    assert shelf.row(product).read_at is None
    shelf.read(12, Record(**named, fields={"title": "Mug", "price": Money("3", "EUR")}))
    assert NOTHING_OPEN == shelf.open_questions
