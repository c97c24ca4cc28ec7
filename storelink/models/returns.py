"""What came back: money and goods."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from pydantic import Field, field_validator

from storelink.models.base import Instant, Value, personal, raw_payload
from storelink.models.enums import ReturnReason, ReturnStatus, ReturnWish
from storelink.models.money import Money

MAX_NOTE: Final = 250
"""Characters of a customer's note: Shopify takes 300 with everything that has to go with them."""

_CONTROLS: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""No database and no platform keeps them all, and some turn the line that they are shown in."""

OFF: Final = frozenset({ReturnStatus.DECLINED, ReturnStatus.CANCELLED})
"""Where a return stands of which nothing comes back."""
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Pieces(Protocol):
    """So many of an order's line: in a parcel, a refund, a return or a request."""

    @property
    def line_id(self) -> str:
        """The line's id."""

    @property
    def quantity(self) -> int:
        """How many of it."""


def counted(lines: Iterable[Pieces]) -> Counter[str]:
    """Return how many of each line, which may be named several times."""
    found: Counter[str] = Counter()
    for line in lines:
        found[line.line_id] += line.quantity
    return found


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
        key: of the `ReturnRequest` that it came from, if it came from one.
        exchanged: whether other goods were given for them.
    """

    id: str
    order_id: str
    name: str | None = None
    status: ReturnStatus = ReturnStatus.UNKNOWN
    lines: tuple[ReturnLine, ...] | None = None
    requested_at: Instant | None = None
    approved_at: Instant | None = None
    closed_at: Instant | None = None
    key: str | None = None
    exchanged: bool = False
    raw: dict[str, Any] = raw_payload()

    @property
    def is_open(self) -> bool:
        """Whether it is asked for or under way: not refused, not called off, not done."""
        return self.status in {ReturnStatus.REQUESTED, ReturnStatus.OPEN}

    @property
    def has_arrived(self) -> bool:
        """Whether all of it is back, as far as the store says of what."""
        return bool(self.lines) and all(
            one.processed_quantity >= one.quantity for one in self.lines or ()
        )


Prices = Mapping[str, Decimal]
"""What a piece of each line of an order cost, as far as it is known."""


def owed(
    returns: Sequence[Return], refunds: Sequence[Refund], prices: Prices
) -> tuple[Return, ...]:
    """Return the open returns of an order for which goods, money or an exchange are still to come.

    Not every store closes those that were made good. A refund is for what was asked back before it
    was paid: each piece once, what has arrived before what has not, and the oldest return first.
    One that names no lines is for pieces of about its amount.
    """
    purse, made_good = _Purse(refunds, prices), set[str]()
    for back in sorted(returns, key=lambda one: (not one.has_arrived, one.requested_at or _FIRST)):
        is_off = back.status in OFF
        if back.exchanged or (not is_off and purse.pays(back) and back.has_arrived):
            made_good.add(back.id)
    return tuple(one for one in returns if one.is_open and one.id not in made_good)


class _Purse:
    """What was paid back of an order, and was not counted for a return yet."""

    def __init__(self, refunds: Sequence[Refund], prices: Prices) -> None:
        self._refunds, self._prices = refunds, prices
        self._pieces = {one.id: counted(one.lines or ()) for one in refunds}
        self._sums = {
            one.id: one.amount.amount if one.amount else None for one in refunds if not one.lines
        }

    def pays(self, back: Return) -> bool:
        """Count what was paid for a return; say whether that is all of it."""
        asked_at = back.requested_at or _FIRST
        since = [one.id for one in self._refunds if (one.created_at or _LAST) >= asked_at]
        unpaid = counted(back.lines or ())
        for key in since:
            paid = unpaid & self._pieces[key]
            self._pieces[key] -= paid
            unpaid -= paid
        return not unpaid or any(self._covers(key, unpaid) for key in since)

    def _covers(self, key: str, unpaid: Counter[str]) -> bool:
        """Take a sum for some pieces, if it is no less than half of what they cost."""
        if key not in self._sums:
            return False
        left = self._sums[key]
        if left is None:
            return True
        worth = sum((self._prices.get(one, 0) * many for one, many in unpaid.items()), Decimal())
        if left * 2 < worth:
            return False
        self._sums[key] = max(left - worth, Decimal())
        return True


class WantedLine(Value):
    """How many of an order's line a customer wants to send back, and why."""

    line_id: str = Field(min_length=1)
    quantity: int = Field(ge=1)
    reason: ReturnReason = ReturnReason.UNKNOWN


class ReturnRequest(Value):
    """What a customer asks to send back.

    Attributes:
        key: tells it from every other request of the store; under the same key it is the same one.
        lines: what, each line once.
        wish: what the customer wants for it.
        note: in the customer's words.
    """

    key: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    order_id: str
    lines: tuple[WantedLine, ...] = Field(min_length=1)
    wish: ReturnWish
    note: str | None = Field(None, repr=False, max_length=MAX_NOTE)

    @field_validator("note")
    @classmethod
    def _plain(cls, note: str | None) -> str | None:
        return _CONTROLS.sub(" ", note or "").strip() or None
