"""Holding hooks to their contract: a hook is somebody else's code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from storelink.contracts.hook import Again, Decision, Send, Skip, Tell
from storelink.events.types import Event
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref


@dataclass(frozen=True, slots=True)
class Heard:
    """What a hook said about a subject.

    Attributes:
        decisions: one for each message.
        events: what time has made true.
        again_at: when the hook is to be asked again, if nothing changes; `None` for never.
    """

    decisions: list[Decision]
    events: tuple[Event, ...] = ()
    again_at: datetime | None = None


def checked(said: Iterable[object], subject: Order | Person, now: datetime) -> Heard:
    """Return what a hook said about *subject* at *now*.

    Of several decisions about the same message, the last one counts.

    Raises:
        TypeError: it said what is nothing that hooks say, or what cannot be stored.
        ValueError: a time has no zone, or a message is not about one of the subject's.
    """
    found: dict[tuple[str, str], Decision] = {}
    events: dict[str, Event] = {}
    times: list[datetime] = []
    theirs = _theirs(subject)
    for one in said:
        match one:
            case Tell(event) if event.at <= now:
                events[event.id] = event
            case Tell(Event(at=at)) | Again(at):
                times.append(_zoned(at))
            case Send() | Skip():
                if isinstance(one, Send):
                    _check_send(one, theirs)
                else:
                    json.dumps(dict(one.detail))
                key = (str(one.subject), one.step)
                found.pop(key, None)
                found[key] = one
            case _:
                told = "Send, Skip, Tell or Again"
                raise TypeError(f"a hook says {told}, not {type(one).__name__}")
    later = [at for at in times if at > now]
    return Heard(list(found.values()), tuple(events.values()), min(later, default=None))


def _theirs(subject: Order | Person) -> set[Ref]:
    """Return whose contacts a message may go to that is decided about *subject*."""
    if isinstance(subject, Order):
        return {Ref.order(subject.id)}
    account = subject.account
    return {
        *(Ref.order(one.id) for one in subject.orders),
        *(Ref(kind=Kind.CHECKOUT, id=one.id) for one in subject.checkouts),
        *((Ref(kind=Kind.CUSTOMER, id=account.id),) if account else ()),
    }


def _check_send(send: Send, theirs: set[Ref]) -> None:
    if send.about not in theirs:
        raise ValueError(
            "a message is about an order, checkout or account of the subject that was asked about"
        )
    if send.subject.kind is Kind.PERSON:
        raise ValueError("a message names an order, checkout or account: a person is an address")
    for at in (send.due_at, send.expires_at):
        if at is not None and at.tzinfo is None:
            raise ValueError("due_at and expires_at need a time zone")


def _zoned(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("the time to ask again needs a time zone")
    return at
