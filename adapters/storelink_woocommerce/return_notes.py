"""Returns as private notes of their order: what is written, and what the notes say.

WooCommerce knows no returns. A note that begins with a mark says one thing of one return: first
`[storelink return 1042-1 requested exchange 12:1:size-too-small]` with the lines that are to go
back, then `[storelink return 1042-1 approved 2026-10-12T09:00:00Z]`, and so on. What follows the
mark is for the shop's staff.

Facts: `WC_Order::add_order_note`, `wp_insert_comment`; recordings `order_note_create`,
`order_notes_*`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from storelink.models.enums import ReturnReason, ReturnStatus, ReturnStep, ReturnWish
from storelink.models.record import Record
from storelink.models.ref import Kind
from storelink.models.returns import ReturnLine, ReturnRequest
from storelink.toolkit.payload import Reader, exact_json
from storelink_woocommerce import values
from storelink_woocommerce.paging import gmt_text

Body = Mapping[str, Any]

REQUESTED: Final = "requested"
MOST_LINES: Final = 40
"""How many lines a note names: what does not fit into the database is lost as a whole."""
LONGEST_TITLE: Final = 80

_MARK = re.compile(
    r"\[storelink return (?P<key>[A-Za-z0-9._-]{1,64}) (?P<word>[a-z]+) (?P<rest>[A-Za-z0-9: -]+)]"
)
_LINE = re.compile(r"([0-9]{1,20}):([1-9][0-9]{0,8}):([a-z-]+)")
_ID = re.compile(r"([0-9]+)[-:]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_STATUS: Mapping[str | None, ReturnStatus] = {
    None: ReturnStatus.REQUESTED,
    ReturnStep.APPROVED: ReturnStatus.OPEN,
    ReturnStep.DECLINED: ReturnStatus.DECLINED,
}
_COUNTS: Mapping[str | None, tuple[ReturnStep, ...]] = {
    None: (),
    ReturnStep.APPROVED: (ReturnStep.APPROVED, ReturnStep.RECEIVED, ReturnStep.EXCHANGED),
    ReturnStep.DECLINED: (ReturnStep.DECLINED,),
}
"""What counts of what was said, by what was decided."""

_IS_SAID: Mapping[ReturnStep, Callable[[Mapping[str, Any]], bool]] = {
    ReturnStep.APPROVED: lambda told: told["status"] is ReturnStatus.OPEN,
    ReturnStep.DECLINED: lambda told: told["status"] is ReturnStatus.DECLINED,
    ReturnStep.RECEIVED: lambda told: all(one.processed_quantity for one in told["lines"]),
    ReturnStep.EXCHANGED: lambda told: told["exchanged"],
}

_WISHES: Mapping[ReturnWish, str] = {
    ReturnWish.EXCHANGE: "The customer wants to exchange:",
    ReturnWish.REFUND: "The customer wants to send back, for their money:",
}
_REASONS: Mapping[ReturnReason, str] = {
    ReturnReason.SIZE_TOO_SMALL: "too small",
    ReturnReason.SIZE_TOO_LARGE: "too large",
    ReturnReason.COLOR: "does not like the color",
    ReturnReason.STYLE: "does not like the style",
    ReturnReason.NOT_AS_DESCRIBED: "not as described",
    ReturnReason.DEFECTIVE: "defective",
    ReturnReason.WRONG_ITEM: "not what was ordered",
    ReturnReason.UNWANTED: "does not want it any more",
    ReturnReason.OTHER: "another reason",
    ReturnReason.UNKNOWN: "no reason given",
}
_STEPS: Mapping[ReturnStep, str] = {
    ReturnStep.APPROVED: "The return was approved.",
    ReturnStep.DECLINED: "The return was declined.",
    ReturnStep.RECEIVED: "What was sent back has arrived.",
    ReturnStep.EXCHANGED: "Other goods were given for what was sent back.",
}

_UNSEEN = {"Cc", "Cf", "Cs"}
_JOINERS = "\u200c\u200d"
"""Bengali, Persian and emoji are written with them, and nothing is reordered by them."""

# Staff is shown a note as markup. `wp_insert_comment` takes a backslash away, and a table that is
# not utf8mb4 refuses the whole note for one emoji. No mark can be made without a bracket.
_MARKUP = re.compile(r"[&<>\\\[\U00010000-\U0010ffff]")


def id_of(order_id: str, key: str) -> str:
    """Return the id of a return, which names its order: its key, if that begins with the order's.

    No key has a colon, so that no two returns have one id.
    """
    return key if key.startswith(f"{order_id}-") else f"{order_id}:{key}"


def order_of(return_id: str) -> str | None:
    """Return the order that an id names; `None` if it names none."""
    found = _ID.match(return_id)
    return found[1] if found else None


# -- what is written -----------------------------------------------------------------------------


def request_note(request: ReturnRequest, titles: Mapping[str, str]) -> str:
    """Return the note that asks for a return.

    Args:
        request: what the customer asks.
        titles: what each line of the order is called, by its id.
    """
    asked = " ".join(f"{one.line_id}:{one.quantity}:{one.reason}" for one in request.lines)
    named = [
        f"- {one.quantity} x {_shown(titles[one.line_id][:LONGEST_TITLE])} ({_REASONS[one.reason]})"
        for one in request.lines[:MOST_LINES]
    ]
    rest = len(request.lines) - len(named)
    words = _shown(request.note or "")
    told = [
        f"[storelink return {request.key} {REQUESTED} {request.wish} {asked}]",
        _WISHES[request.wish],
        *named,
        *([f"- and {rest} more lines of the order"] if rest else ()),
        *([f"In their words: {words}"] if words else ()),
        _how_to_go_on(id_of(request.order_id, request.key)),
    ]
    return "\n".join(told)


def step_note(key: str, step: ReturnStep, at: datetime, why: str) -> str:
    """Return the note that says what became of a return; *why*: in the shop's words."""
    mark = f"[storelink return {key} {step} {gmt_text(at)}Z]"
    words = _shown(why)
    return "\n".join([mark, _STEPS[step], *([words] if words else ())])


