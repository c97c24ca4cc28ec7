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
    return (LAST_RESORT, *(name.replace("_", "-") for name in found))


def choose_language(*wanted: str | None) -> Language:
    """Return the first of the *wanted* languages that has words; English in the end.

    Brazil's Portuguese is for all who read Portuguese.

    >>> choose_language("gsw", "fa-IR").tag, choose_language("pt-PT").tag
    ('fa', 'pt-BR')
    """
    known = {tag: tag for tag in languages()} | {tag.partition("-")[0]: tag for tag in languages()}
    for group in language_chain(*wanted):
        tag = next((known[tag] for tag in group if tag in known), None)
        if tag:
            return Language(tag, babel_locale(group[0]))
    raise AssertionError("English is known")  # pragma: no cover


@functools.cache
def catalog(tag: str) -> NullTranslations:
    """Return the words of a language. It is read once, in 2 to 3 ms."""
    path = LOCALES / tag.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"
    if not path.is_file():
        return NullTranslations()  # English stands in the templates
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return Translations(compiled)
