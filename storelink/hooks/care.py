"""Tell customers what is late before they have to ask, and let the shop know when it stays so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from storelink.contracts.hook import (
    Again,
    Decision,
    Facts,
    Hook,
    Reason,
    Said,
    Send,
    Skip,
    Tell,
)
from storelink.errors import ConfigError
from storelink.events.types import (
    CareEscalated,
    Event,
    OrderPaid,
    OrderStalled,
    ShipmentStuck,
)
from storelink.hooks.care_parcels import Parcel, Trouble, parcels
from storelink.hooks.care_waiting import ship_day, what_lets_it_wait
from storelink.hooks.spans import check_spans
from storelink.hooks.standing import CARE, called_off
from storelink.models.message import Message
from storelink.models.order import Order
from storelink.models.ref import Ref
from storelink.policy.clocks import clock
from storelink.policy.holidays import check_place
from storelink.policy.workdays import Workdays

STALLED = "stalled"
"""The step of the message about an order that was not shipped."""


class ProactiveCare(Hook[Order]):
    """Tells of what is late: an order that is not shipped, a parcel that does not come.

    Of an order that is shipped in parts, the first part is waited for, and each parcel then; until
    when the rest is to leave, no platform says.

    What is late is told by what is normal in the store (`facts.usual`), once for each story: about
    a parcel again only when the carrier promises a later day, has a problem, tries in vain, or
    sends it back. A message goes when the parcel can no longer keep the promised day, not when the
    day has passed. What stays wrong for longer raises `CareEscalated` for the shop's handlers.

    Who tells what: `TrackingUpdates` tells what the carrier says (a delay, a problem) and that a
    promised day has passed; this hook tells what silence says. What the one told of a parcel and
    a promise, the other does not.

    Args:
        ships_within: the working time within which the shop promises to ship, from the payment on;
            by default the time within which it ships 19 of 20 orders.
        escalate_after: how long something stays wrong before the shop is asked to look into it;
            working time of an order, any time of a parcel.
        country: the shop's country (ISO 3166-1 alpha-2): its weekends and holidays do not count.
        region: the part of the country; without it, holidays of every part do not count.
        zone: the IANA name of the shop's zone.
        expires_after: after so long it is too late to tell.

    Raises:
        ConfigError: there is no such zone or country, or no such part of it.
        ValueError: a time is negative.
    """

    name = CARE

    def __init__(
        self,
        *,
        ships_within: timedelta | None = None,
        escalate_after: timedelta = timedelta(days=2),
        country: str | None = None,
        region: str | None = None,
        zone: str = "UTC",
        expires_after: timedelta = timedelta(days=3),
    ) -> None:
        self.ships_within, self.escalate_after = ships_within, escalate_after
        self.shop = _shop(country, region, zone)
        self.expires_after = expires_after
        check_spans(self)

    def decide(self, subject: Order, facts: Facts, now: datetime) -> Iterator[Said]:
        """Say what is late in the order *subject*, and when that will be so."""
        yield from self._waiting(subject, facts, now)
        off = called_off(subject)
        for parcel, twin in parcels(subject, facts, self.shop.country):
            against = (off, {}) if off else (Reason.SAME_NUMBER, {}) if twin else parcel.against()
            if against is not None:
                reason, detail = against
                yield _skip(parcel.order, parcel.ref, parcel.step, reason, **detail)
            else:
                yield from self._parcel(parcel, now)

    # -- an order that is not shipped --------------------------------------------------------------

    def _waiting(self, order: Order, facts: Facts, now: datetime) -> Iterator[Said]:
        ref, paid = Ref.order(order.id), facts.first(OrderPaid, order_id=order.id)
        reason = what_lets_it_wait(order, is_paid=paid is not None)
        promised = self._promise(order, facts, paid) if paid and reason is None else None
        if promised is None:
            yield _skip(order, ref, STALLED, reason or Reason.UNSEEN)
            return
        event = facts.first(OrderStalled, order_id=order.id) or OrderStalled(
            id=f"{order.store}/order/{order.id}/stalled",
            store=order.store,
            at=promised,
            order_id=order.id,
            promised_at=promised,
        )
        yield Tell(event)
        yield Tell(_escalated(event, STALLED, self.shop.after(event.at, self.escalate_after)))
        if event.at > now:
            yield _skip(order, ref, STALLED, Reason.IN_TIME)
            return
        until = self._until_shipped(event, facts, now)
        yield Again(until)
        told = {"promised_at": event.promised_at, "expected_until": until}
        data = {name: at.isoformat() for name, at in told.items()}
        yield Send(
            subject=ref,
            step=STALLED,
            message=Message("order_stalled", data=data),
            order_id=order.id,
            cause=event,
            due_at=event.at,
            expires_at=event.at + self.expires_after,
        )

    def _promise(self, order: Order, facts: Facts, paid: Event) -> datetime | None:
        """Return until when an order should be shipped; `None` if nobody can know."""
        usual = None if self.ships_within else facts.usual.handling(self.shop.between)
        within = self.ships_within or (usual.p95 if usual else None)
        if within is None:
            return None
        return max(self.shop.after(paid.at, within), ship_day(order, self.shop) or paid.at)

    def _until_shipped(self, event: OrderStalled, facts: Facts, now: datetime) -> datetime:
        """Return until when the order will probably be shipped: one usual time more."""
        usual = facts.usual.handling(self.shop.between)
        longer = max(usual.p80 if usual else timedelta(), timedelta(days=1))
        until = self.shop.after(event.at, longer)
        return until if until > now else self.shop.after(now, longer)

    # -- a parcel that does not come ---------------------------------------------------------------

    def _parcel(self, parcel: Parcel, now: datetime) -> Iterator[Said]:
        problem = parcel.problem()
        if problem is not None:  # `TrackingUpdates` tells the customer
            yield Tell(_escalated(problem, "exception", problem.at + self.escalate_after))
        trouble = parcel.trouble(now)
        if trouble is None:
            reason = Reason.IN_TIME if parcel.is_seen else Reason.UNSEEN
            yield _skip(parcel.order, parcel.ref, parcel.step, reason)
            return
        event = parcel.event(trouble)
        patience = timedelta() if trouble.is_certain else self.escalate_after
        yield Tell(event)
        yield Tell(_escalated(event, trouble.why, event.at + patience))
        yield from self._news(parcel, trouble, event, now)

    def _news(
        self, parcel: Parcel, trouble: Trouble, event: ShipmentStuck, now: datetime
    ) -> Iterator[Said]:
        """Tell the customer, unless it is too early or was told."""
        told = None if trouble.is_certain else parcel.told_elsewhere(now)
        if trouble.at > now:
            yield _skip(parcel.order, parcel.ref, parcel.step, Reason.IN_TIME)
            yield Again(trouble.at)
        elif told is not None:
            yield _skip(parcel.order, parcel.ref, parcel.step, Reason.SUPERSEDED, by=told.by)
            if told.until is not None:
                yield Again(told.until)
        else:
            yield Send(
                subject=parcel.ref,
                step=parcel.step,
                message=Message("parcel_stuck", data=parcel.data(trouble, event)),
                order_id=parcel.order.id,
                cause=event,
                due_at=max(trouble.at, event.at),
                expires_at=trouble.until or trouble.at + self.expires_after,
            )


def _shop(country: str | None, region: str | None, zone: str) -> Workdays:
    country = country.strip().upper() if country else None
    try:
        clock(zone)
        if country:
            check_place(country, region)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"proactive_care: {error.args[0]}") from None
    return Workdays(country, region, zone)


def _escalated(event: Event, why: str, at: datetime) -> CareEscalated:
    return CareEscalated(
        id=f"{event.id}/escalated",
        store=event.store,
        at=at,
        order_id=event.order_id,
        why=why,
        because_of=event.id,
        shipment_id=getattr(event, "shipment_id", None),
    )


def _skip(order: Order, ref: Ref, step: str, reason: Reason, **detail: Any) -> Decision:
    return Skip(ref, reason, step=step, order_id=order.id, detail=detail)
