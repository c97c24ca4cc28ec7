"""A birthday. The year is nobody's business: a greeting needs none, and so none is kept."""

from __future__ import annotations

import re
from datetime import date
from typing import Self

from pydantic import Field, model_validator

from storelink.models.base import Value

_LEAP_YEAR = 2000
_WRITTEN = re.compile(r"(?:--|\d{4}-?)(\d{2})-?(\d{2})(?:[T ].*)?")
"""ISO 8601, with the time or without it; without a year as vCards have it (RFC 6350, 4.3.1)."""


class Birthday(Value):
    """The day on which somebody was born.

    >>> Birthday.parse("1990-02-29") == Birthday.parse("--02-29")
    True

    Raises:
        ValueError: there is no such day.
    """

    month: int = Field(ge=1, le=12, repr=False)
    day: int = Field(ge=1, repr=False)

    @model_validator(mode="after")
    def _is_a_day(self) -> Self:
        date(_LEAP_YEAR, self.month, self.day)
        return self

    @classmethod
    def parse(cls, text: str | None) -> Self | None:
        """Return the birthday that is written as `1990-02-28`, `19900228` or `--02-28`.

        `None` for anything else: `02/03/1990` is one day to some, and another to others.
        """
        found = _WRITTEN.fullmatch((text or "").strip())
        try:
            return cls(month=int(found[1]), day=int(found[2])) if found else None
        except ValueError:
            return None

    def in_year(self, year: int) -> date:
        """Return the day on which it is celebrated in a year."""
        return same_day(date(_LEAP_YEAR, self.month, self.day), year)


def same_day(day: date, year: int) -> date:
    """Return the anniversary of *day* in a year; of 29 February in common years, the 28th.

    Laws differ: the 28th is the last day of the month, as article 121 of the Civil Code of Taiwan
    counts; England and Hong Kong say 1 March. Nobody is greeted late.
    """
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
