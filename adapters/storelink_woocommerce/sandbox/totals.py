"""What an order comes to: coupons, taxes and sums, for prices without tax."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from storelink_woocommerce.sandbox.site import Row, Site, TaxRate, money, number

_NONE = Decimal(0)


def apply_coupons(order: Row, coupons: Iterable[tuple[Row, Row]]) -> None:
    """Take off what each coupon gives; *coupons* are the order's lines and the coupons."""
    for entry, coupon in coupons:
        before = amount_of(order["line_items"], "total")
        for line in order["line_items"]:
            line["total"] = money(Decimal(line["total"]) - _share(coupon, line, before))
            line["price"] = number(Decimal(line["total"]) / max(line["quantity"], 1))
        taken = before - amount_of(order["line_items"], "total")
        # unpadded, unlike every other amount
        entry["discount"] = format(taken.normalize(), "f")


def _share(coupon: Row, line: Row, whole: Decimal) -> Decimal:
    total, value = Decimal(line["total"]), Decimal(coupon["amount"])
    if coupon["discount_type"] == "percent":
        return total * value / 100
    if coupon["discount_type"] == "fixed_product":
        return min(value * int(line["quantity"]), total)
    return min(value, whole) * total / whole if whole else _NONE


def settle(site: Site, order: Row, new_id: Any) -> None:
    """Compute taxes and sums anew."""
    country = order["shipping"].get("country") or order["billing"].get("country")
    taxes: dict[int, Decimal] = {}
    for line in order["line_items"]:
        _tax(line, _rate(site, country, line["tax_class"]), taxes, subtotal=True)
    for fee in order["fee_lines"]:
        _tax(fee, _rate(site, country, fee["tax_class"]), taxes, subtotal=False)
    order["tax_lines"] = [
        _tax_line(rate, taxes[rate.id], new_id("item")) for rate in site.taxes if rate.id in taxes
    ]
    items = amount_of(order["line_items"], "total")
    parts = {
        "discount_total": amount_of(order["line_items"], "subtotal") - items,
        "discount_tax": amount_of(order["line_items"], "subtotal_tax")
        - amount_of(order["line_items"], "total_tax"),
        "shipping_total": amount_of(order["shipping_lines"], "total"),
        "shipping_tax": _NONE,
        "cart_tax": sum(taxes.values(), _NONE),
        "total_tax": sum(taxes.values(), _NONE),
    }
    parts["total"] = items + parts["shipping_total"] + parts["total_tax"]
    parts["total"] += amount_of(order["fee_lines"], "total")
    order.update({name: money(value) for name, value in parts.items()})


def amount_of(lines: Iterable[Row], name: str) -> Decimal:
    """Add one amount of every line."""
    return sum((Decimal(line[name]) for line in lines), _NONE)


def _rate(site: Site, country: str | None, tax_class: str) -> TaxRate | None:
    fits = (one for one in site.taxes if (one.country, one.tax_class) == (country, tax_class))
    return next(fits, None)


def _tax(line: Row, rate: TaxRate | None, taxes: dict[int, Decimal], *, subtotal: bool) -> None:
    line["taxes"], line["total_tax"] = [], "0.00"
    if subtotal:
        line["subtotal_tax"] = "0.00"
    if rate is None:
        return
    tax = Decimal(money(Decimal(line["total"]) * rate.percent / 100))
    entry = {"id": rate.id, "total": money(tax), "subtotal": ""}
    line["total_tax"] = money(tax)
    if subtotal:
        line["subtotal_tax"] = money(Decimal(line["subtotal"]) * rate.percent / 100)
        entry["subtotal"] = line["subtotal_tax"]
    line["taxes"] = [entry]
    taxes[rate.id] = taxes.get(rate.id, _NONE) + tax


def _tax_line(rate: TaxRate, tax: Decimal, line_id: int) -> Row:
    return {
        "id": line_id,
        "rate_code": f"{rate.country}-{rate.name}-1".upper(),
        "rate_id": rate.id,
        "label": rate.name,
        "compound": False,
        "tax_total": money(tax),
        "shipping_tax_total": "0.00",
        "rate_percent": number(rate.percent),
        "meta_data": [],
    }
