"""The page of an invoice: its words, its fonts, its page breaks, and what it never lets through."""

from __future__ import annotations

import os
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from storelink.contracts.finding import Level
from storelink.errors import ConfigError, StoreUnavailable
from storelink.invoices import (
    Charge,
    ChargeKind,
    Invoice,
    Seller,
    Tax,
    TaxId,
    TypstInvoices,
    from_attribute,
)
from storelink.invoices.page import DOMAIN, MAX_TEXT, Page, clean
from storelink.models import Address, Contact, LineItem, Money, Order, OrderStatus, TaxLine, Totals
from storelink.rendering.session import Session, rendering
from storelink.rendering.words import LOCALES, first_spoken, languages, packaged

NOTO_CJK = Path("/usr/share/fonts/opentype/noto")
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
SELLER = Seller(
    name="Atelier GmbH",
    address=("Lindenstr. 1", "10969 Berlin"),
    country="DE",
    tax_ids={TaxId.VAT: "DE123456789"},
    registered="Amtsgericht Berlin, HRB 12345",
    notes=("Payable at once.",),
)


def order(locale: str | None = "en", *, titles: tuple[str, ...] = ("Mug",), **fields: Any) -> Order:
    tax = TaxLine(title="VAT", rate=Decimal(19), total=Money("1.90", "EUR"))
    lines = [
        LineItem(id=str(number), title=one, quantity=1, total=Money(10, "EUR"), taxes=(tax,))
        for number, one in enumerate(titles)
    ]
    tax = tax.model_copy(update={"total": Money(Decimal("1.9") * len(lines), "EUR")})
    return Order(
        **{
            "id": "1",
            "store": "shop",
            "number": "#1042",
            "status": OrderStatus.OPEN,
            "currency": "EUR",
            "total": Money(Decimal("11.9") * len(lines), "EUR"),
            "contact": Contact(locale=locale),
            "lines": tuple(lines),
            "taxes": (tax,),
            "totals": Totals(tax=tax.total),
            **fields,
        }
    )


@pytest.fixture(scope="module")
def source() -> TypstInvoices:
    return TypstInvoices(SELLER)


def page(told: Order, seller: Seller = SELLER) -> dict[str, Any]:
    tag, language = first_spoken(DOMAIN, told.contact.locale)
    made = Invoice.of(told, seller=seller, number="7", issued_at=AT)
    with rendering(Session(language, zoneinfo.ZoneInfo("UTC"))):
        return Page(made, packaged(tag, DOMAIN)).data()


def pages_of(content: bytes) -> list[str]:
    return [one.extract_text() for one in PdfReader(BytesIO(content)).pages]


def flat(data: Any) -> list[str]:
    """Every text of the page."""
    if isinstance(data, dict):
        return [text for one in data.values() for text in flat(one)]
    if isinstance(data, list):
        return [text for one in data for text in flat(one)]
    return [data] if isinstance(data, str) else []


# -- words -----------------------------------------------------------------------------------------


