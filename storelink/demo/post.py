"""How the demo's webhooks arrive: late, doubled and in no order, as platforms deliver them."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storelink.app import Storelink
from storelink.contracts.sandbox import Webhook
from storelink.intake import Receipt
from storelink.storage import InboxState

_DOUBLED = 0.4
_LATEST_REPEAT = timedelta(hours=30)


@dataclass(frozen=True, slots=True)
class PostCounts:
    """What arrived.

    Attributes:
        received: every request that was accepted, repeats and pings included.
        kept: understood by nobody, and kept.
        ignored: of no use to storelink, for example a product's.
    """

    received: int
    duplicates: int
    pings: int
    kept: int
    ignored: int


@dataclass(order=True, slots=True)
class _Parcel:
    """One webhook on its way."""

    at: datetime
    number: int
    store: str = field(compare=False)
    webhook: Webhook = field(compare=False)


class Post:
    """Carries webhooks to `link.receive`.

    What arrives at the same time arrives shuffled, and many a webhook arrives twice: at once, or
    hours later. Only chance depends on *chance*: what has arrived by an instant does not.

    Args:
        chance: decides on order and repeats.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._number = itertools.count()
        self._under_way: list[_Parcel] = []
        self._seen: Counter[str] = Counter()

    def take(self, store: str, webhooks: Iterable[Webhook], *, at: datetime) -> None:
        """Take *webhooks* of *store*, to arrive at *at*, and some of them once more."""
        for webhook in webhooks:
            self._send(at, store, webhook)
            if self._chance.random() < _DOUBLED:
                late = self._chance.choice((timedelta(), _LATEST_REPEAT * self._chance.random()))
                self._send(at + late, store, webhook)

    def next_at(self) -> datetime | None:
        """Return when the next webhook arrives; `None` if none is under way."""
        return self._under_way[0].at if self._under_way else None

    def deliver(self, link: Storelink, now: datetime) -> None:
        """Let everything arrive that is due by *now*."""
        arriving = []
        while self._under_way and self._under_way[0].at <= now:
            arriving.append(heapq.heappop(self._under_way))
        self._chance.shuffle(arriving)
        for one in arriving:
            webhook = one.webhook
            self._count(link.receive(one.store, headers=webhook.headers, body=webhook.body))

    @property
    def counts(self) -> PostCounts:
        """What has arrived so far."""
        seen = self._seen
        return PostCounts(
            received=seen.total(),
            duplicates=seen["duplicate"],
            pings=seen["ping"],
            kept=seen[InboxState.KEPT],
            ignored=seen[InboxState.IGNORED],
        )

    def _send(self, at: datetime, store: str, webhook: Webhook) -> None:
        heapq.heappush(self._under_way, _Parcel(at, next(self._number), store, webhook))

    def _count(self, receipt: Receipt) -> None:
        if receipt.inbox_id is None:
            self._seen["ping"] += 1
        else:
            self._seen["duplicate" if receipt.duplicate else receipt.state] += 1
