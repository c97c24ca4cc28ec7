"""What a webhook leaves open is asked of the platform, once; deletions mute until then."""

from __future__ import annotations

from core.mirror.shelf import Shelf, at, gone, header, parcel

from storelink.models import Kind, OrderStatus, Record

NOTHING_OPEN: dict[str, str | None] = {}
DELTA = {"order:1": "a delta"}


def test_a_delta_is_asked_about_until_a_later_read(shelf: Shelf) -> None:
    shelf.hint(10, header(9, needs_read="a delta"))
    assert DELTA == shelf.open_questions
    shelf.read(11, header(9))
    assert NOTHING_OPEN == shelf.open_questions


def test_a_read_that_began_earlier_does_not_answer(shelf: Shelf) -> None:
    """The webhook came while the platform was answering: the answer may be the older state."""
    shelf.hint(10, header(9, needs_read="a delta"))
    shelf.read(9.5, header(8))
    assert DELTA == shelf.open_questions


def test_a_question_asked_while_a_read_is_under_way_survives_it(shelf: Shelf) -> None:
    """The first question must not lend its earlier time to the second."""
    shelf.hint(10, header(9, needs_read="a delta"))
    shelf.hint(12, header(11, needs_read="another delta"))
    shelf.read(11, header(9))
    assert DELTA == shelf.open_questions
    shelf.read(13, header(11))
    assert NOTHING_OPEN == shelf.open_questions


def test_a_delta_that_the_last_read_already_showed_is_not_asked_about(shelf: Shelf) -> None:
    shelf.read(10, header(9))
    shelf.hint(11, header(8, needs_read="a delta"))
    assert NOTHING_OPEN == shelf.open_questions


def test_a_delta_of_the_second_that_was_read_is_asked_about_if_it_differs(shelf: Shelf) -> None:
    """Both platforms count whole seconds: the read may have come between two states of one."""
    shelf.read(9.4, header(9))
    shelf.hint(11, header(9, needs_read="a delta"))
    assert NOTHING_OPEN == shelf.open_questions
    shelf.hint(11, header(9, status="cancelled", needs_read="a delta"))
    assert DELTA == shelf.open_questions


def test_two_states_of_one_second_are_asked_about(shelf: Shelf) -> None:
    shelf.hint(10, header(9, status="open"))
    shelf.hint(10, header(9, status="on_hold"))
    assert {"order:1": "two states of the same second differ in status"} == shelf.open_questions
    shelf.read(11, header(9, status="open"))
    assert NOTHING_OPEN == shelf.open_questions
    assert OrderStatus.OPEN is shelf.known_order.status


def test_a_state_of_the_second_that_was_read_is_asked_about(shelf: Shelf) -> None:
    """The read stands until it is repeated, and the other state is not lost."""
    shelf.read(9.3, header(9, status="open"))
    shelf.hint(10, header(9, status="cancelled"))
    assert OrderStatus.OPEN is shelf.known_order.status
    assert {"order:1": "two states of the same second differ in status"} == shelf.open_questions
    shelf.read(11, header(9, status="cancelled"))
    assert OrderStatus.CANCELLED is shelf.known_order.status
    assert NOTHING_OPEN == shelf.open_questions


def test_equal_states_of_one_second_leave_nothing_open(shelf: Shelf) -> None:
    shelf.read(9.3, header(9))
    shelf.hint(10, header(9))
    shelf.hint(11, header(9))
    assert NOTHING_OPEN == shelf.open_questions


def test_a_webhook_without_a_time_never_beats_one_with_a_time(shelf: Shelf) -> None:
    shelf.hint(10, header(9, status="open"))
    shelf.hint(11, header(None, status="pending"))
    assert OrderStatus.OPEN is shelf.known_order.status


def test_a_read_beats_a_webhook_of_the_same_state(shelf: Shelf) -> None:
    shelf.hint(10, header(9, note="webhook"))
    shelf.read(12, header(9, note="read"))
    assert "read" == shelf.known_order.note


def test_a_read_of_an_older_state_does_not_undo_a_newer_webhook(shelf: Shelf) -> None:
    shelf.hint(10, header(9, status="completed"))
    shelf.read(12, header(8, status="open"))
    assert OrderStatus.COMPLETED is shelf.known_order.status


def test_a_read_that_was_overtaken_by_another_stays_older(shelf: Shelf) -> None:
    shelf.read(20, header(9, note="second"))
    shelf.read(19, header(9, note="first"))
    assert "second" == shelf.known_order.note
    assert at(20) == shelf.row().read_at


# -- headers ---------------------------------------------------------------------------------------


def test_a_part_without_its_order_lets_the_order_be_read(shelf: Shelf) -> None:
    shelf.hint(10, parcel("p", 9, tracking=[{"number": "T1"}]))
    assert {"order:1": "only a part of the order is known"} == shelf.open_questions
    assert shelf.order is None


def test_the_order_itself_answers_that_question(shelf: Shelf) -> None:
    shelf.hint(10, parcel("p", 9, tracking=[{"number": "T1"}]))
    shelf.hint(11, header(10))
    assert NOTHING_OPEN == shelf.open_questions
    assert ["p"] == shelf.parcels


def test_the_order_itself_does_not_answer_another_question(shelf: Shelf) -> None:
    shelf.hint(10, parcel("p", 9))
    shelf.hint(11, gone(needs_read="only an id"))
    shelf.hint(12, header(8))
    assert ["order:1"] == list(shelf.open_questions)
    assert shelf.known_order.deleted_at is not None


