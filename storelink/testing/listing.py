"""What `FakeStore` lists, counts and is subscribed to."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from storelink.contracts.manifest import Capability
from storelink.contracts.store import Page, StoreAdapter, Subscription
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink.toolkit.contact import is_order_of

CAPABILITIES = frozenset(
    {
        Capability.WEBHOOKS,
        Capability.READ,
        Capability.LIST,
        Capability.FIND_ORDERS,
        Capability.SUBSCRIBE,
        Capability.COUPONS,
        Capability.REVIEWS,
        Capability.SHIPPING,
        Capability.RETURNS,
    }
)
"""What the fake platform can do."""
TOPICS = {
    Kind.ORDER: ("order.created", "order.updated", "order.deleted"),
    Kind.SHIPMENT: ("shipment.created", "shipment.updated", "shipment.scanned"),
    Kind.REFUND: ("refund.created",),
}
"""The topics of the fake platform, by the kind of object that they tell of."""


@dataclass(frozen=True, slots=True, order=True)
class Listed:
    """One object as lists sort it: by its last change."""

    updated_at: datetime
    id: str
    created_at: datetime


class Listing(StoreAdapter):
    """Lists in pages by the last change; holds subscriptions, and sends nothing to them.

    Attributes:
        page_size: how many objects a page has.
        subscribed: the subscriptions by id; tests may break them.
    """

    page_size: int = 50

    def __init__(self) -> None:
        self.subscribed: dict[str, Subscription] = {}
        self._subscription_ids: Iterator[int] = itertools.count(1)

    @abstractmethod
    def listed(self, kind: Kind) -> list[Listed]:
        """Return the objects of a kind that exist."""

    def changed(
        self, kind: Kind, *, since: datetime | None = None, cursor: str | None = None
    ) -> Page:
        """List what changed, oldest change first; what changes meanwhile comes again."""
        every = sorted(one for one in self.listed(kind) if since is None or one.updated_at >= since)
        rest = [one for one in every if cursor is None or _cursor(one) > cursor]
        page = rest[: self.page_size]
        return Page(
            snapshots=tuple(self.read(Ref(kind=kind, id=one.id)) for one in page),
            cursor=_cursor(page[-1]) if len(rest) > len(page) else None,
            total=len(every),
        )

    def orders_of(self, email: str) -> Sequence[Snapshot]:
        """Return the orders of an address, newest first."""
        every = sorted(self.listed(Kind.ORDER), key=attrgetter("created_at"))
        found = (self.read(Ref.order(one.id)) for one in reversed(every))
        return [one for one in found if is_order_of(one, email)][: self.page_size]

    def count(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> int | None:
        """Count by the time of creation."""
        return len(self.ids(kind, start=start, end=end))

    def ids(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> Sequence[str]:
        """Name by the time of creation."""
        return [
            one.id
            for one in self.listed(kind)
            if (start is None or one.created_at >= start) and (end is None or one.created_at < end)
        ]

    def topics(self, kinds: Collection[Kind]) -> tuple[str, ...]:
        """Return the topics that tell of *kinds*."""
        return tuple(topic for kind, topics in TOPICS.items() if kind in kinds for topic in topics)

    def subscriptions(self) -> Sequence[Subscription]:
        """Return the subscriptions that are held."""
        return list(self.subscribed.values())

    def subscribe(self, topic: str, address: str) -> Subscription:
        """Hold one more subscription."""
        made = Subscription(str(next(self._subscription_ids)), topic, address)
        self.subscribed[made.id] = made
        return made

    def unsubscribe(self, subscription_id: str) -> None:
        """Hold it no more."""
        self.subscribed.pop(subscription_id, None)


def _cursor(one: Listed) -> str:
    return f"{one.updated_at.isoformat()}/{one.id:>20}"
