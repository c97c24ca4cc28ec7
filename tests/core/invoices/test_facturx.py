"""The invoice as data inside the PDF."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from facturx import get_xml_from_pdf, xml_check_xsd
from pypdf import PdfReader

from storelink.invoices import Seller, TaxId, TypstInvoices
from storelink.models import (
    Contact,
    Fee,
    LineItem,
    Money,
    Order,
    OrderStatus,
    ShippingLine,
    TaxLine,
    Totals,
)

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
SELLER = Seller(
    name="Atelier GmbH",
    address=("Lindenstr. 1", "10969 Berlin"),
    country="DE",
    tax_ids={TaxId.VAT: "DE123456789"},
)
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


def eur(amount: str) -> Money:
    return Money(amount, "EUR")


def vat(amount: str, rate: int = 19) -> TaxLine:
    return TaxLine(title="MwSt", rate=Decimal(rate), total=eur(amount))


def order(**fields: Any) -> Order:
    usual: dict[str, Any] = {
        "id": "1",
        "store": "shop",
        "number": "#1042",
        "status": OrderStatus.OPEN,
        "currency": "EUR",
        "total": eur("31.49"),
        "contact": Contact(locale="de"),
        "paid_at": AT,
        "billing": {"first_name": "Ada", "last_name": "Lovelace", "city": "Wien", "country": "AT"},
        "lines": (
            LineItem(
                id="1", title="Tasse <&>", quantity=3, total=eur("16.81"), taxes=(vat("3.19"),)
            ),
            LineItem(id="2", title="Buch", quantity=1, total=eur("10"), taxes=(vat("0.70", 7),)),
        ),
        "shipping": (ShippingLine(title="DHL", total=eur("4.20"), taxes=(vat("0.80"),)),),
        "fees": (Fee(title="Rabatt", total=eur("-3.53"), taxes=(vat("-0.68"),)),),
        "taxes": (vat("3.31"), vat("0.70", 7)),
        "taxes_included": True,
        "totals": Totals(tax=eur("4.01")),
    }
    return Order(**{**usual, **fields})


@pytest.fixture(scope="module")
def source() -> TypstInvoices:
    return TypstInvoices(SELLER, facturx=True)


def told(source: TypstInvoices, one: Order) -> ET.Element | None:
    name, content = get_xml_from_pdf(source.invoice(one, at=AT).content, check_xsd=False)
    if not content:
        return None
    assert "factur-x.xml" == name
    assert xml_check_xsd(content, flavor="factur-x", level="en16931")
    return ET.fromstring(content)


def texts(root: ET.Element, name: str) -> list[str | None]:
    return [one.text for one in root.iter(f"{RAM}{name}")]


def test_the_data_say_what_the_page_says_without_tax(source: TypstInvoices) -> None:
    root = told(source, order())
    assert root is not None
    assert ["31.49"] == texts(root, "GrandTotalAmount")
    assert ["27.48"] == texts(root, "TaxBasisTotalAmount")
    assert ["4.01"] == texts(root, "TaxTotalAmount")
    assert ["31.49"] == texts(root, "TotalPrepaidAmount")
    assert ["0.00"] == texts(root, "DuePayableAmount")
    sums = root.findall(f".//{RAM}ApplicableHeaderTradeSettlement/{RAM}ApplicableTradeTax")
    assert [("17.48", "3.31"), ("10.00", "0.70")] == [
        (one.findtext(f"{RAM}BasisAmount"), one.findtext(f"{RAM}CalculatedAmount")) for one in sums
    ]
    assert ["16.81", "10.00"] == [
        one.findtext(f".//{RAM}LineTotalAmount")
        for one in root.iter(f"{RAM}IncludedSupplyChainTradeLineItem")
    ]
    assert "Tasse <&>" in texts(root, "Name")


def test_the_file_is_still_archivable_and_names_its_profile(source: TypstInvoices) -> None:
    reader = PdfReader(BytesIO(source.invoice(order(), at=AT).content))
    said = reader.xmp_metadata.stream.get_data().decode()  # type: ignore[union-attr]
    assert "EN 16931" in said
    assert "factur-x.xml" in said
    assert ">3<" in said.split("pdfaid:part", 1)[1][:4]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"lines": (LineItem(id="1", title="x", quantity=1, total=eur("30.82")),)}),
        pytest.param({"total": eur("40")}),
        pytest.param({"fees": ()}),
    ],
    ids=["a line without a tax", "an adjustment", "amounts that do not add up"],
)
def test_what_the_platform_does_not_say_is_not_invented(
    source: TypstInvoices, fields: dict[str, Any]
) -> None:
    assert None is told(source, order(**fields))
