"""Generated lives of a small store, and what a shop knows after hearing of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from core.world import ADA, BOB, MUG, POT, START, TEA
from hypothesis import strategies as st

from storelink import Storelink
from storelink.contracts import Channel
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.mirror import load
from storelink.models import Contact, Kind, Order, OrderStatus, Ref, ShipmentStatus
from storelink.testing import (
    FakeStore,
    FrozenClock,
    Item,
    RecordingChannel,
    Webhook,
    anything_goes,
)
from storelink.testing.goods import product_id

PEOPLE = (ADA, BOB, Contact(email="ADA@example.com"), Contact(first_name="Nobody"))
BASKETS = ((MUG,), (MUG, TEA), (TEA, POT), (POT,))
GAPS = (
    timedelta(),
    timedelta(),
    timedelta(milliseconds=400),
    timedelta(seconds=1),
    timedelta(hours=5),
    timedelta(days=3),
)
NUMBERS = ("A", "B", "")


class Act(NamedTuple):
    """One act. The numbers choose the order, the parcel and what else there is to choose."""

    gap: timedelta
    name: str
    order: int
    choice: int


@dataclass
class History:
    """A store that lived through some acts.

    Attributes:
        webhooks: what it raised, in the order of the acts.
        order_ids: every order that was ever placed.
        goods: every product, checkout and review that there ever was.
    """

    clock: FrozenClock = field(default_factory=lambda: FrozenClock(START))
    webhooks: list[Webhook] = field(default_factory=list)
    order_ids: list[str] = field(default_factory=list)
    goods: list[Ref] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = FakeStore(clock=self.clock)
        self._parcels: dict[str, list[str]] = {}
        self._deleted: set[str] = set()
        self._removed: set[Ref] = set()

    def live(self, acts: Iterable[Act]) -> History:
        """Live through *acts*; one that is impossible now does not happen."""
        for act in acts:
            self.clock.advance(act.gap)
            if act.name in GOODS:
                self._deal(act)
            elif act.name == "place" or not self.order_ids:
                self._place(act)
            else:
                self._change(act)
            self.webhooks += self.store.take()
        return self

    def _place(self, act: Act) -> None:
        order_id = self.store.place(
            PEOPLE[act.order % len(PEOPLE)],
            BASKETS[act.choice % len(BASKETS)],
            paid=act.choice % 3 != 1,
            payment_method="cod" if act.choice % 5 == 2 else "card",
        )
        self._ordered(order_id)

    def _ordered(self, order_id: str) -> None:
        self.order_ids.append(order_id)
        self._parcels[order_id] = []

    def _deal(self, act: Act) -> None:
        """Something happens to a product, a checkout or a review."""
        person, items = PEOPLE[act.order % len(PEOPLE)], BASKETS[act.choice % len(BASKETS)]
        item = items[0]
        if act.name == "sell":
            self._keep(Kind.PRODUCT, self.store.sell(item, reviews_allowed=act.choice % 3 != 0))
        elif act.name == "begin":
            self._keep(Kind.CHECKOUT, self.store.begin_checkout(person, items))
        elif act.name == "review":
            self._keep(Kind.REVIEW, self.store.review(product_id(item), person))
        elif known := [one for one in self.goods if one not in self._removed]:
            self._touch(act, known[act.order % len(known)], person, items)

    def _touch(self, act: Act, ref: Ref, person: Contact, items: Sequence[Item]) -> None:
        if act.name == "remove":
            self._removed.add(ref)
            self.store.remove(ref)
        elif ref.kind is Kind.CHECKOUT and act.name == "buy":
            self._ordered(self.store.place(person, items, checkout_id=ref.id))
        elif ref.kind is Kind.CHECKOUT:
            self.store.change(ref, contact=person)
        elif ref.kind is Kind.PRODUCT:
            self.store.change(ref, reviews_allowed=act.choice % 2 == 0)
        else:
            self.store.change(ref, verified=act.choice % 2 == 0)

    def _keep(self, kind: Kind, key: str) -> None:
        ref = Ref(kind=kind, id=key)
        self._removed.discard(ref)
        if ref not in self.goods:
            self.goods.append(ref)

    def _change(self, act: Act) -> None:
        order_id = self.order_ids[act.order % len(self.order_ids)]
        if act.name == "restore" and order_id in self._deleted:
            self._deleted.remove(order_id)
            self.store.restore(order_id)
        elif order_id in self._deleted or act.name == "restore":
            return
        elif act.name in ("scan", "untrack", "retrack"):
            self._touch_parcel(act, order_id)
        else:
            self._act(act, order_id)

    def _touch_parcel(self, act: Act, order_id: str) -> None:
        parcels = self._parcels[order_id]
        if not parcels:
            return
        parcel = parcels[act.choice % len(parcels)]
        if act.name == "scan":
            statuses = list(ShipmentStatus)
            promised_at = self.clock.now() + timedelta(days=2) if act.choice % 2 else None
            status = statuses[act.choice % len(statuses)]
            self.store.scan(order_id, parcel, status, promised_at=promised_at)
        elif act.name == "retrack":
            self.store.retrack(order_id, parcel, number=NUMBERS[act.choice % len(NUMBERS)])
        else:
            parcels.remove(parcel)
            self.store.untrack(order_id, parcel)

    def _act(self, act: Act, order_id: str) -> None:
        part = {0: 1} if act.choice % 2 else None
        acts: dict[str, Callable[[], Any]] = {
            "pay": lambda: self.store.pay(order_id),
            "ship": lambda: self._parcels[order_id].append(
                self.store.ship(order_id, number=NUMBERS[act.choice % 3], carrier="DHL", lines=part)
            ),
            "refund": lambda: self.store.refund(order_id, lines=part),
            "cancel": lambda: self.store.cancel(order_id),
            "hold": lambda: self.store.hold(order_id),
            "go on": lambda: self.store.edit(order_id, status=OrderStatus.OPEN),
            "complete": lambda: self.store.complete(order_id),
            "readdress": lambda: self.store.edit(
                order_id, contact=PEOPLE[act.choice % len(PEOPLE)]
            ),
            "delete": lambda: (self._deleted.add(order_id), self.store.delete(order_id)),
        }
        acts[act.name]()

    @property
    def deleted(self) -> set[str]:
        """The orders that are gone."""
        return self._deleted

    @property
    def removed(self) -> set[Ref]:
        """The products, checkouts and reviews that are gone."""
        return self._removed


NAMES = (
    "place",
    "pay",
    "ship",
    "ship",
    "scan",
    "scan",
    "scan",
    "refund",
    "cancel",
    "hold",
    "go on",
    "complete",
    "readdress",
    "retrack",
    "untrack",
    "delete",
    "restore",
)
GOODS = ("sell", "begin", "review", "touch", "touch", "buy", "remove")

acts = st.builds(
    Act,
    gap=st.sampled_from(GAPS),
    name=st.sampled_from(NAMES + GOODS),
    order=st.integers(0, 3),
    choice=st.integers(0, 25),
)
histories = st.lists(acts, min_size=1, max_size=16).map(lambda done: History().live(done))


class Shop:
    """A `Storelink` over a store whose history is over; the clock stands still at its end."""

    def __init__(self, history: History, *, channel: Channel | None = None) -> None:
        self.history = history
        self.channel = RecordingChannel()
        self.link = Storelink(
            "sqlite://",
            stores={"shop": history.store},
            channels=[channel or self.channel],
            hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()],
            clock=history.clock,
            since=START,
            policy=anything_goes,
        )

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    def hear(self, webhooks: Sequence[Webhook]) -> Shop:
        """Receive *webhooks*; the worker does not run."""
        for webhook in webhooks:
            self.link.receive("shop", headers=webhook.headers, body=webhook.body)
        return self

    def read(self) -> Shop:
        """Read everything."""
        for ref in (*map(Ref.order, self.history.order_ids), *self.history.goods):
            self.link._reader.read("shop", ref)
        return self

    def plan(self) -> Shop:
        """Let the hooks decide about everything; nothing is read and nothing is sent."""
        while self.link._planner.run_once(["shop"]):
            pass
        return self

    @property
    def mirror(self) -> dict[str, Order]:
        return {order.id: order for order in self.link.orders("shop")}

    @property
    def goods(self) -> dict[Ref, Any]:
        with self.link._database.read() as tx:
            rows = tx.records.many("shop", self.history.goods)
            loaded = {
                Kind.PRODUCT: load.product,
                Kind.CHECKOUT: load.checkout,
                Kind.REVIEW: load.review,
            }
            refs = [Ref(kind=row.kind, id=row.id) for row in rows]
            return {ref: loaded[ref.kind](tx, "shop", ref.id) for ref in refs}

    @property
    def events(self) -> dict[str, tuple[Any, ...]]:
        return {
            event.id: (event.type, event.at, event.exact, event.model_dump(mode="json"))
            for event in self.link.events()
        }

    @property
    def messages(self) -> dict[str, tuple[Any, ...]]:
        return {
            one.key: (one.state, one.reason, one.due_at, one.expires_at, one.data)
            for one in self.link.messages()
        }

    def picture(self) -> dict[str, Any]:
        """Everything that must not depend on how it became known."""
        return {
            "mirror": self.mirror,
            "goods": self.goods,
            "events": self.events,
            "messages": self.messages,
        }
