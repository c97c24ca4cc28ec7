"""The journeys of three customers, with every hook on: what they were sent, and were spared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storelink import plugins
from storelink.app import Storelink
from storelink.consent import Given
from storelink.contracts.hook import Reason
from storelink.demo.expectations import Check
from storelink.demo.mails import Received, ReceivedMail
from storelink.demo.play import Play, Progress, Script
from storelink.demo.travelers import TRAVELERS, Traveler, hooks
from storelink.events.types import Event
from storelink.hooks import words
from storelink.hooks.explain import Line
from storelink.models.enums import MessageClass, MessageState
from storelink.models.order import Order
from storelink.outbox.desk import MessageView
from storelink.testing.clock import FrozenClock

BEGINS = datetime(2026, 9, 7, 7, tzinfo=UTC)
LASTS = timedelta(weeks=12)

_NOTED_EVERY = timedelta(hours=8)
_SENDER = "Atelier <hello@atelier.example>"
_SCENES = tuple(scene for one in TRAVELERS for scene in one.orders)
_SCRIPT = Script(_SCENES, LASTS, swept_every=timedelta(days=4))

SPARING = {
    Reason.MUTED,
    Reason.ORDER_OPEN,
    Reason.BACK,
    Reason.BOUGHT,
    Reason.ALREADY_ASKED,
    Reason.RECENTLY_ASKED,
    Reason.ALREADY_INVITED,
    Reason.ALREADY_GREETED,
    Reason.TOO_MANY,
    Reason.COMPLAINT,
    Reason.REFUNDED,
    Reason.RETURN_OPEN,
}
"""Reasons that spare the customer something; for others, there is nothing to be told yet."""


@dataclass(frozen=True, slots=True)
class Spared:
    """A message that was not sent, or not yet.

    Attributes:
        at: when that was so first.
        title: what the message is called.
        why: the reason in words.
    """

    at: datetime
    title: str
    reason: Reason
    why: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that arrived.

    Attributes:
        at: when it was sent.
        title: what it is called.
    """

    at: datetime
    title: str
    hook: str
    template: str
    mail: ReceivedMail = field(repr=False)


@dataclass(frozen=True, slots=True)
class Journey:
    """One customer's weeks.

    Attributes:
        platform: its name for people.
        events: what happened, oldest first; each with its name for people.
    """

    traveler: Traveler
    platform: str
    events: Sequence[tuple[datetime, str]]
    sent: Sequence[Sent]
    spared: Sequence[Spared]


@dataclass(frozen=True, slots=True)
class Journeys:
    """What came of them all.

    Attributes:
        mails: every mail that arrived.
        checks: what must have come of it.
    """

    begins: datetime
    ends: datetime
    each: Sequence[Journey]
    mails: Sequence[ReceivedMail]
    checks: Sequence[Check]


def travel(database: Path) -> Journeys:
    """Let the three live for twelve weeks, in which nothing is lost on the way.

    Args:
        database: where to keep what is known.

    Raises:
        MissingExtra: a library that the demo needs is not installed.
        PluginError: an adapter or the e-mail channel is not installed.
    """
    from storelink.demo.stores import connected, open_shops
    from storelink.testing.mailserver import MailServer

    clock = FrozenClock(BEGINS)
    with MailServer() as server, open_shops(clock, seed=1) as shops:
        channel = plugins.channel("email").factory(server.url, sender=_SENDER, clock=clock)
        with connected(
            shops,
            database=database,
            channel=channel,
            clock=clock,
            hooks=hooks(),
            is_rough=False,
        ) as link:
            _agree(link)
            diary = Diary(link)
            Play(link, shops, server=server, clock=clock, script=_SCRIPT, watch=diary.note).play()
            titles = {shop.name: shop.manifest.title for shop in shops}
            return _told(link, diary, server.mails, titles)


def _agree(link: Storelink) -> None:
    """Let the three agree to everything, as they would at the checkout."""
    for one in TRAVELERS:
        for message_class in (MessageClass.RELATIONSHIP, MessageClass.MARKETING):
            link.consents.record(
                one.store,
                one.buyer.email or "",
                "email",
                message_class,
                Given.CONFIRMED,
                source="checkout",
                wording="Yes, write to me.",
            )


