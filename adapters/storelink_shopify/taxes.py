"""Taxes, which both shapes tell alike.

Facts: shopify.dev, GraphQL Admin API 2026-10, the object TaxLine: the rate is a share of the price,
the amount is after discounts and before returns.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from storelink.models.order import TaxLine
from storelink.toolkit.payload import Reader, number_text
from storelink_shopify.money import Bag


def tax_lines(lines: Iterable[Reader], bag: Bag, amount: str) -> list[TaxLine]:
    """Return the taxes on an order.

    Args:
        lines: as the payload has them.
        bag: how it spells amounts.
        amount: what it calls them.
    """
    return [
        TaxLine(
            title=line.filled("title") or "",
            total=bag.customer(line, amount),
            rate=_percent(line.decimal("rate")),
        )
        for line in lines
    ]


def _percent(share: Decimal | None) -> Decimal | None:
    return None if share is None else Decimal(number_text(share * 100))
