"""The languages of the pages, and their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from babel import Locale
from babel.support import NullTranslations

from storelink.rendering import words
from storelink.rendering.locales import babel_locale

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


def languages() -> tuple[str, ...]:
    """Return the tags of the languages that have words, English first."""
    return tuple(_tag(name) for name in words.languages(DOMAIN))


def choose_language(*wanted: str | None) -> Language:
    """Return the first of the *wanted* languages that has words; English in the end.

    Brazil's Portuguese is for all who read Portuguese.

    >>> choose_language("gsw", "fa-IR").tag, choose_language("pt-PT").tag
    ('fa', 'pt-BR')
    """
    name, locale = words.first_spoken(DOMAIN, *wanted)
    return Language(_tag(name), locale)


def catalog(tag: str) -> NullTranslations:
    """Return the words of a language. It is read once, in 2 to 3 ms."""
    return words.packaged(tag.replace("-", "_"), DOMAIN)


def _tag(name: str) -> str:
    return name.replace("_", "-")
