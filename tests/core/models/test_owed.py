"""Which returns are still owed something: every piece that is paid back counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from storelink.models import Money, Refund, RefundLine, Return, ReturnLine, ReturnStatus
from storelink.models.returns import owed

NOW, DAY = datetime(2026, 11, 17, tzinfo=UTC), timedelta(days=1)


def back(name: str, *lines: tuple[str, int], arrived: bool = True, **fields: Any) -> Return:
    told = tuple(
        ReturnLine(line_id=key, quantity=many, processed_quantity=many if arrived else 0)
        for key, many in lines
    )
    known = {"status": ReturnStatus.OPEN, "lines": told, "requested_at": NOW}
    return Return(id=name, order_id="1", **{**known, **fields})


def paid(*lines: tuple[str, int], days: int = 1, amount: str = "") -> Refund:
    told = tuple(RefundLine(line_id=key, quantity=many) for key, many in lines)
    return Refund(
        id=f"{lines}/{days}/{amount}",
        order_id="1",
        lines=told,
        created_at=NOW + days * DAY if days else None,
        amount=Money(amount, "EUR") if amount else None,
    )


PRICES = {"mug": Decimal(12)}
ONE = ("mug", 1)
FIRST, SECOND = back("first", ONE), back("second", ONE, requested_at=NOW + DAY / 2)


@pytest.mark.parametrize(
    ("returns", "refunds", "expected"),
    [
        ([FIRST, SECOND], [], ["first", "second"]),
        ([FIRST, SECOND], [paid(ONE)], ["second"]),
        ([SECOND, FIRST], [paid(ONE)], ["second"]),
        ([FIRST, SECOND], [paid(("mug", 2))], []),
        ([FIRST, SECOND], [paid(ONE), paid(ONE, days=2)], []),
        ([FIRST, SECOND], [paid()], []),
        ([FIRST], [paid(ONE, days=-1)], ["first"]),
        ([FIRST], [paid(ONE, days=0)], []),
        ([FIRST], [paid(("pot", 1))], ["first"]),
        ([back("two", ONE, ONE)], [paid(ONE)], ["two"]),
        ([back("two", ONE, ONE)], [paid(ONE, ONE)], []),
        ([back("both", ONE, ("pot", 1))], [paid(ONE)], ["both"]),
        ([back("first", ONE, status=ReturnStatus.CLOSED), SECOND], [paid(ONE)], ["second"]),
        ([back("first", ONE, status=ReturnStatus.DECLINED), SECOND], [paid(ONE)], []),
        ([back("first", ONE, exchanged=True), SECOND], [paid(ONE)], []),
        ([back("way", ONE, arrived=False), SECOND], [paid(ONE)], ["way"]),
        ([back("way", ONE, arrived=False)], [paid(ONE)], ["way"]),
        ([FIRST, SECOND], [paid(amount="4")], ["first", "second"]),
        ([FIRST, SECOND], [paid(amount="10.50")], ["second"]),
        ([FIRST, SECOND], [paid(amount="24")], []),
        ([back("free", ("gift", 1))], [paid(amount="4")], []),
        ([back("old", ONE, requested_at=None), SECOND], [paid(ONE)], ["second"]),
    ],
)
def test_each_piece_that_is_paid_back_counts_once_for_the_oldest(
    returns: list[Return], refunds: list[Refund], expected: list[str]
) -> None:
    assert sorted(expected) == sorted(one.id for one in owed(returns, refunds, PRICES))
