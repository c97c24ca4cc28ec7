"""What an invoice prints adds up to the cent, however the platform counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from storelink.invoices import Charge, ChargeKind, Invoice, Seller
from storelink.models import (
    Discount,
    Fee,
    LineItem,
    Money,
    Order,
    OrderStatus,
    ShippingLine,
    TaxLine,
    Totals,
)
from storelink_woocommerce import normalize

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
SELLER = Seller(name="Atelier GmbH", address=("Lindenstr. 1",), country="DE")
RECORDINGS = Path(__file__).parents[2] / "data" / "woocommerce" / "recordings"
CURRENCIES = ("JPY", "INR", "EUR", "KWD")
ODD = {ChargeKind.ROUNDING, ChargeKind.ADJUSTMENT}


def invoice(order: Order) -> Invoice:
    return Invoice.of(order, seller=SELLER, number="7", issued_at=AT)


def printed(made: Invoice) -> Decimal:
    """What a reader gets who adds up what is printed."""
    taxes = () if made.included else made.taxes
    parts = (*made.lines, *made.charges, *taxes)
    return sum((one.amount.amount for one in parts), Decimal(0))


def odd(made: Invoice) -> list[Charge]:
    return [one for one in made.charges if one.kind in ODD]


def order(currency: str, total: Decimal | str, **fields: Any) -> Order:
    return Order(
        id="1",
        store="shop",
        number="#1042",
        status=OrderStatus.OPEN,
        currency=currency,
        total=Money(total, currency),
        **fields,
    )


def line(amount: Decimal | str, currency: str, *taxes: TaxLine, quantity: int = 1) -> LineItem:
    total = Money(amount, currency)
    return LineItem(id="1", title="Mug", quantity=quantity, total=total, taxes=taxes)


def vat(amount: Decimal | str, currency: str, rate: Decimal | int = 19) -> TaxLine:
    return TaxLine(title="VAT", rate=Decimal(rate), total=Money(amount, currency))


# -- the law -------------------------------------------------------------------------------------

currencies = st.sampled_from(CURRENCIES)
amounts = st.decimals(Decimal(-10_000), Decimal(1_000_000), places=4)
moneys = st.builds(Money, amounts, currencies)
maybe = st.none() | moneys
rates = st.none() | st.sampled_from([Decimal(0), Decimal(5), Decimal(19), Decimal("7.25")])
tax_lines = st.builds(TaxLine, title=st.sampled_from(["", "VAT", "GST"]), rate=rates, total=maybe)
taxes = st.lists(tax_lines, max_size=2).map(tuple)
parts = {"title": st.just("x"), "total": maybe, "taxes": taxes}
items = st.builds(LineItem, id=st.just("1"), quantity=st.integers(0, 9), unit_price=maybe, **parts)
orders = st.builds(
    order,
    currencies,
    amounts,
    lines=st.lists(items, max_size=4).map(tuple),
    shipping=st.lists(st.builds(ShippingLine, **parts), max_size=2).map(tuple),
    fees=st.lists(st.builds(Fee, **parts), max_size=2).map(tuple),
    taxes=taxes,
    taxes_included=st.sampled_from([None, True, False]),
    totals=st.builds(Totals, discount=maybe, shipping=maybe, tax=maybe),
)


@given(orders)
def test_whatever_the_platform_says_the_printed_amounts_add_up_to_the_total(given: Order) -> None:
    made = invoice(given)
    assert made.total.amount == printed(made)


@given(orders)
def test_every_printed_amount_has_the_decimals_of_its_currency(given: Order) -> None:
    made = invoice(given)
    unit = Decimal(1).scaleb(-get_currency_precision(given.currency))
    shown = [one.amount for one in (*made.lines, *made.charges, *made.taxes)]
    for money in (made.total, *shown, *(one.unit for one in made.lines if one.unit)):
        assert (money.amount % unit, given.currency) == (0, money.currency)


@given(
    currencies,
    st.lists(st.tuples(st.integers(1, 99_999), st.integers(1, 5)), min_size=1, max_size=6),
    st.sampled_from([Decimal(5), Decimal(10), Decimal(19), Decimal("7.25")]),
    st.booleans(),
    st.booleans(),
)
def test_an_order_that_adds_up_leaves_at_most_a_rounding(
    currency: str,
    goods: list[tuple[int, int]],
    rate: Decimal,
    shows_gross: bool,
    counts_gross: bool,
) -> None:
    """For stores with and without tax in their prices, on platforms that count either way."""
    unit = Decimal(1).scaleb(-get_currency_precision(currency))
    prices = [price * unit * number for price, number in goods]
    factor = rate / (100 + rate) if counts_gross else rate / 100
    each = [(price * factor).quantize(unit) for price in prices]
    tax, total = sum(each), sum(prices) + (0 if counts_gross else sum(each))
    made = invoice(
        order(
            currency,
            total,
            lines=tuple(
                line(price, currency, vat(part, currency, rate), quantity=number)
                for price, part, (_, number) in zip(prices, each, goods, strict=True)
            ),
            taxes=(vat(tax, currency, rate),),
            taxes_included=shows_gross,
            totals=Totals(tax=Money(tax, currency)),
        )
    )
    assert [] == [one for one in odd(made) if one.kind is ChargeKind.ADJUSTMENT]
    if tax:
        assert (shows_gross or counts_gross) == made.included
        (told,) = made.taxes
        assert told.base is not None
        assert total == told.base.amount + told.amount.amount


# -- how platforms count ---------------------------------------------------------------------------


WHOLE = {"tax_lines", "line_items", "currency", "status", "total", "number"}


def recorded(name: str) -> list[Order]:
    """The orders that a real WooCommerce has told."""
    bodies: list[dict[str, Any]] = []

    def look(body: dict[str, Any]) -> dict[str, Any]:
        if body.keys() >= WHOLE:
            bodies.append(body)
        return body

    for path in sorted(RECORDINGS.glob(f"rest/{name}.json")):
        json.loads(path.read_text(), object_hook=look)
    records = (normalize.order(body).records[0] for body in bodies)
    known = ({**one.fields, "id": one.id, "store": "shop"} for one in records)
    return [Order(**fields) for fields in known if "status" in fields]


def test_what_a_real_store_told_adds_up_without_a_remainder() -> None:
    made = [invoice(one) for one in recorded("order*")]
    assert 50 < len(made)
    assert [] == [one for some in made for one in odd(some)]
    assert {True} == {one.total.amount == printed(one) for one in made}


def test_the_taxes_of_a_real_order_are_told_by_rate_with_what_they_are_on() -> None:
    made = invoice(recorded("order_single_two_tax_lines")[0])
    told = [(one.title, one.rate, one.base, one.amount.amount) for one in made.taxes]
    assert [
        ("GST", Decimal(18), Money("6456.00", "INR"), Decimal("1162.08")),
        ("GST 5", Decimal(5), Money("120.00", "INR"), Decimal("6.00")),
    ] == told


EUR = "EUR"


@pytest.mark.parametrize(
    ("told", "charges", "included"),
    [
        pytest.param(
            order(EUR, "11.90", lines=(line("10", EUR),), totals=Totals(tax=Money("1.90", EUR))),
            [],
            False,
            id="tax on top",
        ),
        pytest.param(
            order(EUR, "10", lines=(line("10", EUR),), totals=Totals(tax=Money("1.60", EUR))),
            [],
            True,
            id="tax inside",
        ),
        pytest.param(
            order(
                EUR,
                "7",
                lines=(line("10", EUR),),
                discounts=(Discount(code="TEN"),),
                totals=Totals(discount=Money(3, EUR)),
            ),
            [(ChargeKind.DISCOUNT, "TEN", "-3.00")],
            False,
            id="a discount on the whole order",
        ),
        pytest.param(
            order(EUR, "7", lines=(line("7", EUR),), totals=Totals(discount=Money(3, EUR))),
            [],
            False,
            id="a discount that the lines know",
        ),
        pytest.param(
            order(
                EUR,
                "15.01",
                lines=(line("10", EUR),),
                shipping=(ShippingLine(title="DHL"),),
                totals=Totals(shipping=Money(5, EUR)),
            ),
            [(ChargeKind.SHIPPING, "DHL", "5.00"), (ChargeKind.ROUNDING, "", "0.01")],
            False,
            id="a cent",
        ),
        pytest.param(
            order(EUR, "13", lines=(line("10", EUR),)),
            [(ChargeKind.ADJUSTMENT, "", "3.00")],
            False,
            id="what nobody explains",
        ),
        pytest.param(
            order(
                EUR, "9", lines=(line("10", EUR),), fees=(Fee(title="Gift", total=Money(-1, EUR)),)
            ),
            [(ChargeKind.FEE, "Gift", "-1.00")],
            False,
            id="a fee that takes off",
        ),
    ],
)
def test_how_the_platform_counted_is_found(
    told: Order, charges: list[tuple[ChargeKind, str, str]], included: bool
) -> None:
    made = invoice(told)
    assert charges == [(one.kind, one.title, str(one.amount.amount)) for one in made.charges]
    assert included == made.included


def test_a_shop_whose_prices_have_tax_shows_them_so_although_its_platform_counts_without() -> None:
    made = invoice(
        order(
            EUR,
            "25.00",
            lines=(line("16.81", EUR, vat("3.19", EUR), quantity=2),),
            shipping=(
                ShippingLine(title="DHL", total=Money("4.20", EUR), taxes=(vat("0.80", EUR),)),
            ),
            taxes=(vat("3.99", EUR),),
            taxes_included=True,
            totals=Totals(tax=Money("3.99", EUR)),
        )
    )
    assert ("20.00", "10.00") == (str(made.lines[0].amount.amount), str(made.lines[0].unit.amount))  # type: ignore[union-attr]
    assert [(ChargeKind.SHIPPING, "5.00")] == [
        (one.kind, str(one.amount.amount)) for one in made.charges
    ]
    assert ("21.01", "3.99") == (str(made.taxes[0].base.amount), str(made.taxes[0].amount.amount))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("goods", "base"),
    [("100", Money("84.03", EUR)), ("150", None)],
    ids=["on all of it", "on a part of it, nobody knows which"],
)
def test_a_platform_that_tells_a_tax_of_the_whole_order_only(
    goods: str, base: Money | None
) -> None:
    made = invoice(
        order(
            EUR,
            goods,
            lines=(line(goods, EUR),),
            taxes=(vat("15.97", EUR),),
            taxes_included=True,
            totals=Totals(tax=Money("15.97", EUR)),
        )
    )
    assert (True, base) == (made.included, made.taxes[0].base)


def test_an_order_in_another_currency_tells_total_and_tax_in_the_stores_own() -> None:
    made = invoice(
        order(
            "JPY",
            "1100",
            lines=(line("1100", "JPY"),),
            store_totals=Totals(total=Money("6.80", EUR), tax=Money("1.09", EUR)),
        )
    )
    assert (Money("6.80", EUR), Money("1.09", EUR)) == (made.store_total, made.store_tax)


def test_amounts_of_another_currency_are_not_added() -> None:
    made = invoice(order(EUR, "10", lines=(line("1100", "JPY"),)))
    assert [ChargeKind.ADJUSTMENT] == [one.kind for one in made.charges]
