"""What the demo did, as a value: for the terminal, for the gallery, for JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from storelink.demo.counts import CallCounts, SweepCounts, WebhookCounts
from storelink.demo.expectations import Check
from storelink.demo.mails import Received
from storelink.demo.story import OrderStory
from storelink.models.enums import MessageState
from storelink.outbox.desk import MessageView


@dataclass(frozen=True, slots=True)
class StoreReport:
    """One store.

    Attributes:
        platform: the name of the plugin; *title* is the platform's name for people.
        orders: how many orders of it are known.
    """

    name: str
    platform: str
    title: str
    orders: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that came of a run of the demo.

    Attributes:
        seed: decided what went wrong on the way.
        started_at: when the clock of the demo began.
        ended_at: where it stood in the end.
        events: how many events of each type became known.
        messages: the messages of the outbox.
        received: what the SMTP server received.
        checks: what must have come of it.
    """

    seed: int
    started_at: datetime
    ended_at: datetime
    stores: Sequence[StoreReport]
    webhooks: WebhookCounts
    calls: CallCounts
    sweeps: SweepCounts
    events: Mapping[str, int]
    messages: Sequence[MessageView]
    received: Received
    orders: Sequence[OrderStory]
    checks: Sequence[Check]

    @property
    def broken(self) -> list[Check]:
        """The expectations that do not hold."""
        return [check for check in self.checks if not check.met]

    @property
    def is_good(self) -> bool:
        """Whether nothing was sent twice and every expectation holds."""
        return not self.received.repeated and not self.broken

    @property
    def retried(self) -> int:
        """How many mails arrived after an attempt that failed."""
        return sum(one.state is MessageState.SENT and one.attempts > 1 for one in self.messages)

    @property
    def cancelled(self) -> Counter[str]:
        """How many messages were cancelled, by reason."""
        cancelled = [one for one in self.messages if one.state is MessageState.CANCELLED]
        return Counter(sorted(str(one.reason) for one in cancelled))

    def count(self, state: MessageState) -> int:
        """Return how many messages of the outbox are in *state*."""
        return sum(one.state is state for one in self.messages)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON has them; `sent` is what the SMTP server received."""
        return {
            "stores": {
                store.name: {"platform": store.platform, "orders": store.orders}
                for store in self.stores
            },
            "webhooks": asdict(self.webhooks),
            "calls": asdict(self.calls),
            "sweeps": asdict(self.sweeps),
            "events": dict(self.events),
            "messages": {
                "sent": self.received.different,
                "cancelled": dict(self.cancelled),
                "expired": self.count(MessageState.EXPIRED),
                "failed": self.count(MessageState.FAILED),
                "waiting": self.count(MessageState.WAITING),
                "in_doubt": self.count(MessageState.IN_DOUBT),
                "retried": self.retried,
            },
            "sent_twice": self.received.repeated,
            "expectations": {
                "met": len(self.checks) - len(self.broken),
                "broken": [f"{check.what}: {check.found}" for check in self.broken],
            },
            "clock": {"from": self.started_at.isoformat(), "to": self.ended_at.isoformat()},
            "seed": self.seed,
        }
