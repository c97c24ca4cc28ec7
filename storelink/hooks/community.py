"""Invite people to the shop's community, once they have had several good experiences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, Skip
from storelink.events.types import ReviewAnswered, SurveyAnswered, SurveyUnhappy
from storelink.hooks.arrival import LIVE_RETURNS, USUAL_TRANSIT, Arrival, arrived
from storelink.hooks.spans import check_spans
from storelink.hooks.survey import UNHAPPY
from storelink.hooks.tips import Words, checked_url, checked_words
from storelink.models.enums import MessageClass
from storelink.models.message import Message, Person
from storelink.models.order import Order
from storelink.models.product import ProductReview
from storelink.models.ref import Kind, Ref

BAD_REVIEW = 2
"""Up to which rating, of 5, a review is a complaint."""


class CommunityInvite(Hook[Person]):
    """Invites a person to the shop's community, once, some days after an order that ended well.

    An order ended well if it arrived, as `ReviewRequest` knows it, nothing of it was refunded or
    went back, and nobody complained: an answer to a survey up to 6 of 10 or 2 of 5, or what
    `Survey` calls unhappy; a review up to 2 of 5.
    It may be the *after_orders*-th such order or a later one: what ended before the store was
    connected counts, and invites nobody.

    Args:
        url: where to join.
        text: the shop's own words: one text, or texts by language, of which the first one is for
            readers of any other.
        after_orders: how many orders must have ended well.
        after: how long after the last of them.
        transit: the usual time in transit, for parcels nobody reports on.
        expires_after: an invitation that could not be sent for so long is dropped.

    Raises:
        ValueError: the link may not stand in a message, a text is empty, there is no order to wait
            for, or a time is negative.
    """

    name = "community_invite"
    subject = Kind.PERSON

    def __init__(
        self,
        *,
        url: str,
        text: Words | None = None,
        after_orders: int = 2,
        after: timedelta = timedelta(days=3),
        transit: timedelta = USUAL_TRANSIT,
        expires_after: timedelta = timedelta(days=30),
    ) -> None:
        self.url, self.text = checked_url(url), checked_words(text)
        if after_orders < 1:
            raise ValueError("after_orders is at least 1")
        self.after_orders, self.after = after_orders, after
        self.transit, self.expires_after = transit, expires_after
        check_spans(self)

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Decision]:
        """Say after which order of the person *subject* to invite them."""
        invited = bool(facts.sent_by(self.name))
        well: list[tuple[Order, Arrival]] = []
        for order in subject.orders:
            found = self._ended(order, facts)
            if isinstance(found, Arrival):
                well.append((order, found))
            else:
                yield Skip(Ref.order(order.id), found, order_id=order.id)
        well.sort(key=lambda one: (one[1].at, len(one[0].id), one[0].id))
        for count, (order, arrival) in enumerate(well, 1):
            if count < self.after_orders:
                detail = {"count": count, "needed": self.after_orders}
                yield Skip(
                    Ref.order(order.id), Reason.TOO_FEW_ORDERS, order_id=order.id, detail=detail
                )
            elif invited:
                yield Skip(Ref.order(order.id), Reason.ALREADY_INVITED, order_id=order.id)
            else:
                yield self._send(order, arrival)
                invited = not self._is_over(order, arrival, facts, now)

    def _is_over(self, order: Order, arrival: Arrival, facts: Facts, now: datetime) -> bool:
        """Say whether this invitation will not be sent any more, unless something changes."""
        is_late = arrival.at + self.after + self.expires_after <= now
        return arrival.cause.historic or is_late or facts.is_closed(self.name, Ref.order(order.id))

    def _ended(self, order: Order, facts: Facts) -> Arrival | Reason:
        """Return when *order* ended well, or why it did not."""
        found = arrived(order, facts, self.transit)
        if isinstance(found, Reason):
            return found
        if order.refunds:
            return Reason.PART_REFUNDED
        if any(one.status in LIVE_RETURNS for one in order.returns):
            return Reason.PART_RETURNED
        return Reason.COMPLAINT if _complained(order, facts) else found

    def _send(self, order: Order, arrival: Arrival) -> Send:
        due_at = arrival.at + self.after
        told = {"url": self.url, "text": self.text}
        return Send(
            subject=Ref.order(order.id),
            message=Message(
                "community_invite",
                data={name: one for name, one in told.items() if one is not None},
                message_class=MessageClass.MARKETING,
            ),
            order_id=order.id,
            cause=arrival.cause,
            due_at=due_at,
            expires_at=due_at + self.expires_after,
        )


def _complained(order: Order, facts: Facts) -> bool:
    """Say whether the person was unhappy with the order, or with what was in it."""
    if facts.first(SurveyUnhappy, order_id=order.id) is not None:
        return True
    surveys = facts.all(SurveyAnswered, order_id=order.id)
    answers = [(one.rating, UNHAPPY[one.asked]) for one in surveys]
    products = {line.product_id for line in order.lines if line.product_id}
    reviews = [one.rating for one in facts.all(ReviewAnswered, order_id=order.id)]
    reviews += [
        one.rating for one in facts.reviews if one.product_id in products and _is_theirs(one)
    ]
    answers += [(rating, BAD_REVIEW) for rating in reviews]
    return any(rating is not None and rating <= most for rating, most in answers)


def _is_theirs(review: ProductReview) -> bool:
    return review.deleted_at is None and review.verified is not False
