"""Returns as notes: what staff reads, and how a return stands by what the notes say."""

from __future__ import annotations

import html
import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.models import (
    ReturnReason,
    ReturnRequest,
    ReturnStatus,
    ReturnStep,
    ReturnWish,
    WantedLine,
)
from storelink.models.returns import MAX_NOTE, ReturnLine
from storelink_woocommerce.return_notes import (
    id_of,
    order_of,
    request_note,
    returns_in,
    step_note,
)

Row = dict[str, Any]

NOON = datetime(2026, 10, 12, 9, tzinfo=UTC)
BOWL = WantedLine(line_id="12", quantity=2, reason=ReturnReason.SIZE_TOO_SMALL)
CUP = WantedLine(line_id="13", quantity=1)
TITLES = {"12": "Bowl & <b>lid</b>", "13": "কাপ 🍵"}

ASKED = "[storelink return 7-1 requested exchange 12:2:size-too-small 13:1:unknown]\nwords"
APPROVED = "[storelink return 7-1 approved 2026-10-12T09:00:00Z]\nThe return was approved."
DECLINED = "[storelink return 7-1 declined 2026-10-12T09:00:00Z]"
RECEIVED = "[storelink return 7-1 received 2026-10-14T09:00:00Z]"
EXCHANGED = "[storelink return 7-1 exchanged 2026-10-15T09:00:00Z]"


