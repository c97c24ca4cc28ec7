"""What customers answer on the shop's pages: kept, and made known as events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storelink.clock import Clock
from storelink.events.types import Answered, CheckoutAnswered, ReviewAnswered, SurveyAnswered
from storelink.hooks.posting import HANDLER, OFFERED
from storelink.mirror import load
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Version, micros
from storelink.mirror.muting import is_erased
from storelink.mirror.telling import Listeners, tell
from storelink.models.answer import Answer
from storelink.models.checkout import Checkout
from storelink.models.enums import AnswerKind
from storelink.models.order import Order
from storelink.models.ref import Kind
from storelink.storage import AnswerRow, Database

_KEPT = ("review_id", OFFERED)
"""What a second thought leaves as it is."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Takes answers.

    Attributes:
        database: where they are kept.
        clock: the clock.
        listeners: names the handlers of an event.
    """

    database: Database
    clock: Clock
    listeners: Listeners

    def record(self, store: str, answer: Answer) -> Answered | CheckoutAnswered:
        """Keep an answer in place of an earlier one to the same question, and let it be known.

        The first answer is the event; a second thought changes what is kept, and raises none. What
        the store has taken stays as it was there; what it could not take yet, it is offered anew.

        Raises:
            LookupError: nothing is known of its order or checkout, it was deleted, or its person
                was erased.
            StorageUnavailable: the database is busy; try again.
        """
        now = self.clock.now()
        with self.database.write(rings=True) as tx:
            about = answer.about
            tx.lock(f"{store}/{about}")
            loads = load.order if about.kind is Kind.ORDER else load.checkout
            found = loads(tx, store, about.id)
            if found is None or found.deleted_at or is_erased(tx, store, about):
                raise LookupError(f"{store} has no {about.kind} {about.id!r} that is known here")
            event, earlier = _event(found, answer, now), tx.answers.get(store, answer.id)
            value = answer.model_dump(mode="json", include={"rating", "comment", "name"})
            value |= {"reason": str(answer.reason)} if answer.reason else {}
            kept = {name: earlier.value.get(name) for name in _KEPT} if earlier else {}
            posted = kept.get("review_id")
            tx.answers.put(
                AnswerRow(
                    store=store,
                    id=answer.id,
                    order_id=answer.order_id or str(about),
                    kind=answer.kind,
                    subject=answer.product_id,
                    value=value | {name: one for name, one in kept.items() if one},
                    at=now,
                    message=answer.message_key,
                )
            )
            if not tx.events.known([event.id]):
                fact = Fact(event, Version(micros(now), -1))
                tell(tx, [fact], now=now, listeners=self.listeners)
                tx.plans.mark(store, [str(about)], due_at=now)
            elif not posted:
                tx.calls.again(HANDLER, event.id, due_at=now)
        return event


def _event(found: Order | Checkout, answer: Answer, at: datetime) -> Answered | CheckoutAnswered:
    about: dict[str, Any] = {
        "id": f"{found.store}/answer/{answer.id}",
        "store": found.store,
        "at": at,
        "customer_id": found.customer_id,
        "answer_id": answer.id,
    }
    if isinstance(found, Checkout):
        return CheckoutAnswered(**about, checkout_id=found.id, reason=answer.reason)
    about |= {"order_id": found.id, "rating": answer.rating}
    if answer.kind is AnswerKind.REVIEW:
        return ReviewAnswered(**about, product_id=answer.product_id)
    return SurveyAnswered(**about, asked=answer.kind)
