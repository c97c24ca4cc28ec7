"""Hours of the week on a local clock, and the first instant inside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Self
from zoneinfo import ZoneInfo

from storelink.policy.clocks import clock, next_change

Window = tuple[time, time | None]
"""When it opens, and when it closes: at that minute it is closed. `None` is the end of the day."""

HORIZON = timedelta(days=15)
"""How far `next_open` looks: two weeks, for a week can be all holidays, and a day for a date that a
zone skips."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOLIDAYS = "holidays closed"
_CLOSED = "closed"
_MIDNIGHT = "24:00"


def never(_day: date) -> bool:
    """Say that a day is no holiday, whichever it is."""
    return False


@dataclass(frozen=True, slots=True)
class Hours:
    """When something may happen, on a local clock.

    Attributes:
        days: the windows of each weekday, Monday first, in whole minutes. They are kept in order,
            and joined where they meet, so that equal hours are equal.
        holidays: closed on public holidays.

    Raises:
        ValueError: there are not seven days, or a window closes before it opens.
    """

    days: tuple[tuple[Window, ...], ...]
    holidays: bool = False

    def __post_init__(self) -> None:
        if len(self.days) != len(_DAYS):
            raise ValueError(f"hours need {len(_DAYS)} days, not {len(self.days)}")
        object.__setattr__(self, "days", tuple(_joined(windows) for windows in self.days))

    @classmethod
    def daily(cls, opens: time, closes: time | None, *, holidays: bool = False) -> Self:
        """Return the same window for every day of the week."""
        return cls((((opens, closes),),) * len(_DAYS), holidays)

    @classmethod
    def always(cls) -> Self:
        """Return the hours that are never closed."""
        return cls.daily(time.min, None)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read hours as `str` writes them.

        >>> str(Hours.parse("8:00-21:00"))
        '08:00-21:00'
        >>> str(Hours.parse("Mon-Thu,Fri 8:00-12:00,14:00-24:00; Sat 9:00-17:00; holidays closed"))
        'Mon-Fri 08:00-12:00,14:00-24:00; Sat 09:00-17:00; holidays closed'

        Raises:
            ValueError: they are written otherwise.
        """
        days: list[tuple[Window, ...]] = [()] * len(_DAYS)
        clauses = [clause.strip() for clause in text.split(";")]
        for clause in clauses:
            if clause not in {_HOLIDAYS, _CLOSED}:
                names, _, spans = clause.rpartition(" ")
                windows = tuple(_window(span) for span in spans.split(","))
                for index in _weekdays(names):
                    days[index] += windows
        return cls(tuple(days), _HOLIDAYS in clauses)

    def __str__(self) -> str:
        clauses, first = [], 0
        for windows, same in groupby(self.days):
            last = first + len(list(same)) - 1
            if windows:
                clauses.append(_named(first, last) + ",".join(map(_span, windows)))
            first = last + 1
        return "; ".join([*(clauses or [_CLOSED]), *([_HOLIDAYS] if self.holidays else [])])

    def __and__(self, other: Hours) -> Hours:
        """Return the hours that both allow."""
        return Hours(
            tuple(
                tuple(both for a in mine for b in theirs if (both := _common(a, b)))
                for mine, theirs in zip(self.days, other.days, strict=True)
            ),
            self.holidays or other.holidays,
        )

    def is_subset(self, other: Hours) -> bool:
        """Say whether *other* allows all that these hours allow."""
        return self & other == self

    def allows(self, wall: datetime, *, closed_on: Callable[[date], bool] = never) -> bool:
        """Say whether it is open when a local clock shows *wall* (naive).

        Args:
            wall: what the clock shows.
            closed_on: whether a day is a public holiday there; asked only where that matters.
        """
        clock = wall.time()
        for opens, closes in self.days[wall.weekday()]:
            if opens <= clock and (closes is None or clock < closes):
                return not (self.holidays and closed_on(wall.date()))
        return False

    def opening(
        self, wall: datetime, *, days: int, closed_on: Callable[[date], bool] = never
    ) -> datetime | None:
        """Return when a window opens after *wall* (naive), on that day or the *days* after it.

        On a clock that is not changed meanwhile.
        """
        for ahead in range(days + 1):
            day = wall.date() + timedelta(days=ahead)
            for opens, _ in self.days[day.weekday()]:
                moment = datetime.combine(day, opens)
                if moment > wall and not (self.holidays and closed_on(day)):
                    return moment
        return None


def next_open(
    hours: Hours,
    at: datetime,
    zones: Sequence[str],
    *,
    closed_on: Callable[[date], bool] = never,
    before: datetime | None = None,
) -> datetime | None:
    """Return the first instant from *at* on at which it is open in each of *zones*.

    Args:
        hours: when it is open, on the local clock.
        at: aware; the answer is in UTC.
        zones: IANA names, at least one.
        closed_on: whether a local day is a public holiday.
        before: the answer is earlier than that; `HORIZON` after *at* if left out.

    Returns:
        `None` if there is no such instant.

    Raises:
        ValueError: *at* is naive, or there is no zone.
        ZoneInfoNotFoundError: there is no zone of that name.
    """
    rules = [(hours, name) for name in zones]
    return first_open(rules, at, closed_on=closed_on, before=before)


def first_open(
    rules: Sequence[tuple[Hours, str]],
    at: datetime,
    *,
    closed_on: Callable[[date], bool] = never,
    before: datetime | None = None,
) -> datetime | None:
    """Return the first instant from *at* on that satisfies each of *rules*: hours in a zone.

    As `next_open`, where the hours are the same in each zone.
    """
    if at.tzinfo is None or not rules:
        raise ValueError("an aware instant and at least one zone are needed")
    found = at.astimezone(UTC)
    before = found + HORIZON if before is None else before
    start = None
    while start != found:  # until no rule has put it off
        start = found
        for hours, name in rules:
            later = _first(hours, found, clock(name), before, closed_on)
            if later is None:
                return None
            found = later
    return found


def _first(
    hours: Hours,
    at: datetime,
    zone: ZoneInfo,
    before: datetime,
    closed_on: Callable[[date], bool],
) -> datetime | None:
    """Return the first instant in [*at*, *before*) at which it is open in *zone*."""
    while at < before:
        wall = at.astimezone(zone).replace(tzinfo=None)
        if hours.allows(wall, closed_on=closed_on):
            return at
        opening = hours.opening(wall, days=(before - at).days + 1, closed_on=closed_on)
        goal = before if opening is None else min(at + (opening - wall), before)
        changed = next_change(zone, at, goal)
        if changed is None:
            return goal if goal < before else None
        at = changed
    return None


# -- windows ---------------------------------------------------------------------------------------


def _joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return windows in order, those that meet as one."""
    joined: list[Window] = []
    for opens, closes in sorted(windows, key=lambda window: window[0]):
        if closes is not None and closes <= opens:
            raise ValueError(f"a window closes before it opens: {_span((opens, closes))}")
        if any(edge and (edge.second or edge.microsecond) for edge in (opens, closes)):
            raise ValueError("windows open and close at whole minutes")
        last = joined[-1] if joined else None
        if last is None or (last[1] is not None and last[1] < opens):
            joined.append((opens, closes))
        else:
            joined[-1] = (last[0], _later(last[1], closes))
    return tuple(joined)


