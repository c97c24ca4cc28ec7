"""What mails say that came back, and complaints: RFC 3464 and RFC 5965. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Final

from storelink.contracts.channel import Trouble

MOST: Final = 50
"""More parts of a mail are not looked at: a report has three."""
LONGEST: Final = 2000
"""So many characters of a field are looked at: parsing a long one may take for ever."""

_MARK = re.compile(r"\+([0-9a-f]{32})@", re.IGNORECASE)
_OURS = re.compile(r"<([0-9a-f]{32})@[^@<>\s]+>", re.IGNORECASE)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")

_FAULTS_OF_OURS: Final = re.compile(r"5\.(1\.[78]|[567]\..*|2\.3|3\.[45])")
"""RFC 3463: the sender, the size, the protocol, the content, the policy: not the address."""
_TEMPORARY: Final = re.compile(r"4\..*|5\.2\.2")
"""RFC 3463: "persistent transient", and a mailbox that is full."""

_TO: Final = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
"""Where the address may stand that a report was sent to."""
_COMPLAINTS: Final = frozenset({"abuse", "fraud", "opt-out"})
"""RFC 5965, section 7.3: the person does not want it. `not-spam` says the opposite."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What one mail tells.

    Attributes:
        marks: those of the mails that it may be about, as the report was addressed, or else quotes.
        code: for example `"5.1.1"`, or `"abuse"`.
        at: when it was written, if that can be read (UTC).
    """

    marks: tuple[str, ...]
    trouble: Trouble
    code: str
    at: datetime | None


def read(content: bytes) -> Returned | None:
    """Return what a mail tells of one of ours; `None` if it is no report, or of none of ours.

    Whatever the mail says, nothing is raised.
    """
    try:
        return _read(message_from_bytes(content))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
        return None  # the parser was made for mails that somebody wrote in good faith


def _read(mail: Message) -> Returned | None:
    parts = list(islice(mail.walk(), MOST))
    told = _trouble(parts)
    marks = _marks(mail, parts) if told else ()
    return Returned(marks, *told, _date(mail)) if told and marks else None


def _trouble(parts: Iterable[Message]) -> tuple[Trouble, str] | None:
    """Return the first trouble that a part tells of."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            told = [one for block in _inside(part) if (one := _failure(block))]
            if told:
                return min(told, key=lambda one: one[0] is not Trouble.HARD_BOUNCE)
        elif kind == "message/feedback-report":
            for block in _inside(part):
                name = _text(block, "Feedback-Type").strip().lower()
                if name in _COMPLAINTS:
                    return Trouble.COMPLAINT, name
    return None


def _failure(block: Message) -> tuple[Trouble, str] | None:
    """Return what the fields of one recipient tell (RFC 3464, section 2.3)."""
    if _text(block, "Action").strip().lower() != "failed":
        return None  # delayed, delivered, relayed, expanded
    found = _STATUS.search(_text(block, "Status"))
    code = found[1] if found else ""
    if not code or code.endswith(".0.0"):  # some say no more there, and more in the diagnosis
        better = _STATUS.search(_text(block, "Diagnostic-Code"))
        code = better[1] if better else code
    if _TEMPORARY.fullmatch(code):
        return Trouble.SOFT_BOUNCE, code
    if code.startswith("5.") and not _FAULTS_OF_OURS.fullmatch(code):
        return Trouble.HARD_BOUNCE, code
    return None


def _marks(mail: Message, parts: Iterable[Message]) -> tuple[str, ...]:
    """Return the mark of the address that a report came to; without one, those that it quotes."""
    came_to = [_text(mail, name) for name in _TO]
    found = _MARK.findall(" ".join(came_to))
    return tuple(dict.fromkeys(one.lower() for one in found or _quoted(parts)))


def _quoted(parts: Iterable[Message]) -> Iterator[str]:
    for part in parts:
        for block in _inside(part):
            for name in ("Original-Mail-From", "Return-Path"):
                yield from _MARK.findall(_text(block, name))
            yield from _OURS.findall(_text(block, "Message-ID"))


def _inside(part: Message) -> list[Message]:
    """Return the fields, or the mail, that a part holds."""
    payload = part.get_payload()
    if isinstance(payload, list):
        is_report = part.get_content_maintype() == "message"
        return [one for one in payload if isinstance(one, Message)] if is_report else []
    if part.get_content_type() == "text/rfc822-headers" and isinstance(payload, str):
        return [message_from_string(payload)]
    return []


def _text(mail: Message, name: str) -> str:
    value = mail.get(name)
    return "" if value is None else str(value)[:LONGEST]


def _date(mail: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(_text(mail, "Date"))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
