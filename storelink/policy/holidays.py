"""Public holidays, by country and its parts.

The calendar is that of the library `holidays` (MIT, https://pypi.org/project/holidays/), which
cites the law of each country. It is loaded when a holiday is asked for.
"""

from __future__ import annotations

import contextlib
import functools
from datetime import date

from storelink.policy.zones import subdivision

_PARTS = {"FR": {"67": "6AE", "68": "6AE"}}
"""Parts that the library calls otherwise: the two departments of Alsace, whose law has two more
holidays (article L3134-13 of the Code du travail), as that of Moselle, department 57."""

_ORDINARY = {"FR": frozenset(f"{one:02}" for one in range(1, 96)) | {"2A", "2B"}}
"""Parts that the library need not know: they have the holidays of the whole country."""


def check_place(country: str, region: str | None = None) -> None:
    """See whether a country, and a part of it, are ones that are known.

    Args:
        country: ISO 3166-1 alpha-2.
        region: the part, with the country's code or without it.

    Raises:
        ValueError: one is not known; the message names how it is written, if that is clear.
    """
    from holidays import country_holidays, list_supported_countries

    if country not in list_supported_countries(include_aliases=False):
        for other in (country, country.strip().upper()):
            with contextlib.suppress(NotImplementedError):
                raise ValueError(f"{country!r} is written {country_holidays(other).country!r}")
        raise ValueError(f"{country!r} is no code of a country (ISO 3166-1 alpha-2)")
    calendar, part = country_holidays(country), subdivision(country, region)
    known = {*calendar.subdivisions, *_PARTS.get(country, ()), *_ORDINARY.get(country, ())}
    if part is not None and calendar.subdivisions and part not in known:
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
    if part in known:
        parts: tuple[str, ...] = (str(part),)
    else:
        parts = () if part in _ORDINARY.get(country, ()) else known
    found = [country_holidays(country, subdiv=one, years=year) for one in parts]
    return frozenset(everywhere).union(*found)
