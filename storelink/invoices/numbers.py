"""Where an invoice's number comes from: the order, a plugin of the shop, or the merchant.

Storelink counts no invoices itself: a sequence without gaps belongs where the books are kept.
"""

from __future__ import annotations

from collections.abc import Callable

from storelink.errors import StoreUnavailable
from storelink.models.order import Order

Numbering = Callable[[Order], str]
"""Gives the number of an order's invoice; raises `StoreUnavailable` while there is none."""


def order_number(order: Order) -> str:
    """Return the order's own number."""
    return order.number.lstrip("#").strip() or order.id


def from_attribute(*names: str) -> Numbering:
    """Return what takes the number from the first of these attributes that an order has.

    For example `from_attribute("_wcpdf_invoice_number")`, where the plugin PDF Invoices & Packing
    Slips for WooCommerce writes it. While the order has none, its invoice is asked for again.
    """

    def number(order: Order) -> str:
        """Return the number, or raise `StoreUnavailable`."""
        found = (str(order.attributes.get(name) or "").strip() for name in names)
        written = next(filter(None, found), None)
        if written is None:
            raise StoreUnavailable(f"the order has no invoice number yet ({', '.join(names)})")
        return written

    return number
