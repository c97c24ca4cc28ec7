"""Ask how an order went, some days after it arrived; who was unhappy is told of at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from storelink.contracts.hook import Facts, Hook, Reason, Said, Send, Skip, Tell
from storelink.events.types import SurveyAnswered, SurveyUnhappy
from storelink.hooks.arrival import USUAL_TRANSIT, Arrival, arrived
from storelink.hooks.spans import check_spans
from storelink.models.answer import SCALES
from storelink.models.enums import AnswerKind, MessageClass
from storelink.models.message import Message, Person
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref

UNHAPPY: Final = {AnswerKind.SURVEY: 6, AnswerKind.SATISFACTION: 2}
"""Up to which rating somebody is unhappy: 6 of 10, as the Net Promoter Score counts (F.
Reichheld, "The One Number You Need to Grow", Harvard Business Review, December 2003); 2 of 5."""
ASKS: Final = {"nps": AnswerKind.SURVEY, "csat": AnswerKind.SATISFACTION}
"""What the questions are called."""


class _Candidate(NamedTuple):
    """An order that could be asked about."""

    order: Order
    arrival: Arrival

    def rank(self) -> tuple[datetime, int, str]:
        """Earliest arrival first, then the order's id, as a number where it is one."""
        return (self.arrival.at, len(self.order.id), self.order.id)


class Survey(Hook[Person]):
    """Asks how an order went, with one tap; words are welcome, and nobody has to write any.

    Once for an order, and one person at most once in *pause*. Only while the order is delivered or
    completed, and not on hold, cancelled, fully refunded or deleted, and nothing is on its way
    back. An unhappy answer is an event, `survey.unhappy`: for your own people, who can still put
    it right. It decides nothing else: who is asked for a public review does not depend on it.

    Args:
        asks: `"nps"`: how likely somebody is to recommend the shop, from 0 to 10; or `"csat"`: how
            content they are, from 1 to 5.
        after: how long after the arrival.
        pause: how long a person is not asked again.
        transit: the usual time in transit, for parcels nobody reports on.
        expires_after: a survey that could not be sent for so long is dropped.
        unhappy_to: up to which rating somebody is unhappy; by default 6 of 10, or 2 of 5.

    Raises:
        ValueError: there is no such question or rating, or a time is negative.
    """

    name = "survey"
    subject = Kind.PERSON

    def __init__(
        self,
        *,
        asks: str = "nps",
        after: timedelta = timedelta(days=3),
        pause: timedelta = timedelta(days=90),
        transit: timedelta = USUAL_TRANSIT,
        expires_after: timedelta = timedelta(days=14),
        unhappy_to: int | None = None,
    ) -> None:
        if asks not in ASKS:
            raise ValueError(f"asks is one of {', '.join(map(repr, ASKS))}, not {asks!r}")
        self.asks = ASKS[asks]
        self.after, self.pause, self.transit = after, pause, transit
        self.expires_after = expires_after
        scale = SCALES[self.asks]
        self.unhappy_to = UNHAPPY[self.asks] if unhappy_to is None else unhappy_to
        if self.unhappy_to not in scale:
            raise ValueError(f"unhappy_to is from {scale[0]} to {scale[-1]}, not {unhappy_to}")
        check_spans(self)

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Said]:
        """Say which orders of the person *subject* to ask about, and who was unhappy."""
        yield from map(Tell, self._unhappy(facts))
        candidates: list[_Candidate] = []
        for order in subject.orders:
            arrival = self._arrival(order, facts)
            if isinstance(arrival, Reason):
                yield Skip(Ref.order(order.id), arrival, order_id=order.id)
            else:
                candidates.append(_Candidate(order, arrival))
        yield from self._one_at_a_time(sorted(candidates, key=_Candidate.rank), facts, now)

    def _unhappy(self, facts: Facts) -> Iterator[SurveyUnhappy]:
        """Return the answers of somebody who was unhappy, however the question counted."""
        for one in facts.all(SurveyAnswered):
            most = self.unhappy_to if one.asked is self.asks else UNHAPPY[one.asked]
            if one.rating is not None and one.rating <= most:
                told = one.model_dump(exclude={"id", "order", "historic"})
                yield SurveyUnhappy(id=f"{one.id}/unhappy", **told)

    def _arrival(self, order: Order, facts: Facts) -> Arrival | Reason:
        """Return when *order* arrived; or why it is not asked about."""
        found = arrived(order, facts, self.transit)
        if isinstance(found, Arrival) and order.open_returns:
            return Reason.RETURN_OPEN
        if facts.first(SurveyAnswered, order_id=order.id) and not self._was_sent(order, facts):
            return Reason.RECENTLY_ASKED
        return found

    def _was_sent(self, order: Order, facts: Facts) -> bool:
        return any(one.order_id == order.id for one in facts.sent_by(self.name))

    def _one_at_a_time(
        self, candidates: list[_Candidate], facts: Facts, now: datetime
    ) -> Iterator[Send | Skip]:
        """Of several orders, the one that arrived first is asked about, and then none for long."""
        times = [one.sent_at for one in facts.sent_by(self.name)]
        for one in candidates:
            due_at = one.arrival.at + self.after
            if self._was_sent(one.order, facts):
                continue
            if any(abs(due_at - at) < self.pause for at in times):
                yield Skip(Ref.order(one.order.id), Reason.RECENTLY_ASKED, order_id=one.order.id)
                continue
            yield self._send(one)
            if not self._is_over(one, facts, now):
                times.append(due_at)

    def _is_over(self, one: _Candidate, facts: Facts, now: datetime) -> bool:
        """Say whether this survey will not be sent any more, unless something changes."""
        is_late = one.arrival.at + self.after + self.expires_after <= now
        is_closed = facts.is_closed(self.name, Ref.order(one.order.id))
        return one.arrival.cause.historic or is_late or is_closed

    def _send(self, one: _Candidate) -> Send:
        due_at = one.arrival.at + self.after
        return Send(
            subject=Ref.order(one.order.id),
            message=Message(
                "survey",
                data={"asks": str(self.asks)},
                message_class=MessageClass.RELATIONSHIP,
            ),
            order_id=one.order.id,
            cause=one.arrival.cause,
            due_at=due_at,
            expires_at=due_at + self.expires_after,
        )
