"""Invoices: what an order cost, added up to the cent, and the page that tells it."""

from __future__ import annotations

from storelink.invoices.invoice import Charge, ChargeKind, Invoice, Line, Tax
from storelink.invoices.numbers import from_attribute, order_number
from storelink.invoices.pdf import TypstInvoices
from storelink.invoices.seller import Seller, TaxId

__all__ = [
    "Charge",
    "ChargeKind",
    "Invoice",
    "Line",
    "Seller",
    "Tax",
    "TaxId",
    "TypstInvoices",
    "from_attribute",
    "order_number",
]
