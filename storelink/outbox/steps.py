"""The steps of a message's life after the attempt began, or instead of one. Pure.

Each says what changes, and nothing is changed before `Outbox.commit` commits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from storelink.contracts.channel import Accepted, Retry
from storelink.contracts.hook import Reason
from storelink.models.enums import MessageClass, MessageState
from storelink.models.ref import Kind, Ref
from storelink.storage import MessageRow

MAX_DOUBTS = 3
"""How often a message is repeated of which nobody knows whether it was sent."""

FREE: Mapping[str, Any] = {"lease_owner": None, "lease_until": None}
"""What takes a lease off a row."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one message.

    Attributes:
        row: the message as it was when the step was thought of.
        name: what is counted in a report.
        values: what changes, by column.
        outcome: how the attempt ended; `None` if none was made.
        why: more about the outcome.
        replans: whether the message's subject is planned again.
        comes_late: whether the step counts although the row was changed since, unless a new
            attempt was made.
    """

    row: MessageRow
    name: str
    values: Mapping[str, Any] = field(repr=False)
    outcome: str | None = None
    why: str = field(default="", repr=False)
    replans: bool = False
    comes_late: bool = False


def sent(row: MessageRow, accepted: Accepted, *, now: datetime) -> Step:
    """The provider took the message; its subject is planned again.

    That somebody took the message for doubtful, because the provider's answer came after the lease
    had run out, does not matter any more.
    """
    values = {
        "state": MessageState.SENT,
        "reason": None,
        "detail": row.detail,
        "provider_id": accepted.provider_id,
        "sent_at": now,
        **FREE,
    }
    return Step(row, "sent", values, "sent", accepted.detail, replans=True, comes_late=True)


def failed(row: MessageRow, reason: Reason, why: str) -> Step:
    """This message will never be accepted."""
    values = {"state": MessageState.FAILED, "reason": reason, "detail": {"why": why}, **FREE}
    return Step(row, "failed", values, "failed", why, replans=True)


def retry(row: MessageRow, why: str, *, now: datetime, wait: timedelta) -> Step:
    """The attempt failed; the message waits for the next one."""
    values = _waiting(now + wait, Reason.TEMPORARY, why)
    return Step(row, "retry", values, "temporary", why)


def outage(row: MessageRow, why: str, *, until: datetime) -> Step:
    """The attempt failed through no fault of the message, which waits until its channel works."""
    values = _waiting(until, Reason.CHANNEL_DOWN, why)
    return Step(row, "retry", values, "channel down", why)


def unsent(row: MessageRow, *, until: datetime | None = None, why: str = "") -> Step:
    """The attempt was written down and not made: the message waits as it did."""
    values = _waiting(until or row.due_at, Reason.CHANNEL_DOWN if until else None, why)
    return Step(row, "unsent", values, "not sent", why)


def doubt(row: MessageRow, why: str, *, repeat_is_safe: bool, now: datetime) -> Step:
    """Nobody knows whether the provider took the message.

    It is repeated under the same key where the provider drops repeats, or where the customer
    needs the message (transactional), but not more than `MAX_DOUBTS` times; otherwise it is left
    alone, counted and listed.
    """
    repeat = repeat_is_safe or row.message_class == MessageClass.TRANSACTIONAL
    if row.doubts >= MAX_DOUBTS or not repeat:
        values = {
            "state": MessageState.IN_DOUBT,
            "reason": Reason.IN_DOUBT,
            "detail": {"why": why},
            **FREE,
        }
    else:
        wait = Retry().wait(row.doubts) if row.doubts else timedelta()
        values = _waiting(now + wait, Reason.REPEATED, why)
    values["doubts"] = row.doubts + 1
    return Step(row, "in doubt", values, "in doubt", why, replans=True)


def expired(row: MessageRow, *, detail: Mapping[str, Any] | None = None) -> Step:
    """It is too late for this message; *detail* may say what held it up for so long."""
    values = {
        "state": MessageState.EXPIRED,
        "reason": Reason.EXPIRED,
        "detail": dict(detail) if detail else None,
        **FREE,
    }
    return Step(row, "expired", values, replans=True)


def cancelled(row: MessageRow, reason: Reason, *, detail: Mapping[str, Any] | None = None) -> Step:
    """The message should not be sent; of a person's other messages, one may go instead."""
    values = {
        "state": MessageState.CANCELLED,
        "reason": reason,
        "detail": dict(detail or {}),
        **FREE,
    }
    return Step(row, "cancelled", values, replans=Ref.parse(row.scope).kind is Kind.PERSON)


def merged(row: MessageRow, into: str) -> Step:
    """The message of the key *into* says what this one says: nothing else may go instead."""
    values = {
        "state": MessageState.CANCELLED,
        "reason": Reason.SUPERSEDED,
        "detail": {"by": into},
        **FREE,
    }
    return Step(row, "cancelled", values)


def postponed(
    row: MessageRow,
    until: datetime,
    reason: Reason | None = None,
    *,
    detail: Mapping[str, Any] | None = None,
) -> Step:
    """The message waits until *until*; no attempt is counted."""
    values = _waiting(until, reason, "")
    return Step(row, "postponed", {**values, "detail": dict(detail) if detail else None})


def held_up(row: MessageRow, until: datetime, reason: Reason, why: str) -> Step:
    """Something must be repaired first, or come to life again; no attempt is counted."""
    return Step(row, "waiting", _waiting(until, reason, why))


def released(row: MessageRow, name: str = "released") -> Step:
    """The message is given back as it is."""
    return Step(row, name, FREE)


def _waiting(due_at: datetime, reason: Reason | None, why: str) -> dict[str, Any]:
    return {
        "state": MessageState.WAITING,
        "due_at": due_at,
        "reason": reason,
        "detail": {"why": why} if why else None,
        **FREE,
    }