def test_every_language_says_every_word_with_the_same_gaps() -> None:
    def catalog(tag: str) -> dict[str, str]:
        with (LOCALES / tag / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
            return {str(one.id): str(one.string) for one in read_po(file) if one.id}

    def gaps(text: str) -> list[str]:
        return sorted(re.findall(r"{\w+}", text))

    english = catalog("en")
    assert ("en", "ar", "bn", "de", "es", "fa", "fr", "hi", "ja", "pt_BR") == languages(DOMAIN)
    for tag in languages(DOMAIN):
        words = catalog(tag)
        assert english.keys() == words.keys(), tag
        for text, said in words.items():
            assert said, (tag, text)
            assert gaps(text) == gaps(said), (tag, text)


class Asked(NullTranslations):
    """Notes what is looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()

    def gettext(self, message: str) -> str:
        self.texts.add(message)
        return message


def test_the_catalogs_have_exactly_the_words_that_pages_say() -> None:
    asked, euro = Asked(), Money(1, "EUR")
    place = Address(first_name="Ada", country="DE")
    seller = SELLER.model_copy(update={"tax_ids": dict.fromkeys(TaxId, "1"), "country": "IN"})
    others = dict.fromkeys(set(TaxId) - {TaxId.JP}, "1")
    invoice = Invoice.of(order(), seller=seller, number="7", issued_at=AT).model_copy(
        update={
            "charges": tuple(Charge(kind=kind, amount=euro) for kind in ChargeKind),
            "taxes": (Tax(title="", amount=euro, base=euro),),
            "billing": place,
            "shipping": place.model_copy(update={"country": "AT"}),
            "buyer_tax_id": "1",
            "included": True,
            "paid_at": AT,
            **dict.fromkeys(("saved", "store_total", "store_tax"), euro),
        }
    )
    with rendering(Session(Locale("en"), zoneinfo.ZoneInfo("UTC"))):
        for one in (seller, seller.model_copy(update={"tax_ids": others}), SELLER):
            Page(invoice.model_copy(update={"seller": one}), asked).data()
    with (LOCALES / "en" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        assert {str(one.id) for one in read_po(file) if one.id} == asked.texts


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("de-AT",), "de_AT"),
        (("pt",), "pt"),
        (("pt-PT",), "pt_PT"),
        (("tlh", "fr-CA"), "fr_CA"),
        ((None,), "en"),
        (("fa-IR", "de"), "fa_IR"),
    ],
)
def test_the_nearest_language_that_has_words_is_taken(
    wanted: tuple[str | None, ...], found: str
) -> None:
    assert found == str(first_spoken(DOMAIN, *wanted)[1])


@pytest.mark.parametrize(
    ("locale", "title", "total", "rate"),
    [
        ("de", "Rechnung", "11,90\xa0€", "19\xa0%"),
        ("fr", "Facture", "11,90\xa0€", "19\xa0%"),
        ("ja", "請求書", "€11.90", "19%"),
        ("hi", "बीजक", "€11.90", "19%"),
        ("bn", "চালান", "১১.৯০€", "১৯%"),
        ("fa", "فاکتور فروش", "\u200e€\xa0۱۱٫۹۰", "۱۹٪"),
    ],
)
def test_money_and_digits_are_written_as_the_reader_writes_them(
    locale: str, title: str, total: str, rate: str
) -> None:
    data = page(order(locale))
    assert (title, total) == (data["title"], data["total"][1])
    assert rate == data["rows"][0]["cells"][2]
    assert (locale == "fa") == data["rtl"]


@pytest.mark.parametrize(
    ("country", "ids", "locale", "title"),
    [
        ("IN", {TaxId.GSTIN: "27AAPFU0939F1ZV"}, "hi", "कर बीजक"),
        ("AE", {TaxId.TRN: "100000000000003"}, "ar", "فاتورة ضريبية"),
        ("IN", {}, "en", "Invoice"),
        ("JP", {TaxId.JP: "T1234567890123"}, "ja", "適格請求書"),
        ("DE", {TaxId.VAT: "DE123456789"}, "en", "Invoice"),
    ],
)
def test_the_title_is_what_the_law_of_the_seller_wants(
    country: str, ids: dict[TaxId, str], locale: str, title: str
) -> None:
    seller = Seller(name="A", address=("x",), country=country, tax_ids=ids)
    assert title == page(order(locale), seller)["title"]


# -- the file ------------------------------------------------------------------------------------


def test_the_same_order_gives_the_same_bytes_and_an_archivable_accessible_file(
    source: TypstInvoices,
) -> None:
    made = source.invoice(order(), at=AT)
    assert made == TypstInvoices(SELLER).invoice(order(), at=AT)
    assert ("Invoice-1042.pdf", "1042", "application/pdf") == (
        made.name,
        made.number,
        made.media_type,
    )
    reader = PdfReader(BytesIO(made.content))
    told = reader.xmp_metadata.stream.get_data().decode()  # type: ignore[union-attr]
    assert "<pdfaid:part>3</pdfaid:part>" in told
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in told
    assert "<pdfuaid:part>1</pdfuaid:part>" in told


@pytest.mark.parametrize(
    ("locale", "name"),
    [
        ("hi", "क्षितिज श्रीवास्तव"),
        ("bn", "শ্রেয়া বন্দ্যোপাধ্যায়"),
        ("fa", "کتایون می‌خواهد"),
        ("ar", "محمّد الأحمد"),
        ("de", "Jürgen Groß"),
        ("pt-BR", "João Conceição"),
        ("fr", "Zoé Œuvrard"),
    ],
)
def test_the_fonts_of_the_extra_have_every_letter(
    source: TypstInvoices, locale: str, name: str
) -> None:
    assert source.invoice(order(locale, titles=(name,)), at=AT).content.startswith(b"%PDF")


def test_a_letter_that_no_font_has_is_an_error_that_names_it_and_nothing_else(
    source: TypstInvoices,
) -> None:
    with pytest.raises(ConfigError, match="GEORGIAN LETTER") as caught:
        source.invoice(order(titles=("Secret name თბილისი",)), at=AT)
    assert "Secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("seller", "locale"),
    [
        ({"country": "JP"}, "en"),
        ({"locale": "ja"}, "en"),
        ({"name": "株式会社北"}, "en"),
        ({}, "ja-JP"),
    ],
)
def test_missing_fonts_are_found_before_a_japanese_invoice_fails(
    seller: dict[str, str], locale: str
) -> None:
    source = TypstInvoices(SELLER.model_copy(update=seller))
    (fault, *_) = [one for one in source.check(locale) if one.level is Level.FAULT]
    assert "font-missing" == fault.code
    assert "CJK UNIFIED IDEOGRAPH" in fault.detail
    assert "fonts-noto-cjk" in fault.remedy
    assert "fonts=" in fault.remedy


def test_the_fonts_of_the_extra_do_for_every_other_language() -> None:
    for tag in languages(DOMAIN):
        found = [one.level for one in TypstInvoices(SELLER).check(tag.replace("_", "-"))]
        assert (tag != "ja") == (Level.FAULT not in found), tag


def test_a_japanese_invoice_without_a_font_fails_and_names_the_remedy() -> None:
    with pytest.raises(ConfigError, match="fonts-noto-cjk"):
        TypstInvoices(SELLER).invoice(order("ja"), at=AT)


@pytest.mark.skipif(
    not NOTO_CJK.is_dir() and os.environ.get("CI") != "true",
    reason="there is no Japanese font: apt-get install fonts-noto-cjk",
)
def test_a_japanese_invoice_has_japans_order_and_marks() -> None:
    seller = SELLER.model_copy(update={"name": "㈱アトリエ", "country": "JP", "locale": "ja"})
    source = TypstInvoices(seller, fonts=[NOTO_CJK])
    assert {Level.OK} == {one.level for one in source.check("en")}
    home = {
        "first_name": "太郎",
        "last_name": "山田",
        "line1": "神宮前1-2-3",
        "city": "渋谷区",
        "region": "JP-13",
        "postcode": "150-0001",
        "country": "JP",
    }
    (text,) = pages_of(source.invoice(order("ja", billing=home), at=AT).content)
    written = text.replace(" ", "")  # typst sets a little space between scripts
    assert "〒150-0001\n東京都渋谷区神宮前1-2-3\n山田太郎様" in written
    assert "㈱アトリエ" in text


def test_many_lines_break_over_pages_with_their_head_and_the_sums_never_stand_alone(
    source: TypstInvoices,
) -> None:
    (long,) = [source.invoice(order(titles=("Mug",) * 200), at=AT)]
    pages = pages_of(long.content)
    assert 4 < len(pages)
    assert [1] * len(pages) == [text.count("Unit price") for text in pages]
    assert 200 == sum(text.count("Mug") for text in pages)
    assert f"Page {len(pages)} of {len(pages)}" in pages[-1].replace("\n", " ")
    for number in range(16, 24):
        *_, last = (one for one in pages_of(_lines(source, number)) if "Total" in one)
        assert "Mug" in last, number


def _lines(source: TypstInvoices, number: int) -> bytes:
    return source.invoice(order(titles=("Mug",) * number), at=AT).content


def test_the_number_comes_from_the_order_the_shops_plugin_or_the_merchant() -> None:
    plugin = TypstInvoices(SELLER, number=from_attribute("_wcpdf_invoice_number"))
    numbered = order(attributes={"_wcpdf_invoice_number": "2026-0007"})
    assert "2026-0007" == plugin.invoice(numbered, at=AT).number
    with pytest.raises(StoreUnavailable, match="_wcpdf_invoice_number"):
        plugin.invoice(order(), at=AT)
    own = TypstInvoices(SELLER, number=lambda one: f"R/{one.id}")
    made = own.invoice(order(), at=AT)
    assert ("R/1", "Invoice-R-1.pdf") == (made.number, made.name)


def test_the_customers_own_tax_number_is_printed_where_the_checkout_asked_for_it() -> None:
    source = TypstInvoices(SELLER, buyer_tax_id="_vat")
    told = order(attributes={"_vat": "ATU12345678"}, billing={"first_name": "Ada", "country": "AT"})
    assert "ATU12345678" in pages_of(source.invoice(told, at=AT).content)[0]


@pytest.mark.parametrize("options", [{"fonts": ["/nowhere"]}, {"time_zone": "Mars/Base"}])
def test_a_wrong_set_up_is_an_error_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="invoices"):
        TypstInvoices(SELLER, **options)


# -- what people type -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Hostile:
    typed: str
    shown: str


@pytest.mark.parametrize(
    "case",
    [
        Hostile("#panic(1) #import $x$ *b* _i_ @ref <a> \\ // `r`", ""),
        Hostile('"] #read("/etc/passwd") [', ""),
        Hostile("a\r\nb\0c\x1bd", "a b c d"),
        Hostile("\u202eevil\u2066x", "evilx"),
        Hostile("Cup 😀👩‍👩‍👧 blue", "Cup blue"),
        Hostile("x" * 10_000, "x" * (MAX_TEXT - 1) + "…"),
        Hostile("{page} {{ order }} %s", ""),
        Hostile("می‌خواهم", ""),
    ],
    ids=lambda case: case.typed[:12],
)
def test_what_people_type_is_printed_as_it_is_and_never_runs(
    source: TypstInvoices, case: Hostile
) -> None:
    assert (case.shown or case.typed) == clean(case.typed)
    told = order(titles=(case.typed,), billing={"first_name": case.typed, "country": "DE"})
    assert source.invoice(told, at=AT).content.startswith(b"%PDF")


@given(st.text(st.characters(codec="utf-8")))
def test_no_text_breaks_its_line_turns_the_page_or_grows_without_end(typed: str) -> None:
    shown = clean(typed)
    assert len(shown) <= MAX_TEXT
    assert shown == " ".join(shown.split())
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\0\r\n")
