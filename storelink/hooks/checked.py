"""Holding hooks to their contract: a hook is somebody else's code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from storelink.contracts.hook import Decision, Send, Skip
from storelink.models.message import Person
from storelink.models.order import Order


def checked(decisions: Iterable[object], subject: Order | Person) -> list[Decision]:
    """Return what a hook decided about *subject*: one decision for each message.

    Of several about the same message, the last one counts.

    Raises:
        TypeError: one is no decision, or holds what cannot be stored.
        ValueError: a time has no zone, or the order is not one of the subject's.
    """
    found: dict[tuple[str, str], Decision] = {}
    orders = [subject] if isinstance(subject, Order) else subject.orders
    order_ids = [order.id for order in orders]
    for decision in decisions:
        if isinstance(decision, Send):
            _check_send(decision, order_ids)
        elif isinstance(decision, Skip):
            json.dumps(dict(decision.detail))
        else:
            raise TypeError(f"a hook decides with Send or Skip, not {type(decision).__name__}")
        key = (str(decision.subject), decision.step)
        found.pop(key, None)
        found[key] = decision
    return list(found.values())


def _check_send(send: Send, order_ids: Sequence[str]) -> None:
    if send.order_id not in order_ids:
        raise ValueError("a message is sent about an order of the subject that was asked about")
    if send.due_at.tzinfo is None or (send.expires_at and send.expires_at.tzinfo is None):
        raise ValueError("due_at and expires_at need a time zone")