def test_a_question_about_the_header_is_not_hidden_by_the_one_about_the_missing_header(
    shelf: Shelf,
) -> None:
    shelf.hint(10, parcel("p", 9))
    shelf.hint(11, Record(kind=Kind.ORDER, id="1", needs_read="only an id"))
    shelf.hint(12, header(8))
    assert {"order:1": "only an id"} == shelf.open_questions


def test_some_fields_of_an_order_are_not_yet_an_order(shelf: Shelf) -> None:
    part = Record(kind=Kind.ORDER, id="1", updated_at=at(9), fields={"status": "open"})
    shelf.hint(10, part, parcel("p", 9))
    assert {"order:1": "only a part of the order is known"} == shelf.open_questions
    assert shelf.order is None
    shelf.hint(11, header(10))
    assert NOTHING_OPEN == shelf.open_questions
    assert shelf.order is not None


# -- deletions -------------------------------------------------------------------------------------


def test_a_deletion_mutes_at_once(shelf: Shelf) -> None:
    shelf.hint(10, header(9))
    shelf.hint(12, gone(needs_read="only an id"))
    assert at(12) == shelf.known_order.deleted_at


def test_a_webhook_does_not_revive_but_lets_the_order_be_read(shelf: Shelf) -> None:
    shelf.hint(10, header(9))
    shelf.hint(12, Record(kind=Kind.ORDER, id="1", updated_at=at(11), deleted=True))
    assert NOTHING_OPEN == shelf.open_questions
    shelf.hint(14, header(13))
    assert shelf.known_order.deleted_at is not None
    why = "the store speaks of it, although it was deleted"
    assert {"order:1": why} == shelf.open_questions


def test_only_a_later_read_revives(shelf: Shelf) -> None:
    shelf.hint(10, header(9))
    shelf.hint(12, gone(needs_read="only an id"))
    shelf.read(11, header(9))
    assert shelf.known_order.deleted_at is not None
    shelf.read(13, header(9))
    assert shelf.known_order.deleted_at is None
    assert NOTHING_OPEN == shelf.open_questions


def test_a_deletion_that_is_told_twice_leaves_nothing_open(shelf: Shelf) -> None:
    shelf.hint(10, header(9))
    for second in (12, 13):
        shelf.hint(second, Record(kind=Kind.ORDER, id="1", updated_at=at(11), deleted=True))
    assert NOTHING_OPEN == shelf.open_questions


def test_a_deletion_that_is_older_than_what_is_known_lets_the_order_be_read(shelf: Shelf) -> None:
    """Put into the trash, taken out again, and the webhooks came in the wrong order."""
    shelf.hint(10, header(9))
    shelf.hint(11, Record(kind=Kind.ORDER, id="1", updated_at=at(5), deleted=True))
    assert shelf.known_order.deleted_at is not None
    assert ["order:1"] == list(shelf.open_questions)


def test_a_deletion_that_was_absorbed_late_lets_the_order_be_read(shelf: Shelf) -> None:
    """It was received before the last read, and absorbed after it."""
    shelf.hint(5, header(4))
    shelf.read(10, header(9))
    shelf.hint(6, Record(kind=Kind.ORDER, id="1", updated_at=at(30), deleted=True))
    assert shelf.known_order.deleted_at is not None
    assert ["order:1"] == list(shelf.open_questions)
    shelf.read(11, header(9))
    assert shelf.known_order.deleted_at is None


def test_a_read_that_finds_nothing_deletes(shelf: Shelf) -> None:
    shelf.hint(10, header(9, needs_read="a delta"))
    shelf.read(12, gone())
    assert at(12) == shelf.known_order.deleted_at
    assert NOTHING_OPEN == shelf.open_questions


def test_a_deleted_order_that_is_not_known_is_no_order(shelf: Shelf) -> None:
    shelf.hint(10, gone(needs_read="only an id"))
    shelf.read(12, gone())
    assert shelf.order is None
    assert NOTHING_OPEN == shelf.open_questions


# -- a clock that stands still ---------------------------------------------------------------------


def test_under_a_frozen_clock_each_step_still_follows_the_other(shelf: Shelf) -> None:
    """Tests freeze the clock: everything here has the same instant."""
    shelf.hint(0, header(0))
    shelf.read(0, header(0))
    shelf.hint(0, header(0, status="on_hold", needs_read="a delta"))
    assert DELTA == shelf.open_questions
    shelf.read(0, header(0, status="on_hold"))
    assert OrderStatus.ON_HOLD is shelf.known_order.status
    assert NOTHING_OPEN == shelf.open_questions
    shelf.hint(0, gone(needs_read="only an id"))
    assert shelf.known_order.deleted_at is not None
    shelf.read(0, gone())
    assert shelf.known_order.deleted_at is not None
    assert NOTHING_OPEN == shelf.open_questions
    shelf.hint(0, header(0, status="open"))
    shelf.read(0, header(0, status="open"))
    assert shelf.known_order.deleted_at is None
    assert OrderStatus.OPEN is shelf.known_order.status
    assert NOTHING_OPEN == shelf.open_questions


def test_under_a_frozen_clock_the_last_of_many_reads_stands(shelf: Shelf) -> None:
    for number in range(50):
        shelf.read(0, header(0, note=f"read {number}"))
    assert "read 49" == shelf.known_order.note
    assert NOTHING_OPEN == shelf.open_questions
