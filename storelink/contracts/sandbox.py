"""Stores whose life is scripted or recorded: for the demo, for tests, for trying own hooks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

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


class PlayedStore(ABC):
    """A store of a platform that is played: it raises webhooks and can be read."""

    @abstractmethod
    def take(self) -> list[Webhook]:
        """Return the webhooks raised since the last call, in the order of the acts."""

    @abstractmethod
    def read(self, ref: Ref) -> Snapshot:
        """Return the present truth about one object.

        Raises:
            NotFound: it does not exist.
        """


class RecordedRequest(Protocol):
    """A webhook as a real store sent it."""

    @property
    def headers(self) -> Mapping[str, str]:
        """As received."""

    @property
    def body(self) -> bytes:
        """The raw bytes, as received."""

    @property
    def received_at(self) -> datetime:
        """When it arrived."""


class Recording(Protocol):
    """What was recorded of a real store; `storelink.testing.journeys` reads one from a folder."""

    @property
    def deliveries(self) -> Sequence[RecordedRequest]:
        """The webhooks, in order of arrival."""

    def truth(self, order_id: str) -> Mapping[str, Any]:
        """Return the store's answers about an order at the end, by the name of the resource.

        Raises:
            LookupError: nothing was recorded about it.
        """


class ScriptedStore(PlayedStore):
    """A store that does what it is told, at the time of the clock it was given.

    Every act changes the store's truth and raises the webhooks that the platform would send;
    `take` hands them out.
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
