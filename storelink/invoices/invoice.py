"""What an order cost, line by line, so that it adds up to the cent. Pure.

Platforms count differently: with tax or without, after discounts or before them, with fees or not.
What leads to the total without a remainder is how this platform counted; a remainder that stays is
a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from babel.numbers import get_currency_precision

from storelink.invoices.seller import Seller
from storelink.models.base import Instant, Value, personal
from storelink.models.contact import Address
from storelink.models.money import Money
from storelink.models.order import Fee, LineItem, Order, ShippingLine, TaxLine

_NONE = Decimal(0)


class ChargeKind(StrEnum):
    """What an amount below the lines is for.

    `ROUNDING` is less than the rounding of the amounts above can make; `ADJUSTMENT` is what the
    platform counts and does not explain.
    """

    SHIPPING = "shipping"
    FEE = "fee"
    DISCOUNT = "discount"
    ROUNDING = "rounding"
    ADJUSTMENT = "adjustment"


class Line(Value):
    """One line of goods.

    Attributes:
        unit: what one costs, if the line is a whole number of them.
        rates: the tax rates on it, in percent.
    """

    title: str
    detail: str = ""
    quantity: int
    unit: Money | None = None
    amount: Money
    rates: tuple[Decimal, ...] = ()


class Charge(Value):
    """An amount below the lines; what takes off is negative.

    Attributes:
        rates: the tax rates on it, in percent.
    """

    kind: ChargeKind
    title: str = ""
    amount: Money
    rates: tuple[Decimal, ...] = ()


class Tax(Value):
    """One tax at one rate.

    Attributes:
        rate: in percent; `None` where the platform does not say it.
        base: what it is a tax on, without it; `None` where the platform does not say it.
    """

    title: str
    rate: Decimal | None = None
    base: Money | None = None
    amount: Money


class Invoice(Value):
    """An invoice. Refunds are not in it: they are documents of their own.

    The amounts of `lines` and `charges`, and those of `taxes` unless they are included, add up to
    `total`, in the decimals that the currency has.

    Attributes:
        issued_at: the date of the invoice.
        paid_at: when it was paid, if it was.
        buyer_tax_id: the customer's own number for tax, where the checkout asked for it.
        included: the amounts of lines and charges have the taxes in them.
        saved: what discounts took off before the lines' amounts.
        store_total: the total in the store's own currency, if that is another one; `store_tax` is
            the tax in it, which European law wants (Directive 2006/112/EC, article 230).
    """

    number: str
    issued_at: Instant
    order_number: str
    ordered_at: Instant | None = None
    paid_at: Instant | None = None
    payment_methods: tuple[str, ...] = ()
    seller: Seller
    billing: Address | None = None
    shipping: Address | None = None
    buyer_tax_id: str | None = personal()
    lines: tuple[Line, ...]
    charges: tuple[Charge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    included: bool = False
    saved: Money | None = None
    total: Money
    store_total: Money | None = None
    store_tax: Money | None = None

    @classmethod
    def of(
        cls,
        order: Order,
        *,
        seller: Seller,
        number: str,
        issued_at: datetime,
        buyer_tax_id: str | None = None,
    ) -> Invoice:
        """Return the invoice of *order*.

        Raises:
            ArithmeticError: an amount has more digits than any currency needs.
        """
        count = _Count(order)
        return cls(
            number=number,
            issued_at=issued_at,
            order_number=order.number,
            ordered_at=order.placed_at or order.created_at,
            paid_at=order.paid_at,
            payment_methods=order.payment_methods,
            seller=seller,
            billing=order.billing or order.shipping_address,
            shipping=order.shipping_address,
            buyer_tax_id=buyer_tax_id,
            lines=tuple(count.line(part) for part in count.goods),
            charges=tuple(count.charges()),
            taxes=tuple(count.taxes()),
            included=count.included,
            saved=count.saved,
            total=count.money(count.total),
            **_in_store_currency(order),
        )


P = TypeVar("P", LineItem, Fee, ShippingLine)


class _Part(NamedTuple, Generic[P]):
    """A line, a fee or shipping, as it is counted."""

    of: P
    amount: Decimal
    taxes: Sequence[TaxLine]


class _Reading(NamedTuple):
    """One way to explain the total.

    Attributes:
        included: the parts have the tax in them.
        discount: what was taken off besides them.
        left: what stays unexplained.
    """

    included: bool
    discount: Decimal
    left: Decimal


class _Count:
    """How one order adds up."""

    def __init__(self, order: Order) -> None:
        self._order, self._currency = order, order.total.currency
        self._unit = Decimal(1).scaleb(-get_currency_precision(self._currency))
        self.total = self._exact(order.total)
        self._taxes = _taxes_of(order)
        self._tax = sum((self._exact(one.total) for one in self._taxes), _NONE)
        self.goods = [self._part(one) for one in order.lines]
        self._shipping = [self._part(one) for one in _shipping_of(order)]
        self._fees = [self._part(one) for one in order.fees]
        self._reading = self._net = self._read()
        self.included = self._net.included
        if order.taxes_included and self._tax and not self.included and self._is_taxed():
            self._include_taxes()

    @property
    def _parts(self) -> list[_Part[Any]]:
        return [*self.goods, *self._shipping, *self._fees]

    # -- how the platform counted ----------------------------------------------------------------

    def _read(self) -> _Reading:
        """Return the way to count that leaves least unexplained."""
        ways = [self._way(included=included) for included in ({False, bool(self._tax)})]
        return min(ways, key=self._doubt)

    def _way(self, *, included: bool) -> _Reading:
        counted = sum((one.amount for one in self._parts), _NONE)
        rest = self.total - counted - (_NONE if included else self._tax)
        discount = min(max(-rest, _NONE), self._discount)
        return _Reading(included, discount, rest + discount)

    def _doubt(self, way: _Reading) -> tuple[Decimal, bool, bool]:
        is_odd = way.discount not in (_NONE, self._discount)
        return abs(way.left), is_odd, way.included != bool(self._order.taxes_included)

    @property
    def _discount(self) -> Decimal:
        return max(self._exact(self._order.totals.discount), _NONE)

    def _is_taxed(self) -> bool:
        """Say whether the parts' own taxes are the order's."""
        own = sum((self._tax_in(part) for part in self._parts), _NONE)
        return abs(own - self._tax) <= self._unit * len(self._parts)

    def _include_taxes(self) -> None:
        """Tell prices with tax, as the shop does."""
        self.goods = [self._with_tax(part) for part in self.goods]
        self._shipping = [self._with_tax(part) for part in self._shipping]
        self._fees = [self._with_tax(part) for part in self._fees]
        self.included = True
        self._reading = self._way(included=True)

    def _with_tax(self, part: _Part[P]) -> _Part[P]:
        # Rounded once: two amounts that are rounded on their own need not add up.
        exact = sum(map(self._counted, (_amount(part.of), *_totals(part.taxes))), _NONE)
        return part._replace(amount=exact.quantize(self._unit))

    # -- what is told ------------------------------------------------------------------------------

    def line(self, part: _Part[LineItem]) -> Line:
        """Return a line of goods."""
        item = part.of
        detail = " · ".join(filter(None, (item.variant_title, item.sku)))
        unit = part.amount / item.quantity if item.quantity > 0 else None
        return Line(
            title=item.title,
            detail=detail,
            quantity=item.quantity,
            unit=None if unit is None else self.money(unit.quantize(self._unit)),
            amount=self.money(part.amount),
            rates=_rates(part.taxes),
        )

    def charges(self) -> Iterable[Charge]:
        """Return what stands below the lines, with the remainder last."""
        extras: list[tuple[ChargeKind, _Part[Any]]] = [
            (ChargeKind.SHIPPING, one) for one in self._shipping
        ]
        extras += [(ChargeKind.FEE, one) for one in self._fees]
        for kind, part in extras:
            if part.amount or part.of.title:
                amount, rates = self.money(part.amount), _rates(part.taxes)
                yield Charge(kind=kind, title=part.of.title, amount=amount, rates=rates)
        discount, left = self._reading.discount, self._reading.left
        if discount:
            yield Charge(kind=ChargeKind.DISCOUNT, title=self._codes, amount=self.money(-discount))
        if left:
            roundings = len(self._parts) + len(self._taxes) + 1
            kind = (
                ChargeKind.ROUNDING if abs(left) < self._unit * roundings else ChargeKind.ADJUSTMENT
            )
            yield Charge(kind=kind, amount=self.money(left))

    def taxes(self) -> Iterable[Tax]:
        """Return the taxes, each with what it is on."""
        for tax in self._taxes:
            amount = self._exact(tax.total)
            if amount or tax.rate is not None:
                yield Tax(
                    title=tax.title, rate=tax.rate, base=self._base(tax), amount=self.money(amount)
                )

    @property
    def saved(self) -> Money | None:
        """What discounts took off before the lines' amounts."""
        before = self._discount - self._reading.discount
        return self.money(before) if before > 0 else None

    @property
    def _codes(self) -> str:
        return ", ".join(one.code for one in self._order.discounts)

    def _base(self, tax: TaxLine) -> Money | None:
        """Return what *tax* is on, if that is known."""
        taxed = [part for part in self._parts if any(_is_same(tax, one) for one in part.taxes)]
        if not taxed or self._net.discount:  # what was taken off besides is no part's
            return self._whole(tax)
        within = sum(map(self._tax_in, taxed), _NONE) if self.included else _NONE
        return self.money(sum((part.amount for part in taxed), _NONE) - within)

    def _whole(self, tax: TaxLine) -> Money | None:
        """Return all that was paid, without the tax, if the tax is on all of it."""
        base = self.total - self._tax
        if tax.rate is None or len(self._taxes) > 1:
            return None
        # Each part may have been taxed, and rounded, on its own.
        off = abs(base * tax.rate / 100 - self._tax)
        return self.money(base) if off <= self._unit * (len(self._parts) + 1) else None

    # -- amounts -----------------------------------------------------------------------------------

    def money(self, amount: Decimal) -> Money:
        """Return an amount of the order's currency."""
        return Money(amount, self._currency)

    def _part(self, one: P) -> _Part[P]:
        return _Part(one, self._exact(_amount(one)), one.taxes)

    def _tax_in(self, part: _Part[Any]) -> Decimal:
        return sum(map(self._counted, _totals(part.taxes)), _NONE).quantize(self._unit)

    def _exact(self, money: Money | None) -> Decimal:
        """Return an amount in the decimals of its currency."""
        return self._counted(money).quantize(self._unit)

    def _counted(self, money: Money | None) -> Decimal:
        """Return an amount; nothing for one of another currency, which cannot be added."""
        return money.amount if money is not None and money.currency == self._currency else _NONE


