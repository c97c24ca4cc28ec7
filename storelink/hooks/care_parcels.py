"""Whether a parcel comes in time, by what is heard of it and what is usual."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from storelink.contracts.hook import Facts, Reason, SentMessage
from storelink.events.types import (
    ScanEvent,
    ShipmentAttempted,
    ShipmentCreated,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentEvent,
    ShipmentException,
    ShipmentOverdue,
    ShipmentReadyForPickup,
    ShipmentStuck,
)
from storelink.hooks.standing import CARE, TRACKING
from storelink.models.enums import ShipmentStatus
from storelink.models.order import Order
from storelink.models.ref import Ref
from storelink.models.shipment import Scan, Shipment
from storelink.models.usual import Percentiles

LAST_LEG = timedelta(hours=4)
"""What is not out for delivery so long before the end of the promised day will not come on it."""
NEWS = timedelta(days=1)
"""`TrackingUpdates` comes first: after so long, what it did not tell it will not tell any more."""
_DAY = timedelta(days=1)

_BEFORE_LAST_LEG = {
    ShipmentStatus.LABEL_CREATED,
    ShipmentStatus.PICKED_UP,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.DELAYED,
    ShipmentStatus.UNKNOWN,
}
_AT_THE_DOOR = {ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.ATTEMPTED}
_GOING_BACK = {ShipmentStatus.RETURNING, ShipmentStatus.RETURNED}
_ARRIVED = {
    ShipmentStatus.DELIVERED: ShipmentDelivered.type,
    ShipmentStatus.READY_FOR_PICKUP: ShipmentReadyForPickup.type,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a parcel.

    Attributes:
        why: as `ShipmentStuck` has it.
        at: from when on.
        until: after that, it is another story: the promised day has passed.
    """

    why: str
    at: datetime
    until: datetime | None = None

    @property
    def is_certain(self) -> bool:
        """Whether nobody has to wait and see."""
        return self.why == "returning"


@dataclass(frozen=True, slots=True)
class Told:
    """What says the same, by the type of its event; *until* then it may still be told."""

    by: str
    until: datetime | None = None


def parcels(order: Order, facts: Facts, home: str | None) -> Iterator[tuple[Parcel, bool]]:
    """Yield the parcels of an order, oldest first, and whether each is one that came before."""
    numbers: set[str] = set()
    for parcel in sorted((Parcel(order, one, facts, home) for one in order.shipments), key=_age):
        is_twin = bool(parcel.numbers) and set(parcel.numbers) <= numbers
        yield parcel, is_twin
        if parcel.shipment.status is not ShipmentStatus.CANCELLED:
            numbers.update(parcel.numbers)


