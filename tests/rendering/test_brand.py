"""The shop's own face: checked where it is set, readable where it is used."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from storelink.rendering import Brand
from storelink.rendering.brand import DARK_CARD
from storelink.rendering.color import READABLE, WHITE, contrast


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("color", "green"),
        ("color", "#12345"),
        ("color", "#123456;background:url(x)"),
        ("logo_url", "javascript:alert(1)"),
        ("website", "atelier.example"),
        ("locale", "../etc"),
        ("locale", ""),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../etc/passwd"),
        ("motto", "x"),
    ],
)
def test_wrong_setting_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValidationError, match=field):
        Brand(**{"name": "Atelier", field: value})


def test_defaults_are_enough() -> None:
    brand = Brand(name="Atelier", locale="pt_BR")

    assert ("pt-BR", "UTC", None) == (brand.locale, brand.time_zone, brand.signature)


@pytest.mark.parametrize(
    "color", ["#000000", "#ffffff", "#ffd84d", "#1f4d3a", "#ff0000", "#7f7f7f", "#c0ffee"]
)
def test_every_accent_can_be_read(color: str) -> None:
    """Text on a button, and links on light and dark ground, reach the contrast of WCAG AA."""
    brand = Brand(name="A", color=color)

    assert contrast(brand.on_color, color) >= READABLE
    assert contrast(brand.link_color, WHITE) >= READABLE
    assert contrast(brand.dark_link_color, DARK_CARD) >= READABLE


def test_readable_accent_is_left_alone() -> None:
    assert "#1f4d3a" == Brand(name="A", color="#1f4d3a").link_color
