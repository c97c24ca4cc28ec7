"""The invoice as data inside the PDF: Factur-X, which is ZUGFeRD, of the profile EN 16931.

The library writes and embeds it; here is only which amount is which business term (BT) of the
standard. It wants a category of tax for each amount, of which platforms say nothing: only what is
taxed at a positive rate (category S) is told. An invoice with anything else stays a plain PDF.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from storelink.invoices.invoice import Charge, ChargeKind, Invoice, Line
from storelink.invoices.seller import TaxId
from storelink.models.contact import Address
from storelink.models.money import Money

LEVEL: Final = "en16931"

_STANDARD_RATE: Final = "S"  # UNTDID 5305, as EN 16931 BT-151 restricts it
_COMMERCIAL_INVOICE: Final = "380"  # UNTDID 1001
_ONE: Final = "C62"  # UN/ECE Recommendation 20: one piece
_NONE: Final = Decimal(0)

# The library tells what stands in invoices; what is wrong with one, it raises as well.
logging.getLogger("factur-x").setLevel(logging.CRITICAL)


def terms(invoice: Invoice) -> dict[str, Any] | None:
    """Return the business terms of *invoice*; `None` if its platform does not say enough.

    Args:
        invoice: with amounts that have no tax in them.
    """
    if invoice.included or not _is_told(invoice):
        return None
    up = [one for one in invoice.charges if one.amount.amount >= 0]
    down = [one for one in invoice.charges if one.amount.amount < 0]
    paid = invoice.total.amount if invoice.paid_at is not None else _NONE
    return {
        "BT-1": invoice.number,
        "BT-2": invoice.issued_at.date(),
        "BT-3": _COMMERCIAL_INVOICE,
        "BT-5": invoice.total.currency,
        "BT-14": invoice.order_number,
        "BT-20": ", ".join(invoice.payment_methods) or "-",
        "BG-4": _seller(invoice),
        "BG-7": _buyer(invoice),
        "BG-13": _party(invoice.shipping or invoice.billing, invoice),
        "BG-20": [_charge(one, reason="Discount") for one in down],
        "BG-21": [_charge(one, reason="Shipping") for one in up],
        "BG-23": _taxes(invoice),
        "BG-25": [_line(number, line) for number, line in enumerate(invoice.lines, start=1)],
        **_sums(invoice, up, down, paid),
        **_accounting(invoice),
    }


def embedded(pdf: bytes, told: dict[str, Any], *, title: str, language: str) -> bytes:
    """Return *pdf* with the terms *told* in it, checked against the standard's XML schema.

    The file has the time of its making, so that two are never the same.
    """
    from facturx import generate_from_binary

    name = told["BG-4"]["name"]
    made: bytes = generate_from_binary(
        pdf,
        xml(told),
        flavor="factur-x",
        level=LEVEL,
        check_xsd=False,
        pdf_metadata={"author": name, "keywords": "Factur-X", "title": title, "subject": title},
        lang=language,
        afrelationship="alternative",
    )
    return made


def xml(told: dict[str, Any]) -> bytes:
    """Return the terms as the standard's XML, checked against its schema."""
    from facturx import generate_cii_xml

    made: bytes = generate_cii_xml(told, level=LEVEL, check_xsd=True, check_schematron=False)
    return made


def _is_told(invoice: Invoice) -> bool:
    """Say whether each amount has one tax, and each tax what it is on."""
    parts: Iterable[Line | Charge] = (*invoice.lines, *invoice.charges)
    is_plain = all(len(one.rates) == 1 and one.rates[0] > 0 for one in parts)
    seller = {TaxId.VAT, TaxId.TAX} & invoice.seller.tax_ids.keys()
    return is_plain and bool(seller) and all(one.base is not None for one in invoice.taxes)


def _seller(invoice: Invoice) -> dict[str, Any]:
    seller = invoice.seller
    return _known(
        name=seller.name,
        legal_info=seller.registered,
        **_lines(seller.address, seller.country),
        vat_identifier=seller.tax_ids.get(TaxId.VAT),
        tax_identifier=seller.tax_ids.get(TaxId.TAX),
    )


def _buyer(invoice: Invoice) -> dict[str, Any]:
    return _known(**_party(invoice.billing, invoice), vat_identifier=invoice.buyer_tax_id)


def _party(address: Address | None, invoice: Invoice) -> dict[str, Any]:
    place = address or Address()
    person = " ".join(filter(None, (place.first_name, place.last_name)))
    street = tuple(filter(None, (place.line1, place.line2)))
    return _known(
        name=place.company or person or "-",
        **_lines(street, place.country or invoice.seller.country),
        city=place.city,
        postcode=place.postcode,
    )


def _lines(lines: Sequence[str], country: str) -> dict[str, str]:
    named = zip(("addr_l1", "addr_l2", "addr_l3"), lines, strict=False)
    return {**dict(named), "country_code": country}


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _charge(charge: Charge, *, reason: str) -> dict[str, Any]:
    is_shipping = charge.kind is ChargeKind.SHIPPING
    return {
        "amount": _text(abs(charge.amount)),
        "reason": charge.title or (reason if is_shipping else charge.kind.value),
        "vat_category_code": _STANDARD_RATE,
        "vat_rate": str(charge.rates[0]),
    }


def _line(number: int, line: Line) -> dict[str, Any]:
    # The price is that of all of them: what one costs need not be a whole number of cents.
    return {
        "BT-126": str(number),
        "BT-129": str(line.quantity),
        "BT-130": _ONE,
        "BT-131": _text(line.amount),
        "BT-146": _text(line.amount),
        "BT-149": str(line.quantity),
        "BT-151": _STANDARD_RATE,
        "BT-152": str(line.rates[0]),
        "BT-153": line.title or "-",
        **({"BT-155": line.detail} if line.detail else {}),
    }


def _taxes(invoice: Invoice) -> list[dict[str, Any]]:
    return [
        {
            "BT-116": _text(one.base),
            "BT-117": _text(one.amount),
            "BT-118": _STANDARD_RATE,
            "BT-119": str(one.rate),
        }
        for one in invoice.taxes
        if one.base is not None
    ]


def _sums(
    invoice: Invoice, up: Iterable[Charge], down: Iterable[Charge], paid: Decimal
) -> dict[str, str]:
    lines = _sum(one.amount for one in invoice.lines)
    more, less = _sum(one.amount for one in up), -_sum(one.amount for one in down)
    return {
        "BT-106": str(lines),
        "BT-107": str(less),
        "BT-108": str(more),
        "BT-109": str(lines + more - less),
        "BT-110": str(_sum(one.amount for one in invoice.taxes)),
        "BT-112": _text(invoice.total),
        "BT-113": str(paid),
        "BT-115": str(invoice.total.amount - paid),
    }


def _accounting(invoice: Invoice) -> dict[str, str]:
    """Return the tax in the store's own currency, if that is another one."""
    tax = invoice.store_tax
    return {"BT-6": tax.currency, "BT-111": _text(tax)} if tax is not None else {}


def _sum(amounts: Iterable[Money]) -> Decimal:
    return sum((one.amount for one in amounts), _NONE)


def _text(money: Money) -> str:
    return str(money.amount)
