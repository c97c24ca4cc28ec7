"""Amounts are told in detail only where they add up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storelink.models import LineItem, Money, Order, Totals
from storelink.rendering.sums import Sums, sums

Make = Callable[..., Order]


def euros(amount: str) -> Money:
    return Money(amount, "EUR")


def test_tax_inside_the_prices(make_order: Make) -> None:
    """Two lines at 1200.50 and shipping make the total: the tax is in them."""
    expected = Sums(
        total=euros("2405.90"),
        itemized=True,
        shipping=euros("4.90"),
        included_tax=euros("310.07"),
    )

    assert expected == sums(make_order())


def test_tax_on_top(make_order: Make) -> None:
    """WooCommerce's lines are without tax."""
    totals = Totals(shipping=euros("0"), tax=euros("99"), discount=euros("10"))
    order = make_order(total=euros("2500"), totals=totals)

    expected = Sums(
        total=euros("2500"),
        itemized=True,
        shipping=euros("0"),
        tax=euros("99"),
        saved=euros("10"),
    )
    assert expected == sums(order)


@pytest.mark.parametrize(
    "fields",
    [
        {"total": Money("2410", "EUR")},
        {"total": Money("2405.90", "USD")},
        {"total": Money("1e999999", "EUR")},
        {"total": Money("1e999999999", "EUR")},
        {"totals": Totals()},
        {"lines": ()},
    ],
    ids=str,
)
def test_what_does_not_add_up_is_not_itemized(make_order: Make, fields: dict[str, object]) -> None:
    """A fee, rounding, another currency: only the total is told."""
    order = make_order().model_copy(update=fields)

    assert Sums(total=order.total) == sums(order)


@pytest.mark.parametrize(
    ("total", "lines", "tax", "expected"),
    [
        ("3177.14", ["1498.50", "1498.50"], "180.14", False),  # 1498 + 1498 + 180 is not 3177
        ("3177.14", ["1500.30", "1496.70"], "180.14", True),
        ("3177.40", ["1500.40", "1676.60"], "0", True),  # 1500 + 1677 is 3177
        ("3178.10", ["1500.40", "1676.40", "1.30"], "0", False),
    ],
)
def test_amounts_add_up_as_they_are_shown(
    make_order: Make, total: str, lines: list[str], tax: str, expected: bool
) -> None:
    """WooCommerce keeps two decimals of every currency; yen are shown without."""
    items = tuple(
        LineItem(id=str(index), title="Tea", quantity=1, total=Money(amount, "JPY"))
        for index, amount in enumerate(lines)
    )
    order = make_order(total=Money(total, "JPY"), totals=Totals(tax=Money(tax, "JPY")))

    told = sums(order.model_copy(update={"lines": items, "currency": "JPY"}))

    assert expected == told.itemized


def test_nothing_is_not_told_as_an_amount(make_order: Make) -> None:
    totals = Totals(shipping=euros("4.90"), tax=euros("0.00"), discount=euros("0.001"))

    told = sums(make_order(totals=totals))

    assert (told.itemized, told.tax, told.included_tax, told.saved) == (True, None, None, None)


def test_free_shipping_and_a_free_gift_are_said_to_be_free(
    write: Callable[..., object], make_order: Make
) -> None:
    gift = LineItem(id="9", title="Sample", quantity=1, total=euros("0"))
    order = make_order("Stool", total=euros("1200.50"), totals=Totals(shipping=euros("0")))

    mail = write("thank_you", order.model_copy(update={"lines": (*order.lines, gift)}))

    assert "Shipping: Free\n" in mail.text
    assert "Sample: €0.00\n" in mail.text
    assert ">Free<" in mail.html


def test_mail_shows_line_amounts_only_where_they_add_up(
    write: Callable[..., object], make_order: Make
) -> None:
    adds_up, has_fee = write("thank_you"), write("thank_you", make_order(total=euros("2410")))

    assert "- 2 × Walnut stool: €1,200.50\n" in adds_up.text
    assert "Includes tax of: €310.07\n" in adds_up.text
    assert "- 2 × Walnut stool\n" in has_fee.text
    assert "Shipping" not in has_fee.text
    assert "Total: €2,410.00\n" in has_fee.text
