"""From an invoice to the words on its page, ready to print. Pure but for the language in use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_percent
from babel.support import NullTranslations

from storelink.invoices.invoice import Charge, ChargeKind, Invoice, Line, Tax
from storelink.invoices.seller import LETTER, TAX_INVOICE, TaxId
from storelink.models.contact import Address
from storelink.models.money import Money
from storelink.rendering.calendars import native_digits
from storelink.rendering.filters import day_of, isolate_text, money, number_of, one_line
from storelink.rendering.postal import address_lines
from storelink.rendering.session import current

DOMAIN: Final = "invoice"
"""The catalogs of its words."""

MAX_TEXT: Final = 300
"""How long a text of a customer or a product may be; a page has to stay readable."""

_ONES: Final = {"arab": "١", "arabext": "۱", "beng": "১", "deva": "१"}
"""The digit one by CLDR's numbering system: typst numbers pages in the digits of its pattern."""

_PERCENT: Final = {"arab": "\u066a\u061c", "arabext": "\u066a"}

# Pictures have no place in an invoice, and no font of it has them.
_PICTURES: Final = frozenset({"Cc", "Cn", "Co", "Cs", "So"})
_KEPT: Final = frozenset("°©®™№℗〒㈱㈲㍿")  # the last are "postcode" and "Ltd" in Japanese
_INVISIBLE: Final = re.compile(
    "[\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff]"
)
_LONG: Final = re.compile(r"\S{18}(?<![\u094d\u09cd\u200c\u200d])(?=\w)")
"""So much without a blank is broken, if need be, but not within a letter of many signs."""
_BREAK: Final = "\u200b"
_JOINERS: Final = "\u200c\u200d"

# The words as translators see them. What is marked in `_` is looked up by `Page.say`.
_IDS: Final[Mapping[TaxId, str]] = {
    TaxId.VAT: "VAT ID",
    TaxId.TAX: "Tax number",
    TaxId.GSTIN: "GSTIN",
    TaxId.BIN: "BIN",
    TaxId.ECONOMIC_CODE: "Economic code",
    TaxId.TRN: "Tax registration number",
    TaxId.CNPJ: "CNPJ",
    TaxId.NIF: "NIF",
    TaxId.SIRET: "SIRET",
    TaxId.JP: "Registration number",
}
_KINDS: Final[Mapping[ChargeKind, str]] = {
    ChargeKind.SHIPPING: "Shipping",
    ChargeKind.FEE: "Fee",
    ChargeKind.DISCOUNT: "Discount",
    ChargeKind.ROUNDING: "Rounding",
    ChargeKind.ADJUSTMENT: "Adjustment",
}


