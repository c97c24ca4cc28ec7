"""The stage of the scripted store: scenes are acted on it, and time passes between the acts."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from storelink.clock import Clock
from storelink.contracts.sandbox import Item, ScriptedStore
from storelink.demo.post import Post
from storelink.demo.stores import Shop
from storelink.errors import PluginError
from storelink.models.contact import Contact
from storelink.models.enums import ShipmentStatus

Life = Generator[timedelta, None, None]
"""A scene as it is acted: it yields how long nothing happens."""


@runtime_checkable
class TakesReturns(Protocol):
    """What a scripted store of a platform with returns can do, too."""

    def request_return(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Let the customer ask to send something back, and return the return's id."""

    def approve_return(self, return_id: str) -> None:
        """Agree to take it back."""

    def receive_return(self, return_id: str) -> None:
        """Let the goods arrive."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The life of one order.

    Attributes:
        title: what it shows.
        starts: how long after the store opened the order is placed.
        expects: what became of each kind of message in the end: `"sent"`, `"expired"`,
            `"cancelled: refunded"`, or `"not sent: …"` for one that was never planned.
        reviewed: which items the review request asks about, by their index.
    """

    title: str
    starts: timedelta
    buyer: Contact
    items: Sequence[Item]
    life: Callable[[Actor], Life]
    expects: Mapping[str, Sequence[str]]
    reviewed: Sequence[int] = ()
    payment_method: str = "card"


class Actor:
    """Acts one scene: everything that happens to its one order.

    Args:
        put_off_next_mail: lets the mail server refuse the next mail for the time being.
    """

    def __init__(
        self,
        scene: Scene,
        shop: Shop[ScriptedStore],
        post: Post,
        clock: Clock,
        put_off_next_mail: Callable[[], None],
    ) -> None:
        self._scene, self._shop, self._post, self._clock = scene, shop, post, clock
        self.put_off_next_mail = put_off_next_mail
        self.order_id = ""
        self._parcels = 0

    def place(self) -> None:
        """Place the order."""
        self.order_id = self._store.place(
            self._scene.buyer, self._scene.items, payment_method=self._scene.payment_method
        )

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
        """Let the carrier report *status*."""
        self._store.scan(
            self.order_id, parcel, status, message=message, promised_at=self._in(promised_in)
        )

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
            raise PluginError(f"{self._shop.title} has no returns")
        coming_back = store.request_return(self.order_id)
        yield timedelta(hours=3)
        store.approve_return(coming_back)
        yield timedelta(days=4)
        store.receive_return(coming_back)

    @contextmanager
    def late(self, by: timedelta) -> Iterator[None]:
        """Let the webhooks of what is done inside arrive late."""
        self.tell()
        yield
        self.tell(late=by)

    def tell(self, *, late: timedelta = timedelta()) -> None:
        """Post the webhooks of what was done."""
        self._post.take(self._shop.name, self._store.take(), at=self._clock.now() + late)

    @property
    def _store(self) -> ScriptedStore:
        return self._shop.played

    def _in(self, time: timedelta | None) -> datetime | None:
        return None if time is None else self._clock.now() + time


@dataclass(order=True, slots=True)
class _Cue:
    """When a scene goes on."""

    at: datetime
    number: int
    actor: Actor = field(compare=False)
    life: Life = field(compare=False)


class Stage:
    """Acts every scene, each at its time.

    Args:
        opens_at: when the store opens.
        put_off_next_mail: lets the mail server refuse the next mail for the time being.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        shop: Shop[ScriptedStore],
        post: Post,
        clock: Clock,
        *,
        opens_at: datetime,
        put_off_next_mail: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._number = itertools.count()
        self._cues: list[_Cue] = []
        self._actors = [Actor(scene, shop, post, clock, put_off_next_mail) for scene in scenes]
        self._scenes = scenes
        for actor, scene in zip(self._actors, scenes, strict=True):
            self._wait(opens_at + scene.starts, actor, scene.life(actor))

    def next_at(self) -> datetime | None:
        """Return when something will be done next; `None` when every scene is over."""
        return self._cues[0].at if self._cues else None

    def act(self) -> None:
        """Do what is to be done by now."""
        now = self._clock.now()
        while self._cues and self._cues[0].at <= now:
            cue = heapq.heappop(self._cues)
            pause = next(cue.life, None)
            cue.actor.tell()
            if pause is not None:
                self._wait(now + pause, cue.actor, cue.life)

    @property
    def orders(self) -> Mapping[str, Scene]:
        """The scene of each order that was placed, by the order's id."""
        return {
            actor.order_id: scene
            for actor, scene in zip(self._actors, self._scenes, strict=True)
            if actor.order_id
        }

    def _wait(self, at: datetime, actor: Actor, life: Life) -> None:
        heapq.heappush(self._cues, _Cue(at, next(self._number), actor, life))
