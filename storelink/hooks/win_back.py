"""Win people back who stay away for longer than is usual for them."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from storelink.contracts.hook import Again, Facts, Hook, Reason, Said, Send, Skip, Tell
from storelink.events.types import Answered, CustomerLapsed, Event, RewardIssued
from storelink.hooks.buying import bought, open_case
from storelink.hooks.incentive import Incentive
from storelink.hooks.minting import code_data, earned, issued_for
from storelink.hooks.spans import check_spans
from storelink.hooks.standing import FELL_THROUGH, called_off
from storelink.models.enums import FulfillmentStatus, MessageClass, OrderStatus, ShipmentStatus
from storelink.models.message import Message, Person
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref

LEAST, MOST = timedelta(days=30), timedelta(days=400)
"""Nobody who has a rhythm has lapsed before, and everybody has after, whatever it is."""
CODE = "code"
"""The step of the message that brings a code."""

_ONE_PURCHASE = timedelta(days=1)
"""Orders no further apart are one purchase: somebody forgot something."""
_LOOK_AGAIN = timedelta(days=1)
"""Trouble that nobody hears of any more passes by itself."""
_NORMAL = 1.4826
"""Makes the median absolute deviation a standard deviation where gaps are spread normally (C. Leys
and others, "Detecting outliers", Journal of Experimental Social Psychology 49, 2013, 764-766)."""
_MOST_PATIENT = 100
_LEAST_SPREAD = 0.25
"""Somebody's gaps may be alike by chance: a quarter of the usual one is never unusual."""
_OVER = {OrderStatus.COMPLETED, OrderStatus.FAILED, OrderStatus.DRAFT}
_PART_SHIPPED = {FulfillmentStatus.PARTIALLY_FULFILLED, FulfillmentStatus.UNFULFILLED}


class WinBack(Hook[Person]):
    """Writes to somebody who has lapsed: who stays away for longer than their own rhythm expects.

    The rhythm is the median of the gaps between their purchases, and how far the gaps are spread
    around it (the median absolute deviation). Of two purchases there is one gap: it counts half,
    and what is typical of the store the other half. One purchase has no rhythm.

    Nobody is written to while an order, a return or trouble is open. A new order or checkout, or an
    answer to a question of the shop's, is a sign of life: whoever gives one gets nothing more.

    Args:
        patience: by how many times the spread a gap must exceed the median.
        typical: the usual time between two purchases in the store.
        first_after: after how long somebody has lapsed who bought once, as it is given; nobody is,
            if left out.
        reward: what the second message brings; without it, there is no second one.
        second_after: how long after the first message.
        expires_after: what could not be sent for so long is dropped.

    Raises:
        ValueError: the patience, or a time, is negative or beyond all measure.
    """

    name = "win_back"
    subject = Kind.PERSON
    looks_back = True

    def __init__(
        self,
        *,
        patience: float = 3,
        typical: timedelta = timedelta(days=90),
        first_after: timedelta | None = None,
        reward: Incentive | None = None,
        second_after: timedelta = timedelta(days=14),
        expires_after: timedelta = timedelta(days=14),
    ) -> None:
        if not 0 <= patience <= _MOST_PATIENT:
            raise ValueError(f"patience is from 0 to {_MOST_PATIENT}, not {patience}")
        self.patience, self.typical, self.first_after = patience, typical, first_after
        self.reward, self.second_after = reward, second_after
        self.expires_after = expires_after
        check_spans(self)

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Said]:
        """Say whether the person *subject* is to be won back."""
        orders = bought(subject)
        if not orders:
            return
        last_at, last = orders[-1]
        rhythm = self.rhythm([at for at, _ in orders])
        if rhythm is None:
            yield _skip(last, Reason.TOO_FEW_ORDERS, count=1, needed=2)
            return
        against = _in_the_way(subject, last, facts, now)
        if against is not None:
            yield against
            if against.reason is Reason.MUTED:  # trouble that nobody hears of any more passes
                yield Again(now + _LOOK_AGAIN)
            return
        others = (one for one in facts.sent_by(self.name) if one.subject != Ref.order(last.id))
        if any(one.sent_at > last_at for one in others):  # about an order that was called off since
            yield _skip(last, Reason.ALREADY_WRITTEN)
            return
        signs = [at for at in _signs(subject, facts) if at > last_at]
        lapsed = facts.first(CustomerLapsed, order_id=last.id) or CustomerLapsed(
            id=f"{last.store}/order/{last.id}/lapsed",
            store=last.store,
            at=max([last_at + rhythm.lapses_after, *(at + LEAST for at in signs)]),
            order_id=last.id,
            customer_id=last.customer_id,
            usual_days=round(rhythm.usual / timedelta(days=1)),
            last_ordered_at=last_at,
        )
        yield Tell(lapsed)
        if lapsed.at > now:
            yield _skip(last, Reason.NOT_LAPSED)
        elif any(at > lapsed.at for at in signs):
            yield from (_skip(last, Reason.BACK, step=step) for step in ("", CODE))
        else:
            yield from self._write(last, lapsed, facts, now)

    def rhythm(self, times: Sequence[datetime]) -> Rhythm | None:
        """Return how somebody buys; `None` if nobody can know.

        Args:
            times: of their orders, oldest first.
        """
        purchases = [
            at
            for before, at in zip((None, *times), times, strict=False)
            if before is None or at - before > _ONE_PURCHASE
        ]
        gaps = [later - at for at, later in itertools.pairwise(purchases)]
        if not gaps:
            first = self.first_after
            return None if first is None else Rhythm(first, first)
        days = [gap / timedelta(days=1) for gap in gaps]
        usual = statistics.median(days)
        if len(days) == 1:
            usual = (usual + self.typical / timedelta(days=1)) / 2
        deviation = statistics.median(abs(one - usual) for one in days) if len(days) > 1 else 0
        spread = max(_NORMAL * deviation, _LEAST_SPREAD * usual)
        after = timedelta(days=usual + self.patience * spread)
        return Rhythm(timedelta(days=usual), min(max(after, LEAST), MOST))

    def _write(
        self, last: Order, lapsed: CustomerLapsed, facts: Facts, now: datetime
    ) -> Iterator[Said]:
        """Send the first message, and some time after it the second one."""
        sent = (one for one in facts.sent_by(self.name) if one.subject == Ref.order(last.id))
        first = next((one for one in sent if not one.step), None)
        if first is None:
            yield self._send(last, lapsed, lapsed.at)
        elif self.reward is not None:
            at = first.sent_at + self.second_after
            wanted = earned(self.name, last, self.reward, at=at, step=CODE)
            issued = issued_for(facts, wanted)
            if issued is not None:
                yield self._send(last, issued, at, step=CODE, **code_data(issued))
            elif now < at + self.expires_after:
                yield Tell(wanted)
                yield _skip(last, Reason.NO_CODE, step=CODE)

    def _send(self, last: Order, cause: Event, at: datetime, step: str = "", **data: str) -> Send:
        used_until = cause.expires_at if isinstance(cause, RewardIssued) else None
        expires_at = at + self.expires_after
        return Send(
            subject=Ref.order(last.id),
            step=step,
            message=Message("win_back", data=data, message_class=MessageClass.MARKETING),
            order_id=last.id,
            cause=cause,
            due_at=at,
            expires_at=min(expires_at, used_until) if used_until else expires_at,
        )


