"""What really happened in a simulated shop, and what was sent: the two sides that are compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from storelink.models import MessageClass

INSTANT = timedelta(microseconds=1)
"""What ended trouble in the very moment of a message had ended it."""


class Did(StrEnum):
    """What can happen."""

    LEFT = "left a cart"
    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    LATE = "a parcel is late"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded in full"
    PART_REFUNDED = "refunded in part"
    RETURNING = "return asked for"
    RETURNED = "return over"
    AGREED = "agreed to advertising"
    REFUSED = "refused advertising"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happened.

    Attributes:
        who: the e-mail address.
        order: the order that it is about.
        thing: the parcel, refund, return or checkout that it is about.
    """

    at: datetime
    did: Did
    who: str
    order: str = ""
    thing: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """One message that somebody got.

    Attributes:
        at: when it was handed over for the first time.
        subject: what it is about, as `order:1001`.
        times: how often it was taken; 0 if the provider refused it.
        doubts: how often nobody could know whether it was taken: the answer was lost, or the worker
            died before it was written down.
    """

    at: datetime
    to: str
    hook: str
    template: str
    subject: str
    step: str
    order: str | None
    of: MessageClass
    text: str = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)
    times: int = 1
    doubts: int = 0


@dataclass(slots=True)
class Truth:
    """Everything that happened.

    Attributes:
        homes: the IANA name of each person's zone, and their country.
        connected_at: what happened before is history.
        refused: what the provider would not take: nobody got it.
    """

    connected_at: datetime
    homes: Mapping[str, tuple[str, str]]
    acts: list[Act] = field(default_factory=list)
    refused: Sequence[Note] = ()
    _about: dict[str, list[Act]] = field(default_factory=lambda: defaultdict(list), repr=False)

    def add(self, act: Act) -> None:
        """Write down what happened just now."""
        self.acts.append(act)
        for name in (act.who, act.order):
            self._about[name].append(act)

    def of(
        self, *kinds: Did, who: str = "", order: str = "", before: datetime | None = None
    ) -> Sequence[Act]:
        """Return what happened of these kinds, oldest first."""
        about = self._about.get(order or who, ()) if order or who else self.acts
        return [
            act
            for act in about
            if act.did in kinds
            and (not who or act.who == who)
            and (before is None or act.at < before)
        ]

    def is_off(self, order: str, at: datetime) -> bool:
        """Say whether an order was cancelled or refunded in full before."""
        return bool(self.of(Did.CANCELLED, Did.REFUNDED, order=order, before=at))

    def is_open(self, order: str, at: datetime) -> bool:
        """Say whether something of an order was still to come."""
        parcels = {act.thing for act in self.of(Did.SHIPPED, order=order, before=at)}
        arrived = {act.thing for act in self.of(Did.DELIVERED, order=order, before=at)}
        is_over = self.of(Did.COMPLETED, order=order, before=at) or (parcels and parcels <= arrived)
        is_paid = self.of(Did.PAID, order=order, before=at)
        return bool(is_paid) and not is_over and not self.is_off(order, at)

    def is_returning(self, who: str, at: datetime) -> bool:
        """Say whether something of somebody's was on its way back, and stayed so in that moment."""
        asked = {act.thing for act in self.of(Did.RETURNING, who=who, before=at)}
        over = {act.thing for act in self.of(Did.RETURNED, who=who, before=at + INSTANT)}
        return bool(asked - over)
