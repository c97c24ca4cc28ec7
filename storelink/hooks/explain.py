"""Explaining: what was, will be and will not be sent about an order, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storelink.contracts.hook import Reason, Skip
from storelink.events.types import Event
from storelink.hooks import words
from storelink.hooks.planner import Asked, Planner
from storelink.mirror import event_of
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.outbox import key_of
from storelink.storage import MessageRow, Transaction


@dataclass(frozen=True, slots=True)
class Line:
    """One message: sent, waiting, refused or not asked for.

    Attributes:
        hook: the hook's name; `step` tells its messages about one subject apart.
        state: the state in the outbox; `None` if the message was never planned.
        reason: the reason's code, if there is one; `sentence` says it in words.
        at: when it was sent, will be sent, or was decided against.
        because_of: the id of the event that made it due.
        attempts: how often it was handed to a channel.
        key: the idempotency key, if the outbox knows the message.
    """

    title: str
    hook: str
    step: str
    state: str | None
    reason: str | None
    sentence: str
    at: datetime | None = None
    because_of: str | None = None
    attempts: int = 0
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about the messages of one order. `str()` gives it as text.

    Attributes:
        state_at: the platform's time of the state that the decisions are based on.
        notes: what is known to be uncertain about that state.
    """

    order: Order
    events: tuple[Event, ...]
    messages: tuple[Line, ...]
    state_at: datetime | None
    notes: tuple[str, ...] = ()
    zone: str = "UTC"

    def __str__(self) -> str:
        known = words.day(self.state_at, self.zone) if self.state_at else "an unknown time"
        words_of_it = ["deleted"] if self.order.deleted_at else []
        words_of_it += [self.order.status, self.order.payment_status]
        state = ", ".join(words_of_it).replace("_", " ")
        lines = [
            f"Order {self.order.number} ({self.order.store}): {state}; as of {known}",
            *self.notes,
            "",
            "What happened:",
            *(f"  {words.day(one.at, self.zone)}: {words.happened(one)}" for one in self.events),
            "",
            "Messages:",
            *(f"  {line.title}: {line.sentence}" for line in self.messages),
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON has it, without personal data."""
        return {
            "store": self.order.store,
            "order": self.order.id,
            "number": self.order.number,
            "status": self.order.status,
            "payment_status": self.order.payment_status,
            "deleted_at": _text(self.order.deleted_at),
            "state_at": _text(self.state_at),
            "notes": list(self.notes),
            "events": [
                {"id": event.id, "type": event.type, "at": _text(event.at)} for event in self.events
            ],
            "messages": [
                {
                    "key": line.key,
                    "title": line.title,
                    "hook": line.hook,
                    "step": line.step,
                    "state": line.state,
                    "reason": line.reason,
                    "at": _text(line.at),
                    "because_of": line.because_of,
                    "attempts": line.attempts,
                    "sentence": line.sentence,
                }
                for line in self.messages
            ],
        }


def explain(
    tx: Transaction, planner: Planner, store: str, order: Order, now: datetime, *, zone: str = "UTC"
) -> Explanation:
    """Ask every hook aloud about *order*, and put its answers beside what the outbox holds."""
    rows = {row.key: row for row in tx.messages.of_orders(store, [order.id])}
    asked = [planner.ask(tx, store, Ref.order(order.id), now)]
    if order.person:
        asked.append(planner.ask(tx, store, Ref(kind=Kind.PERSON, id=order.person), now))
    record = tx.records.get(store, Ref.order(order.id))
    lines = [_of_row(row, zone) for row in rows.values()]
    lines += _of_skips(store, order.id, asked, rows)
    lines += _of_errors(asked)
    return Explanation(
        order=order,
        events=tuple(map(event_of, tx.events.of_orders(store, [order.id]))),
        messages=tuple(sorted(lines, key=lambda line: (line.at is None, line.at or now))),
        state_at=order.updated_at,
        notes=_notes(record.needs_read if record else None),
        zone=zone,
    )


def _notes(open_question: str | None) -> tuple[str, ...]:
    if open_question is None:
        return ()
    return (f"The store is still to be asked for the latest state: {open_question}.",)


def _of_row(row: MessageRow, zone: str) -> Line:
    return Line(
        title=words.title(row.hook, row.step, Ref.parse(row.subject)),
        hook=row.hook,
        step=row.step,
        state=row.state,
        reason=row.reason,
        sentence=words.message(row, zone=zone),
        at=row.sent_at or (row.due_at if row.state == "waiting" else row.updated_at),
        because_of=row.cause,
        attempts=row.attempts,
        key=row.key,
    )


def _of_skips(
    store: str, order_id: str, asked: Iterable[Asked], rows: dict[str, MessageRow]
) -> list[Line]:
    """What was never planned; a message of the outbox tells its own story."""
    return [
        Line(
            title=words.title(hook, decision.step, decision.subject),
            hook=hook,
            step=decision.step,
            state=None,
            reason=decision.reason,
            sentence=words.refused(decision.reason, decision.detail),
        )
        for answer in asked
        for hook, decisions in answer.decisions.items()
        for decision in decisions
        if isinstance(decision, Skip)
        and decision.order_id == order_id
        and key_of(store, hook, decision.subject, decision.step) not in rows
    ]


def _of_errors(asked: Iterable[Asked]) -> list[Line]:
    return [
        Line(
            title=words.title(hook, "", Ref.order("")),
            hook=hook,
            step="",
            state=None,
            reason=Reason.HOOK_ERROR,
            sentence=words.refused(Reason.HOOK_ERROR, {"why": type(error).__name__}),
        )
        for answer in asked
        for hook, error in answer.errors.items()
    ]


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
