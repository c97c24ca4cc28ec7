"""Hours on local clocks: in every zone, over every change of a clock."""

from __future__ import annotations

import functools
import struct
import zoneinfo
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tzdata
from hypothesis import given, settings
from hypothesis import strategies as st

from storelink.policy import clocks
from storelink.policy.hours import HORIZON, Hours, Window, next_open

MINUTE = timedelta(minutes=1)
START, END = datetime(1990, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
DAYTIME = Hours.parse("8:00-21:00")


# -- the oracle: every minute is looked at ---------------------------------------------------------


def is_open(hours: Hours, at: datetime, name: str) -> bool:
    wall = at.astimezone(clocks.clock(name))
    minute = wall.hour * 60 + wall.minute
    return any(
        minute in range(minutes(opens), 24 * 60 if closes is None else minutes(closes))
        for opens, closes in hours.days[wall.weekday()]
    )


def minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def first_minute(hours: Hours, at: datetime, names: Sequence[str]) -> datetime | None:
    """Clocks change and windows open at whole minutes, so it is *at* or a whole minute."""
    end, minute = at + HORIZON, at
    while minute < end:
        if all(is_open(hours, minute, name) for name in names):
            return minute
        minute = minute.replace(second=0, microsecond=0) + MINUTE
    return None


# -- what is drawn ---------------------------------------------------------------------------------


@functools.cache
def changes(name: str) -> list[datetime]:
    found, at = [], START
    while (at := clocks.next_change(clocks.clock(name), at, END)) is not None:  # type: ignore[assignment]
        found.append(at)
    return found


walls = st.datetimes(START.replace(tzinfo=None), END.replace(tzinfo=None) - HORIZON)
instants = walls.map(lambda wall: wall.replace(tzinfo=UTC))


@st.composite
def places(draw: st.DrawFn) -> tuple[datetime, str]:
    """Draw a zone and an instant, mostly within two days of a change of its clock."""
    name = draw(st.sampled_from(sorted(clocks.names())))
    if not changes(name):
        return draw(instants), name
    ago = st.integers(-48 * 60, 12 * 60).map(lambda count: count * MINUTE)
    near = st.builds(lambda at, off: at + off, st.sampled_from(changes(name)), ago)
    return draw(st.one_of(near, near, near, instants)), name


early = st.builds(time, st.integers(0, 4), st.sampled_from([0, 1, 15, 30, 45, 59]))
clock_times = st.one_of(early, early, st.builds(time, st.integers(0, 23), st.integers(0, 59)))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    opens, closes = sorted(draw(st.lists(clock_times, min_size=2, max_size=2, unique=True)))
    return opens, draw(st.sampled_from([closes, closes, closes, None]))


def weeks(
    days: st.SearchStrategy[list[Window]], *, holidays: bool = False
) -> st.SearchStrategy[Hours]:
    week = st.lists(days.map(tuple), min_size=7, max_size=7).map(tuple)
    return st.builds(Hours, week, st.just(holidays) if not holidays else st.booleans())


any_hours = weeks(st.lists(windows(), max_size=2), holidays=True)
working_hours = weeks(st.lists(windows(), max_size=1))


# -- laws ------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(working_hours, places())
def test_the_answer_is_the_first_open_minute_in_any_zone(
    hours: Hours, place: tuple[datetime, str]
) -> None:
    at, name = place
    assert first_minute(hours, at, [name]) == next_open(hours, at, [name])


@settings(max_examples=60, deadline=None)
@given(
    weeks(st.lists(windows(), min_size=1, max_size=1)),
    places(),
    st.lists(st.sampled_from(sorted(clocks.names())), min_size=1, max_size=2),
)
def test_the_answer_is_the_first_minute_that_is_open_in_all_zones(
    hours: Hours, place: tuple[datetime, str], others: list[str]
) -> None:
    at, name = place
    assert first_minute(hours, at, [name, *others]) == next_open(hours, at, [name, *others])


@settings(max_examples=100, deadline=None)
@given(places())
def test_nobody_is_ever_woken_at_night(place: tuple[datetime, str]) -> None:
    """Of every zone, over every change: from 8 to 21 o'clock, and within the day."""
    at, name = place
    found = next_open(DAYTIME, at, [name])
    assert found is not None
    assert at <= found < at + timedelta(hours=36), "Apia left a whole day out"
    assert time(8) <= found.astimezone(clocks.clock(name)).time() < time(21)


@given(any_hours, any_hours, walls, st.booleans())
def test_both_allow_what_each_of_them_allows(
    one: Hours, other: Hours, wall: datetime, is_holiday: bool
) -> None:
    def closed_on(_day: date) -> bool:
        return is_holiday

    both = one & other
    each = [some.allows(wall, closed_on=closed_on) for some in (one, other)]
    assert all(each) == both.allows(wall, closed_on=closed_on)
    assert both == other & one
    assert both.is_subset(one)
    assert both.is_subset(other)
    assert one.is_subset(other) == (both == one)


@given(any_hours)
def test_hours_are_read_as_they_are_written(hours: Hours) -> None:
    assert hours == Hours.parse(str(hours))


def test_no_zone_changes_its_clock_twice_within_a_step() -> None:
    """What `next_change` rests on, from the database's own files (RFC 9636)."""
    gaps = [
        timedelta(seconds=after - before)
        for name in clocks.names()
        for before, after in pairwise(told_changes(name))
    ]
    assert min(gaps) > clocks.STEP


def told_changes(name: str) -> list[int]:
    """Read since when a zone has which offset, after 1970, from its file."""
    path = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    data = path.read_bytes()

    def counts(start: int) -> tuple[int, ...]:
        return struct.unpack(">6l", data[start + 20 : start + 44])

    utc, std, leap, times, types, signs = counts(0)
    second = 44 + times * 5 + types * 6 + signs + leap * 8 + std + utc
    times, types = counts(second)[3:5]
    body = second + 44
    instants = struct.unpack(f">{times}q", data[body : body + 8 * times])
    kinds = data[body + 8 * times : body + 9 * times]
    table = body + 9 * times
    offsets = [struct.unpack_from(">l", data, table + 6 * kind)[0] for kind in range(types)]
    pairs = [(at, offsets[kind]) for at, kind in zip(instants, kinds, strict=True)]
    return [at for (_, before), (at, after) in pairwise(pairs) if before != after and at >= 0]


# -- cases -----------------------------------------------------------------------------------------

CASES = [
    # zone, hours, at (UTC), the answer (UTC)
    ("Europe/Berlin", "8:00-21:00", "2026-07-01T12:00", "2026-07-01T12:00"),
    ("Europe/Berlin", "8:00-21:00", "2026-03-29T00:30", "2026-03-29T06:00"),
    ("Europe/Berlin", "8:00-21:00", "2026-10-25T00:30", "2026-10-25T07:00"),
    ("Europe/Berlin", "8:00-21:00", "2026-07-01T18:59", "2026-07-01T18:59"),
    ("Europe/Berlin", "8:00-21:00", "2026-07-01T19:00", "2026-07-02T06:00"),
    # 2:00 to 3:00 is left out, and comes twice
    ("Europe/Berlin", "2:00-2:30", "2026-03-28T12:00", "2026-03-30T00:00"),
    ("Europe/Berlin", "2:30-3:30", "2026-03-29T00:00", "2026-03-29T01:00"),
    ("Europe/Berlin", "2:30-2:45", "2026-10-25T00:50", "2026-10-25T01:30"),
    # half an hour
    ("Australia/Lord_Howe", "1:45-2:15", "2026-04-04T14:59", "2026-04-04T14:59"),
    ("Australia/Lord_Howe", "1:45-1:50", "2026-04-04T14:55", "2026-04-04T15:15"),
    ("Australia/Lord_Howe", "2:00-2:20", "2026-10-03T12:00", "2026-10-04T15:00"),
    # midnight is left out
    ("America/Sao_Paulo", "0:00-0:30", "2017-10-14T12:00", "2017-10-16T02:00"),
    ("Asia/Beirut", "0:00-1:01", "2026-03-28T12:00", "2026-03-28T22:00"),
    ("Africa/Cairo", "0:30-2:00", "2026-04-23T20:00", "2026-04-23T22:00"),
    # Ramadan
    ("Africa/Casablanca", "8:00-21:00", "2026-02-15T03:00", "2026-02-15T08:00"),
    ("Africa/Casablanca", "8:00-21:00", "2026-03-22T03:00", "2026-03-22T07:00"),
    # days that were left out: Friday, and Saturday
    ("Pacific/Apia", "Fri 8:00-21:00", "2011-12-30T09:00", "2012-01-05T18:00"),
    ("Pacific/Apia", "8:00-21:00", "2011-12-30T09:00", "2011-12-30T18:00"),
    ("Pacific/Kwajalein", "Sat 8:00-21:00", "1993-08-20T11:00", "1993-08-27T20:00"),
    # on one day only
    ("Asia/Tokyo", "Mon 9:00-10:00", "2026-11-22T14:00", "2026-11-23T00:00"),
    ("America/New_York", "Mon-Fri 9:00-17:00", "2026-11-21T15:00", "2026-11-23T14:00"),
]


@pytest.mark.parametrize(("name", "hours", "at", "answer"), CASES)
def test_clocks_that_are_changed(name: str, hours: str, at: str, answer: str) -> None:
    found = next_open(Hours.parse(hours), utc(at), [name])
    assert utc(answer) == found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_has_to_be_open_in_each_zone() -> None:
    coasts = ["America/New_York", "America/Los_Angeles"]
    assert utc("2026-07-01T15:00") == next_open(DAYTIME, utc("2026-07-01T03:00"), coasts)


def test_an_instant_that_is_open_stays_as_it_is_to_the_microsecond() -> None:
    at = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert at == next_open(DAYTIME, at, ["Europe/Berlin"])


def test_the_answer_is_in_utc_whatever_zone_asks() -> None:
    at = datetime(2026, 3, 28, 23, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    found = next_open(DAYTIME, at, ["Europe/Berlin"])
    assert (utc("2026-03-29T06:00"), UTC) == (found, found.tzinfo if found else None)


def test_holidays_are_closed_where_the_hours_say_so() -> None:
    christmas = {date(2026, 12, 25), date(2026, 12, 26)}
    hours = Hours.parse("Mon-Sat 8:00-20:00; holidays closed")
    at = utc("2026-12-24T22:00")

    found = next_open(hours, at, ["Europe/Paris"], closed_on=christmas.__contains__)
    assert utc("2026-12-28T07:00") == found
    found = next_open(DAYTIME, at, ["Europe/Paris"], closed_on=christmas.__contains__)
    assert utc("2026-12-25T07:00") == found


def test_there_may_be_no_such_instant() -> None:
    at = utc("2026-07-01T12:00")
    apart = ["Pacific/Honolulu", "Africa/Nairobi"]
    assert next_open(Hours.parse("closed"), at, ["UTC"]) is None
    assert next_open(Hours.parse("9:00-17:00"), at, apart) is None
    assert (
        next_open(DAYTIME, utc("2026-07-01T22:00"), ["UTC"], before=utc("2026-07-02T08:00")) is None
    )


def test_a_naive_instant_and_no_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        next_open(DAYTIME, datetime(2026, 7, 1), ["UTC"])  # noqa: DTZ001
    with pytest.raises(ValueError, match="at least one zone"):
        next_open(DAYTIME, utc("2026-07-01T12:00"), [])


@pytest.mark.parametrize(
    "text", ["", "8-21", "21:00-8:00", "8:00-8:00", "Mo 8:00-9:00", "8:00-25:00"]
)
def test_hours_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Hours.parse(text)


def test_hours_are_written_for_people() -> None:
    assert "Mon-Fri 08:00-20:00; Sat 09:00-17:00; holidays closed" == str(
        Hours.parse("Sat 9:00-17:00; Mon-Wed,Thu-Fri 8:00-12:00,12:00-20:00; holidays closed")
    )
    assert "closed" == str(Hours(((),) * 7))
    assert Hours.daily(time(8), time(21)) == DAYTIME
    assert "Mon 09:00-10:00; Sat-Sun 09:00-10:00" == str(Hours.parse("Sat-Mon 9:00-10:00"))


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../../etc/passwd", "Factory", ""])
def test_only_names_of_the_database_are_zones(name: str) -> None:
    with pytest.raises(KeyError):
        clocks.clock(name)


def test_the_newer_of_two_time_zone_databases_is_used(tmp_path: Path) -> None:
    (tmp_path / "tzdata.zi").write_text("# version 2999a\n", encoding="utf-8")
    told = clocks.version()
    try:
        use(tmp_path)
        assert ("2999a", "UTC") == (clocks.version(), clocks.clock("UTC").key)
        (tmp_path / "tzdata.zi").write_text("# version 1999a\n", encoding="utf-8")
        use(tmp_path)
        assert tzdata.IANA_VERSION == clocks.version()
    finally:
        use()
    assert told == clocks.version()


def use(*folders: Path) -> None:
    zoneinfo.reset_tzpath(to=[str(one) for one in folders] or None)
    for cached in (clocks._of_the_system, clocks.clock):
        cached.cache_clear()
