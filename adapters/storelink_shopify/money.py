"""Amounts, which Shopify gives twice: as the customer saw them, and in the shop's own currency."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from storelink.errors import PayloadError
from storelink.models.money import Money
from storelink.models.order import Totals
from storelink.toolkit.payload import MAX_NUMBER, Reader
from storelink_shopify.values import missing

_CURRENCY = re.compile(r"[A-Z]{3}")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Bag:
    """How one shape spells an amount in two currencies: the customer's and the shop's."""

    presentment: str
    shop: str
    currency: str

    def customer(self, reader: Reader, name: str) -> Money | None:
        """Return the amount that the customer saw."""
        return self._side(reader.object(name), self.presentment)

    def store(self, reader: Reader, name: str) -> Money | None:
        """Return the amount in the shop's own currency."""
        return self._side(reader.object(name), self.shop)

    def _side(self, bag: Reader | None, name: str) -> Money | None:
        side = bag.object(name) if bag else None
        return amount(side, self.currency) if side else None


WEBHOOK_BAG = Bag("presentment_money", "shop_money", "currency_code")
NODE_BAG = Bag("presentmentMoney", "shopMoney", "currencyCode")


def amount(reader: Reader, currency_name: str) -> Money | None:
    """Return an object's `amount`, in the currency that stands beside it."""
    value = reader.decimal("amount")
    return None if value is None else exact_money(value, currency(reader, currency_name))


def exact_money(value: Decimal, code: str) -> Money:
    """Return money with two decimals, or more where they count.

    Webhooks write `"24.90"`, GraphQL `"24.9"`: one amount must have one form.

    Raises:
        PayloadError: no shop has that much.
    """
    if abs(value) >= MAX_NUMBER:
        raise PayloadError(f"an amount of {code} is out of range")
    rounded = value.quantize(_CENT) + 0  # so that -0 is 0
    return Money(rounded if rounded == value else value.normalize(), code)


def currency(reader: Reader, name: str) -> str:
    """Return an ISO 4217 code that must be there."""
    code = reader.text(name) or ""
    return code if _CURRENCY.fullmatch(code) else missing(reader, name, "a currency code")


def total(amounts: Iterable[Money | None], code: str) -> Money | None:
    """Add *amounts*, all of one currency; `None` if one is not known or of another currency."""
    known = list(amounts)
    if any(one is None or one.currency != code for one in known):
        return None
    return exact_money(sum((one.amount for one in known if one), start=Decimal(0)), code)


def totals(
    reader: Reader,
    side: Callable[[Reader, str], Money | None],
    names: Mapping[str, str],
    refunded: Money | None = None,
) -> Totals:
    """Return an order's sums of one side of its bags; *names* says where each one is."""
    sums = {field: side(reader, name) for field, name in names.items()}
    return Totals(**sums, refunded=refunded)
