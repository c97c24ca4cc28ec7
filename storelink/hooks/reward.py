"""Give what was promised for a review: once, whatever the review says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from storelink.contracts.hook import Decision, Facts, Hook, Send
from storelink.events.types import RewardEarned
from storelink.hooks.minting import code_data, issued_for
from storelink.hooks.spans import check_spans
from storelink.models.message import Message
from storelink.models.order import Order
from storelink.models.ref import Ref


class ReviewReward(Hook[Order]):
    """Sends the code that a customer was promised for a review, as soon as the store knows it.

    It is added by itself where `ReviewRequest` has an incentive. The order may have been refunded
    meanwhile: what was promised for the review is given.

    Args:
        expires_after: a code that could not be sent for so long is not sent any more.
    """

    name = "review_reward"

    def __init__(self, *, expires_after: timedelta = timedelta(days=14)) -> None:
        self.expires_after = expires_after
        check_spans(self)

    def decide(self, subject: Order, facts: Facts, now: datetime) -> Iterator[Decision]:
        """Send each code once."""
        ours = (issued_for(facts, one) for one in facts.all(RewardEarned, hook=self.name))
        for event in filter(None, ours):
            last = event.at + self.expires_after
            yield Send(
                subject=Ref.order(subject.id),
                message=Message("review_reward", data=code_data(event)),
                order_id=subject.id,
                cause=event,
                due_at=event.at,
                expires_at=min(last, event.expires_at) if event.expires_at else last,
            )
