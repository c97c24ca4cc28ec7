"""The blocks that ask something, to be answered with one tap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from jinja2 import pass_context
from jinja2.runtime import Context

from storelink.models.answer import SCALES
from storelink.models.checkout import Checkout
from storelink.models.enums import AnswerKind, CartReason
from storelink.rendering.blocks import button, put
from storelink.rendering.content import Button, Paragraph, Scale
from storelink.rendering.filters import number_of
from storelink.rendering.words import say, say_as


@pass_context
def cart_link(context: Context) -> str:
    """Lead back to the checkout, if the message is about one."""
    checkout: Checkout | None = context["checkout"]
    return button(say("Back to your cart"), checkout.url if checkout else None)


@pass_context
def reasons(context: Context) -> str:
    """Ask with one tap why the checkout was left; nothing where there is no page for it."""
    url = context["pages"].get("answer")
    if not url or not context["data"].get("asks"):
        return ""
    words = {
        CartReason.SHIPPING: say("Shipping costs"),
        CartReason.PRICE: say("Too expensive"),
        CartReason.QUESTION: say("I have a question"),
        CartReason.TROUBLE: say("Something did not work"),
        CartReason.LOOKING: say("Just looking"),
        CartReason.OTHER: say("Something else"),
    }
    ways = tuple(Button(label, f"{url}?v={reason}") for reason, label in words.items())
    asked = Paragraph(say("What kept you from ordering? One tap helps us to get better:"))
    return put(asked, Scale(ways, "", "", say("Your answer"), url))


@pass_context
def scores(context: Context) -> str:
    """Let the reader answer a survey with one tap; without a page for it, by a reply."""
    url, asks = context["pages"].get("answer"), context["data"].get("asks")
    kind = AnswerKind.SATISFACTION if asks == "satisfaction" else AnswerKind.SURVEY
    if not url:
        return put(Paragraph(say("Just reply to this message with your answer.")))
    is_likely = kind is AnswerKind.SURVEY
    numbers = [number_of(score) for score in SCALES[kind]]
    ways = (Button(one, f"{url}?v={at}") for one, at in zip(numbers, SCALES[kind], strict=True))
    high = say("very likely") if is_likely else say("very content")
    ends = ((numbers[0], say("not at all")), (numbers[-1], high))
    between = say_as("between a label and its value", ": ")
    low, high = (f"{number}{between}{meaning}" for number, meaning in ends)
    return put(Scale(tuple(ways), low, high, say("Your answer"), url))


ASKING_BLOCKS: Final[Mapping[str, Callable[..., str]]] = {
    "cart_link": cart_link,
    "reasons": reasons,
    "scores": scores,
}
"""By the names that templates use."""