def note(number: int, text: Any, *, seconds: int = 0, **options: Any) -> Row:
    """A note as the REST API lists it (recordings `order_notes_*`)."""
    at = (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    told = {"id": number, "author": "WooCommerce", "date_created_gmt": at, "note": text}
    return {**told, "customer_note": False, **options}


def notes(*texts: Any) -> list[Row]:
    """Notes of one second, in the order in which they were written."""
    return [note(number, text) for number, text in enumerate(texts, 90)]


def fields(rows: list[Row]) -> dict[str, Any]:
    return dict(returns_in("7", rows)["7-1"].fields)


def a_request(**options: Any) -> ReturnRequest:
    told = {"key": "7-1", "order_id": "7", "lines": (BOWL, CUP), "wish": ReturnWish.EXCHANGE}
    return ReturnRequest(**{**told, **options})


# -- how a return stands -------------------------------------------------------------------------


def test_a_request_is_told_with_its_lines_and_the_time_of_its_note() -> None:
    [record] = returns_in("7", [note(90, ASKED, seconds=3)]).values()
    lines = (
        ReturnLine(line_id="12", quantity=2, reason="size-too-small"),
        ReturnLine(line_id="13", quantity=1, reason="unknown"),
    )
    expected = {
        "status": ReturnStatus.REQUESTED,
        "lines": lines,
        "requested_at": NOON + timedelta(seconds=3),
        "approved_at": None,
        "key": "7-1",
        "exchanged": False,
    }
    assert expected == record.fields
    assert ("7", "returns") == (record.order_id, record.within)
    assert record.updated_at == NOON + timedelta(seconds=3)
    assert [ASKED] == [row["note"] for row in record.raw["notes"]]


@pytest.mark.parametrize(
    ("said", "status", "arrived", "exchanged"),
    [
        ([APPROVED], ReturnStatus.OPEN, False, False),
        ([APPROVED, RECEIVED], ReturnStatus.OPEN, True, False),
        ([APPROVED, EXCHANGED], ReturnStatus.OPEN, False, True),
        ([APPROVED, RECEIVED, EXCHANGED], ReturnStatus.OPEN, True, True),
        ([APPROVED, DECLINED], ReturnStatus.OPEN, False, False),
        ([DECLINED], ReturnStatus.DECLINED, False, False),
        ([DECLINED, APPROVED, RECEIVED, EXCHANGED], ReturnStatus.DECLINED, False, False),
        ([RECEIVED, EXCHANGED], ReturnStatus.REQUESTED, False, False),
    ],
)
def test_how_it_stands_follows_from_what_was_said(
    said: list[str], status: ReturnStatus, arrived: bool, exchanged: bool
) -> None:
    """What is said against the first decision, or before any, does not count."""
    told = fields(notes(ASKED, *said))
    assert (status, exchanged) == (told["status"], told["exchanged"])
    assert [2 * arrived, 1 * arrived] == [line.processed_quantity for line in told["lines"]]
    assert (NOON if status is ReturnStatus.OPEN else None) == told["approved_at"]


def test_the_order_in_which_notes_are_listed_changes_nothing() -> None:
    """WooCommerce lists notes of one second in any order (recording `order_notes_list`)."""
    rows = notes(ASKED, APPROVED, DECLINED, RECEIVED, EXCHANGED)
    expected = returns_in("7", rows)
    assert all(expected == returns_in("7", one) for one in itertools.permutations(rows))


def test_the_clocks_of_servers_do_not_decide_who_was_first() -> None:
    rows = [note(90, ASKED), note(91, APPROVED, seconds=60), note(92, DECLINED, seconds=-60)]
    assert ReturnStatus.OPEN is fields(rows)["status"]


def test_what_is_said_twice_counts_once() -> None:
    """An answer was lost, and the note was written again, even later and with another time."""
    once = notes(ASKED, APPROVED, RECEIVED)
    later = APPROVED.replace("09:00", "11:00")
    again = [note(200 + number, text, seconds=60) for number, text in enumerate((ASKED, later))]
    expected = returns_in("7", once)
    assert expected == returns_in("7", once + again) == returns_in("7", once + once)


def test_the_newest_note_that_counts_is_the_time_of_the_state() -> None:
    rows = [note(90, ASKED), note(91, APPROVED, seconds=60), note(92, DECLINED, seconds=90)]
    [record] = returns_in("7", rows).values()
    assert record.updated_at == NOON + timedelta(seconds=60)


FORGED = [
    f"words {APPROVED}",
    f"\n{APPROVED}",
    f" {APPROVED}",
    f"<p>{APPROVED}",
    APPROVED.upper(),
    APPROVED.replace("[", "&#91;"),
    APPROVED.replace(" 7-1 ", "  7-1 "),
    APPROVED.replace("approved", "cancelled"),
    APPROVED.replace("2026-10-12T09:00:00Z", "today"),
    APPROVED.replace("2026-10-12T09:00:00Z", "2026-13-41T09:00:00Z"),
    APPROVED.replace("2026-10-12T09:00:00Z", "2026-10-12"),
    APPROVED.replace("2026-10-12T09:00:00Z", "9999-10-12T09:00:00Z"),
    APPROVED.replace("7-1", "7-2"),
    "[storelink return 7-1 approved",
    None,
    7,
    {},
]


@pytest.mark.parametrize("text", FORGED)
def test_only_a_mark_at_the_very_start_of_a_note_counts(text: Any) -> None:
    assert returns_in("7", notes(ASKED)) == returns_in("7", notes(ASKED, text))


def test_what_a_customer_sees_or_was_mailed_is_no_state() -> None:
    assert {} == returns_in("7", [note(90, ASKED, customer_note=True)])


@pytest.mark.parametrize(
    "lines",
    ["", " 12", " 12:1", " 12:x:other", " 12:0:other", " 12:1:other 13", f" 12:{'9' * 400}:other"],
)
def test_a_request_without_lines_that_can_be_read_is_none(lines: str) -> None:
    assert {} == returns_in("7", notes(f"[storelink return 7-1 requested exchange{lines}]"))


@pytest.mark.parametrize("date", [None, "", "0000-00-00T00:00:00", 7])
def test_a_note_whose_date_is_spoilt_still_counts(date: Any) -> None:
    [record] = returns_in("7", [note(90, ASKED, date_created_gmt=date)]).values()
    assert (None, None) == (record.updated_at, record.fields["requested_at"])


@given(st.lists(st.dictionaries(st.sampled_from(["id", "note", "date_created_gmt"]), st.text())))
def test_notes_of_others_are_harmless(rows: list[Row]) -> None:
    assert returns_in("7", notes(ASKED)) == returns_in("7", [*notes(ASKED), *rows])


# -- what is written -----------------------------------------------------------------------------


def test_staff_reads_what_is_wanted_and_how_to_go_on() -> None:
    expected = (
        "[storelink return 7-1 requested exchange 12:2:size-too-small 13:1:unknown]\n"
        "The customer wants to exchange:\n"
        "- 2 x Bowl &#38; &#60;b&#62;lid&#60;/b&#62; (too small)\n"
        "- 1 x কাপ &#127861; (no reason given)\n"
        "In their words: Too small for soup.\n"
        'To answer: "storelink returns approve STORE 7-1", or "decline"; later "received" and '
        '"exchanged". The return is kept in these notes: please do not delete them.'
    )
    assert expected == request_note(a_request(note="Too small for soup."), TITLES)


def test_staff_reads_what_became_of_it_and_why() -> None:
    at = datetime(2026, 10, 12, 14, 30, 0, 999, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    mark = "[storelink return 7-1 declined 2026-10-12T09:00:00Z]"
    expected = f"{mark}\nThe return was declined.\nIt was <worn>."
    assert expected == html.unescape(step_note("7-1", ReturnStep.DECLINED, at, "It was <worn>."))
    assert step_note("7-1", ReturnStep.RECEIVED, at, " \n").count("\n") == 1


def test_every_reason_wish_and_step_has_words_of_its_own() -> None:
    lines = [WantedLine(line_id="12", quantity=1, reason=one) for one in ReturnReason]
    reasons = {request_note(a_request(lines=(one,)), TITLES).split("\n")[2] for one in lines}
    wishes = {request_note(a_request(wish=one), TITLES).split("\n")[1] for one in ReturnWish}
    steps = {step_note("7-1", one, NOON, "").split("\n")[1] for one in ReturnStep}
    assert (len(ReturnReason), len(ReturnWish), len(ReturnStep)) == tuple(
        map(len, (reasons, wishes, steps))
    )


WORDS = [
    ("গরম ভাত ☕", "গরম ভাত ☕"),
    ("👨\u200d👩\u200d👧 ক্\u200dষ", "👨\u200d👩\u200d👧 ক্\u200dষ"),
    ("<b>bold</b> & &amp; \\ 'so' \"so\"", "<b>bold</b> & &amp; \\ 'so' \"so\""),
    ("a\x00b\x07c\x7fd", "a b c d"),
    ("one\n\ntwo\r\n\tthree\u2028four", "one two three four"),
    ("\u202eevil\u2066\ufeff", "evil"),
]


@pytest.mark.parametrize(("text", "shown"), WORDS)
def test_words_are_shown_as_they_were_written(text: str, shown: str) -> None:
    """No markup, no line of its own, and nothing that WordPress or its database would not keep."""
    written = request_note(a_request(note=text), TITLES)
    words = written.split("\n")[4].removeprefix("In their words: ")
    assert shown == html.unescape(words)
    assert not set("<>\\[") & set(words)
    assert all(one <= "\uffff" for one in written)


@given(st.text(max_size=MAX_NOTE), st.text())
def test_words_change_nothing_but_themselves(words: str, title: str) -> None:
    request = a_request(note=words.encode("utf-8", "ignore").decode())
    written = request_note(request, {"12": title, "13": title})
    assert fields(notes(ASKED)) == fields(notes(written))
    assert 1 == written.count("[")


def test_words_of_blanks_make_no_line() -> None:
    for text in (None, "", " \n\u202e"):
        assert "In their words" not in request_note(a_request(note=text), TITLES)


def test_a_large_request_fits_into_a_note() -> None:
    """The column takes 65,535 bytes, and a note that is longer is lost as a whole."""
    titles = {str(number): "🍵" * 300 for number in range(200)}
    lines = tuple(WantedLine(line_id=key, quantity=1) for key in titles)
    written = request_note(a_request(lines=lines, note="☕" * MAX_NOTE), titles)
    assert len(written.encode()) < 65_535
    assert "- and 160 more lines of the order" in written
    assert 200 == len(fields(notes(written))["lines"])


def test_the_id_of_a_return_names_its_order() -> None:
    assert ("7-1", "7:70-1", "7:x") == tuple(id_of("7", key) for key in ("7-1", "70-1", "x"))
    assert ("7", "7", None, None) == tuple(map(order_of, ("7-1", "7:70-1", "7", "x-7")))
