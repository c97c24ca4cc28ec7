"""What `[invoice]` and `[hooks.thank_you]` say of invoices."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storelink import Storelink
from storelink.config.load import load_config
from storelink.contracts.finding import Level
from storelink.errors import ConfigError
from storelink.hooks import ThankYou
from storelink.invoices import TypstInvoices

SHOP = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
"""
SELLER = """
[invoice]
name = "Atelier GmbH"
address = ["Lindenstr. 1"]
country = "DE"
tax_ids = { vat = "DE123456789" }
"""


def loaded(folder: Path, *tables: str) -> dict[str, Any]:
    path = folder / "storelink.toml"
    path.write_text("\n".join((SHOP, *tables)))
    return load_config(path)


@pytest.mark.parametrize(
    ("said", "patience"),
    [
        ("", None),
        ("invoice = false", None),
        ("invoice = true", timedelta(minutes=30)),
        ('invoice = "2h"', timedelta(hours=2)),
        ('invoice = "0s"', timedelta()),
    ],
)
def test_the_thank_you_waits_as_long_as_the_file_says(
    tmp_path: Path, said: str, patience: timedelta | None
) -> None:
    (hook,) = loaded(tmp_path, SELLER, "[hooks.thank_you]", said)["hooks"]
    assert isinstance(hook, ThankYou)
    assert patience == hook.patience


def test_the_seller_issues_the_invoices(tmp_path: Path) -> None:
    assert loaded(tmp_path)["invoices"] is None
    assert isinstance(loaded(tmp_path, SELLER)["invoices"], TypstInvoices)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('colour = "red"', "invoice.colour"),
        ('tax_ids = { moon = "1" }', "invoice.tax_ids"),
        ('fonts = ["nowhere"]', "nowhere"),
        ('time_zone = "Mars/Base"', "Mars/Base"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, said: str, told: str) -> None:
    seller = SELLER.replace('tax_ids = { vat = "DE123456789" }', "")
    with pytest.raises(ConfigError, match=told):
        loaded(tmp_path, seller, said)


@pytest.mark.parametrize(
    ("country", "brand", "faults"),
    [("DE", "de", []), ("JP", "en", ["font-missing"]), ("DE", "ja", ["font-missing"])],
)
def test_checking_finds_a_font_that_invoices_lack(
    tmp_path: Path, country: str, brand: str, faults: list[str]
) -> None:
    seller = SELLER.replace('"DE"\n', f'"{country}"\n')
    loaded(tmp_path, seller, f'[brand]\nname = "Atelier"\nlocale = "{brand}"')
    with Storelink.from_config(tmp_path / "storelink.toml", stores={}) as link:
        found = [one.finding for one in link.check() if one.of == "invoices"]
    assert faults == [one.code for one in found if one.level is Level.FAULT]
    assert found
