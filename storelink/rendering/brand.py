"""How a shop presents itself in its messages."""

from __future__ import annotations

import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, Field

from storelink.models.base import Value
from storelink.rendering import color
from storelink.rendering.links import safe_url
from storelink.toolkit.contact import locale_tag

DARK_CARD = "#1c2024"
"""The ground of the packaged layout where the reader prefers dark colors."""


def _link(value: str | None) -> str | None:
    if value is not None and not safe_url(value):
        raise ValueError("expected an absolute link that starts with https:// or http://")
    return value


def _language(value: str) -> str:
    tag = locale_tag(value)
    if tag is None:
        raise ValueError("expected a language tag such as 'en' or 'fa-IR'")
    return tag


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("expected an IANA time zone such as 'Asia/Kolkata'") from None
    return value


Link = Annotated[str | None, AfterValidator(_link)]


class Brand(Value):
    """How a shop presents itself in its messages.

    >>> Brand(name="Atelier", color="#1f4d3a").on_color
    '#ffffff'

    Attributes:
        name: the shop's name, as customers know it.
        color: its accent, `#rrggbb`: buttons and links.
        logo_url: an image of at most 48 pixels height; without one the name is written.
        website: where the name in the footer leads.
        help_url: a page with questions and answers; the hosted pages link to it.
        return_url: a page where something can be returned; the hosted pages link to it.
        support_email: shown in the footer.
        support_phone: shown in the footer, as written here.
        address: the postal address for the footer; several countries demand one in mails.
        signature: who signs, for example `"Mina and the Atelier team"`; the name by default.
        locale: the shop's language, for people whose own is not known or not translated.
        time_zone: the IANA zone in which dates are told.
    """

    name: str = Field(min_length=1)
    color: str = Field("#2f5fd0", pattern=r"^#[0-9a-fA-F]{6}$")
    logo_url: Link = None
    website: Link = None
    help_url: Link = None
    return_url: Link = None
    support_email: str | None = None
    support_phone: str | None = None
    address: str | None = None
    signature: str | None = None
    locale: Annotated[str, AfterValidator(_language)] = "en"
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"

    @property
    def on_color(self) -> str:
        """The color of text that stands on `color`."""
        return color.text_on(self.color)

    @property
    def link_color(self) -> str:
        """`color`, darkened if need be, for text on white."""
        return color.readable(self.color, color.WHITE)

    @property
    def dark_link_color(self) -> str:
        """`color`, lightened if need be, for text on the dark ground."""
        return color.readable(self.color, DARK_CARD)