class Page:
    """Says what stands on the page of an invoice, in the language of the rendering going on.

    Args:
        invoice: what it says.
        words: the words of the language.
    """

    def __init__(self, invoice: Invoice, words: NullTranslations) -> None:
        self._invoice, self._words = invoice, words

    def say(self, text: str, **values: str) -> str:
        """Return *text* in the language, with *values* filled in."""
        said: str = self._words.gettext(text)
        return said.format(**values) if values else said

    @property
    def title(self) -> str:
        """What the document is."""
        seller = self._invoice.seller
        if TaxId.JP in seller.tax_ids:
            return self.say("Qualified invoice")
        is_wanted = seller.country in TAX_INVOICE and seller.tax_ids
        return self.say("Tax invoice") if is_wanted else self.say("Invoice")

    def data(self) -> dict[str, Any]:
        """Return everything that is printed, as JSON has it."""
        invoice, language = self._invoice, current().language
        seller, issued = invoice.seller, invoice.issued_at.astimezone(current().zone)
        return {
            "lang": language.language,
            "region": language.territory,
            "rtl": current().rtl,
            "digit": _ONES.get(language.default_numbering_system, "1"),
            "paper": "us-letter" if seller.country in LETTER else "a4",
            "accent": seller.color,
            "issued": [issued.year, issued.month, issued.day],
            "title": self.title,
            "seller": {"name": clean(seller.name), "lines": self._about_seller()},
            "parties": self._parties(),
            "facts": self._facts(),
            "columns": self._columns(),
            "rows": [self._row(line) for line in invoice.lines],
            "sums": [[self._label(one), _amount(one.amount)] for one in self._sums()],
            "total": [self.say("Total"), _amount(invoice.total)],
            "after": list(self._after()),
            "taxes": self._taxes(),
            "notes": [isolated(note) for note in seller.notes],
            "footer": self._footer(),
            "page": self.say("Page {page} of {pages}"),
        }

    # -- who, and when -----------------------------------------------------------------------------

    def _about_seller(self) -> list[str]:
        seller = self._invoice.seller
        ids = (
            f"{self.say(_IDS[kind])}: {isolated(value)}" for kind, value in seller.tax_ids.items()
        )
        return [*map(isolated, seller.address), *ids]

    def _footer(self) -> list[str]:
        seller = self._invoice.seller
        return [
            isolated(one)
            for one in (seller.name, seller.registered, *seller.contact, *seller.bank)
            if one
        ]

    def _parties(self) -> list[dict[str, Any]]:
        invoice = self._invoice
        billing, shipping = _lines(invoice.billing), _lines(invoice.shipping)
        if invoice.buyer_tax_id and billing:
            billing.append(f"{self.say('Tax ID')}: {isolated(invoice.buyer_tax_id)}")
        parties = [{"label": self.say("Bill to"), "lines": billing}]
        if shipping and shipping != _lines(invoice.billing):
            parties.append({"label": self.say("Ship to"), "lines": shipping})
        return [one for one in parties if one["lines"]]

    def _facts(self) -> list[list[str]]:
        invoice = self._invoice
        facts = [
            (self.say("Invoice number"), isolated(invoice.number)),
            (self.say("Invoice date"), day_of(invoice.issued_at, "medium")),
            (self.say("Order"), isolated(invoice.order_number)),
            (self.say("Order date"), invoice.ordered_at and day_of(invoice.ordered_at, "medium")),
            (self.say("Paid on"), invoice.paid_at and day_of(invoice.paid_at, "medium")),
        ]
        return [[label, value] for label, value in facts if value]

    # -- what, and how much ------------------------------------------------------------------------

    @property
    def _has_rates(self) -> bool:
        return any(line.rates for line in self._invoice.lines)

    def _columns(self) -> list[str]:
        rate = ("Tax rate",) if self._has_rates else ()
        return [self.say(one) for one in ("Item", "Quantity", "Unit price", *rate, "Amount")]

    def _row(self, line: Line) -> dict[str, Any]:
        rates = (", ".join(map(percent, line.rates)),) if self._has_rates else ()
        unit = _amount(line.unit) if line.unit is not None else ""
        return {
            "title": isolated(line.title) or "–",
            "detail": isolated(line.detail),
            "cells": [number_of(line.quantity), unit, *rates, _amount(line.amount)],
        }

    def _sums(self) -> Iterable[Charge | Tax]:
        yield from self._invoice.charges
        if not self._invoice.included:
            yield from self._invoice.taxes

    def _label(self, one: Charge | Tax) -> str:
        if isinstance(one, Tax):
            return self._tax(one)
        label, title = self.say(_KINDS[one.kind]), isolated(one.title)
        if one.kind is ChargeKind.FEE and title:
            return title
        return f"{label} ({title})" if title else label

    def _tax(self, tax: Tax) -> str:
        title = isolated(tax.title) or self.say("Tax")
        told = tax.rate is None or str(tax.rate.normalize()) in tax.title
        return title if told else f"{title} {percent(tax.rate or Decimal(0))}"

    def _after(self) -> Iterable[list[str]]:
        """Return what is told below the total, and not counted."""
        invoice = self._invoice
        if invoice.included:
            for tax in invoice.taxes:
                yield [self.say("Included: {tax}", tax=self._tax(tax)), _amount(tax.amount)]
        if invoice.saved is not None:
            yield [self.say("Discount already taken off"), _amount(invoice.saved)]
        if invoice.store_total is not None:
            currency = invoice.store_total.currency
            yield [self.say("Total in {currency}", currency=currency), _amount(invoice.store_total)]
        if invoice.store_tax is not None:
            currency = invoice.store_tax.currency
            yield [self.say("Tax in {currency}", currency=currency), _amount(invoice.store_tax)]

    def _taxes(self) -> dict[str, Sequence[Any]]:
        """Return each tax with what it is on, where that is known."""
        known = [tax for tax in self._invoice.taxes if tax.base is not None]
        columns = [self.say("Tax"), self.say("Net amount"), self.say("Tax amount")]
        rows = [
            [self._tax(tax), _amount(tax.base), _amount(tax.amount)] for tax in known if tax.base
        ]
        return {"columns": columns, "rows": rows}


def clean(text: str | None) -> str:
    """Return *text* in one line, without pictures, controls, and turns of the writing direction."""
    kept = _INVISIBLE.sub("", unicodedata.normalize("NFC", one_line(text or "")[: 2 * MAX_TEXT]))
    letters: list[str] = []
    for one in kept:
        if _is_printed(one, letters[-1] if letters else " "):
            letters.append(one)
    found = " ".join("".join(letters).split())
    return found if len(found) <= MAX_TEXT else found[: MAX_TEXT - 1] + "…"


def _is_printed(one: str, before: str) -> bool:
    """Say whether a character is printed; a joiner only after a letter, which it shapes."""
    if one in _JOINERS:
        return unicodedata.category(before)[0] in "LM"
    return one in _KEPT or unicodedata.category(one) not in _PICTURES


def isolated(text: str | None) -> str:
    """Return what somebody wrote so that it does not reorder its line, nor run out of it."""
    return isolate_text(_LONG.sub(lambda run: run.group() + _BREAK, clean(text)))


def percent(rate: Decimal) -> str:
    """Return a rate as the reader writes it, for example `"19%"` or `"5,5 %"`."""
    language = current().language
    pattern = str(language.percent_formats[None].pattern).replace("0", "0.###", 1)
    written = format_percent(rate / 100, format=pattern, locale=language)
    # Babel writes the sign of the digits 0 to 9 in every language, as it does the digits.
    sign = _PERCENT.get(language.default_numbering_system, "%")
    return native_digits(written.replace("%", sign), language)


def _amount(amount: Money | None) -> str:
    return "" if amount is None else money(amount)


def _lines(address: Address | None) -> list[str]:
    return [line for line in map(isolated, address_lines(address)) if line]
