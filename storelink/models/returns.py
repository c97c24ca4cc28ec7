"""What came back: money and goods."""

from __future__ import annotations

from typing import Any

from storelink.models.base import Instant, Value, personal, raw_payload
from storelink.models.enums import ReturnStatus
from storelink.models.money import Money


class RefundLine(Value):
    """How much of an order's line was refunded. *quantity* may be 0: money only."""

    line_id: str
    quantity: int
    amount: Money | None = None


class Refund(Value):
    """Money given back, as a positive amount.

    Attributes:
        lines: which lines it is for; `None` when that is not known yet, empty when it names none.
    """

    id: str
    order_id: str
    created_at: Instant | None = None
    amount: Money | None = None
    lines: tuple[RefundLine, ...] | None = None
    reason: str | None = personal()
    raw: dict[str, Any] = raw_payload()


class ReturnLine(Value):
    """How many of an order's line come back, and how many of them have arrived."""

    line_id: str
    quantity: int
    processed_quantity: int = 0
    reason: str | None = None


class Return(Value):
    """Goods on their way back.

    Attributes:
        lines: which lines it is for; `None` when that is not known yet.
    """

    id: str
    order_id: str
    name: str | None = None
    status: ReturnStatus = ReturnStatus.UNKNOWN
    lines: tuple[ReturnLine, ...] | None = None
    requested_at: Instant | None = None
    approved_at: Instant | None = None
    closed_at: Instant | None = None
    raw: dict[str, Any] = raw_payload()
