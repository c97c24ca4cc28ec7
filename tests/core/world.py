"""A small shop in memory, with everything that it sends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from storelink import Money, Storelink
from storelink.contracts import Channel, Hook
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.models import Contact, MessageState, Order
from storelink.outbox.desk import MessageView
from storelink.testing import (
    FakeStore,
    FrozenClock,
    Item,
    RecordingChannel,
    Timeline,
    anything_goes,
)

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Lovelace")
BOB = Contact(email="bob@example.com", first_name="Bob")
MUG = Item("Mug", Money("12.00", "EUR"))
TEA = Item("Tea", Money("5.50", "EUR"))
POT = Item("Pot", Money("30.00", "EUR"))


class World:
    """One `Storelink` over one `FakeStore`, and the hand of time."""

    def __init__(
        self,
        database: str = "sqlite://",
        *,
        hooks: Iterable[Hook[Any]] | None = None,
        channels: Iterable[Channel] | None = None,
        clock: FrozenClock | None = None,
        **options: Any,
    ) -> None:
        self.clock = clock or FrozenClock(START)
        self.store = FakeStore(clock=self.clock)
        self.channel = RecordingChannel()
        default = (ThankYou(), TrackingUpdates(), ReviewRequest())
        self.link = Storelink(
            database,
            stores={"shop": self.store},
            channels=[self.channel] if channels is None else channels,
            hooks=default if hooks is None else hooks,
            clock=self.clock,
            **{"chance": lambda: 0.0, "policy": anything_goes, **options},
        )
        self.timeline = Timeline(self.link, "shop", self.store, self.clock)

    def tell(self) -> None:
        """Deliver what the store raised, and let the worker run."""
        self.timeline.tell()

    def absorb(self) -> None:
        """Deliver what the store raised; the worker does not run."""
        for webhook in self.store.take():
            self.link.receive("shop", headers=webhook.headers, body=webhook.body)

    def wait(self, time: timedelta) -> None:
        """Let time pass, with the worker running whenever something is due."""
        self.timeline.wait(time)

    def sent(self) -> list[str]:
        """What the channel was given, oldest first, by the idempotency key without the store."""
        return [message.key.removeprefix("shop/") for message in self.channel.sent]

    def message(self, key: str) -> MessageView:
        """One message of the outbox."""
        return self.link.message(f"shop/{key}")

    def state(self, key: str) -> tuple[MessageState, str | None]:
        """What became of one message, and why."""
        message = self.message(key)
        return message.state, message.reason

    def keys(self) -> list[str]:
        """The keys of every message of the outbox."""
        return [message.key.removeprefix("shop/") for message in self.link.messages()]

    def order(self, order_id: str) -> Order:
        """An order that is known."""
        found = self.link.order("shop", order_id)
        assert found is not None
        return found

    def said(self, order_id: str) -> dict[str, str]:
        """What `explain` says, by the title of the message."""
        explanation = self.link.explain("shop", order_id)
        return {line.title: line.sentence for line in explanation.messages}

    def delivered_order(self, contact: Contact = ADA, items: Iterable[Item] = (MUG,)) -> str:
        """Place an order, ship it and let it arrive, all at this instant."""
        order_id = self.timeline.place(contact, list(items))
        self.timeline.deliver(order_id, self.timeline.ship(order_id))
        return order_id
