"""Explaining: what was, will be and will not be sent about an order, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from storelink.contracts.hook import Reason, Send, Skip
from storelink.events.types import Event
from storelink.hooks import words
from storelink.hooks.planner import Asked, Planner
from storelink.hooks.ruled import Ruled, ruled
from storelink.mirror import event_of
from storelink.models.checkout import Checkout
from storelink.models.contact import Address
from storelink.models.customer import Customer
from storelink.models.enums import MessageState
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.recipient import Recipient, home_of
from storelink.models.ref import Kind, Ref
from storelink.outbox import key_of
from storelink.outbox.reconcile import Answers
from storelink.storage import MessageRow, Transaction

PLANNED = "planned"
"""The state of a message that a hook asks for, and that the outbox does not know yet."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message: sent, waiting, refused or not asked for.

    Attributes:
        hook: the hook's name; `step` tells its messages about one subject apart.
        state: the state in the outbox, or `"planned"`; `None` if nobody asks for the message.
        reason: the reason's code, if there is one; `sentence` says it in words.
        at: when it was sent, will be sent, or was decided against.
        because_of: the id of the event that made it due.
        attempts: how often it was handed to a channel.
        key: the idempotency key, if the outbox knows the message.
        policy: what the policy said of it, or would say of it when it is due; `None` if it was not
            asked.
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
    policy: Ruled | None = None


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
        head = f"Order {self.order.number} ({self.order.store}): {state}; as of {known}"
        return told([head, *self.notes], self.events, self.messages, self.zone)

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
            **listed(self.events, self.messages),
        }


@dataclass(frozen=True, slots=True)
class PersonExplanation:
    """Everything about the messages of a person that no order is the matter of.

    Those about what they left in checkouts, and about their account. `str()` gives it as text.

    Attributes:
        to: the address, so that nobody can write to it.
        checkouts: the ids of the checkouts that are known.
        account: the id of their account; `None` for a guest.
    """

    store: str
    to: str = field(repr=False)
    checkouts: tuple[str, ...]
    account: str | None
    events: tuple[Event, ...]
    messages: tuple[Line, ...]
    zone: str = "UTC"

    def __str__(self) -> str:
        count = len(self.checkouts)
        known = f"{count} checkout{'' if count == 1 else 's'}"
        known += f", account {self.account}" if self.account else ", no account"
        head = f"{self.to} ({self.store}): {known}"
        return told([head], self.events, self.messages, self.zone)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON has it, without the address."""
        return {
            "store": self.store,
            "to": self.to,
            "checkouts": list(self.checkouts),
            "account": self.account,
            **listed(self.events, self.messages),
        }


def told(head: Iterable[str], events: Iterable[Event], messages: Iterable[Line], zone: str) -> str:
    """Return an explanation as text."""
    lines = [
        *head,
        "",
        "What happened:",
        *(f"  {words.day(one.at, zone)}: {words.happened(one)}" for one in events),
        "",
        "Messages:",
        *(f"  {line.title}: {line.sentence}" for line in messages),
    ]
    return "\n".join(lines)


def listed(events: Iterable[Event], messages: Iterable[Line]) -> dict[str, Any]:
    """Return what happened, and the messages, as JSON values."""
    return {
        "events": [{"id": one.id, "type": one.type, "at": _text(one.at)} for one in events],
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
                "policy": line.policy.to_dict() if line.policy else None,
            }
            for line in messages
        ],
    }


class Open(NamedTuple):
    """A message that waits, or is planned, that its hook asks for now, and who would get it."""

    row: MessageRow
    send: Send
    to: Recipient


@dataclass(frozen=True, slots=True)
class Seen:
    """What an explanation is made of: what the outbox holds, and what the hooks say now.

    Attributes:
        about: the order; or the checkouts and the account of a person, who is at *home* there.
    """

    store: str
    about: Mapping[Ref, Order | Checkout | Customer] = field(repr=False)
    now: datetime
    rows: Mapping[str, MessageRow] = field(repr=False)
    asked: Mapping[Ref, Asked] = field(repr=False)
    events: tuple[Event, ...] = field(repr=False)
    open_question: str | None = None
    home: Address | None = field(default=None, repr=False)

    def open(self) -> list[Open]:
        """Return what the policy can be asked about."""
        return [*self._waiting(), *self._planned()]

    def lines(self, foretold: Mapping[str, Ruled], zone: str) -> tuple[Line, ...]:
        """Put together what the outbox, the hooks and the policy say, by time.

        Args:
            foretold: what the policy would say of what is open when it is due, by key.
            zone: the IANA name of the shop's zone.
        """
        rows = [*self.rows.values(), *(one.row for one in self._planned())]
        lines = [_of_row(row, foretold.get(row.key), zone) for row in rows]
        lines += self._skipped()
        lines += _of_errors(self.asked.values())
        return tuple(sorted(lines, key=lambda line: (line.at is None, line.at or self.now)))

    def explained(self, foretold: Mapping[str, Ruled], zone: str) -> Explanation:
        """Put together what there is to say of an order; see `lines`."""
        [order] = [one for one in self.about.values() if isinstance(one, Order)]
        return Explanation(
            order=order,
            events=self.events,
            messages=self.lines(foretold, zone),
            state_at=order.updated_at,
            notes=_notes(self.open_question),
            zone=zone,
        )

    def _waiting(self) -> Iterator[Open]:
        for _, key, _, send in self._wanted():
            row = self.rows.get(key)
            if row is not None and row.state is MessageState.WAITING:
                yield Open(row, send, Recipient(self.about[send.about], self.home))

    def _planned(self) -> Iterator[Open]:
        """Yield what the outbox does not know yet."""
        for number, (scope, key, hook, send) in enumerate(self._wanted(), 1):
            if key not in self.rows:
                row = row_of(scope, key, hook, send, self.store, self.now, row_id=-number)
                yield Open(row, send, Recipient(self.about[send.about], self.home))

    def _wanted(self) -> Iterator[tuple[Ref, str, str, Send]]:
        """Yield what the hooks ask for: the scope, the key, the hook's name and the decision."""
        for scope, asked in self.asked.items():
            for key, (hook, one) in Answers(self.store, scope, asked.decisions).by_key.items():
                if isinstance(one, Send) and one.about in self.about:
                    yield scope, key, hook, one

    def _skipped(self) -> list[Line]:
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
            for answer in self.asked.values()
            for hook, decisions in answer.decisions.items()
            for decision in decisions
            if isinstance(decision, Skip)
            and _about(decision) in self.about
            and key_of(self.store, hook, decision.subject, decision.step) not in self.rows
        ]


