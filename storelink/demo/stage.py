"""The stage of one store: scenes are acted on it, and time passes between the acts."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from storelink.clock import Clock
from storelink.contracts.sandbox import Item, ScriptedStore
from storelink.errors import PluginError
from storelink.models.answer import Answer
from storelink.models.contact import Contact
from storelink.models.enums import AnswerKind, ShipmentStatus

if TYPE_CHECKING:
    from storelink.demo.stores import Shop

Life = Generator[timedelta, None, None]
"""A scene as it is acted: it yields how long nothing happens."""

BIRTHDAY = "birth_date"
"""Where an account keeps the birthday."""

CAUSES: Mapping[str, str] = {
    "out_for_delivery": "shipment.out_for_delivery",
    "delivered": "shipment.delivered",
    "delayed": "shipment.delayed",
    "overdue": "shipment.overdue",
    "problem": "shipment.exception",
}
"""Messages for which not every platform gives cause, each with the event that is its cause."""


@runtime_checkable
class TakesReturns(Protocol):
    """What a scripted store of a platform with returns can do, too."""

    def request_return(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Let the customer ask to send something back, and return the return's id."""

    def approve_return(self, return_id: str) -> None:
        """Agree to take it back."""

    def receive_return(self, return_id: str) -> None:
        """Let the goods arrive."""


@runtime_checkable
class TakesReviews(Protocol):
    """What a scripted store of a platform with reviews of its own can do, too."""

    def review(self, product_id: str, contact: Contact) -> str:
        """Let somebody review a product, and return the review's id."""


@runtime_checkable
class KeepsMeta(Protocol):
    """What a scripted store can do whose platform leaves an order's language to plugins."""

    def set_meta(self, order_id: str, key: str, value: Any) -> None:
        """Write what a plugin would keep with the order."""


@runtime_checkable
class KeepsBirthdays(Protocol):
    """What a scripted store can do whose platform leaves birthdays to plugins."""

    def register(self, contact: Contact) -> str:
        """Let somebody make an account, and return its id."""

    def set_account_meta(self, customer_id: str, key: str, value: Any) -> None:
        """Write what a plugin would keep with the account."""


@dataclass(frozen=True, slots=True)
class Part:
    """Who buys what."""

    buyer: Contact
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Scene:
    """The life of one order in each store that shows it.

    Attributes:
        title: what it shows.
        starts: how long after the store opened the order is placed.
        cast: the part in each store, by the store's name.
        expects: what became of each kind of message in the end: `"sent"`, `"expired"`,
            `"cancelled: refunded"`, or `"not sent: …"` for one that was never planned. Where a
            platform gives no cause for a message, nothing is expected of it.
        reviewed: which items the review request asks about, by their index.
    """

    title: str
    starts: timedelta
    life: Callable[[Actor], Life]
    cast: Mapping[str, Part]
    expects: Mapping[str, Sequence[str]]
    reviewed: Sequence[int] = ()
    payment_method: str = "card"


