"""What customers answer on the shop's pages: kept, and made known as events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storelink.clock import Clock
from storelink.events.types import Answered, ReviewAnswered, SurveyAnswered
from storelink.hooks.posting import HANDLER, OFFERED
from storelink.mirror import load
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Version, micros
from storelink.mirror.telling import Listeners, tell
from storelink.models.answer import Answer
from storelink.models.enums import AnswerKind
from storelink.models.order import Order
from storelink.models.ref import Ref
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

    def record(self, store: str, answer: Answer) -> Answered:
        """Keep an answer in place of an earlier one to the same question, and let it be known.

        The first answer is the event; a second thought changes what is kept, and raises none. What
        the store has taken stays as it was there; what it could not take yet, it is offered anew.

        Raises:
            LookupError: nothing is known of its order, or it was deleted.
            StorageUnavailable: the database is busy; try again.
        """
        now = self.clock.now()
        with self.database.write(rings=True) as tx:
            subject = str(Ref.order(answer.order_id))
            tx.lock(f"{store}/{subject}")
            order = load.order(tx, store, answer.order_id)
            if order is None or order.deleted_at is not None:
                raise LookupError(f"{store} has no order {answer.order_id!r} that is known here")
            event, earlier = _event(order, answer, now), tx.answers.get(store, answer.id)
            value = answer.model_dump(mode="json", include={"rating", "comment", "name"})
            kept = {name: earlier.value.get(name) for name in _KEPT} if earlier else {}
            posted = kept.get("review_id")
            tx.answers.put(
                AnswerRow(
                    store=store,
                    id=answer.id,
                    order_id=answer.order_id,
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
                tx.plans.mark(store, [subject], due_at=now)
            elif not posted:
                tx.calls.again(HANDLER, event.id, due_at=now)
        return event


def _event(order: Order, answer: Answer, at: datetime) -> Answered:
    about: dict[str, Any] = {
        "id": f"{order.store}/answer/{answer.id}",
        "store": order.store,
        "at": at,
        "order_id": order.id,
        "customer_id": order.customer_id,
        "answer_id": answer.id,
        "rating": answer.rating,
    }
    if answer.kind is AnswerKind.SURVEY:
        return SurveyAnswered(**about)
    return ReviewAnswered(**about, product_id=answer.product_id)
