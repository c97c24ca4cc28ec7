"""Thank people for coming back: a code for the next order, after some that ended well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from storelink.contracts.hook import Decision, Facts, Hook, Reason, Said, Send, Skip, Tell
from storelink.events.types import RewardEarned, RewardIssued, RewardWithdrawn
from storelink.hooks.arrival import LIVE_RETURNS, USUAL_TRANSIT, Arrival, arrived
from storelink.hooks.incentive import Incentive
from storelink.hooks.minting import code_data, earned, issued_for, withdrawn
from storelink.hooks.spans import check_spans
from storelink.hooks.standing import FELL_THROUGH
from storelink.models.enums import MessageClass
from storelink.models.message import Message, Person
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref

_NOT_WELL = {
    Reason.DELETED,
    Reason.CANCELLED,
    Reason.REFUNDED,
    Reason.PAYMENT_FAILED,
    Reason.WITHDRAWN,
}
"""What takes a code back. A store that says less than it did, or holds an order, does not."""


class NextPurchaseReward(Hook[Person]):
    """Sends a code for the next order, some days after an order that ended well.

    An order ended well if it arrived, as `ReviewRequest` knows it, and nothing of it was refunded
    or goes back. If that happens after the code was made, the code is taken back: from then on,
    nobody can use it. What ended before the store was connected counts, and brings no code.

    Args:
        reward: what the code is worth.
        after_orders: after how many orders there is the first code.
        every: after how many more there is the next one; there is none, if left out.
        after: how long after the arrival; best when nobody can return the order any more.
        transit: the usual time in transit, for parcels nobody reports on.
        expires_after: a code that could not be sent for so long is not sent any more.

    Raises:
        ValueError: there is no order to wait for, or a time is negative.
    """

    name = "next_purchase"
    subject = Kind.PERSON

    def __init__(
        self,
        *,
        reward: Incentive,
        after_orders: int = 1,
        every: int | None = None,
        after: timedelta = timedelta(days=3),
        transit: timedelta = USUAL_TRANSIT,
        expires_after: timedelta = timedelta(days=14),
    ) -> None:
        if after_orders < 1 or (every is not None and every < 1):
            raise ValueError("after_orders and every are at least 1")
        self.reward, self.after_orders, self.every = reward, after_orders, every
        self.after, self.transit, self.expires_after = after, transit, expires_after
        check_spans(self)

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Said]:
        """Say after which orders of the person *subject* there is a code."""
        well: list[tuple[Order, Arrival]] = []
        given = {one.order_id for one in facts.all(RewardEarned, hook=self.name)}
        standing = set(given)
        for order in subject.orders:
            found = self._ended(order, facts)
            if isinstance(found, Arrival):
                well.append((order, found))
            else:
                yield Skip(Ref.order(order.id), found, order_id=order.id)
                if found in _NOT_WELL or _came_undone(order):
                    standing.discard(order.id)
                    yield from self._take_back(order, facts)
        well.sort(key=lambda one: (one[1].at, len(one[0].id), one[0].id))
        left = sum(map(self._is_turn, range(1, len(well) + 1))) - len(standing)
        for count, (order, arrival) in enumerate(well, 1):
            if order.id in given:
                yield self._send(order, facts)
            elif self._is_turn(count) and left > 0:
                left -= 1
                yield from self._give(order, arrival, facts, now)
            else:
                yield self._not_now(order, count)

    def _is_turn(self, count: int) -> bool:
        """Say whether there is a code after so many orders."""
        more = count - self.after_orders
        return more == 0 or (self.every is not None and more > 0 and more % self.every == 0)

    def _not_now(self, order: Order, count: int) -> Skip:
        is_early = count < self.after_orders
        detail = {"count": count, "needed": self.after_orders} if is_early else {}
        reason = Reason.TOO_FEW_ORDERS if is_early else Reason.NOT_ITS_TURN
        return Skip(Ref.order(order.id), reason, order_id=order.id, detail=detail)

    def _ended(self, order: Order, facts: Facts) -> Arrival | Reason:
        """Return when *order* ended well, or why it did not."""
        found = arrived(order, facts, self.transit)
        if isinstance(found, Reason):
            return found
        if order.refunds:
            return Reason.PART_REFUNDED
        if any(one.status in LIVE_RETURNS for one in order.returns):
            return Reason.PART_RETURNED
        issued = self._issued(order, facts)
        is_gone = issued and facts.first(RewardWithdrawn, because_of=issued.id)
        return Reason.WITHDRAWN if is_gone else found

    def _issued(self, order: Order, facts: Facts) -> RewardIssued | None:
        """Return the code that was made because of an order, if one was."""
        mine = facts.first(RewardEarned, order_id=order.id, hook=self.name)
        return issued_for(facts, mine) if mine else None

    def _give(self, order: Order, arrival: Arrival, facts: Facts, now: datetime) -> Iterator[Said]:
        """Have a code made once its time has come, unless that is long past."""
        wanted = earned(self.name, order, self.reward, at=arrival.at + self.after)
        if arrival.cause.historic:
            yield Skip(Ref.order(order.id), Reason.HISTORY, order_id=order.id)
        elif now >= wanted.at + self.expires_after:
            yield Skip(Ref.order(order.id), Reason.EXPIRED, order_id=order.id)
        else:
            yield Tell(wanted)
            yield Skip(Ref.order(order.id), Reason.NO_CODE, order_id=order.id)

    def _send(self, order: Order, facts: Facts) -> Decision:
        """Send the code that was earned, as soon as it was made."""
        issued = self._issued(order, facts)
        if issued is None:
            return Skip(Ref.order(order.id), Reason.NO_CODE, order_id=order.id)
        last = issued.at + self.expires_after
        return Send(
            subject=Ref.order(order.id),
            message=Message(
                "next_purchase", data=code_data(issued), message_class=MessageClass.MARKETING
            ),
            order_id=order.id,
            cause=issued,
            due_at=issued.at,
            expires_at=min(last, issued.expires_at) if issued.expires_at else last,
        )

    def _take_back(self, order: Order, facts: Facts) -> Iterator[Tell]:
        """Let nobody use a code any more whose order did not end well after all."""
        issued = self._issued(order, facts)
        if issued is not None:
            yield Tell(withdrawn(issued, max(issued.at, order.updated_at or issued.at)))


def _came_undone(order: Order) -> bool:
    """Say whether goods or money of an order went back, whatever else is still under way."""
    is_back = bool(order.refunds) or any(one.status in LIVE_RETURNS for one in order.returns)
    return is_back or order.payment_status in FELL_THROUGH
