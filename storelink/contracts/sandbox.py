"""Stores whose life is scripted: for the demo, for tests, for trying own hooks."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from storelink.models.contact import Contact
from storelink.models.enums import ShipmentStatus
from storelink.models.money import Money
from storelink.models.record import Snapshot
from storelink.models.ref import Ref


@dataclass(frozen=True, slots=True)
class Webhook:
    """One signed request, as the platform would send it."""

    topic: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """What somebody puts into an order. *unit_price* decides the order's currency."""

    title: str
    unit_price: Money
    quantity: int = 1
    product_id: str = ""
    requires_shipping: bool = True


class ScriptedStore(ABC):
    """A store that does what it is told, at the time of the clock it was given.

    Every act changes the store's truth and raises the webhooks that the platform would send;
    `take` hands them out.
    """

    @abstractmethod
    def take(self) -> list[Webhook]:
        """Return the webhooks raised since the last call, in the order of the acts."""

    @abstractmethod
    def read(self, ref: Ref) -> Snapshot:
        """Return the present truth about one object.

        Raises:
            NotFound: it does not exist.
        """

    @abstractmethod
    def place(
        self,
        contact: Contact,
        items: Sequence[Item],
        *,
        paid: bool = True,
        payment_method: str = "card",
    ) -> str:
        """Place an order and return its id. With *payment_method* `"cod"` it is paid later."""

    @abstractmethod
    def pay(self, order_id: str) -> None:
        """Pay an order that was placed unpaid."""

    @abstractmethod
    def ship(
        self,
        order_id: str,
        *,
        number: str,
        carrier: str,
        url: str | None = None,
        lines: Mapping[int, int] | None = None,
        promised_at: datetime | None = None,
    ) -> str:
        """Send a parcel and return its id; *lines* maps the item's index to a quantity."""

    @abstractmethod
    def scan(
        self,
        order_id: str,
        shipment_id: str,
        status: ShipmentStatus,
        *,
        message: str = "",
        promised_at: datetime | None = None,
    ) -> None:
        """Let the carrier report *status*."""

    @abstractmethod
    def refund(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Give money back, for *lines* or for the whole order, and return the refund's id."""

    @abstractmethod
    def cancel(self, order_id: str) -> None:
        """Call the order off."""

    @abstractmethod
    def complete(self, order_id: str) -> None:
        """Close the order: the shop is done with it."""

    @abstractmethod
    def delete(self, order_id: str) -> None:
        """Delete the order."""

    def ship_free(self, country: str, minimum: Money) -> None:
        """Let orders to a country ship for free from a worth of *minimum* on.

        Raises:
            NotImplementedError: this store's shipping is not played.
        """
        raise NotImplementedError

    @abstractmethod
    def order_ids(self) -> Sequence[str]:
        """Return the ids of every order that exists."""


@dataclass(slots=True)
class Faults:
    """What goes wrong between a store and storelink. Shares are from 0 to 1; by default nothing.

    Everything that chance decides comes from *seed*, so that a run can be repeated.

    Attributes:
        drop: share of webhooks that never arrive.
        duplicate: share of webhooks that arrive twice.
        shuffle: webhooks that are due arrive in any order.
        delay: webhooks arrive up to so much later.
        unavailable: share of API calls answered with an error of the server, or an HTML page.
        throttled: share of API calls refused for their number.
        cut: share of answers that break off halfway.
        lost: share of API calls that are executed, and whose answer never arrives.
        slow: how long each answer takes, in seconds of real time.
        drift: an object of the list is touched between two pages of it.
        happened: what went wrong with webhooks on their way so far: how many were the victims of
            `"drop"`, of `"duplicate"`, and of `"shuffle"`, out of their turn. (For API calls see
            `Sandbox.calls`.)
    """

    seed: int = 0
    drop: float = 0.0
    duplicate: float = 0.0
    shuffle: bool = False
    delay: timedelta = timedelta()
    unavailable: float = 0.0
    throttled: float = 0.0
    cut: float = 0.0
    lost: float = 0.0
    slow: float = 0.0
    drift: bool = False
    happened: Counter[str] = field(init=False, repr=False, default_factory=Counter)
    chance: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311  no secret

    def happens(self, share: float) -> bool:
        """Say whether something with this share happens now."""
        return share > 0 and self.chance.random() < share


class Sandbox(ABC):
    """A store of a platform on this machine: its API over HTTP, its webhooks, its life scripted.

    It is a context manager: inside the block its server runs.

    Attributes:
        store: lets things happen in the store.
        faults: what goes wrong; may be changed at any time.
    """

    store: ScriptedStore
    faults: Faults

    @property
    @abstractmethod
    def url(self) -> str:
        """The address of the store, while the server runs."""

    @property
    @abstractmethod
    def options(self) -> Mapping[str, Any]:
        """The options that connect the platform's adapter to this store, credentials included."""

    @abstractmethod
    def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Start the server; with port 0 on any free port."""

    @abstractmethod
    def stop(self) -> None:
        """Stop the server."""

    @abstractmethod
    def deliver(self) -> int:
        """Send the webhooks that are due by the store's clock to whoever subscribed.

        Failures are counted, repeated and punished as the platform does it.

        Returns:
            how many requests were made.
        """

    @abstractmethod
    def next_delivery(self) -> datetime | None:
        """Return when the next webhook is due, by the store's clock; `None` if none is."""

    @abstractmethod
    def grow(self, orders: int) -> None:
        """Let the store have so many more old orders, of many people, in various states."""

    @property
    @abstractmethod
    def calls(self) -> Mapping[str, int]:
        """How often the API was called, by what became of it: `"ok"`, `"throttled"`, …."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
