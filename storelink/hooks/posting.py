"""Handing reviews to the store itself, where it takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from storelink.clock import Clock
from storelink.contracts.manifest import Capability
from storelink.contracts.store import StoreAdapter
from storelink.errors import NotFound, StorelinkError, WriteRefused
from storelink.events.types import Event, ReviewAnswered
from storelink.hooks.calls import GivenUp
from storelink.hooks.function import Handler
from storelink.hooks.registry import Registry
from storelink.mirror import load
from storelink.models.order import Order
from storelink.models.product import NewReview
from storelink.models.ref import Ref
from storelink.storage import AnswerRow, Database

HANDLER: Final = "storelink.post_review"
"""The name of the handler."""
OFFERED: Final = "offered"
"""What an answer keeps while nobody knows whether the store has taken it: the words."""


class Posting:
    """Called with each review of the pages, at least once: the store gets it, whatever it says.

    The store is given one review for each answer: an adapter looks whether it has that one before
    it writes, and afterwards the answer knows its id. A store holds or publishes a review by its
    own rules; none is left out here for what it says (16 CFR 465.7: reviews must not be suppressed
    by their rating). Stars without words, and what is said of an order as a whole, are kept here
    only: stores take words about a product.

    Args:
        database: the database.
        adapters: the stores by name.
        clock: the clock.
    """

    def __init__(
        self, database: Database, adapters: Mapping[str, StoreAdapter], clock: Clock
    ) -> None:
        self._database, self._adapters, self._clock = database, adapters, clock

    def __call__(self, told: Event) -> None:
        """Hand over a review, as it is worded by now.

        Raises:
            GivenUp: the store refuses it.
            StoreError: the store could not take it now.
        """
        adapter = self._adapters[told.store]
        if not isinstance(told, ReviewAnswered) or not takes_reviews(adapter):
            return
        review = self._offered(told)
        if review is None:
            return
        try:
            posted = adapter.post_review(review)
        except (NotFound, WriteRefused) as refusal:
            self._remember(told, {OFFERED: None})
            raise GivenUp(f"the store takes no such review ({called(refusal)})") from None
        self._remember(told, {"review_id": posted.id, OFFERED: None})

    def _offered(self, told: ReviewAnswered) -> NewReview | None:
        """Return what the store is to take, in the words that it was offered first.

        Nobody knows whether it took them if its answer was lost: other words would be another
        review.
        """
        with self._database.write() as tx:
            tx.lock(f"{told.store}/{Ref.order(str(told.order_id))}")
            answer = tx.answers.get(told.store, told.answer_id)
            order = load.order(tx, told.store, told.order_id) if told.order_id else None
            review = _review(answer, order)
            if answer is not None and review is not None and not answer.value.get(OFFERED):
                words = {"comment": review.text, "rating": review.rating, "name": review.author}
                tx.answers.put(replace(answer, value={**answer.value, OFFERED: words}))
        return review

    def _remember(self, told: ReviewAnswered, became: Mapping[str, Any]) -> None:
        with self._database.write() as tx:
            tx.lock(f"{told.store}/{Ref.order(str(told.order_id))}")
            answer = tx.answers.get(told.store, told.answer_id)
            if answer is not None:
                value = {**answer.value, **became}
                kept = {name: one for name, one in value.items() if one is not None}
                tx.answers.put(replace(answer, value=kept))


def takes_reviews(adapter: StoreAdapter) -> bool:
    """Say whether a store takes reviews of what is sold there."""
    return Capability.REVIEWS in adapter.manifest.capabilities


def post(registry: Registry, posting: Posting, adapters: Mapping[str, StoreAdapter]) -> None:
    """Let reviews be handed over, if any of the stores takes them."""
    if any(map(takes_reviews, adapters.values())):
        registry.add_handler(Handler(HANDLER, ReviewAnswered, posting))


_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


def called(refusal: StorelinkError) -> str:
    """Return what a refusal is called. What the store says with it may repeat the person's words.

    A refusal without a code is told from others by its kind.
    """
    code = getattr(refusal, "code", "")
    return code if _CODE.fullmatch(code) else type(refusal).__name__


def _review(answer: AnswerRow | None, order: Order | None) -> NewReview | None:
    """Return what the store is to take; `None` if it has it, or could do nothing with it."""
    if answer is None or order is None or answer.subject is None:
        return None
    words = answer.value.get(OFFERED) or answer.value
    text = (words.get("comment") or "").strip()
    if not text or not order.contact.email or answer.value.get("review_id"):
        return None
    return NewReview(
        product_id=answer.subject,
        rating=words.get("rating"),
        text=text,
        author=words.get("name") or "",
        email=order.contact.email,
    )
