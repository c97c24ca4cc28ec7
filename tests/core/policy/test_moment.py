"""The right moment, and what becomes of a message that misses it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storelink.contracts.hook import Reason
from storelink.models.enums import MessageClass
from storelink.policy import clocks
from storelink.policy.hours import HORIZON, Hours
from storelink.policy.moment import Fate, Postponed, Wish, best_moment, postpone
from storelink.policy.question import Confidence, Zone

MONDAY, FRIDAY, SUNDAY = 0, 4, 6
WORKDAYS = range(5)
DAYTIME = Hours.parse("8:00-21:00")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def zone(*names: str) -> Zone:
    return Zone(names, Confidence.CERTAIN)


# -- laws ------------------------------------------------------------------------------------------

any_zone = st.sampled_from(sorted(clocks.names()))
instants = st.datetimes(
    utc("1990-01-01").replace(tzinfo=None), utc("2040-12-01").replace(tzinfo=None)
).map(lambda wall: wall.replace(tzinfo=UTC))
laws = st.sampled_from(
    [DAYTIME, Hours.always(), Hours.parse("Mon-Sat 8:00-20:00"), Hours.parse("closed")]
)
wishes = st.builds(
    lambda hour, days: Wish.hour(hour, *days), st.integers(0, 23), st.sets(st.integers(0, 6))
)
spans = st.integers(0, 60 * 24 * 8).map(lambda minutes: timedelta(minutes=minutes))


@settings(max_examples=200, deadline=None)
@given(wishes, laws, instants, spans, any_zone)
def test_it_is_in_time_allowed_and_if_possible_as_wished(
    wish: Wish, law: Hours, earliest: datetime, span: timedelta, name: str
) -> None:
    latest = earliest + span
    found = best_moment(wish, law, earliest, latest, zone(name))
    if found is None:
        assert best_moment(None, law, earliest, latest, zone(name)) is None
        return
    wall = found.astimezone(clocks.clock(name)).replace(tzinfo=None)
    assert earliest <= found < latest
    assert law.allows(wall)
    if not wish.hours.allows(wall):
        assert best_moment(None, law & wish.hours, earliest, latest, zone(name)) is None


@settings(max_examples=150, deadline=None)
@given(instants, any_zone, st.integers(0, 6), st.integers(0, 23))
def test_the_weekday_and_the_hour_are_those_of_the_recipient(
    earliest: datetime, name: str, weekday: int, hour: int
) -> None:
    wish = Wish.hour(hour, weekday)
    latest = earliest + timedelta(days=15)  # a change may leave the hour of one week out
    found = best_moment(wish, Hours.always(), earliest, latest, zone(name))
    assert found is not None
    wall = found.astimezone(clocks.clock(name))
    assert (weekday, hour) == (wall.weekday(), wall.hour)


@settings(max_examples=60, deadline=None)
@given(instants, st.lists(any_zone, min_size=2, max_size=4), wishes)
def test_the_law_holds_in_every_zone_that_is_possible(
    earliest: datetime, names: list[str], wish: Wish
) -> None:
    found = best_moment(wish, DAYTIME, earliest, earliest + HORIZON, zone(*names))
    if found is not None:
        clock_times = [found.astimezone(clocks.clock(name)).time() for name in names]
        assert all(time(8) <= one < time(21) for one in clock_times)


# -- cases -----------------------------------------------------------------------------------------

WEEKDAYS = [
    # at 8, 18 or 9 o'clock on the weekdays of the recipient, who is already in the next day of UTC,
    # or still in the last; and over a change of the clock
    (Wish.hour(8, MONDAY), "Asia/Tokyo", "2026-11-19T12:00", "2026-11-22T23:00"),
    (Wish.hour(18, FRIDAY), "America/Los_Angeles", "2026-11-17T12:00", "2026-11-21T02:00"),
    (Wish.hour(9, *WORKDAYS), "Australia/Sydney", "2026-11-20T00:00", "2026-11-22T22:00"),
    (Wish.hour(9), "America/New_York", "2026-03-07T20:00", "2026-03-08T13:00"),
    (Wish.hour(9), "America/New_York", "2026-10-31T20:00", "2026-11-01T14:00"),
]


@pytest.mark.parametrize(("wish", "name", "earliest", "expected"), WEEKDAYS)
def test_a_local_hour_on_a_local_weekday(
    wish: Wish, name: str, earliest: str, expected: str
) -> None:
    found = best_moment(wish, Hours.always(), utc(earliest), None, zone(name))
    assert utc(expected) == found


def test_a_moment_that_is_as_wished_stays() -> None:
    at = utc("2026-11-23T08:30")
    assert at == best_moment(Wish.hour(8, MONDAY), DAYTIME, at, None, zone("UTC"))


def test_the_wish_yields_when_it_would_come_too_late() -> None:
    friday, saturday = utc("2026-11-20T19:30"), utc("2026-11-21T22:00")
    wish = Wish.hour(10, MONDAY)
    assert friday == best_moment(wish, DAYTIME, friday, saturday, zone("UTC"))


def test_the_law_never_yields() -> None:
    night = utc("2026-11-20T22:00")
    wish = Wish.hour(23)
    assert utc("2026-11-21T08:00") == best_moment(wish, DAYTIME, night, None, zone("UTC"))
    assert best_moment(wish, DAYTIME, night, utc("2026-11-21T08:00"), zone("UTC")) is None


def test_of_several_zones_the_likeliest_has_its_wish() -> None:
    coasts = zone("America/New_York", "America/Los_Angeles")
    found = best_moment(Wish.hour(18), DAYTIME, utc("2026-07-01T12:00"), None, coasts)
    assert utc("2026-07-01T22:00") == found


def test_it_may_be_wished_that_no_holiday_is_disturbed() -> None:
    christmas = {date(2026, 12, 25), date(2026, 12, 26)}
    wish = Wish(opens=time(9), closes=time(18), holidays=False)
    found = best_moment(
        wish,
        DAYTIME,
        utc("2026-12-24T20:00"),
        None,
        zone("UTC"),
        closed_on=christmas.__contains__,
    )
    assert utc("2026-12-27T09:00") == found


def test_wishes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="weekdays"):
        Wish.hour(8, 7)
    with pytest.raises(ValueError, match="closes before it opens"):
        Wish(opens=time(18), closes=time(9))
    assert "Mon 23:00-24:00" == str(Wish.hour(23, MONDAY).hours)


# -- what becomes of what is put off ---------------------------------------------------------------

NOW = utc("2026-11-20T22:00")
MORNING = utc("2026-11-21T08:00")


@given(
    st.none() | instants,
    st.sampled_from(MessageClass),
    st.none() | instants,
    st.none() | st.just("atelier/tracking/1042/delivered"),
)
def test_nothing_is_lost_without_a_reason(
    until: datetime | None,
    message_class: MessageClass,
    expires_at: datetime | None,
    following: str | None,
) -> None:
    """It is sent before it expires, said by a message that there is, or dropped: and why."""
    done = postpone(until, message_class=message_class, expires_at=expires_at, following=following)
    in_time = until is not None and (expires_at is None or until < expires_at)
    assert done.reason in set(Reason)
    match done.fate:
        case Fate.DEFERRED:
            assert in_time
            assert (until, None) == (done.until, done.into)
        case Fate.MERGED:
            assert not in_time
            assert following is not None
            assert (None, following) == (done.until, done.into)
        case Fate.DROPPED:
            assert not in_time
            assert following is None or message_class is MessageClass.MARKETING
            assert (None, None) == (done.until, done.into)


FATES = [
    # until, class, expires, following, what becomes of it
    (MORNING, MessageClass.TRANSACTIONAL, None, None, Fate.DEFERRED, Reason.QUIET_HOURS),
    (MORNING, MessageClass.MARKETING, MORNING, None, Fate.DROPPED, Reason.EXPIRED),
    (MORNING, MessageClass.MARKETING, MORNING, "next", Fate.DROPPED, Reason.EXPIRED),
    (MORNING, MessageClass.TRANSACTIONAL, MORNING, "next", Fate.MERGED, Reason.SUPERSEDED),
    (MORNING, MessageClass.RELATIONSHIP, NOW, "next", Fate.MERGED, Reason.SUPERSEDED),
    (None, MessageClass.RELATIONSHIP, None, None, Fate.DROPPED, Reason.QUIET_HOURS),
    (None, MessageClass.TRANSACTIONAL, None, "next", Fate.MERGED, Reason.SUPERSEDED),
]


@pytest.mark.parametrize(
    ("until", "message_class", "expires_at", "following", "fate", "reason"), FATES
)
def test_what_becomes_of_a_message_by_its_kind(
    until: datetime | None,
    message_class: MessageClass,
    expires_at: datetime | None,
    following: str | None,
    fate: Fate,
    reason: Reason,
) -> None:
    done = postpone(until, message_class=message_class, expires_at=expires_at, following=following)
    assert (fate, reason) == (done.fate, done.reason)


def test_what_put_it_off_is_told() -> None:
    done = postpone(
        MORNING, message_class=MessageClass.MARKETING, expires_at=None, why=Reason.TOO_MANY
    )
    assert Postponed(Fate.DEFERRED, Reason.TOO_MANY, until=MORNING) == done
