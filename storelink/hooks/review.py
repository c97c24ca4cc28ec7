"""Ask for reviews: after delivery, item by item, one request at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, Skip
from storelink.events.types import Event
from storelink.hooks.arrival import USUAL_TRANSIT, arrived, kept
from storelink.hooks.incentive import Incentive, refuse_link
from storelink.hooks.spans import check_spans
from storelink.models.enums import MessageClass
from storelink.models.message import Message, Person
from storelink.models.order import LineItem, Order
from storelink.models.ref import Kind, Ref


class ReviewRequest(Hook[Person]):
    """Asks for a review of what was bought, some days after it arrived.

    Where the platform never says that a parcel arrived, it counts from the later of the last
    parcel's shipping and the order's completion, plus the usual time in transit; when the real
    date becomes known, the request moves.

    Only while the order is delivered or completed, and not on hold, cancelled, fully refunded or
    deleted. A refunded or returned line is not asked about, neither is a product that the store
    takes no reviews of, or that the person has reviewed there; a product is asked about once for
    each person. Of several orders, the one that is due first asks first; the next waits until that
    one was sent, or will not be sent as things stand: it is too late, or the policy stopped it.

    Args:
        after: how long after the arrival.
        transit: the usual time in transit, for parcels nobody reports on.
        expires_after: a request that could not be sent for so long after it was due is dropped.
        incentive: what everybody gets who writes a review, whatever it says; the message says so,
            and that the review should. `ReviewReward` sends it.
        review_url: where reviews are written, if not in the store itself.

    Raises:
        ValueError: the link takes no reviews that somebody was rewarded for, or a time is negative.
    """

    name = "review_request"
    subject = Kind.PERSON

    def __init__(
        self,
        *,
        after: timedelta = timedelta(days=7),
        transit: timedelta = USUAL_TRANSIT,
        expires_after: timedelta = timedelta(days=90),
        incentive: Incentive | None = None,
        review_url: str | None = None,
    ) -> None:
        refuse_link(review_url, incentive)
        self.after, self.transit, self.expires_after = after, transit, expires_after
        self.incentive, self.review_url = incentive, review_url
        check_spans(self)

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Decision]:
        """Say which orders of the person *subject* to ask about."""
        candidates = []
        for order in subject.orders:
            found = self._candidate(order, facts)
            if isinstance(found, Skip):
                yield found
            else:
                candidates.append(found)
        yield from self._one_at_a_time(sorted(candidates, key=_Candidate.rank), facts, now)

    def _one_at_a_time(
        self, candidates: Sequence[_Candidate], facts: Facts, now: datetime
    ) -> Iterator[Decision]:
        sent = facts.sent_by(self.name)
        asked = {item.get("product_id") for one in sent for item in one.data.get("items", ())}
        sent_orders = {message.order_id for message in sent}
        open_one: _Candidate | None = None
        for candidate in candidates:
            if candidate.order.id in sent_orders:
                continue
            lines = [line for line in candidate.lines if line.product_id not in asked]
            if not lines:
                yield candidate.skip(Reason.ALREADY_ASKED)
            elif self._is_over(candidate, facts, now):
                yield self._send(candidate, lines)  # what became of it is known; it blocks nobody
            elif open_one is not None:
                yield candidate.skip(Reason.ANOTHER_OPEN, order=open_one.order.number)
            else:
                open_one = candidate
                yield self._send(candidate, lines)

    def _is_over(self, candidate: _Candidate, facts: Facts, now: datetime) -> bool:
        """Say whether this request will not be sent any more, unless something changes."""
        closed = facts.is_closed(self.name, Ref.order(candidate.order.id))
        return closed or candidate.cause.historic or candidate.due_at + self.expires_after <= now

    def _send(self, candidate: _Candidate, lines: Sequence[LineItem]) -> Send:
        return Send(
            subject=Ref.order(candidate.order.id),
            message=Message(
                "review_request",
                data={"items": [_item(line) for line in lines], **self._more},
                message_class=MessageClass.RELATIONSHIP,
            ),
            order_id=candidate.order.id,
            cause=candidate.cause,
            due_at=candidate.due_at,
            expires_at=candidate.due_at + self.expires_after,
        )

    @property
    def _more(self) -> dict[str, Any]:
        """What the message says beside the items."""
        incentive = self.incentive.model_dump(mode="json") if self.incentive else None
        told = {"incentive": incentive, "review_url": self.review_url}
        return {name: one for name, one in told.items() if one is not None}

    def _candidate(self, order: Order, facts: Facts) -> _Candidate | Skip:
        """Return when to ask about *order* and about which lines, or why not."""
        found = arrived(order, facts, self.transit)
        if isinstance(found, Reason):
            return Skip(Ref.order(order.id), found, order_id=order.id)
        lines = [line for line in kept(order) if line.product_id]
        reason = None if lines else Reason.NOTHING_TO_REVIEW
        for why, products in _not_asked_about(facts):
            lines = [line for line in lines if line.product_id not in products]
            reason = reason or (None if lines else why)
        if reason is not None:
            return Skip(Ref.order(order.id), reason, order_id=order.id)
        return _Candidate(order, found.cause, found.at + self.after, tuple(lines))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An order that could be asked about."""

    order: Order
    cause: Event
    due_at: datetime
    lines: tuple[LineItem, ...]

    def rank(self) -> tuple[datetime, int, str]:
        """Earliest due first, then the order's id, as a number where it is one."""
        return (self.due_at, len(self.order.id), self.order.id)

    def skip(self, reason: Reason, **detail: Any) -> Skip:
        return Skip(Ref.order(self.order.id), reason, order_id=self.order.id, detail=detail)


def _not_asked_about(facts: Facts) -> list[tuple[Reason, set[str | None]]]:
    """Return the products that nobody, and that this person, is to be asked about."""
    closed = {key for key, one in facts.products.items() if one.reviews_allowed is False}
    # An address alone proves nothing: the store must not say that somebody else wrote it.
    written = {one.product_id for one in facts.reviews if one.verified is not False}
    return [(Reason.NOT_REVIEWABLE, set(closed)), (Reason.ALREADY_REVIEWED, written)]


def _item(line: LineItem) -> dict[str, Any]:
    return {
        "line_id": line.id,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "title": line.title,
        "quantity": line.quantity,
        "image_url": line.image_url,
    }