class Rhythm(NamedTuple):
    """How somebody buys.

    Attributes:
        usual: between two purchases.
        lapses_after: so long after the last one, they stay away for longer than is usual.
    """

    usual: timedelta
    lapses_after: timedelta


def _in_the_way(person: Person, last: Order, facts: Facts, now: datetime) -> Skip | None:
    """Return what stands against writing to somebody at all, if anything does."""
    busy = next((one for one in person.orders if _is_under_way(one)), None)
    if busy is not None:
        return _skip(last, Reason.ORDER_OPEN, order=busy.number)
    why = open_case(person.orders, facts, now)
    return _skip(last, Reason.MUTED, why=why) if why else None


def _is_under_way(order: Order) -> bool:
    """Say whether something of an order is still to come, or to be decided."""
    is_off = called_off(order) is not None or order.payment_status in FELL_THROUGH
    if is_off or order.status in _OVER:
        return False
    parcels = [one for one in order.shipments if one.status is not ShipmentStatus.CANCELLED]
    is_whole = order.fulfillment_status not in _PART_SHIPPED
    return not (parcels and is_whole and all(one.delivered_at for one in parcels))


def _signs(person: Person, facts: Facts) -> Iterator[datetime]:
    """Yield when somebody showed that they have not forgotten the shop."""
    orders = (one for one in person.orders if one.status is not OrderStatus.DRAFT)
    yield from filter(None, (one.placed_at or one.created_at for one in orders))
    yield from filter(None, (one.created_at for one in person.checkouts))
    yield from (one.at for one in facts.all(Answered))
    yield from filter(None, (one.created_at for one in facts.reviews if not one.deleted_at))


def _skip(last: Order, reason: Reason, *, step: str = "", **detail: Any) -> Skip:
    return Skip(Ref.order(last.id), reason, step=step, order_id=last.id, detail=detail)
