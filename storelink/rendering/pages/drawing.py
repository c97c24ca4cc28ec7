"""Drawing a page: templates, the words of a language, the shop's colors."""

from __future__ import annotations

import base64
import hashlib
import zoneinfo
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from babel import dates, numbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from storelink.models.money import Money
from storelink.rendering import filters
from storelink.rendering.brand import Brand
from storelink.rendering.calendars import native_digits
from storelink.rendering.links import safe_url
from storelink.rendering.pages.words import (
    Language,
    catalog,
    choose_language,
    languages,
)
from storelink.rendering.session import Session, current, rendering

TEMPLATES: Final = Path(__file__).parent / "templates"

_LONGEST: Final = 300
"""How many characters of somebody else's text are shown at most."""


class Pages:
    """Draws the pages of one shop. They load nothing: no script, no image, no font.

    Args:
        brand: how the shop presents itself; its logo is not shown, for it would be a request to
            somebody else's server.

    Attributes:
        content_policy: the `Content-Security-Policy` under which they are to be shown.
    """

    def __init__(self, brand: Brand) -> None:
        self._brand, self._zone = brand, zoneinfo.ZoneInfo(brand.time_zone)
        self._style = _style(brand)
        self._environment = _environment()
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        self.content_policy: Final = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )

    def wording(self, language: Language, group: str, channel: str) -> str:
        """Return what stands beside a box of the preferences page, as plain text."""
        template = self._environment.get_template("wording.html")
        with rendering(Session(language.locale, self._zone, catalog(language.tag))):
            html = template.render(group=group, channel=channel)
        return Markup(html).striptags()  # noqa: S704  to take the tags off

    def draw(self, name: str, language: Language, /, **values: Any) -> str:
        """Return the page called *name* as HTML.

        Args:
            name: one of the templates, without its ending.
            language: its language.
            values: what the template needs.
        """
        frame = {
            "tag": language.tag,
            "dir": language.direction,
            "languages": [choose_language(tag) for tag in languages()],
            "query": values.pop("query", ""),
        }
        template = self._environment.get_template(f"{name}.html")
        with rendering(Session(language.locale, self._zone, catalog(language.tag))):
            return template.render(
                page=frame,
                brand=self._brand,
                style=Markup(self._style),  # noqa: S704  made of checked colors
                **values,
            )


def _style(brand: Brand) -> str:
    text = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    for name, color in (
        ("@brand", brand.color),
        ("@on", brand.on_color),
        ("@link", brand.link_color),
        ("@dark", brand.dark_link_color),
    ):
        text = text.replace(f"{name};", f"{color};")
    return text


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(FILTERS)
    return environment


def _gettext(text: str) -> str:
    return current().words.gettext(text)


def _ngettext(one: str, many: str, count: int) -> str:
    return current().words.ngettext(one, many, count)


def _isolated(value: Any) -> Markup:
    """Return somebody else's text so that it stays text, in one line and in its own direction."""
    return Markup("<bdi>{}</bdi>").format(_plain(value))


def _plain(value: Any) -> str:
    text = filters.BIDI_CONTROLS.sub("", filters.one_line(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _digits(value: Any) -> str:
    return native_digits(str(value), current().language)


def _number(value: int) -> str:
    return _digits(numbers.format_decimal(value, locale=current().language))


def _off(value: Decimal | Money) -> str:
    """Return what a code takes off: a percentage, or an amount."""
    return filters.money(value) if isinstance(value, Money) else filters.percent_of(value)


def _web_url(value: object) -> str:
    """Return *value* if it is a link to a page, otherwise `""`."""
    url = safe_url(value)
    return "" if url.lower().startswith("mailto:") else url


def _dialled(value: str) -> str:
    """Return a phone number as a `tel:` link has it."""
    return "".join(character for character in value if character in "+0123456789")


def _ago(seconds: float | None) -> str:
    """Return how long ago something was."""
    if seconds is None:
        return "never"
    return str(dates.format_timedelta(timedelta(seconds=-seconds), add_direction=True, locale="en"))


FILTERS: Final[Mapping[str, Any]] = {
    "ago": _ago,
    "date": lambda value: _digits(filters.day_of(value)),
    "day": lambda value: _digits(filters.weekday_of(value)),
    "moment": lambda value: _digits(filters.moment_of(value)),
    "dialled": _dialled,
    "digits": _digits,
    "isolate": _isolated,
    "money": filters.money,
    "number": _number,
    "off": _off,
    "plain": _plain,
    "web_url": _web_url,
}
