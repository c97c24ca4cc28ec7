"""Invoices as PDF, set by typst: archivable (PDF/A-3a) and accessible (PDF/UA-1), byte for byte."""

from __future__ import annotations

import functools
import importlib.util
import json
import re
import threading
import unicodedata
import zoneinfo
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from storelink.contracts.invoice import Document
from storelink.errors import ConfigError, MissingExtra
from storelink.invoices.invoice import Invoice
from storelink.invoices.numbers import Numbering, order_number
from storelink.invoices.page import Page, clean
from storelink.invoices.seller import Seller
from storelink.invoices.words import language_for
from storelink.models.order import Order
from storelink.rendering.session import Session, rendering

if TYPE_CHECKING:
    import typst

PAGE: Final = Path(__file__).with_name("invoice.typ")
STANDARDS: Final = ("a-3a", "ua-1")
FAMILIES: Final = ("Noto Sans", "Noto Sans Arabic", "Noto Sans Devanagari", "Hind Siliguri")
"""The fonts of the extra, in this order; others that are there stand in for what these lack."""
PREFERRED: Final = ("Noto Sans Bengali", "Noto Sans CJK JP", "Noto Sans JP")
"""Which others come first: one family has Japanese, Korean and Chinese forms, in many fonts."""

_NO_FONT: Final = re.compile(r'text `"(.+?)"` could not be displayed')
_NO_FILE_NAME: Final = re.compile(r'[\s/\\:*?"<>|#%\u2068\u2069]+')


class TypstInvoices:
    """Makes the invoices itself. It may be used from several threads.

    Fonts come with the extra `[invoice]`; every other package `fontpkg-…` that is installed is
    used, too. The fonts of the machine are not, so that a page looks the same everywhere.

    Args:
        seller: who issues them.
        number: gives the number of an order's invoice; by default it is the order's.
        language: the language of every invoice (BCP 47); by default each customer's own.
        time_zone: the IANA zone in which dates are told.
        buyer_tax_id: the order's attribute that has the customer's number for tax, for example
            `"_billing_vat_number"`.
        fonts: folders with more fonts, for example `/usr/share/fonts/opentype/noto` for Japanese.
        facturx: put the invoice into the PDF as data, too (Factur-X, ZUGFeRD), where the platform
            says enough; see `storelink.invoices.facturx`.

    Raises:
        ConfigError: a folder does not exist, or the time zone is none.
        MissingExtra: typst or its fonts are not installed, or what *facturx* needs.
    """

    def __init__(
        self,
        seller: Seller,
        *,
        number: Numbering = order_number,
        language: str | None = None,
        time_zone: str = "UTC",
        buyer_tax_id: str | None = None,
        fonts: Iterable[str | Path] = (),
        facturx: bool = False,
    ) -> None:
        self._seller, self._number = seller, number
        self._language, self._buyer_tax_id = language, buyer_tax_id
        self._zone = _zone(time_zone)
        self._fonts = tuple(_folder(Path(one)) for one in fonts)
        self._facturx = facturx
        needed = {"typst": "invoice", "fontpkg": "invoice", "facturx": "facturx"}
        for library, extra in needed.items():
            if importlib.util.find_spec(library) is None and (facturx or extra == "invoice"):
                raise MissingExtra(library, extra)
        self._turns = threading.Lock()

    def __repr__(self) -> str:
        return f"TypstInvoices({self._seller.name!r})"

    def invoice(self, order: Order, *, at: datetime) -> Document:
        """Return the invoice of *order*: the same bytes for the same order and date.

        With *facturx* the file has the time of its making, too.

        Raises:
            StoreUnavailable: the order has no number for it yet.
            ConfigError: no font has a character of it; the message says which.
        """
        invoice = self._invoice(order, at)
        language, words = language_for(
            *((self._language,) if self._language else (order.contact.locale, self._seller.locale))
        )
        with rendering(Session(language, self._zone)):
            page = Page(invoice, words)
            title = f"{page.title} {clean(invoice.number)}"
            content = self.pdf(page.data(), at)
        if self._facturx:
            content = self._with_data(content, order, at, title, str(language).replace("_", "-"))
        name = _NO_FILE_NAME.sub("-", title).strip("-.")
        return Document(name=f"{name}.pdf", number=invoice.number, content=content)

    def _invoice(self, order: Order, at: datetime) -> Invoice:
        return Invoice.of(
            order,
            seller=self._seller,
            number=self._number(order),
            issued_at=at,
            buyer_tax_id=self._tax_id_of(order),
        )

    def _with_data(
        self, pdf: bytes, order: Order, at: datetime, title: str, language: str
    ) -> bytes:
        """Return *pdf* with the invoice as data, whose amounts are without tax."""
        from storelink.invoices.facturx import embedded, terms

        plain = self._invoice(order.model_copy(update={"taxes_included": None}), at)
        told = terms(plain)
        if told is None:
            return pdf
        with self._turns:  # the library changes its own tables while it writes
            return embedded(pdf, told, title=title, language=language)

    def pdf(self, data: dict[str, Any], at: datetime) -> bytes:
        """Return the page of *data* as PDF."""
        when = int(at.timestamp())
        return self._set(data, format="pdf", pdf_standards=[*STANDARDS], timestamp=when)[0]

    def pictures(self, data: dict[str, Any], *, ppi: float = 110) -> list[bytes]:
        """Return the pages of *data* as PNG."""
        return self._set(data, format="png", ppi=ppi)

    def _set(self, data: dict[str, Any], **options: Any) -> list[bytes]:
        from typst import TypstError

        try:
            with self._turns:
                compiler, families = self._setter
                told = {"invoice": json.dumps({**data, "fonts": families})}
                made = compiler.compile(sys_inputs=told, **options)
        except TypstError as error:
            raise _explained(error.message) from None
        return made if isinstance(made, list) else [bytes(made or b"")]

    @functools.cached_property
    def _setter(self) -> tuple[typst.Compiler, list[str]]:
        """What sets pages, and the fonts it has in the order of preference; made once."""
        import fontpkg
        import typst

        packaged = {file.path.parent for one in fontpkg.families().values() for file in one.files}
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[*sorted(packaged), *self._fonts],
        )
        found = set(fonts.families())
        known = [name for name in (*FAMILIES, *PREFERRED) if name in found]
        families = known + sorted(found.difference(known))
        return typst.Compiler(PAGE, font_paths=fonts), families

    def _tax_id_of(self, order: Order) -> str | None:
        value = order.attributes.get(self._buyer_tax_id) if self._buyer_tax_id else None
        return str(value).strip() or None if value is not None else None


def _explained(message: str) -> ConfigError:
    """Say what is wrong without what stands on the page."""
    missing = _NO_FONT.search(message)
    if missing is None:
        return ConfigError(f"the invoice cannot be set: {message.partition(':')[0]}")
    name = unicodedata.name(missing[1][0], f"U+{ord(missing[1][0]):04X}")
    return ConfigError(
        f"no font of the invoices has the character {name}: install a package fontpkg-… that has "
        "it, or name a folder in fonts="
    )


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ConfigError(f"invoices: there is no folder {path}")
    return path


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"invoices: {name!r} is no IANA time zone") from None