def _amount(one: LineItem | Fee | ShippingLine) -> Money | None:
    if one.total is None and isinstance(one, LineItem) and one.unit_price is not None:
        return one.unit_price * one.quantity
    return one.total


def _rates(taxes: Iterable[TaxLine]) -> tuple[Decimal, ...]:
    return tuple(dict.fromkeys(one.rate for one in taxes if one.rate is not None))


def _totals(taxes: Iterable[TaxLine]) -> Iterable[Money | None]:
    return (one.total for one in taxes)


def _taxes_of(order: Order) -> Sequence[TaxLine]:
    if order.taxes and all(one.total is not None for one in order.taxes):
        return order.taxes
    known = order.totals.tax
    return (TaxLine(title="", total=known),) if known is not None and known.amount else ()


def _shipping_of(order: Order) -> Sequence[ShippingLine]:
    """Return the ways of shipping with what they cost; where only their sum is known, as one."""
    if order.shipping and all(one.total is not None for one in order.shipping):
        return order.shipping
    titles = ", ".join(one.title for one in order.shipping)
    total = order.totals.shipping
    is_told = total is not None and (total.amount or order.shipping)
    return (ShippingLine(title=titles, total=total),) if is_told else ()


def _is_same(one: TaxLine, other: TaxLine) -> bool:
    return (one.title, one.rate) == (other.title, other.rate)


def _in_store_currency(order: Order) -> dict[str, Money | None]:
    known = order.store_totals
    if known is None or known.total is None or known.total.currency == order.total.currency:
        return {}
    return {"store_total": known.total, "store_tax": known.tax}
