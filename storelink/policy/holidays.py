"""Public holidays, by country and its parts.

The calendar is that of the library `holidays` (MIT, https://pypi.org/project/holidays/), which
cites the law of each country. It is loaded when a holiday is asked for.
"""

from __future__ import annotations

import contextlib
import functools
import re
from datetime import date

from storelink.policy.zones import subdivision

_PARTS = {"FR": {"67": "6AE", "68": "6AE"}}
"""Parts that the library calls otherwise: the two departments of Alsace, whose law has two more
holidays (article L3134-13 of the Code du travail), as that of Moselle, department 57."""

_ORDINARY = {
    "FR": frozenset(f"{one:02}" for one in range(1, 96)) | {"2A", "2B", "69D", "69M", "75C"}
}
"""Parts that the library need not know: they have the holidays of the whole country."""

_CODE = re.compile("[A-Z0-9]{1,3}")
"""What ISO 3166-2 has after a country's code."""


def check_place(country: str, region: str | None = None) -> None:
    """See whether a country, and a part of it, are ones that are known.

    Args:
        country: ISO 3166-1 alpha-2.
        region: the part, with the country's code or without it. Where no calendar goes by these
            codes, any will do: its holidays are then those of every part.

    Raises:
        ValueError: one is not known; the message names how it is written, if that is clear.
    """
    from holidays import country_holidays, list_supported_countries

    if country not in list_supported_countries(include_aliases=False):
        for other in (country, country.strip().upper()):
            with contextlib.suppress(NotImplementedError):
                known_as = getattr(country_holidays(other), "country", None)  # a market has none
                if known_as:
                    raise ValueError(f"{country!r} is written {known_as!r}")
        raise ValueError(f"{country!r} is no code of a country (ISO 3166-1 alpha-2)")
    calendar, part = country_holidays(country), subdivision(country, region)
    known = {*calendar.subdivisions, *_PARTS.get(country, ()), *_ORDINARY.get(country, ())}
    is_by_code = any(map(_CODE.fullmatch, calendar.subdivisions))  # others have words of their own
    if part is not None and is_by_code and part not in map(str.upper, known):
        raise ValueError(f"{country} has no part {part!r}, but {', '.join(sorted(known))}")


def is_holiday(country: str | None, region: str | None, day: date) -> bool:
    """Say whether *day* is a public holiday.

    Where the region is not known, it may be any, so the holidays of every part count.

    Args:
        country: ISO 3166-1 alpha-2. A country that is not known has no holidays that anybody
            could know of: the answer is then `False`, as it is for a country without a calendar.
        region: the part of the country, with the country's code or without it; of France, the
            department (see `storelink.policy.zones.subdivision`).
        day: the local date.
    """
    if country is None:
        return False
    code = country.strip().upper()
    return day in _days(code, subdivision(code, region), day.year)


@functools.lru_cache(maxsize=1024)
def _days(country: str, region: str | None, year: int) -> frozenset[date]:
    """Return the holidays of a year."""
    from holidays import country_holidays

    try:
        everywhere = country_holidays(country, years=year)
    except NotImplementedError:
        return frozenset()
    known = everywhere.subdivisions
    part = _PARTS.get(country, {}).get(region or "", region)
    parts = tuple(one for one in known if one.upper() == part)
    if not parts and part not in _ORDINARY.get(country, ()):
        parts = known
    found = [country_holidays(country, subdiv=one, years=year) for one in parts]
    return frozenset(everywhere).union(*found)
