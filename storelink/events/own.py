"""What happens at storelink's own, and no store tells."""

from __future__ import annotations

from typing import Any

from storelink.events.base import Event
from storelink.models.base import Instant
from storelink.models.enums import AnswerKind


class Answered(Event):
    """A customer answered on a page of the shop's that storelink shows. Any answer counts alike.

    Attributes:
        answer_id: which answer; what was written in it is in the answer, not in the event.
        rating: what was given, as the question counts; `None` for words alone.
    """

    answer_id: str
    rating: int | None = None


class ReviewAnswered(Answered):
    """A customer reviewed what was ordered, from 1 to 5."""

    type = "review.answered"
    product_id: str | None = None


class SurveyAnswered(Answered):
    """A customer said how the order went.

    Attributes:
        asked: which question: one that is answered from 0 to 10, or from 1 to 5.
    """

    type = "survey.answered"
    asked: AnswerKind = AnswerKind.SURVEY


class SurveyUnhappy(Answered):
    """A customer said that the order did not go well; told where `Survey` is among the hooks.

    Attributes:
        asked: which question: one that is answered from 0 to 10, or from 1 to 5.
    """

    type = "survey.unhappy"
    asked: AnswerKind = AnswerKind.SURVEY


class ReturnAsked(Event):
    """A customer asked on a page of the shop's to send something back; the store is to learn of it.

    Once it has, it says so itself: see `ReturnRequested`.

    Attributes:
        answer_id: which request; what is asked for is in the request, not in the event.
    """

    type = "return.asked"
    answer_id: str


class RewardEvent(Event):
    """Something about a code that takes something off, for one person.

    Attributes:
        because_of: the id of the event that it is for.
        checkout_id: the checkout that it is for, if it is for one and no order.
    """

    because_of: str
    checkout_id: str | None = None


class RewardEarned(RewardEvent):
    """A customer is to be given a code; a hook says so, and storelink has it made.

    Attributes:
        hook: the hook's name.
        incentive: what the code is worth; see `storelink.hooks.Incentive`.
    """

    type = "reward.earned"
    hook: str
    incentive: dict[str, Any]


class RewardIssued(RewardEvent):
    """A customer was given a code, once.

    Attributes:
        code: what the customer types; the store knows it.
        expires_at: from then on it cannot be used.
    """

    type = "reward.issued"
    code: str
    expires_at: Instant | None = None


class RewardRefused(RewardEvent):
    """A store would not make a code: what was to bring it goes without, unless it is the code.

    The store is asked a few more times; `storelink failures` has why it refused.
    """

    type = "reward.refused"


class RewardWithdrawn(RewardEvent):
    """A code is to be used no more, if it was not used before; a hook says so."""

    type = "reward.withdrawn"
    code: str


class InvoiceIssued(Event):
    """An order got its invoice, once; the document is kept until it is pruned or erased.

    Attributes:
        number: the invoice's number.
    """

    type = "invoice.issued"
    number: str
