"""Festivals: on which days a country has them, and what they are called in other languages.

The calendars, and the names, are those of the library `holidays` (MIT,
https://pypi.org/project/holidays/): of a country, all that it knows, free of work or not, and
nothing of its parts. A festival is named in English, as the library does: "Diwali" in India,
"Nowruz" in Iran. What goes by the moon is reckoned until it is announced, and may be a day off.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

_ENGLISH = "en_US"
_RECKONED = " (estimated)"
"""What the library adds, in English, to a day that nobody has announced yet."""
_DAY = timedelta(days=1)
_YEARS = 5
"""In so many years, a festival falls on a day that it has for itself, as a rule."""


def first_days(country: str, festival: str, year: int) -> tuple[date, ...]:
    """Return the days of a year on which a festival begins; none if the country does not know it.

    What goes by the moon can come twice in a year.

    Args:
        country: ISO 3166-1 alpha-2.
        festival: its English name.
        year: of the Gregorian calendar.
    """
    days = _days(country, year).get(festival, frozenset())
    before = _days(country, year - 1).get(festival, frozenset()) if date(year, 1, 1) in days else ()
    return tuple(sorted(day for day in days if day - _DAY not in days and day - _DAY not in before))


def countries() -> tuple[str, ...]:
    """Return the countries that there may be a calendar of (ISO 3166-1 alpha-2)."""
    from holidays import list_supported_countries

    return tuple(list_supported_countries(include_aliases=False))


def known(country: str, year: int) -> frozenset[str]:
    """Return the English names of a country's festivals in a year; none without a calendar."""
    return frozenset(_days(country, year))


@functools.lru_cache(maxsize=1024)
def names(country: str, festival: str, year: int) -> Mapping[str, str]:
    """Return what a festival is called, by language (BCP 47); English comes first."""
    found = {"en": festival}
    for language in _languages(country):
        plain = language.partition("_")[0]
        if plain != "en" and (name := _name(country, festival, year, language)):
            found |= {plain: name, language.replace("_", "-"): name}
    return found


def _name(country: str, festival: str, year: int, language: str) -> str | None:
    """Return a festival's name: what its day is called on which nothing else is."""
    for some in range(year, year + _YEARS):
        english = _calendar(country, some, _ENGLISH)
        for day, name in english.items():
            if name == festival:
                return _calendar(country, some, language).get(day) or None
    return None


@functools.lru_cache(maxsize=1024)
def _days(country: str, year: int) -> Mapping[str, frozenset[date]]:
    """Return the days of each festival of a year."""
    found: dict[str, set[date]] = {}
    calendar = _calendar(country, year, _ENGLISH)
    for day in calendar:
        for name in calendar.get_list(day):
            found.setdefault(name.removesuffix(_RECKONED), set()).add(day)
    return {name: frozenset(days) for name, days in found.items()}


@functools.lru_cache(maxsize=256)
def _calendar(country: str, year: int, language: str) -> HolidayBase:
    """Return everything that the library knows of a country's year; nothing without a calendar."""
    from holidays import HolidayBase, country_holidays

    try:
        plain = country_holidays(country)
    except NotImplementedError:
        return HolidayBase()
    return country_holidays(
        country, years=year, categories=plain.supported_categories, language=language, expand=False
    )


def _languages(country: str) -> tuple[str, ...]:
    from holidays import country_holidays

    try:
        return tuple(country_holidays(country).supported_languages)
    except NotImplementedError:
        return ()
