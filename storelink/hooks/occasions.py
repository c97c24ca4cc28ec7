"""The days on which a person is greeted: pure.

A day is one of the recipient's calendar. Which festivals there are is the shop's choice, by the
recipient's country.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from storelink.models.birthday import Birthday, same_day
from storelink.policy import festivals
from storelink.policy.holidays import check_place

EVERYWHERE = "*"
"""The key of the festivals that are kept wherever a country's calendar has them."""
_SAME = timedelta(days=180)
"""Two greetings for the same occasion that are no further apart say the same."""


class Occasion(StrEnum):
    """Why somebody is greeted; of two on one day, the first one counts."""

    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    FESTIVAL = "festival"


@dataclass(frozen=True, slots=True)
class Day:
    """A day on which somebody is to be greeted, and why.

    Attributes:
        on: the day, by the recipient's calendar.
        name: of a festival, in English.
        told: what the message says of it, as JSON values.
    """

    on: date
    occasion: Occasion
    name: str = ""
    told: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def step(self) -> str:
        """What tells its message from others of the same person; no birthday can be read in it."""
        when = self.on.isoformat() if self.occasion is Occasion.FESTIVAL else str(self.on.year)
        return f"{self._about}/{when}"

    @property
    def _about(self) -> str:
        return f"{self.occasion}/{self.name}" if self.name else str(self.occasion)

    def leaves_out(self, step: str, on: date) -> bool:
        """Say whether nobody is greeted on this day who was greeted on the day *on*.

        Args:
            step: of what was sent.
            on: the day that it was for.
        """
        is_same = step.rpartition("/")[0] == self._about and abs(on - self.on) < _SAME
        return step != self.step and (on == self.on or is_same)

    def at(self, hour: time, zone: ZoneInfo) -> datetime:
        """Return the instant at which it is so late on that day, in a zone (UTC)."""
        return datetime.combine(self.on, hour, zone).astimezone(UTC)

    def end(self, zone: ZoneInfo) -> datetime:
        """Return the instant at which the day is over in a zone (UTC)."""
        return datetime.combine(self.on + timedelta(days=1), time(), zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are kept.

    Attributes:
        birthday: whether birthdays are.
        anniversary: whether the day of the first order is.
        festivals: English names by country (ISO 3166-1 alpha-2), or by `"*"`.
    """

    birthday: bool = True
    anniversary: bool = True
    festivals: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def check(self, year: int) -> None:
        """See whether the countries have these festivals in a year, or in the two after it.

        Raises:
            ValueError: there is no such country, or it has no such festival, or no country has; the
                message names what it may be.
        """
        for country, some in self.festivals.items():
            if isinstance(some, str):
                raise ValueError(f"festivals: a list of names of {country}, not {some!r}")
            if country == EVERYWHERE:
                who, every = "no country knows", festivals.countries()
            else:
                check_place(country)
                who, every = f"{country} does not know", (country,)
            for name in _not_known(some, every, year):
                names = sorted(_names(every, year))
                near = " or ".join(map(repr, get_close_matches(name, names, 2, 0.5)))
                told = f"; perhaps {near}" if near else ""
                raise ValueError(f"festivals: {who} {name!r}{told}")

    def days(
        self, first: date, last: date, *, born: Birthday | None, since: date, country: str | None
    ) -> list[Day]:
        """Return the days from *first* to *last*, one a day at most, in their order.

        Args:
            first: the earliest day.
            last: the latest day.
            born: the person's birthday, if it is known.
            since: the day of the first order.
            country: where the person lives, if it is known.
        """
        found: dict[date, Day] = {}
        for year in range(first.year, last.year + 1):
            for day in self._of_year(year, born, since, country):
                if first <= day.on <= last:
                    found.setdefault(day.on, day)
        return [found[on] for on in sorted(found)]

    def _of_year(
        self, year: int, born: Birthday | None, since: date, country: str | None
    ) -> Iterator[Day]:
        if self.birthday and born:
            yield Day(born.in_year(year), Occasion.BIRTHDAY)
        if self.anniversary and year > since.year:
            years = {"years": year - since.year}
            yield Day(same_day(since, year), Occasion.ANNIVERSARY, told=years)
        for name in self._festivals(country):
            for on in festivals.first_days(country or "", name, year):
                told = {"festival": dict(festivals.names(country or "", name, year))}
                yield Day(on, Occasion.FESTIVAL, name, told)

    def _festivals(self, country: str | None) -> Sequence[str]:
        if not country:
            return ()
        return tuple(
            dict.fromkeys((*self.festivals.get(country, ()), *self.festivals.get(EVERYWHERE, ())))
        )


def _not_known(names: Sequence[str], countries: Sequence[str], year: int) -> set[str]:
    """Return the festivals that none of the countries has; as few as possible are looked at."""
    left = set(names)
    for country in countries:
        if not left:
            break
        left -= _names((country,), year)
    return left


def _names(countries: Sequence[str], year: int) -> set[str]:
    """Return the festivals of some countries in a year and the two after it."""
    years = range(year, year + 3)
    return {name for one in countries for soon in years for name in festivals.known(one, soon)}
