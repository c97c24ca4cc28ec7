"""The store of the crash harness: what happens in it, and the app that processes open on it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storelink import Message, Storelink
from storelink.clock import Clock, SystemClock
from storelink.contracts import Accepted, Channel
from storelink.contracts.manifest import Manifest
from storelink.contracts.sandbox import Item, Webhook
from storelink.contracts.store import Delivery
from storelink.delivery.safe import Safety
from storelink.errors import NotFound
from storelink.events import OrderPaid
from storelink.events.types import Event
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.models import Contact, MessageClass, Money, Outgoing, Snapshot
from storelink.models.ref import Ref
from storelink.testing import AnsweringStore, FakeStore, FrozenClock, anything_goes, wire
from storelink_email import Email

STORE = "shop"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
OPENED = START + timedelta(days=2)
"""When the processes begin: what happened in the store is past, and its messages are due."""

LEASE = timedelta(milliseconds=300)
POLL = timedelta(milliseconds=5)
FAR = timedelta(days=16)
"""How far the clock goes on in peace: the last request for a review has gone by then."""

Step = Callable[[str], None]

_REFUNDED, _COMPLETED, _TWICE = 0.3, 0.5, 0.1
"""Shares of orders, and of webhooks that arrive twice."""
_ITEMS = (Item("Mug", Money("12.00", "EUR")), Item("Bowl", Money("30.50", "EUR"), 2))


@dataclass(frozen=True, slots=True)
class Job:
    """What all processes of one round share.

    Attributes:
        database: the URL of the database.
        smtp: the URL of the mail server.
        folder: where the store's truth and the notes of the handler are.
        offset: what is added to the machine's clock, so that the round begins at `OPENED`.
    """

    database: str
    smtp: str
    folder: Path
    offset: timedelta = timedelta()


class MovedClock:
    """The machine's clock, set to another time."""

    def __init__(self, offset: timedelta) -> None:
        self._offset, self._clock = offset, SystemClock()

    def now(self) -> datetime:
        """Return the present instant, moved by the offset."""
        return self._clock.now() + self._offset


class WatchedStore(AnsweringStore):
    """The store, with a step before each thing that its adapter is asked for.

    Args:
        folder: where its truth is.
        clock: the clock.
        step: is told of each step.
    """

    def __init__(self, folder: Path, clock: Clock, step: Step) -> None:
        super().__init__(FakeStore(clock=clock))
        self._folder, self._step = folder, step

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Check the signature."""
        self._step("verify")
        return super().verify(headers, body)

    def normalize(self, delivery: Delivery) -> Snapshot:
        """Return the records of a body."""
        self._step("normalize")
        return super().normalize(delivery)

    def read(self, ref: Ref) -> Snapshot:
        """Return the truth about an object."""
        self._step("read")
        try:
            return wire.decode((self._folder / f"{ref.id}.json").read_bytes())
        except FileNotFoundError:
            raise NotFound(f"there is no {ref}") from None


class WatchedEmail(Channel):
    """Real e-mail, with a step before and one after the server took a message."""

    def __init__(self, smtp: str, step: Step) -> None:
        self._channel, self._step = Email(smtp, sender="Shop <shop@example.com>"), step

    @property
    def manifest(self) -> Manifest[Channel]:
        """What e-mail can do."""
        return self._channel.manifest

    def address(self, contact: Contact) -> str | None:
        """Return the e-mail address."""
        return self._channel.address(contact)

    def send(self, message: Outgoing) -> Accepted:
        """Send, and say so before and after."""
        self._step("hand over")
        accepted = self._channel.send(message)
        self._step("handed over")
        return accepted

    def close(self) -> None:
        """Give back the connection."""
        self._channel.close()


def write_truth(folder: Path, *, orders: int, seed: int) -> list[Webhook]:
    """Let so many orders live, keep what the store knows of each, and return the webhooks.

    They arrive somewhat out of order, and some of them twice. Nothing happens to an order that
    would make a message pointless: what is sent does not depend on who is quicker.
    """
    chance = random.Random(f"{seed}/store")
    clock = FrozenClock(START)
    store = FakeStore(clock=clock)
    for number in range(orders):
        _live(store, clock, chance, number)
    for order_id in store.order_ids():
        snapshot = store.read(Ref.order(order_id))
        (folder / f"{order_id}.json").write_bytes(wire.encode(snapshot))
    return _on_their_way(store.take(), chance)


def _live(store: FakeStore, clock: FrozenClock, chance: random.Random, number: int) -> None:
    buyer = Contact(email=f"buyer{number}@example.com", first_name="Buyer")
    payment = chance.choice(["card", "card", "cod"])
    order_id = store.place(buyer, _ITEMS, payment_method=payment)
    parcels = chance.choice([[None], [None], [{0: 1}, {1: 2}], []])
    for parcel, lines in enumerate(parcels):
        clock.advance(timedelta(seconds=chance.randrange(3)))  # 0: a tie, so a read is needed
        store.ship(order_id, number=f"T{number:05}{parcel}", carrier="DHL", lines=lines)
    if chance.random() < _REFUNDED:
        clock.advance(timedelta(seconds=chance.randrange(3)))
        store.refund(order_id, lines={1: 1})
    if chance.random() < _COMPLETED:
        clock.advance(timedelta(seconds=2))
        store.complete(order_id)
    clock.advance(timedelta(seconds=2))


def _on_their_way(webhooks: list[Webhook], chance: random.Random) -> list[Webhook]:
    """Return *webhooks* as they arrive: a tenth of them twice, and each some places off."""
    sent = webhooks + [one for one in webhooks if chance.random() < _TWICE]
    places = {id(one): place for place, one in enumerate(webhooks)}
    return sorted(sent, key=lambda one: places[id(one)] + chance.uniform(0, 6))


def open_link(job: Job, *, clock: Clock | None = None, step: Step = lambda name: None) -> Storelink:
    """Open the app as every process opens it."""
    clock = clock or MovedClock(job.offset)
    link = Storelink(
        job.database,
        stores={STORE: WatchedStore(job.folder, clock, step)},
        channels=[WatchedEmail(job.smtp, step)],
        hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()],
        policy=anything_goes,
        safety=Safety(brake=None),
        clock=clock,
        since=START - timedelta(days=1),
        lease=LEASE,
        sweep_every=None,
        on_step=step,
    )

    @link.hook(OrderPaid)
    def offer() -> Message:
        step("ask")
        return Message(
            "offer",
            subject="For {{ order.number }}",
            text="Ten percent off",
            message_class=MessageClass.MARKETING,
        )

    @link.on(OrderPaid)
    def bookkeeping(event: Event) -> None:
        step("call")
        note(job.folder / "called", event.id)
        step("called")

    return link


def note(file: Path, line: str) -> None:
    """Append a line, whole or not at all."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def finish(job: Job, now: datetime, *, step: Step = lambda name: None) -> None:
    """Do in peace what is left to do: the clock moves on, day by day, and nobody dies."""
    clock = FrozenClock(now)
    with open_link(job, clock=clock, step=step) as link:
        while clock.now() < OPENED + FAR:
            link.run_once()
            clock.advance(timedelta(days=1))
