"""In which languages a message may be written, best first."""

from __future__ import annotations

import functools
from typing import Final

from babel import Locale, UnknownLocaleError

from storelink.toolkit.contact import locale_tag

LAST_RESORT: Final = "en"


@functools.lru_cache
def language_chain(*wanted: str | None) -> tuple[tuple[str, ...], ...]:
    """Return groups of tags: each group one language, from the most to the least specific tag.

    English stands last. What is no language tag is left out.

    >>> language_chain("fa-IR", "de")
    (('fa-IR', 'fa'), ('de',), ('en',))
    """
    tags = [locale_tag(tag) for tag in (*wanted, LAST_RESORT)]
    groups = [_widening(tag) for tag in tags if tag]
    return tuple(dict.fromkeys(groups))


@functools.lru_cache
def babel_locale(tag: str) -> Locale:
    """Return what is known of the language *tag*, or of the nearest language that is known."""
    for candidate in (*_widening(tag), LAST_RESORT):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("English is known")  # pragma: no cover


def _widening(tag: str) -> tuple[str, ...]:
    parts = tag.split("-")
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))
