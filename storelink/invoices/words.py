"""The words of invoices, by language: gettext catalogs that translators can work on."""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from storelink.rendering.locales import babel_locale, language_chain

LOCALES: Final = Path(__file__).parents[1] / "locales"
DOMAIN: Final = "invoice"


def language_for(*wanted: str | None) -> tuple[Locale, NullTranslations]:
    """Return the first of the languages *wanted* (BCP 47) that has words, and its words.

    >>> language_for("tlh", "de-AT", "fr")[0]
    Locale('de', territory='AT')
    """
    for group in language_chain(*wanted):
        words = next(filter(None, map(_words, group)), None)
        if words is not None:
            return babel_locale(group[0]), words
    raise AssertionError("there are English words")  # pragma: no cover


@functools.cache
def languages() -> tuple[str, ...]:
    """Return the languages that have words, as their folders are called."""
    return tuple(sorted(path.parents[1].name for path in LOCALES.glob(f"*/*/{DOMAIN}.po")))


@functools.cache
def _words(tag: str) -> NullTranslations | None:
    """Return the words of a language; Brazil's Portuguese stands for all of Portuguese."""
    names = (name for name in languages() if name == tag.replace("-", "_"))
    related = (name for name in languages() if name.partition("_")[0] == tag)
    name = next(names, None) or next(related, None)
    return catalog(name) if name else None


@functools.cache
def catalog(name: str) -> NullTranslations:
    """Return the words of a language, by its folder."""
    compiled = io.BytesIO()
    with (LOCALES / name / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=name))
    compiled.seek(0)
    return Translations(compiled)
