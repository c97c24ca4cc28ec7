"""Exact money: an amount as `Decimal` and an ISO 4217 currency, never a float."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_CURRENCY = re.compile(r"[A-Za-z]{3}")
_PARTS = frozenset({"amount", "currency"})
_USUAL_LENGTH = 32


@functools.total_ordering
@dataclass(frozen=True, slots=True, repr=False)
class Money:
    """An amount of one currency.

    Amounts are given as text, `int` or `Decimal`. Amounts of two currencies cannot be compared,
    added or subtracted. Zero is not false: ask `money is None`, or `money.amount == 0`.

    >>> Money("19.90", "EUR") + Money(5, "EUR")
    Money('24.90', 'EUR')
    >>> Money("19.90", "EUR") > Money(5, "EUR")
    True

    Args:
        amount: the amount in the currency's main unit, for example `"19.90"`.
        currency: the ISO 4217 code, in any case.

    Raises:
        ValueError: the amount is a float, not a finite number, or the code has not three letters;
            or, on arithmetic and comparison, the currencies differ.
    """

    amount: Decimal
    currency: str

    def __init__(self, amount: Decimal | str | int, currency: str) -> None:
        object.__setattr__(self, "amount", _exact(amount))
        object.__setattr__(self, "currency", _code(currency))

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return nothing of *currency*."""
        return cls(0, currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """Add *amounts*, all of *currency*; no amounts give zero."""
        return sum(amounts, start=cls.zero(currency))

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        return Money(self.amount * _exact(factor), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __repr__(self) -> str:
        return f"Money({str(self.amount)!r}, {self.currency!r})"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same(self, other: Money) -> Decimal:
        if not isinstance(other, Money):
            raise TypeError(f"cannot combine Money with {type(other).__name__}")
        if other.currency != self.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency}")
        return other.amount

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any) -> Money:
            if isinstance(value, Money):
                return value
            if value is None:
                raise PydanticCustomError("missing", "missing")
            if isinstance(value, dict) and value.keys() == _PARTS:
                amount, currency = value["amount"], value["currency"]
                if type(amount) is str and type(currency) is str and len(amount) < _USUAL_LENGTH:
                    return _usual(amount, currency)
                return Money(amount, currency)
            raise ValueError("money is {'amount': text, 'currency': code}")

        def write(value: Money) -> dict[str, str]:
            return {"amount": str(value.amount), "currency": value.currency}

        return core_schema.no_info_plain_validator_function(
            read, serialization=core_schema.plain_serializer_function_ser_schema(write)
        )


@functools.lru_cache(maxsize=4096)
def _usual(amount: str, currency: str) -> Money:
    """Return the money of two texts; the same prices are read again and again."""
    return Money(amount, currency)


def _exact(amount: object) -> Decimal:
    if isinstance(amount, bool) or not isinstance(amount, (Decimal, str, int)):
        raise ValueError(f"an amount is text, int or Decimal, not {type(amount).__name__}")
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise ValueError(f"not an amount: {amount!r}") from None
    if not value.is_finite():
        raise ValueError(f"not a finite amount: {amount!r}")
    return value


def _code(currency: object) -> str:
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise ValueError(f"not an ISO 4217 currency code: {currency!r}")
    return currency.upper()
