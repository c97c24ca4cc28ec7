"""The page on which a customer asks to send something of an order back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from storelink.app import Storelink
from storelink.errors import MissingExtra, ReturnRefused, Unsupported
from storelink.links import LinkRefused, Ticket
from storelink.models.enums import ReturnReason, ReturnWish
from storelink.models.order import Order
from storelink.models.returns import MAX_NOTE, WantedLine
from storelink.operations.return_views import Asked

try:
    from werkzeug import Request
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("Werkzeug", "web") from None

_REASONS: Final = tuple(str(one) for one in ReturnReason if one is not ReturnReason.UNKNOWN)
_NUMBER: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
_MOST: Final = 99
"""So many of one thing can be chosen at most; whoever has more writes so."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody chose on the form.

    Attributes:
        number: of the request, as the form had it.
        many: how many, by the line's id.
        why: the reason, by the line's id.
        wish: what they want for it, if they said so.
        note: their words.
    """

    number: int
    many: dict[str, int] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    wish: str = ""
    note: str = field(default="", repr=False)

    @property
    def lines(self) -> list[WantedLine]:
        """What they want to send back."""
        return [
            WantedLine(line_id=key, quantity=many, reason=ReturnReason(self.why.get(key, "")))
            for key, many in self.many.items()
            if many > 0
        ]


@dataclass(frozen=True, slots=True)
class Form:
    """What the page shows.

    Attributes:
        values: of the template.
        locale: the customer's language (BCP 47), where it is known.
        status: of the answer.
    """

    values: dict[str, Any] = field(repr=False)
    locale: str | None = None
    status: int = 200


def form(link: Storelink, request: Request, ticket: Ticket) -> Form:
    """Answer to a request for the page of *ticket*; a form that was sent is taken.

    Raises:
        LinkRefused: the order is gone or its person was erased, or nobody can ask for returns of
            its store here.
    """
    order = link.order(ticket.store, ticket.subject)
    if order is None or order.deleted_at is not None or order.person is None:
        raise LinkRefused("unknown")
    try:
        if request.method == "POST":
            return _taken(link, order, _wanted(request, order))
        return _shown(link, order)
    except (Unsupported, LookupError):
        raise LinkRefused("unknown") from None


def _taken(link: Storelink, order: Order, wanted: Wanted) -> Form:
    if not wanted.lines or wanted.wish not in _wishes(link):
        return _shown(link, order, wanted, "empty")
    try:
        link.returns.request(
            order.store,
            order.id,
            wanted.lines,
            ReturnWish(wanted.wish),
            note=wanted.note,
            number=wanted.number,
        )
    except ReturnRefused:  # somebody was faster, or the form is old
        return _shown(link, order, wanted, "changed")
    return _shown(link, order, wanted, "stored")


def _wanted(request: Request, order: Order) -> Wanted:
    sent = request.form
    many = {line.id: _count(sent.get(f"many-{line.id}", "")) for line in order.lines}
    why = {key: sent.get(f"why-{key}", "") for key in many}
    note = sent.get("note", "").replace("\r\n", "\n").strip()[:MAX_NOTE]
    return Wanted(
        int(number) if (number := sent.get("number", "")) and _NUMBER.fullmatch(number) else 0,
        {key: count for key, count in many.items() if count},
        {key: reason for key, reason in why.items() if reason in _REASONS},
        sent.get("wish", ""),
        note,
    )


def _count(text: str) -> int:
    """Return a count of the form; what is none is 0."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(_MOST))
    return int(text) if is_number else 0


def _wishes(link: Storelink) -> tuple[str, ...]:
    """Return what can be had for what is sent back: the exchange first."""
    rules = link.returns.rules
    exchange = (ReturnWish.EXCHANGE,) if rules and rules.exchange else ()
    return tuple(str(one) for one in (*exchange, ReturnWish.REFUND))


def _shown(link: Storelink, order: Order, wanted: Wanted | None = None, result: str = "") -> Form:
    may = link.returns.look(order.store, order.id)
    asked = link.returns.asked(order.store, order.id)
    wanted = wanted or Wanted(len(asked) + 1)
    titles = {line.id: line for line in order.lines}
    values = {
        "order": order,
        "number": len(asked) + 1,
        "return_url": "?",
        "against": str(may.against or ""),
        "until": may.until,
        "lines": [
            {"line": one.line, "counts": range(min(one.most, _MOST) + 1)} for one in may.lines
        ],
        "chosen": [(titles[key], many) for key, many in wanted.many.items()],
        "wanted": wanted,
        "reasons": _REASONS,
        "wishes": _wishes(link),
        "most": MAX_NOTE,
        "earlier": list(_earlier(order, asked)),
        "refused": bool(asked and asked[-1].refused),
        "result": result,
    }
    return Form(values, order.contact.locale, 400 if result in {"empty", "changed"} else 200)


def _earlier(order: Order, asked: Sequence[Asked]) -> Iterator[tuple[Any, int]]:
    """Yield what was asked to be sent back before, and is neither refused nor over."""
    titles = {line.id: line for line in order.lines}
    known = {one.key: one for one in order.returns}
    for one in asked:
        held = known.get(one.request.key)
        if one.waits if held is None else held in order.open_returns:
            for line in one.request.lines:
                if line.line_id in titles:
                    yield titles[line.line_id], line.quantity
