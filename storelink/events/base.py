"""What every event is."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from storelink.models.base import Instant, Value
from storelink.models.order import Order


class Event(Value):
    """Something that happened in a store.

    Attributes:
        type: the kind of event, for example `"order.paid"`.
        id: made from what happened, never from how it became known.
        at: when it happened (UTC).
        exact: the platform told the time; otherwise `at` is the earliest state that showed it.
        historic: it happened before the store was connected, and therefore sends no message.
        order: the order as it is known now; `None` for an event that belongs to no order.
    """

    type: ClassVar[str] = "unknown"

    id: str
    store: str
    at: Instant
    exact: bool = True
    historic: bool = False
    order_id: str | None = None
    customer_id: str | None = None
    order: Order | None = Field(None, repr=False, exclude=True)


class UnknownEvent(Event):
    """An event of a type that this version does not know.

    Attributes:
        name: its type, as it was stored.
        data: what else was stored.
    """

    name: str
    data: dict[str, Any] = Field(default_factory=dict, repr=False)