class Actor:
    """Acts one scene in one store: everything that happens to its one order.

    Args:
        put_off_next_mail: lets the mail server refuse the next mail for the time being.
        answer: takes what the customer answers on the shop's pages.
    """

    def __init__(
        self,
        scene: Scene,
        shop: Shop,
        clock: Clock,
        put_off_next_mail: Callable[[], None],
        answer: Callable[[str, Answer], object] = lambda store, answer: None,
    ) -> None:
        self.scene, self.part = scene, scene.cast[shop.name]
        self._shop, self._clock, self._answer = shop, clock, answer
        self.put_off_next_mail = put_off_next_mail
        self.order_id = ""
        self._parcels = 0

    @property
    def title(self) -> str:
        """What is shown, and on which platform."""
        return f"{self.scene.title} ({self._shop.manifest.title})"

    @property
    def expects(self) -> Mapping[str, Sequence[str]]:
        """What is expected of the messages that this store's platform gives cause for."""
        facts = self._shop.manifest.facts
        return {
            name: outcomes
            for name, outcomes in self.scene.expects.items()
            if name not in CAUSES or CAUSES[name] in facts
        }

    def place(self) -> None:
        """Place the order, in the customer's language."""
        buyer, store = self.part.buyer, self._store
        self.order_id = store.place(
            buyer, self.part.items, payment_method=self.scene.payment_method
        )
        if isinstance(store, KeepsMeta) and buyer.locale:
            store.set_meta(self.order_id, "wpml_language", buyer.locale.partition("-")[0])

    def register(self, birthday: str) -> None:
        """Let the customer make an account that knows the birthday, where accounts do."""
        store = self._store
        if isinstance(store, KeepsBirthdays):
            store.set_account_meta(store.register(self.part.buyer), BIRTHDAY, birthday)

    def answer(self, kind: AnswerKind, rating: int) -> None:
        """Let the customer answer what a message asked."""
        self._answer(self._shop.name, Answer(kind=kind, order_id=self.order_id, rating=rating))

    def pay(self) -> None:
        """Pay for it."""
        self._store.pay(self.order_id)

    def ship(
        self,
        carrier: str,
        *,
        lines: Mapping[int, int] | None = None,
        promised_in: timedelta | None = None,
    ) -> str:
        """Send a parcel and return its id."""
        self._parcels += 1
        number = f"AB{self.order_id[-6:]:0>6}{self._parcels}"
        return self._store.ship(
            self.order_id,
            number=number,
            carrier=carrier,
            url=f"https://parcels.example/{number}",
            lines=lines,
            promised_at=self._in(promised_in),
        )

    def scan(
        self,
        parcel: str,
        status: ShipmentStatus,
        *,
        message: str = "",
        promised_in: timedelta | None = None,
    ) -> None:
        """Let the carrier report *status*; many a platform does not hear of it."""
        if f"shipment.{status}" in self._shop.manifest.facts:
            self._store.scan(
                self.order_id, parcel, status, message=message, promised_at=self._in(promised_in)
            )

    def complete(self) -> None:
        """Let the shop be done with it."""
        self._store.complete(self.order_id)

    def refund(self, *, lines: Mapping[int, int] | None = None) -> None:
        """Give money back, for *lines* or for everything."""
        self._store.refund(self.order_id, lines=lines)

    def cancel(self) -> None:
        """Call the order off."""
        self._store.cancel(self.order_id)

    def send_back(self) -> Life:
        """Let the customer return everything.

        Raises:
            PluginError: this store's platform has no returns.
        """
        store = self._store
        if not isinstance(store, TakesReturns):
            raise self._unable("returns")
        coming_back = store.request_return(self.order_id)
        yield timedelta(hours=3)
        store.approve_return(coming_back)
        yield timedelta(days=4)
        store.receive_return(coming_back)

    def review(self) -> None:
        """Let the customer review what was bought first, without being asked.

        Raises:
            PluginError: this store's platform has no reviews.
        """
        store = self._store
        if not isinstance(store, TakesReviews):
            raise self._unable("reviews")
        store.review(self.part.items[0].product_id, self.part.buyer)

    @contextmanager
    def out_of_reach(self) -> Iterator[None]:
        """Let the store be cut off: no webhook arrives, and no call is answered."""
        faults = self._shop.sandbox.faults
        usual = faults.drop, faults.unavailable
        faults.drop = faults.unavailable = 1.0
        try:
            yield
        finally:
            faults.drop, faults.unavailable = usual

    @property
    def _store(self) -> ScriptedStore:
        return self._shop.sandbox.store

    def _unable(self, what: str) -> PluginError:
        return PluginError(f"{self._shop.manifest.title} has no {what}")

    def _in(self, time: timedelta | None) -> datetime | None:
        return None if time is None else self._clock.now() + time


@dataclass(order=True, slots=True)
class _Cue:
    """When a scene goes on."""

    at: datetime
    number: int
    life: Life = field(compare=False)


class Stage:
    """Acts every scene that its store has a part in, each at its time.

    Args:
        opens_at: when the store opens.
        put_off_next_mail: lets the mail server refuse the next mail for the time being.
        answer: takes what customers answer on the shop's pages.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        shop: Shop,
        clock: Clock,
        *,
        opens_at: datetime,
        put_off_next_mail: Callable[[], None] = lambda: None,
        answer: Callable[[str, Answer], object] = lambda store, answer: None,
    ) -> None:
        self.shop, self._clock = shop, clock
        self._number = itertools.count()
        self._cues: list[_Cue] = []
        self._actors = [
            Actor(scene, shop, clock, put_off_next_mail, answer)
            for scene in scenes
            if shop.name in scene.cast
        ]
        for actor in self._actors:
            self._wait(opens_at + actor.scene.starts, actor.scene.life(actor))

    def next_at(self) -> datetime | None:
        """Return when something will be done next; `None` when every scene is over."""
        return self._cues[0].at if self._cues else None

    def act(self) -> None:
        """Do what is to be done by now."""
        now = self._clock.now()
        while self._cues and self._cues[0].at <= now:
            cue = heapq.heappop(self._cues)
            pause = next(cue.life, None)
            if pause is not None:
                self._wait(cue.at + pause, cue.life)

    @property
    def acted(self) -> Mapping[str, Actor]:
        """Who acted each order that was placed, by the order's id."""
        return {actor.order_id: actor for actor in self._actors if actor.order_id}

    def _wait(self, at: datetime, life: Life) -> None:
        heapq.heappush(self._cues, _Cue(at, next(self._number), life))
