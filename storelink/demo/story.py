"""What is told about one order: what happened, which messages came of it, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from babel.numbers import format_currency

from storelink.events.types import Event
from storelink.hooks.explain import Explanation, Line
from storelink.models.order import Order

NOT_SENT = "not sent"

EVENTS: Mapping[str, str] = {
    "order.placed": "Order placed",
    "order.paid": "Order paid",
    "order.payment_failed": "Payment failed",
    "order.cancelled": "Order cancelled",
    "order.refunded": "Money given back",
    "shipment.created": "Parcel sent",
    "shipment.changed": "Number assigned",
    "shipment.in_transit": "Parcel under way",
    "shipment.out_for_delivery": "Out for delivery",
    "shipment.ready_for_pickup": "Ready for pickup",
    "shipment.attempted": "Delivery failed",
    "shipment.delayed": "Parcel delayed",
    "shipment.exception": "Parcel in trouble",
    "shipment.overdue": "Promise broken",
    "shipment.delivered": "Parcel delivered",
    "order.completed": "Order completed",
    "return.requested": "Return asked for",
    "return.approved": "Return approved",
    "return.declined": "Return declined",
    "return.received": "Goods came back",
    "return.closed": "Return closed",
}
"""What events are called here, in the order of things that happen at the same time."""

_RANKS = {event: rank for rank, event in enumerate(EVENTS)}
_PARCEL = re.compile(r" \(parcel (.+)\)$")


@dataclass(frozen=True, slots=True)
class Telling:
    """One message, or why there is none.

    Attributes:
        name: which message of its hook it is, for example `"thank_you"` or `"delivered"`.
        outcome: the state in the outbox, or `NOT_SENT` if it was never planned.
        reason: the reason's code, if there is one.
        why: the sentence of `link.explain`.
        key: the idempotency key, if the outbox knows the message.
    """

    title: str
    name: str
    outcome: str
    reason: str | None
    why: str
    attempts: int = 0
    key: str | None = None

    @property
    def result(self) -> str:
        """The outcome, with the reason where it was not to be sent."""
        needs_reason = self.reason and self.outcome in ("cancelled", NOT_SENT)
        return f"{self.outcome}: {self.reason}" if needs_reason else self.outcome


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, and the messages that it caused.

    Attributes:
        event: what happened, for people; empty for messages that no event caused.
        kind: the event's type.
        at: when.
    """

    event: str
    kind: str
    at: datetime | None
    tellings: Sequence[Telling] = ()


@dataclass(frozen=True, slots=True)
class OrderStory:
    """Everything that is told about one order.

    Attributes:
        platform: the platform's name, for people.
        caption: what the order's life shows.
        buyer: the name on the order.
        notes: what is uncertain.
    """

    store: str
    platform: str
    order_id: str
    number: str
    caption: str
    status: str
    total: str
    buyer: str = field(repr=False)
    language: str
    moments: Sequence[Moment]
    notes: Sequence[str] = ()

    @property
    def tellings(self) -> list[Telling]:
        """Every message and every refusal."""
        return [telling for moment in self.moments for telling in moment.tellings]


def story(explanation: Explanation, *, platform: str, caption: str) -> OrderStory:
    """Return what is told about the order of *explanation*."""
    order = explanation.order
    return OrderStory(
        store=order.store,
        platform=platform,
        order_id=order.id,
        number=order.number,
        caption=caption,
        status=_status(order),
        total=format_currency(order.total.amount, order.total.currency, locale="en"),
        buyer=order.contact.name,
        language=order.contact.locale or "",
        moments=list(_moments(explanation)),
        notes=explanation.notes,
    )


def _status(order: Order) -> str:
    words = [_words(order.status), _words(order.payment_status)]
    return ", ".join(["deleted", *words] if order.deleted_at else words)


def _moments(explanation: Explanation) -> Iterator[Moment]:
    """Yield what happened, oldest first, and at last what nothing caused."""
    events = sorted(explanation.events, key=_chronology)
    known = {event.id for event in events}
    titles = _short_titles(explanation)
    for event in events:
        caused = [line for line in explanation.messages if line.because_of == event.id]
        tellings = [_telling(line, titles[line.title]) for line in caused]
        name = EVENTS.get(event.type) or _words(event.type).capitalize()
        yield Moment(name, event.type, event.at, tellings)
    uncaused = [line for line in explanation.messages if line.because_of not in known]
    if uncaused:
        yield Moment("", "", None, [_telling(line, titles[line.title]) for line in uncaused])


def _chronology(event: Event) -> tuple[datetime, int, str]:
    return (event.at, _RANKS.get(event.type, len(_RANKS)), event.id)


def _short_titles(explanation: Explanation) -> dict[str, str]:
    """Return each title with its parcel counted, and unnamed if it is the only one."""
    found = {line.title: _PARCEL.search(line.title) for line in explanation.messages}
    shipped = [shipment.id for shipment in explanation.order.shipments]
    parcels = list(dict.fromkeys([*shipped, *(one[1] for one in found.values() if one)]))
    return {
        title: _PARCEL.sub("", title)
        + (f", parcel {parcels.index(one[1]) + 1}" if one and len(parcels) > 1 else "")
        for title, one in found.items()
    }


def _telling(line: Line, title: str) -> Telling:
    step, _, _ = line.step.partition("/")
    return Telling(
        title=title,
        name=step or line.hook,
        outcome=_words(line.state) if line.state else NOT_SENT,
        reason=line.reason,
        why=line.sentence,
        attempts=line.attempts,
        key=line.key,
    )


def _words(code: str) -> str:
    """Return a code as people write it: `shipment.out_for_delivery` without dots and dashes."""
    return str(code).replace(".", " ").replace("_", " ")
