"""Working time: on which days a shop packs."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from storelink.policy.clocks import clock
from storelink.policy.holidays import is_holiday

_DAY = timedelta(days=1)
_LONGEST = 366
"""After so many days on end without work, every day counts: nobody rests for a year."""
_WEEKEND = frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class Workdays:
    """The days on which a shop works, by the weekends and public holidays of its country.

    Attributes:
        country: ISO 3166-1 alpha-2; without it, Saturdays and Sundays are free, and nothing else.
        region: the part of the country; without it, the holidays of every part count.
        zone: the IANA name of the shop's zone: days begin at its midnight.
    """

    country: str | None = None
    region: str | None = None
    zone: str = "UTC"

    def is_free(self, day: date) -> bool:
        """Say whether nobody works on *day*."""
        if day.weekday() in _weekend(self.country):
            return True
        return is_holiday(self.country, self.region, day)

    def between(self, begun: datetime, ended: datetime) -> timedelta:
        """Return how much time there is between two instants without the free days."""
        worked, day = timedelta(), begun.astimezone(clock(self.zone)).date()
        while (midnight := self._begin(day)) < ended:
            next_one = self._begin(day + _DAY)
            if not self.is_free(day):
                worked += min(next_one, ended) - max(midnight, begun)
            day += _DAY
        return max(worked, timedelta())

    def after(self, begun: datetime, worked: timedelta) -> datetime:
        """Return when so much time has passed since *begun*, without the free days."""
        left, day, rested = worked, begun.astimezone(clock(self.zone)).date(), 0
        at = begun
        while True:
            next_one = self._begin(day + _DAY)
            rested = rested + 1 if self.is_free(day) and rested < _LONGEST else 0
            if not rested:
                if at + left <= next_one:
                    return at + left
                left -= next_one - at
            day, at = day + _DAY, next_one

    def _begin(self, day: date) -> datetime:
        """Return the instant at which a day begins there."""
        return datetime.combine(day, time(), clock(self.zone)).astimezone(clock("UTC"))


@functools.cache
def _weekend(country: str | None) -> frozenset[int]:
    """Return the days of a country's weekend, Monday being 0, as the library `holidays` has it."""
    if country is None:
        return _WEEKEND
    from holidays import country_holidays

    try:
        return frozenset(country_holidays(country.strip().upper()).weekend)
    except NotImplementedError:
        return _WEEKEND
