"""What an order cost, told only where it adds up."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import get_currency_precision

from storelink.models.base import Value
from storelink.models.money import Money
from storelink.models.order import Order


class Sums(Value):
    """The amounts below an order's lines.

    Platforms count lines with or without tax, and fees not at all. A list of amounts that does not
    lead to the total unsettles its reader; where it would not, only the total is told. What counts
    are the amounts as the reader sees them: yen and rials without decimals, for example.

    Attributes:
        itemized: the lines' amounts, `shipping` and `tax` add up to `total`.
        tax: what comes on top of the lines; `included_tax` is inside them.
        saved: what discounts took off before these amounts.
    """

    total: Money
    itemized: bool = False
    shipping: Money | None = None
    tax: Money | None = None
    included_tax: Money | None = None
    saved: Money | None = None


def sums(order: Order) -> Sums:
    """Return the amounts to tell below the lines of *order*."""
    try:
        missing = _missing(order)
    except ArithmeticError:  # amounts of absurd size
        missing = None
    if missing is None or missing not in (0, _shown(order.totals.tax)):
        return Sums(total=order.total)
    tax = _something(order.totals.tax)
    return Sums(
        total=order.total,
        itemized=True,
        shipping=order.totals.shipping,
        tax=tax if missing else None,
        included_tax=None if missing else tax,
        saved=_something(order.totals.discount),
    )


def _missing(order: Order) -> Decimal | None:
    """Return what lines and shipping lack to the total; `None` if they cannot be compared."""
    amounts = [line.total for line in order.lines if line.total is not None]
    if not amounts or any(amount.currency != order.total.currency for amount in amounts):
        return None
    lines = sum(map(_shown, amounts), Decimal(0))
    return _shown(order.total) - lines - _shown(order.totals.shipping)


def _shown(money: Money | None) -> Decimal:
    """Return an amount with the decimals that the filter `money` shows of its currency."""
    if money is None:
        return Decimal(0)
    return money.amount.quantize(Decimal(1).scaleb(-get_currency_precision(money.currency)))


def _something(money: Money | None) -> Money | None:
    """Return *money* unless it would be shown as nothing."""
    return money if _shown(money) else None