def _how_to_go_on(return_id: str) -> str:
    return (
        f'To answer: "storelink returns approve STORE {return_id}", or "decline"; later "received" '
        'and "exchanged". The return is kept in these notes: please do not delete them.'
    )


def _shown(text: str) -> str:
    """Return *text* so that staff reads it as it was written, in one line."""
    seen = (
        one if one in _JOINERS or unicodedata.category(one) not in _UNSEEN else " " for one in text
    )
    return _MARKUP.sub(lambda one: f"&#{ord(one[0])};", " ".join("".join(seen).split()))


# -- what was written ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mark:
    """What one note says of one return.

    Attributes:
        word: `REQUESTED`, or a `ReturnStep`.
        at: when the note was written.
        time: when the step was taken.
    """

    key: str
    word: str
    at: datetime | None
    lines: tuple[ReturnLine, ...]
    time: datetime | None
    row: Body

    @property
    def place(self) -> tuple[int, datetime]:
        """Where the note stands among others: ids only grow, while the clocks of servers differ."""
        number = values.lenient(lambda: Reader(self.row, "note").integer("id"))
        return number or 0, self.at or _EPOCH


def returns_in(order_id: str, notes: Iterable[Body]) -> Mapping[str, Record]:
    """Say what an order's notes say of its returns, by id; in whatever order the notes come.

    What was said first counts: a step that is said again changes nothing, nor does what is said
    against an earlier decision, or of a return that nobody asked for.
    """
    said: dict[str, dict[str, _Mark]] = {}
    for mark in sorted(_marks(notes), key=lambda one: one.place):
        said.setdefault(mark.key, {}).setdefault(mark.word, mark)
    told = (_record(order_id, one) for one in said.values() if REQUESTED in one)
    return {record.id: record for record in told}


def is_kept(note: Body, text: str) -> bool:
    """Say whether a note still begins with the mark that it was written with."""
    told = note.get("note")
    return isinstance(told, str) and told.startswith(text.partition("\n")[0])


def is_said(record: Record, step: ReturnStep) -> bool:
    """Say whether *step* was said of a return."""
    return _IS_SAID[step](record.fields)


def _record(order_id: str, said: Mapping[str, _Mark]) -> Record:
    asked = said[REQUESTED]
    decided = next((word for word in said if word in _STATUS), None)
    done = {step: said[step] for step in _COUNTS[decided] if step in said}
    counted = [asked, *done.values()]
    agreed = done.get(ReturnStep.APPROVED)
    return Record(
        Kind.RETURN,
        id_of(order_id, asked.key),
        order_id=order_id,
        updated_at=max((one.at for one in counted if one.at), default=None),
        fields={
            "status": _STATUS[decided],
            "lines": [_line(one, arrived=ReturnStep.RECEIVED in done) for one in asked.lines],
            "requested_at": asked.at,
            "approved_at": agreed.time if agreed else None,
            "key": asked.key,
            "exchanged": ReturnStep.EXCHANGED in done,
        },
        within="returns",
        raw={"notes": [exact_json(one.row) for one in counted]},
    )


def _line(line: ReturnLine, *, arrived: bool) -> ReturnLine:
    return line.model_copy(update={"processed_quantity": line.quantity if arrived else 0})


def _marks(notes: Iterable[Body]) -> Iterator[_Mark]:
    for row in notes:
        text = row.get("note")
        found = _MARK.match(text) if isinstance(text, str) else None
        if found and not row.get("customer_note"):
            yield from _read(row, **found.groupdict())


def _read(row: Body, key: str, word: str, rest: str) -> Iterator[_Mark]:
    """Return the mark, unless it is one that nobody knows."""
    at = values.gmt_or_none(Reader(row, "note"), "date_created_gmt")
    lines = _lines(rest) if word == REQUESTED else ()
    time = values.lenient(lambda: Reader({"at": rest}, "mark").time("at"))
    if lines or (word in _STEPS and time):
        yield _Mark(key, word, at, lines, time, row)


def _lines(rest: str) -> tuple[ReturnLine, ...]:
    """Return the lines that a request names after the wish; none, if one is malformed."""
    found = [_LINE.fullmatch(word) for word in rest.split(" ")[1:]]
    return tuple(
        ReturnLine(line_id=one[1], quantity=int(one[2]), reason=one[3])
        for one in found
        if one and all(found)
    )
