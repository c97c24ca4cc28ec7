"""What customers answer on the shop's pages."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from storelink.models.base import Value, personal
from storelink.models.enums import AnswerKind

SCALES = {AnswerKind.REVIEW: range(1, 6), AnswerKind.SURVEY: range(11)}
"""How each question counts."""


class Answer(Value):
    """One answer of one customer. A second one to the same question takes its place.

    >>> Answer(kind="review", order_id="1042", product_id="7", rating=5).id
    'review/1042/7'

    Attributes:
        order_id: the order that was asked about.
        product_id: what of it; `None` for the order as a whole.
        rating: on the question's own scale: a review from 1 to 5, a survey from 0 to 10.
        comment: in the customer's words.
        message_key: the idempotency key of the message that asked.
        review_id: the review in the store itself that it became; set by storelink.
    """

    kind: AnswerKind
    order_id: str = Field(min_length=1)
    product_id: str | None = None
    rating: int | None = None
    comment: str | None = Field(None, repr=False, max_length=5000)
    name: str | None = personal()
    message_key: str | None = None
    review_id: str | None = None

    @property
    def id(self) -> str:
        """What tells it from the other answers of its store."""
        return "/".join(filter(None, (self.kind, self.order_id, self.product_id)))

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        scale = SCALES[self.kind]
        if self.rating is None and not (self.comment or "").strip():
            raise ValueError("an answer has a rating, or words")
        if self.rating is not None and self.rating not in scale:
            raise ValueError(f"a {self.kind} is rated from {scale.start} to {scale.stop - 1}")
        return self
