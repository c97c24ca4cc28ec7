from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from storelink import Money

amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=2)


@pytest.mark.parametrize("amount", [19.9, 0.0, float("nan"), True, None, Fraction(1, 3), b"5"])
def test_only_exact_amounts_are_accepted(amount: Any) -> None:
    with pytest.raises(ValueError, match="an amount is text, int or Decimal"):
        Money(amount, "EUR")


@pytest.mark.parametrize("amount", ["", "abc", "1,50", "12 EUR", "--5"])
def test_text_that_is_no_number_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money(amount, "EUR")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN", Decimal("NaN")])
def test_an_amount_is_finite(amount: Any) -> None:
    with pytest.raises(ValueError, match="not a finite amount"):
        Money(amount, "EUR")


@pytest.mark.parametrize("currency", ["", "EU", "EURO", "E1R", "€", "aß", "ﬁx", "EU\n", None, 978])
def test_a_currency_has_three_latin_letters(currency: Any) -> None:
    with pytest.raises(ValueError, match="not an ISO 4217 currency code"):
        Money("1", currency)


def test_the_currency_is_kept_in_capitals() -> None:
    assert Money("1", "EUR") == Money("1", "eur")
    assert "EUR" == Money("1", "eur").currency


def test_amounts_of_one_currency_are_added_exactly() -> None:
    assert Money("0.30", "EUR") == Money("0.10", "EUR") + Money("0.20", "EUR")
    assert Money("-0.10", "EUR") == Money("0.10", "EUR") - Money("0.20", "EUR")
    assert Money("36.00", "EUR") == Money("12.00", "EUR") * 3
    assert Money("12.00", "EUR") == abs(-Money("12.00", "EUR"))


@pytest.mark.parametrize(
    "act",
    [
        lambda one, other: one + other,
        lambda one, other: one - other,
        lambda one, other: one < other,
        lambda one, other: one >= other,
        lambda one, other: Money.total([one, other], "EUR"),
    ],
)
def test_currencies_do_not_mix(act: Any) -> None:
    with pytest.raises(ValueError, match=r"cannot combine (EUR with USD|USD with EUR)"):
        act(Money("1", "EUR"), Money("1", "USD"))


def test_money_is_not_combined_with_numbers() -> None:
    with pytest.raises(TypeError, match="cannot combine Money with int"):
        Money("1", "EUR") + 1  # type: ignore[operator]
    with pytest.raises(TypeError, match="cannot combine Money with Decimal"):
        sorted([Money("1", "EUR"), Decimal(0)])  # type: ignore[type-var]
    with pytest.raises(ValueError, match="not float"):
        Money("1", "EUR") * 1.5  # type: ignore[operator]


def test_equal_amounts_are_equal_however_they_are_written() -> None:
    assert Money("1.50", "EUR") == Money("1.5", "EUR")
    assert hash(Money("1.50", "EUR")) == hash(Money("1.5", "EUR"))
    assert Money("1", "EUR") != Money("1", "USD")
    assert Money("1", "EUR") != Decimal(1)


def test_zero_is_an_amount_like_any_other() -> None:
    """Money is told from no money by `is None`; a free order has a total."""
    assert bool(Money.zero("EUR"))
    assert Money.zero("EUR") == Money.total([], "EUR")


def test_money_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Money("1", "EUR").amount = Decimal(2)  # type: ignore[misc]


@given(amounts, amounts, amounts)
def test_the_order_is_total_and_goes_with_addition(a: Decimal, b: Decimal, c: Decimal) -> None:
    one, other, more = (Money(amount, "EUR") for amount in (a, b, c))
    assert (one < other) + (one == other) + (one > other) == 1
    assert (one < other) == (one + more < other + more)
    assert one + other == other + one
    assert one == one + other - other


class Bill(BaseModel):
    total: Money


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**17), max_value=10**17))
def test_json_keeps_every_digit(amount: Decimal) -> None:
    bill = Bill(total=Money(amount, "JPY"))
    read = Bill.model_validate_json(bill.model_dump_json())
    assert bill == read
    assert str(amount) == str(read.total.amount)


@pytest.mark.parametrize(
    "total",
    [
        {"amount": 1.5, "currency": "EUR"},
        {"amount": "1.5"},
        {"amount": "1.5", "currency": "EUR", "precision": 2},
        "1.5 EUR",
        1,
    ],
)
def test_json_that_is_no_exact_money_is_refused(total: Any) -> None:
    with pytest.raises(ValidationError):
        Bill.model_validate({"total": total})
