"""Who issues the invoices, as it stands on them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from storelink.models.base import Value
from storelink.toolkit.contact import locale_tag


class TaxId(StrEnum):
    """What a tax number is; its name on the page is in the reader's language.

    `VAT` is the number for European VAT, `TAX` a tax office's number (Steuernummer), `GSTIN`
    India's, `BIN` Bangladesh's, `ECONOMIC_CODE` Iran's, `TRN` that of the Gulf states, `CNPJ`
    Brazil's, `NIF` Spain's, `SIRET` France's, `JP` the number of a qualified invoice issuer.
    """

    VAT = "vat"
    TAX = "tax"
    GSTIN = "gstin"
    BIN = "bin"
    ECONOMIC_CODE = "economic_code"
    TRN = "trn"
    CNPJ = "cnpj"
    NIF = "nif"
    SIRET = "siret"
    JP = "jp"


TAX_INVOICE: Final = frozenset({"AE", "IN", "SG"})
"""Countries where the law wants the words "tax invoice" on the invoice itself.

AE: Cabinet Decision 52 of 2017 (Executive Regulation on VAT), article 59(1)(a). IN: Central Goods
and Services Tax Act 2017, section 31, and Rules 2017, rule 46. SG: Goods and Services Tax (General)
Regulations, regulation 11(1)(a).
"""

LETTER: Final = frozenset({"CA", "CL", "CO", "MX", "PH", "US", "VE"})
"""Countries that print on letter paper (CLDR supplemental data, `paperSize type="US-Letter"`)."""


def _tag(value: str) -> str:
    tag = locale_tag(value)
    if tag is None:
        raise ValueError("expected a language tag such as 'en' or 'pt-BR'")
    return tag


class Seller(Value):
    """Who issues the invoices.

    Attributes:
        name: the company's name as registered, with its legal form.
        address: the postal address, line by line.
        country: ISO 3166-1 alpha-2; it decides on the size of the page and on its title.
        tax_ids: what a tax office knows the company by.
        registered: where the company is registered, for example `"Amtsgericht München, HRB 12345"`.
        contact: lines such as a mail address or a phone number.
        bank: lines about the account.
        notes: sentences that stand below the sums, for example that no tax is charged, and why.
        locale: the language for people whose own is not known or not translated.
        color: of the title and the lines, `#rrggbb`.
    """

    name: str = Field(min_length=1)
    address: tuple[str, ...] = Field(min_length=1)
    country: str = Field(pattern=r"^[A-Z]{2}$")
    tax_ids: dict[TaxId, str] = Field(default_factory=dict)
    registered: str | None = None
    contact: tuple[str, ...] = ()
    bank: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    locale: Annotated[str, AfterValidator(_tag)] = "en"
    color: str = Field("#2f5fd0", pattern=r"^#[0-9a-fA-F]{6}$")
