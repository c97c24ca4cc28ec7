"""What customers answer on the shop's pages."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from storelink.models.base import Value, personal
from storelink.models.enums import AnswerKind, CartReason
from storelink.models.ref import Kind, Ref

SCALES = {
    AnswerKind.REVIEW: range(1, 6),
    AnswerKind.SURVEY: range(11),
    AnswerKind.SATISFACTION: range(1, 6),
    AnswerKind.CART: range(0),
}
"""How each question counts."""


class Answer(Value):
    """One answer of one customer. A second one to the same question takes its place.

    >>> Answer(kind="review", order_id="1042", product_id="7", rating=5).id
    'review/1042/7'

    Attributes:
        order_id: the order that was asked about; `None` if it was a checkout.
        checkout_id: the checkout that was asked about.
        reason: why somebody left a checkout.
        product_id: what of it; `None` for the order as a whole.
        rating: on the question's own scale: a review and a satisfaction
            from 1 to 5, a survey from 0 to 10.
        comment: in the customer's words.
        message_key: the idempotency key of the message that asked.
        review_id: the review in the store itself that it became; set by storelink.
    """

    kind: AnswerKind
    order_id: str | None = Field(None, min_length=1)
    checkout_id: str | None = Field(None, min_length=1)
    product_id: str | None = None
    rating: int | None = None
    reason: CartReason | None = None
    comment: str | None = Field(None, repr=False, max_length=5000)
    name: str | None = personal()
    message_key: str | None = None
    review_id: str | None = None

    @property
    def id(self) -> str:
        """What tells it from the other answers of its store."""
        about = self.order_id or self.checkout_id
        return "/".join(filter(None, (self.kind, about, self.product_id)))

    @property
    def about(self) -> Ref:
        """The order or checkout that was asked about."""
        if self.order_id:
            return Ref.order(self.order_id)
        return Ref(kind=Kind.CHECKOUT, id=str(self.checkout_id))

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        scale, is_about_cart = SCALES[self.kind], self.kind is AnswerKind.CART
        if bool(self.checkout_id) is not is_about_cart or bool(self.order_id) is is_about_cart:
            raise ValueError("an answer is about an order; about a checkout, why it was left")
        if self.reason is not None and not is_about_cart:
            raise ValueError("a reason is given for leaving a checkout")
        if self.rating is None and self.reason is None and not (self.comment or "").strip():
            raise ValueError("an answer has a rating, or words; of a checkout, a reason")
        if self.rating is not None and self.rating not in scale:
            told = f"from {scale.start} to {scale.stop - 1}" if scale else "by no number"
            raise ValueError(f"a {self.kind} is rated {told}")
        return self
