"""The words of the pages, by language: gettext catalogs that translators can work on."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from storelink.rendering.locales import LAST_RESORT, babel_locale, language_chain

LOCALES: Final = Path(__file__).parents[2] / "locales"
DOMAIN: Final = "pages"

# Babel writes the digits 0 to 9 in every language (its `format_*` know no others).
_DIGITS: Final = {
    "arab": "٠١٢٣٤٥٦٧٨٩",
    "arabext": "۰۱۲۳۴۵۶۷۸۹",
    "beng": "০১২৩৪৫৬৭৮৯",
    "deva": "०१२३४५६७८९",
}
"""Digits by CLDR's name of the numbering system."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that the pages speak.

    Attributes:
        tag: the catalog's language (BCP 47).
        locale: how dates and numbers are written; it may know the country, too.
    """

    tag: str
    locale: Locale

    @property
    def direction(self) -> str:
        """`"ltr"` or `"rtl"`."""
        return str(self.locale.text_direction)

    @property
    def name(self) -> str:
        """What it calls itself."""
        return babel_locale(self.tag).get_display_name() or self.tag


@functools.cache
def languages() -> tuple[str, ...]:
    """Return the tags of the languages that have words, English first."""
    found = sorted(path.parent.parent.name for path in LOCALES.glob(f"*/*/{DOMAIN}.po"))
    return (LAST_RESORT, *found)


def choose_language(*wanted: str | None) -> Language:
    """Return the first of the *wanted* languages that has words; English in the end.

    >>> choose_language("gsw", "fa-IR").tag
    'fa'
    """
    known = languages()
    for group in language_chain(*wanted):
        tag = next((tag for tag in group if tag in known), None)
        if tag:
            return Language(tag, babel_locale(group[0]))
    raise AssertionError("English is known")  # pragma: no cover


@functools.cache
def catalog(tag: str) -> NullTranslations:
    """Return the words of a language. It is read once, in 2 to 3 ms."""
    path = LOCALES / tag / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not path.is_file():
        return NullTranslations()  # English stands in the templates
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=tag))
    compiled.seek(0)
    return Translations(compiled)


def native_digits(text: str, locale: Locale) -> str:
    """Return *text* with the digits that readers of the language expect, by CLDR's default.

    >>> native_digits("17", Locale("fa")), native_digits("17", Locale("hi"))
    ('۱۷', '17')
    """
    digits = _DIGITS.get(locale.default_numbering_system)
    return text.translate(str.maketrans("0123456789", digits)) if digits else text