def look(tx: Transaction, planner: Planner, store: str, order: Order, now: datetime) -> Seen:
    """Ask every hook aloud about *order*, and see what the outbox holds."""
    scopes = [Ref.order(order.id)]
    if order.person:
        scopes.append(Ref(kind=Kind.PERSON, id=order.person))
    record = tx.records.get(store, Ref.order(order.id))
    return Seen(
        store=store,
        about={Ref.order(order.id): order},
        now=now,
        rows={row.key: row for row in tx.messages.of_orders(store, [order.id])},
        asked={scope: planner.ask(tx, store, scope, now) for scope in scopes},
        events=tuple(map(event_of, tx.events.of_orders(store, [order.id]))),
        open_question=record.needs_read if record else None,
    )


def look_at_person(
    tx: Transaction, planner: Planner, person: Person, now: datetime, *, checkout: str | None
) -> Seen:
    """Ask every hook aloud about a person, and see what the outbox holds that no order has.

    Args:
        tx: the transaction.
        planner: knows the hooks.
        person: whose checkouts and account it is about.
        now: the present instant.
        checkout: the only checkout that it is about; by default all, and the account.
    """
    store, scope = person.store, Ref(kind=Kind.PERSON, id=person.key)
    begun = [one for one in person.checkouts if checkout in (None, one.id)]
    account = person.account if checkout is None else None
    about: dict[Ref, Order | Checkout | Customer] = {
        Ref(kind=Kind.CHECKOUT, id=one.id): one for one in begun
    }
    if account is not None:
        about[Ref(kind=Kind.CUSTOMER, id=account.id)] = account
    happened = tx.events.of_checkouts(store, [one.id for one in begun])
    happened += tx.events.of_accounts(store, [account.id]) if account else []
    named = {str(ref) for ref in about}
    return Seen(
        store=store,
        about=about,
        now=now,
        rows={
            row.key: row for row in tx.messages.of_scopes(store, [str(scope)]) if row.about in named
        },
        asked={scope: planner.ask(tx, store, scope, now)},
        events=tuple(map(event_of, happened)),
        home=home_of(person),
    )


def _about(skip: Skip) -> Ref:
    return Ref.order(skip.order_id) if skip.order_id else skip.subject


def _notes(open_question: str | None) -> tuple[str, ...]:
    if open_question is None:
        return ()
    return (f"The store is still to be asked for the latest state: {open_question}.",)


def _of_row(row: MessageRow, foretold: Ruled | None, zone: str) -> Line:
    told, is_waiting = ruled(row, foretold), row.state is MessageState.WAITING
    return Line(
        title=words.title(row.hook, row.step, Ref.parse(row.subject)),
        hook=row.hook,
        step=row.step,
        state=PLANNED if row.id < 0 else row.state,
        reason=row.reason,
        sentence=words.message(row, told if is_waiting else None, zone=zone),
        at=row.sent_at or (row.due_at if is_waiting else row.updated_at),
        because_of=row.cause,
        attempts=row.attempts,
        key=row.key,
        policy=told,
    )


def row_of(
    scope: Ref, key: str, hook: str, send: Send, store: str, now: datetime, *, row_id: int
) -> MessageRow:
    """Return the row that the outbox will have of a message; its id is negative till then."""
    return MessageRow(
        id=row_id,
        key=key,
        store=store,
        hook=hook,
        scope=str(scope),
        subject=str(send.subject),
        step=send.step,
        order_id=send.order_id,
        message=send.message.model_dump(mode="json", exclude_defaults=True),
        message_class=send.message.message_class,
        cause=send.cause.id,
        due_at=send.due_at,
        expires_at=send.expires_at,
        state=MessageState.WAITING,
        reason=None,
        detail=None,
        channel=None,
        provider_id=None,
        version=0,
        attempts=0,
        doubts=0,
        lease_owner=None,
        lease_until=None,
        created_at=now,
        updated_at=now,
        sent_at=None,
    )


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
