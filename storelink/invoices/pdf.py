"""Invoices as PDF, set by typst: archivable (PDF/A-3a) and accessible (PDF/UA-1), byte for byte."""

from __future__ import annotations

import functools
import importlib.util
import json
import re
import threading
import unicodedata
import zoneinfo
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babel import Locale
from babel.numbers import get_territory_currencies

from storelink.contracts.finding import Finding
from storelink.contracts.invoice import Document
from storelink.errors import ConfigError, MissingExtra
from storelink.invoices.invoice import Invoice
from storelink.invoices.numbers import Numbering, order_number
from storelink.invoices.page import DOMAIN, Page, clean
from storelink.invoices.seller import Seller
from storelink.models.enums import OrderStatus
from storelink.models.money import Money
from storelink.models.order import LineItem, Order
from storelink.rendering.locales import babel_locale
from storelink.rendering.session import Session, rendering
from storelink.rendering.words import first_spoken, packaged

if TYPE_CHECKING:
    import typst

PAGE: Final = Path(__file__).with_name("invoice.typ")
STANDARDS: Final = ("a-3a", "ua-1")
FAMILIES: Final = ("Noto Sans", "Noto Sans Arabic", "Noto Sans Devanagari", "Hind Siliguri")
"""The fonts of the extra, in this order; others that are there stand in for what these lack."""
PREFERRED: Final = ("Noto Sans Bengali", "Noto Sans CJK JP", "Noto Sans JP")
"""Which others come first: one family has Japanese, Korean and Chinese forms, in many fonts."""

FONT_REMEDY: Final = (
    "install a package fontpkg-… that has it, or name a folder with such a font in fonts= "
    "(for Japanese, Chinese and Korean: apt install fonts-noto-cjk, and the folder is "
    "/usr/share/fonts/opentype/noto)"
)

_SOME_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Of the invoice that is made to see whether one can be made."""

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
            ConfigError: no font has a character of it; the message says which, and what helps.
        """
        invoice = self._invoice(order, at, self._number(order))
        title, language, content = self._printed(invoice, order.contact.locale)
        if self._facturx:
            content = self._with_data(content, order, invoice, title, language)
        name = _NO_FILE_NAME.sub("-", title).strip("-.")
        return Document(name=f"{name}.pdf", number=invoice.number, content=content)

    def check(self, locale: str) -> Iterator[Finding]:
        """Look whether the fonts have the letters of the seller, and of who buys from him.

        These read the shop's language, the seller's, or that of his country.

        Args:
            locale: the shop's language (BCP 47).
        """
        of_country = babel_locale(f"und-{self._seller.country}").language
        tags = [self._language, locale, self._seller.locale, of_country]
        readers = {babel_locale(tag).language: babel_locale(tag) for tag in tags if tag}
        for reader in readers.values():
            name = reader.get_language_name("en")
            sample = self._invoice(self._sample(reader), _SOME_DAY, "1")
            try:
                self._printed(sample, reader.language)
            except _NoFont as error:
                what = f"an invoice in {name} cannot be made: {error.what}"
                yield Finding.fault("fonts", "font-missing", what, FONT_REMEDY)
            else:
                yield Finding.ok("fonts", f"an invoice in {name} can be made")

    def _sample(self, reader: Locale) -> Order:
        """Return an order of one thing, which has the name that a language gives itself."""
        currency = next(iter(get_territory_currencies(self._seller.country)), "EUR")
        name, price = reader.get_language_name() or "", Money(1, currency)
        return Order(
            id="1",
            store="check",
            number="1",
            status=OrderStatus.OPEN,
            currency=currency,
            total=price,
            lines=(LineItem(id="1", title=name, quantity=1, total=price),),
        )

    def _invoice(self, order: Order, at: datetime, number: str) -> Invoice:
        return Invoice.of(
            order,
            seller=self._seller,
            number=number,
            issued_at=at,
            buyer_tax_id=self._tax_id_of(order),
        )

    def _printed(self, invoice: Invoice, locale: str | None) -> tuple[str, str, bytes]:
        """Return the title, the language (BCP 47) and the PDF of an invoice for a reader."""
        wanted = (self._language,) if self._language else (locale, self._seller.locale)
        tag, language = first_spoken(DOMAIN, *wanted)
        with rendering(Session(language, self._zone)):
            page = Page(invoice, packaged(tag, DOMAIN))
            title = f"{page.title} {clean(invoice.number)}"
            content = self.pdf(page.data(), invoice.issued_at)
        return title, str(language).replace("_", "-"), content

    def _with_data(
        self, pdf: bytes, order: Order, printed: Invoice, title: str, language: str
    ) -> bytes:
        """Return *pdf* with the invoice as data, whose amounts are without tax."""
        from storelink.invoices.facturx import embedded, terms

        net = order.model_copy(update={"taxes_included": None})
        plain = self._invoice(net, printed.issued_at, printed.number)
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

        folders = {file.path.parent for one in fontpkg.families().values() for file in one.files}
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[*sorted(folders), *self._fonts],
        )
        found = set(fonts.families())
        known = [name for name in (*FAMILIES, *PREFERRED) if name in found]
        families = known + sorted(found.difference(known))
        return typst.Compiler(PAGE, font_paths=fonts), families

    def _tax_id_of(self, order: Order) -> str | None:
        value = order.attributes.get(self._buyer_tax_id) if self._buyer_tax_id else None
        return str(value).strip() or None if value is not None else None


class _NoFont(ConfigError):
    """No font has a letter of the invoice."""

    def __init__(self, letter: str) -> None:
        name = unicodedata.name(letter, f"U+{ord(letter):04X}")
        self.what = f"no font of the invoices has the character {name}"
        super().__init__(f"{self.what}: {FONT_REMEDY}")


def _explained(message: str) -> ConfigError:
    """Say what is wrong without what stands on the page."""
    missing = _NO_FONT.search(message)
    if missing is None:
        return ConfigError(f"the invoice cannot be set: {message.partition(':')[0]}")
    return _NoFont(missing[1][0])


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ConfigError(f"invoices: there is no folder {path}")
    return path


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"invoices: {name!r} is no IANA time zone") from None