class Diary:
    """Notes what is not sent, and why, as time goes on: later, the reason may be another one.

    Args:
        link: is asked.
    """

    def __init__(self, link: Storelink) -> None:
        self._link = link
        self._notes: dict[tuple[str, str, str, Reason], Spared] = {}
        self._noted_at: datetime | None = None

    def note(self, progress: Progress) -> None:
        """Note what is so now, a few times a day."""
        if self._noted_at is not None and progress.now < self._noted_at + _NOTED_EVERY:
            return
        self._noted_at = progress.now
        for one in TRAVELERS:
            for order in orders_of(self._link, one)[-1:]:
                for line in self._link.explain(one.store, order.id).messages:
                    self._keep(one, line, progress.now)

    def of(self, traveler: Traveler) -> list[Spared]:
        """Return what a customer was spared, oldest first."""
        return [one for (email, *_), one in self._notes.items() if email == traveler.buyer.email]

    def _keep(self, traveler: Traveler, line: Line, now: datetime) -> None:
        found = line.policy.reason if line.policy else line.reason
        reason = Reason(found) if found and line.state != MessageState.SENT else None
        if reason in SPARING:
            key = (traveler.buyer.email or "", line.hook, line.title, reason)
            why = line.sentence.partition(": ")[2].removesuffix(".")
            self._notes.setdefault(key, Spared(now, line.title, reason, why))


def orders_of(link: Storelink, traveler: Traveler) -> list[Order]:
    """Return the orders of a customer that are known, oldest first."""
    email = traveler.buyer.email
    found = [one for one in link.orders(traveler.store) if one.contact.email == email]
    return sorted(found, key=lambda one: (len(one.id), one.id))


def _told(
    link: Storelink, diary: Diary, raws: Sequence[bytes], titles: Mapping[str, str]
) -> Journeys:
    """Put together what is known of everybody, and check it."""
    messages = link.messages()
    numbers = {
        (order.store, order.id): order.number for store in titles for order in link.orders(store)
    }
    received = Received(raws, messages, numbers)
    each = []
    for one in TRAVELERS:
        ids = {order.id for order in orders_of(link, one)}
        about = [m for m in messages if m.store == one.store and m.order_id in ids]
        each.append(
            Journey(
                traveler=one,
                platform=titles[one.store],
                events=list(_happened(link.events(store=one.store), ids)),
                sent=sorted(_arrived(about, received), key=lambda sent: sent.at),
                spared=diary.of(one),
            )
        )
    checks = [check for one in each for check in _checks(one)]
    once = Check("journeys: no message was sent twice", not received.repeated)
    return Journeys(BEGINS, BEGINS + LASTS, each, received.mails, [*checks, once])


def _happened(events: Sequence[Event], ids: set[str]) -> Iterator[tuple[datetime, str]]:
    for event in sorted(events, key=lambda one: one.at):
        name = NAMES.get(event.type)
        if name and event.order_id in ids:
            yield event.at, name


def _arrived(messages: Sequence[MessageView], received: Received) -> Iterator[Sent]:
    mails = received.by_key
    for one in messages:
        if one.key in mails and one.sent_at is not None:
            title = words.title(one.hook, one.step, one.subject).partition(" (")[0]
            yield Sent(one.sent_at, title, one.hook, one.template, mails[one.key])


def _checks(journey: Journey) -> Iterator[Check]:
    """Check that a customer got what was due, and was spared the rest."""
    name = journey.traveler.buyer.name
    got = [one.template for one in journey.sent]
    wanted = list(journey.traveler.gets)
    yield _check(f"{name}: every message of the journey, in its order", wanted, got)
    spared = {(one.title, str(one.reason)) for one in journey.spared}
    missing = sorted(set(journey.traveler.spared) - spared)
    yield _check(f"{name}: what was not sent, and why", [], missing)


def _check(what: str, expected: object, found: object) -> Check:
    is_met = expected == found
    return Check(what, is_met, "" if is_met else f"expected {expected}, found {found}")


NAMES = {
    "order.placed": "Ordered",
    "order.stalled": "Not shipped",
    "care.escalate": "Shop alerted",
    "shipment.created": "Shipped",
    "shipment.in_transit": "Under way",
    "shipment.out_for_delivery": "Out for delivery",
    "shipment.overdue": "Promise broken",
    "shipment.stuck": "Stuck",
    "shipment.delivered": "Delivered",
    "order.completed": "Completed",
    "review.answered": "Reviewed",
    "survey.answered": "Answered",
    "customer.lapsed": "Lapsed",
    "return.requested": "Return",
    "order.refunded": "Refunded",
}
"""The events that are shown, in few words."""
