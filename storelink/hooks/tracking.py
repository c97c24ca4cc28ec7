"""Keep the customer informed about each parcel, and never with yesterday's news."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, SentMessage, Skip
from storelink.events.types import (
    Event,
    ShipmentAttempted,
    ShipmentChanged,
    ShipmentCreated,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentEvent,
    ShipmentException,
    ShipmentInTransit,
    ShipmentOutForDelivery,
    ShipmentOverdue,
    ShipmentReadyForPickup,
    ShipmentStuck,
)
from storelink.hooks.spans import check_spans
from storelink.hooks.standing import CARE, TRACKING, called_off
from storelink.models.enums import OrderStatus, ShipmentStatus
from storelink.models.message import Message
from storelink.models.order import Order
from storelink.models.ref import Ref
from storelink.models.shipment import Shipment

T = TypeVar("T", bound=ShipmentEvent)
Kinds = tuple[type[ShipmentEvent], ...]


_NO_ORDER = {
    OrderStatus.DRAFT: Reason.NOT_PLACED,
    OrderStatus.FAILED: Reason.PAYMENT_FAILED,
}


class TrackingUpdates(Hook[Order]):
    """Tells of each parcel: created, out for delivery, delivered, a problem, a delay.

    Two records of one tracking number (a plugin's and the platform's own) are told once.
    Monotonic: once a parcel is further, earlier steps are not told any more. News that could not
    be sent in time expire. A delay is told when the carrier says so, or when the promised day has
    passed, whichever comes first.

    Args:
        created_expires_after: for the message with the tracking number.
        delivered_expires_after: for the message that the parcel arrived.
        news_expires_after: for "out for delivery" and problems.
    """

    name = TRACKING

    def __init__(
        self,
        *,
        created_expires_after: timedelta = timedelta(days=14),
        delivered_expires_after: timedelta = timedelta(days=3),
        news_expires_after: timedelta = timedelta(days=1),
    ) -> None:
        self.created_expires_after = created_expires_after
        self.delivered_expires_after = delivered_expires_after
        self.news_expires_after = news_expires_after
        check_spans(self)

    def decide(self, subject: Order, facts: Facts, now: datetime) -> Iterator[Decision]:
        """Say what to tell about the parcels of the order *subject*."""
        order, off = subject, called_off(subject) or _NO_ORDER.get(subject.status)
        parcels = [_Parcel(order, shipment, facts) for shipment in order.shipments]
        seen: set[str] = set()
        for parcel in sorted(parcels, key=_Parcel.rank):
            against = off or parcel.against(seen)
            yield from self._parcel(parcel, against)
            seen.update(() if against else parcel.numbers)
        standing = {shipment.id for shipment in order.shipments}
        gone = {one.shipment_id for one in facts.all(ShipmentCreated)} - standing
        for shipment_id in sorted(gone):
            shipment = Shipment(id=shipment_id, order_id=order.id)
            yield from self._parcel(_Parcel(order, shipment, facts), off or Reason.PARCEL_REMOVED)
        if not standing and not gone:
            yield Skip(Ref.order(order.id), off or Reason.NOT_SHIPPED, order_id=order.id)

    def _parcel(self, parcel: _Parcel, against: Reason | None) -> Iterator[Decision]:
        """Say what to tell about one parcel; *against* speaks against all of it."""
        for news in (
            self._created(parcel),
            self._changed(parcel),
            self._out_for_delivery(parcel),
            self._problem(parcel),
            self._late(parcel),
            self._delivered(parcel),
        ):
            for decision in news:
                yield parcel.skip(decision.step, against) if against else decision

    def _created(self, parcel: _Parcel) -> Iterator[Decision]:
        cause = parcel.last(ShipmentCreated)
        if cause is None:
            return
        if not any(one.number or one.url for one in parcel.shipment.tracking):
            yield parcel.skip("created", Reason.NO_TRACKING)
            return
        yield parcel.news(
            "created",
            "tracking_created",
            cause,
            self.created_expires_after,
            unless=(ShipmentOutForDelivery, ShipmentDelivered),
        )

    def _changed(self, parcel: _Parcel) -> Iterator[Decision]:
        """A parcel gets another number after the customer was told the first one."""
        told = parcel.told_numbers()
        new = [number for number in parcel.numbers if number not in told]
        cause = parcel.last(ShipmentChanged, number=new[0]) if told and new else None
        if cause:
            yield parcel.news(
                f"changed/{cause.number}",
                "tracking_changed",
                cause,
                self.created_expires_after,
                unless=(ShipmentDelivered,),
            )

    def _out_for_delivery(self, parcel: _Parcel) -> Iterator[Decision]:
        cause = parcel.last(ShipmentOutForDelivery)
        if cause:
            yield parcel.news(
                "out_for_delivery",
                "out_for_delivery",
                cause,
                self.news_expires_after,
                unless=(ShipmentDelivered,),
                unless_later=(ShipmentAttempted, ShipmentException, ShipmentReadyForPickup),
            )

    def _problem(self, parcel: _Parcel) -> Iterator[Decision]:
        problems = [*parcel.all(ShipmentAttempted), *parcel.all(ShipmentException)]
        for cause in problems:
            yield parcel.news(
                f"problem/{cause.scan_id}",
                "delivery_problem",
                cause,
                self.news_expires_after,
                unless=(ShipmentDelivered,),
                unless_later=(
                    ShipmentAttempted,
                    ShipmentException,
                    ShipmentInTransit,
                    ShipmentOutForDelivery,
                ),
            )

    def _late(self, parcel: _Parcel) -> Iterator[Decision]:
        """A new date is told once, and so is a broken promise; the newest word wins.

        That a promise is broken is said by the carrier (a delay without a new date), by the day
        that passes, or before by `ProactiveCare`; whoever was told by the one is not told by
        another.
        """
        told, promise, broken = parcel.told_steps(), "", ""
        for cause in parcel.late():
            promised_at = cause.promised_at.isoformat() if cause.promised_at else None
            if isinstance(cause, ShipmentOverdue):
                step, other = f"overdue/{promised_at}", f"delayed/undated{promise}"
                broken = step
            elif promised_at:
                step, other, promise, broken = f"delayed/{promised_at}", "", f"/{promised_at}", ""
            else:
                step, other = f"delayed/undated{promise}", broken
            if parcel.is_told_by_care(cause):
                yield parcel.skip(step, Reason.SUPERSEDED, by=ShipmentStuck.type)
                continue
            if other in told:
                by_day = other.startswith("overdue")
                by = ShipmentOverdue.type if by_day else ShipmentDelayed.type
                yield parcel.skip(step, Reason.SUPERSEDED, by=by)
                continue
            yield parcel.news(
                step,
                "delayed",
                cause,
                self.news_expires_after,
                unless=(ShipmentDelivered,),
                unless_later=(
                    ShipmentDelayed,
                    ShipmentOverdue,
                    ShipmentOutForDelivery,
                    ShipmentReadyForPickup,
                ),
                promised_at=None if isinstance(cause, ShipmentOverdue) else promised_at,
            )

    def _delivered(self, parcel: _Parcel) -> Iterator[Decision]:
        cause = parcel.last(ShipmentDelivered)
        if cause:
            yield parcel.news("delivered", "delivered", cause, self.delivered_expires_after)


class _Parcel:
    """One parcel, what happened to it, and what its customer was told."""

    def __init__(self, order: Order, shipment: Shipment, facts: Facts) -> None:
        self.order, self.shipment, self.facts = order, shipment, facts
        self.ref = Ref.shipment(shipment.id)
        self.numbers = [one.number for one in shipment.tracking if one.number]

    def rank(self) -> tuple[bool, datetime, str]:
        """Parcels that the customer knows first, then the oldest."""
        created = self.last(ShipmentCreated)
        is_new = not self.told_steps()
        return (is_new, created.at if created else datetime.max.replace(tzinfo=UTC), self.ref.id)

    def against(self, seen: Collection[str]) -> Reason | None:
        """Return what speaks against telling of this parcel, given the numbers of others."""
        if self.shipment.status is ShipmentStatus.CANCELLED:
            return Reason.PARCEL_REMOVED
        is_twin = bool(self.numbers) and set(self.numbers) <= set(seen)
        return Reason.SAME_NUMBER if is_twin else None

    def all(self, kind: type[T]) -> Sequence[T]:
        return self.facts.all(kind, shipment_id=self.shipment.id)

    def last(self, kind: type[T], **fields: Any) -> T | None:
        return self.facts.last(kind, shipment_id=self.shipment.id, **fields)

    def late(self) -> list[ShipmentDelayed | ShipmentOverdue]:
        """Return what says that the parcel is late, oldest first."""
        kinds = (ShipmentDelayed, ShipmentOverdue)
        return [event for event in self._events() if isinstance(event, kinds)]

    def is_told_by_care(self, cause: ShipmentDelayed | ShipmentOverdue) -> bool:
        """Say whether `ProactiveCare` told that the promise would not be kept."""
        told = [one for one in self.facts.sent_by(CARE) if one.subject == self.ref]
        if isinstance(cause, ShipmentOverdue):
            broken = cause.promised_at.isoformat()
            return any(one.data.get("promised_at") == broken for one in told)
        dated = (one.at for one in self.all(ShipmentDelayed) if one.promised_at)
        promised_at = max(dated, default=datetime.min.replace(tzinfo=UTC))
        return not cause.promised_at and any(one.sent_at >= promised_at for one in told)

    def told_steps(self) -> set[str]:
        return {message.step for message in self._told()}

    def told_numbers(self) -> set[str]:
        return {number for message in self._told() for number in message.data.get("numbers", ())}

    def news(
        self,
        step: str,
        template: str,
        cause: Event,
        lasts: timedelta,
        *,
        unless: Kinds = (),
        unless_later: Kinds = (),
        **data: Any,
    ) -> Decision:
        """Return the message, or that the parcel is further.

        Args:
            step: tells the messages about one parcel apart.
            template: the message's template.
            cause: what to tell.
            lasts: after that time it is no news any more.
            unless: the parcel is further when any of these is known, whatever its time: carriers
                and platforms report late, and not in order.
            unless_later: the parcel is further when any of these came after *cause*.
            data: more values for the template; `None` is left out.
        """
        for event in reversed(self._events()):
            is_later = (event.at, event.id) > (cause.at, cause.id)
            if isinstance(event, unless) or (is_later and isinstance(event, unless_later)):
                return self.skip(step, Reason.SUPERSEDED, by=event.type)
        known = {name: value for name, value in data.items() if value is not None}
        content = {"shipment_id": self.shipment.id, "numbers": self.numbers, **known}
        return Send(
            subject=self.ref,
            step=step,
            message=Message(template, data=content),
            order_id=self.order.id,
            cause=cause,
            due_at=max(cause.at, self.order.paid_at or self.order.placed_at or cause.at),
            expires_at=cause.at + lasts,
        )

    def skip(self, step: str, reason: Reason, **detail: Any) -> Skip:
        return Skip(self.ref, reason, step=step, order_id=self.order.id, detail=detail)

    def _events(self) -> list[ShipmentEvent]:
        return [
            event
            for event in self.facts.events
            if isinstance(event, ShipmentEvent) and event.shipment_id == self.shipment.id
        ]

    def _told(self) -> list[SentMessage]:
        sent = self.facts.sent_by(TrackingUpdates.name)
        return [message for message in sent if message.subject == self.ref]
