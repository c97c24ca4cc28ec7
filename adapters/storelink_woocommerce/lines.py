"""What an order is made of and what each part costs: goods, shipping, fees, discounts, taxes.

Amounts are without tax, whatever `prices_include_tax` says. A part names its taxes by the id of the
rate, which `tax_lines` explains (WC_REST_Orders_V2_Controller::get_order_item_data).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from storelink.errors import PayloadError
from storelink.toolkit.payload import Reader, number_text
from storelink_woocommerce import values

Part = dict[str, Any]

_TAXES = ("tax_total", "shipping_tax_total")


def goods(order: Reader, currency: str) -> tuple[Part, ...]:
    """Return the lines of goods.

    Raises:
        PayloadError: one has no quantity.
    """
    rates = _rates(order)
    return tuple(_line(item, currency, rates) for item in order.objects("line_items"))


def _line(item: Reader, currency: str, rates: Mapping[str, Part]) -> Part:
    quantity = values.quantity(item, "quantity")
    if quantity is None:
        raise PayloadError(f"{item.path}.quantity: missing")
    image = values.lenient(lambda: values.place(item, "image"))
    return {
        "id": item.id("id"),
        "title": values.words(item, "name") or "",
        "sku": values.text(item, "sku"),
        "product_id": values.lenient(lambda: item.optional_id("product_id")),
        "variant_id": values.lenient(lambda: item.optional_id("variation_id")),
        "quantity": quantity,
        "unit_price": values.money(item, "price", currency),
        "total": values.money(item, "total", currency),
        "image_url": values.web_link(values.text(image, "src")) if image else None,
        "taxes": _taxes_on(item, currency, rates),
    }


def discounts(order: Reader, currency: str) -> tuple[Part, ...]:
    """Return the coupons."""
    return tuple(
        {"code": code, "amount": values.money(line, "discount", currency)}
        for line in order.objects("coupon_lines")
        if (code := values.words(line, "code"))
    )


def shipping(order: Reader, currency: str) -> tuple[Part, ...]:
    """Return the ways of shipping."""
    rates = _rates(order)
    return tuple(
        {
            "title": values.words(line, "method_title") or "",
            "code": values.text(line, "method_id"),
            "total": values.money(line, "total", currency),
            "taxes": _taxes_on(line, currency, rates),
        }
        for line in order.objects("shipping_lines")
    )


def fees(order: Reader, currency: str) -> tuple[Part, ...]:
    """Return what is charged besides."""
    rates = _rates(order)
    return tuple(
        {
            "title": values.words(line, "name") or "",
            "total": values.money(line, "total", currency),
            "taxes": _taxes_on(line, currency, rates),
        }
        for line in order.objects("fee_lines")
    )


def taxes(order: Reader, currency: str) -> tuple[Part, ...]:
    """Return the taxes on the whole order."""
    return tuple(
        {**_rate(line), "total": values.known_total((line,), _TAXES, currency)}
        for line in order.objects("tax_lines")
    )


def _rates(order: Reader) -> dict[str, Part]:
    """Return what each tax is called, by the id of its rate."""
    lines = values.lenient(lambda: order.objects("tax_lines")) or []
    return {key: _rate(line) for line in lines if (key := values.text(line, "rate_id"))}


def _rate(line: Reader) -> Part:
    percent = values.lenient(lambda: line.decimal("rate_percent"))
    told = None if percent is None else number_text(percent)
    return {"title": values.words(line, "label") or "", "rate": told}


def _taxes_on(part: Reader, currency: str, rates: Mapping[str, Part]) -> tuple[Part, ...]:
    return tuple(_each_tax(part, currency, rates))


def _each_tax(part: Reader, currency: str, rates: Mapping[str, Part]) -> Iterator[Part]:
    for tax in values.lenient(lambda: part.objects("taxes")) or ():
        rate, amount = rates.get(values.text(tax, "id") or ""), values.money(tax, "total", currency)
        if rate is not None and amount is not None:
            yield {**rate, "total": amount}