def _later(one: time | None, other: time | None) -> time | None:
    return None if one is None or other is None else max(one, other)


def _common(one: Window, other: Window) -> Window | None:
    """Return when two windows are both open."""
    opens = max(one[0], other[0])
    ends = [closes for _, closes in (one, other) if closes is not None]
    closes = min(ends, default=None)
    return (opens, closes) if closes is None or opens < closes else None


def _window(span: str) -> Window:
    opens, _, closes = (part.strip() for part in span.partition("-"))
    return _time(opens), None if closes == _MIDNIGHT else _time(closes)


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    if len(minute) != len("00"):
        raise ValueError(f"hours are written like 8:00-21:00, not {text!r}")
    return time(int(hour), int(minute))


def _span(window: Window) -> str:
    opens, closes = window
    return f"{opens:%H:%M}-{f'{closes:%H:%M}' if closes else _MIDNIGHT}"


def _weekdays(names: str) -> list[int]:
    """Read `"Mon-Thu,Sat"` or `"Sat-Mon"`; nothing is every day."""
    if not names:
        return list(range(len(_DAYS)))
    found: list[int] = []
    for part in names.split(","):
        first, _, last = part.partition("-")
        index = _weekday(first)
        count = (_weekday(last or first) - index) % len(_DAYS) + 1
        found += [(index + ahead) % len(_DAYS) for ahead in range(count)]
    return found


def _weekday(name: str) -> int:
    if name.strip() not in _DAYS:
        raise ValueError(f"{name!r} is no weekday; they are {', '.join(_DAYS)}")
    return _DAYS.index(name.strip())


def _named(first: int, last: int) -> str:
    """Write weekdays, with a space after them; nothing for the whole week."""
    if last - first == len(_DAYS) - 1:
        return ""
    return f"{_DAYS[first]}{f'-{_DAYS[last]}' if last > first else ''} "