class Parcel:
    """One parcel, and what is known and usual about it.

    Args:
        order: its order.
        shipment: the parcel.
        facts: what happened to the order.
        home: the shop's country.
    """

    def __init__(self, order: Order, shipment: Shipment, facts: Facts, home: str | None) -> None:
        self.order, self.shipment, self._facts = order, shipment, facts
        self.ref = Ref.shipment(shipment.id)
        self.numbers = [one.number for one in shipment.tracking if one.number]
        self._home = home
        self._scans = sorted(shipment.scans, key=lambda one: (one.at, one.id))
        self._events = [
            one
            for one in facts.events
            if isinstance(one, ShipmentEvent) and one.shipment_id == shipment.id
        ]

    @functools.cached_property
    def _transit(self) -> Percentiles:
        return self._facts.usual.transit(self.shipment, self.order, home=self._home)

    @functools.cached_property
    def _silence(self) -> Percentiles:
        return self._facts.usual.silence(self.shipment, self.order, home=self._home)

    @property
    def left_at(self) -> datetime | None:
        """When it left the shop."""
        created = next((one.at for one in self._events if isinstance(one, ShipmentCreated)), None)
        return self.shipment.shipped_at or self.shipment.created_at or created

    @property
    def promise(self) -> datetime | None:
        """When the carrier says that it comes."""
        newest = next((one for one in reversed(self._scans) if one.estimated_delivery_at), None)
        return self.shipment.estimated_delivery_at or (
            newest.estimated_delivery_at if newest else None
        )

    @property
    def step(self) -> str:
        """What tells its stories apart: the last problem, and the promised day."""
        promise = "returning" if self._turned() else _iso(self.promise) or ""
        return f"stuck/{self._problem_id}/{promise}".rstrip("/")

    @property
    def _problem_id(self) -> str:
        problem = self._last(ShipmentException, ShipmentAttempted)
        return quote(problem.scan_id, safe="") if isinstance(problem, ScanEvent) else ""

    @property
    def is_seen(self) -> bool:
        """Whether anybody would tell that it arrives."""
        return bool(self._scans) or self._facts.usual.shows_arrivals

    def against(self) -> tuple[Reason, dict[str, str]] | None:
        """Return why nobody needs to worry about it, with the detail."""
        if self.shipment.status is ShipmentStatus.CANCELLED:
            return Reason.PARCEL_REMOVED, {}
        arrived = self._last(ShipmentDelivered, ShipmentReadyForPickup)
        by = arrived.type if arrived else _ARRIVED.get(self.shipment.status)
        return (Reason.SUPERSEDED, {"by": by}) if by else None

    def problem(self) -> ShipmentException | None:
        """Return the problem that the carrier has with it, unless it went on since."""
        problem = self._last(ShipmentException)
        goes_on = problem and any(
            one.at > problem.at and one.status in _ON_ITS_WAY for one in self._scans
        )
        return problem if isinstance(problem, ShipmentException) and not goes_on else None

    def trouble(self, now: datetime) -> Trouble | None:
        """Return what is, or will be, wrong first if nothing is heard of it any more."""
        turned = self._turned()
        if turned is not None:
            return Trouble("returning", turned)
        found = [one for one in self._troubles() if one.until is None or now < one.until]
        return min(found, key=lambda one: one.at, default=None)

    def _troubles(self) -> Iterator[Trouble]:
        left_at, promise = self.left_at, self.promise
        if left_at is None:
            return
        if promise is not None:
            late = self._too_late(left_at, promise)
            if late is not None and late < promise:
                yield Trouble("late", late, until=promise)
            yield Trouble("overdue", promise + NEWS)
        elif self.is_seen:
            yield Trouble("overdue", self._after_attempts(left_at + self._transit.p80))
        if self._scans:
            yield Trouble("silent", max(self._scans[-1].at, left_at) + self._silence.p95)

    def _too_late(self, left_at: datetime, promise: datetime) -> datetime | None:
        """Return when it is clear that a parcel that stays where it is will not come in time."""
        last = self._scans[-1].status if self._scans else ShipmentStatus.UNKNOWN
        at_last, half = promise - LAST_LEG, self._transit.p50
        if last not in _BEFORE_LAST_LEG or not (self._scans or self._facts.usual.shows_scans):
            return None
        if any(one.promised_at == promise for one in self._delays()):
            return at_last  # the carrier knew of it when it gave this date, and tracking told it
        begun = next((one.at for one in self._scans if one.status in _ON_ITS_WAY), None)
        if begun is None:  # the carrier does not even have it, and needs half as long as usual
            return min(max(promise - half, left_at + _DAY), at_last)
        # It was taken over a day late or more, and a usual journey would end after the promise.
        is_behind = begun - left_at >= _DAY and begun + half > promise
        return min(begun, at_last) if is_behind else at_last

    def _after_attempts(self, at: datetime) -> datetime:
        """Return *at*, or a day after it was last before the customer's door."""
        tries = [one.at + _DAY for one in self._scans if one.status in _AT_THE_DOOR]
        return max([at, *tries])

    def _turned(self) -> datetime | None:
        """Return when it turned back, if that was the last that was heard."""
        if self._scans and self._scans[-1].status in _GOING_BACK:
            return next(one.at for one in self._last_way_back())
        is_back = not self._scans and self.shipment.status in _GOING_BACK
        return self.shipment.updated_at if is_back else None

    def _last_way_back(self) -> list[Scan]:
        """Return the scans since it turned back, the oldest first."""
        found: list[Scan] = []
        for scan in reversed(self._scans):
            if scan.status not in _GOING_BACK:
                break
            found.append(scan)
        return found[::-1]

    def event(self, trouble: Trouble) -> ShipmentStuck:
        """Return what is told of it: what was told before, as long as nothing was heard since."""
        made = ShipmentStuck(
            id=f"{self.order.store}/shipment/{self.shipment.id}/{self.step}",
            store=self.order.store,
            at=trouble.at,
            order_id=self.order.id,
            shipment_id=self.shipment.id,
            why=trouble.why,
            expected_at=self.promise,
        )
        known = self._facts.first(ShipmentStuck, id=made.id)
        heard_at = self._scans[-1].at if self._scans else None
        is_news = known is None or (heard_at is not None and heard_at > known.at)
        return made if is_news or known is None else known

    def told_elsewhere(self, now: datetime) -> Told | None:
        """Return what tells the customer the same, or did."""
        if any(map(self._is_same_story, self._sent(CARE))):
            return Told(ShipmentStuck.type)
        told = {one.step for one in self._sent(TRACKING)}
        for news in reversed(self._of_this_promise()):
            ways = {f"overdue/{_iso(news.promised_at)}"}
            if isinstance(news, ShipmentDelayed):
                ways = {"delayed/undated", f"delayed/undated/{_iso(self.promise)}"}
            if ways & told:
                return Told(news.type)
            is_over = any(self._facts.is_closed(TRACKING, self.ref, way) for way in ways)
            if now < news.at + NEWS and not is_over:
                return Told(news.type, until=news.at + NEWS)
        return None

    def _is_same_story(self, told: SentMessage) -> bool:
        """Say whether nothing has changed since, but for a promise that is no later."""
        if told.step == self.step or told.data.get("why") == "returning":
            return False
        problem_id = (*told.step.split("/"), "")[1]
        is_later = (_iso(self.promise) or "") > told.data.get("promised_at", "")
        return problem_id == self._problem_id and not is_later

    def _sent(self, hook: str) -> list[SentMessage]:
        return [one for one in self._facts.sent_by(hook) if one.subject == self.ref]

    def _delays(self) -> list[ShipmentDelayed]:
        return [one for one in self._events if isinstance(one, ShipmentDelayed)]

    def _of_this_promise(self) -> list[ShipmentDelayed | ShipmentOverdue]:
        """Return what says that the present promise is broken, without a new one."""
        made_at = max(
            (one.at for one in self._delays() if one.promised_at),
            default=datetime.min.replace(tzinfo=UTC),
        )
        return [
            one
            for one in self._events
            if (isinstance(one, ShipmentOverdue) and one.promised_at == self.promise)
            or (isinstance(one, ShipmentDelayed) and not one.promised_at and one.at >= made_at)
        ]

    def data(self, trouble: Trouble, event: ShipmentStuck) -> dict[str, Any]:
        """Return what the message tells: what is wrong, and when it probably comes instead."""
        told = {
            "shipment_id": self.shipment.id,
            "numbers": self.numbers,
            "why": trouble.why,
            "promised_at": _iso(self.promise),
        }
        if not trouble.is_certain:
            first, last = self._window(event.at)
            told |= {"expected_from": _iso(first), "expected_until": _iso(last)}
        return {name: one for name, one in told.items() if one is not None}

    def _window(self, at: datetime) -> tuple[datetime, datetime]:
        """Return when it probably comes: what is left of a usual journey, and of a slow one."""
        begun = next((one.at for one in self._scans if one.status in _ON_ITS_WAY), at)
        gone = max(at - begun, timedelta())
        first = max(at + max(self._transit.p50 - gone, _DAY), self.promise or at)
        return first, max(at + self._transit.p95 - gone, first + 2 * _DAY)

    def _last(self, *kinds: type[ShipmentEvent]) -> ShipmentEvent | None:
        return next((one for one in reversed(self._events) if isinstance(one, kinds)), None)


_ON_ITS_WAY = {
    ShipmentStatus.PICKED_UP,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.OUT_FOR_DELIVERY,
    ShipmentStatus.DELAYED,
}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _age(parcel: Parcel) -> tuple[datetime, str]:
    return (parcel.left_at or datetime.max.replace(tzinfo=UTC), parcel.shipment.id)
