"""Working time: weekends and holidays of the shop's country do not count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.policy.workdays import Workdays

DAY = timedelta(days=1)
PLACES = [
    Workdays(),
    Workdays("DE", "BE", "Europe/Berlin"),
    Workdays("IL", zone="Asia/Jerusalem"),
    Workdays("US", zone="America/Los_Angeles"),
    Workdays("XX"),
]


@pytest.mark.parametrize(
    ("shop", "begun", "worked", "ended"),
    [
        (Workdays(), "2026-11-02T09:00Z", DAY, "2026-11-03T09:00Z"),
        (Workdays(), "2026-11-06T17:00Z", DAY, "2026-11-09T17:00Z"),
        (Workdays(), "2026-11-07T12:00Z", DAY, "2026-11-10T00:00Z"),
        (Workdays("DE", "BE"), "2026-12-24T12:00Z", DAY, "2026-12-28T12:00Z"),
        (Workdays("DE", "BY"), "2026-01-05T12:00Z", DAY, "2026-01-07T12:00Z"),
        (Workdays("DE", "BE"), "2026-01-05T12:00Z", DAY, "2026-01-06T12:00Z"),
        (Workdays("DE"), "2026-01-05T12:00Z", DAY, "2026-01-07T12:00Z"),
        (Workdays("IL"), "2026-11-05T12:00Z", DAY, "2026-11-08T12:00Z"),
        (Workdays(zone="America/New_York"), "2026-11-07T03:00Z", DAY, "2026-11-10T03:00Z"),
        (Workdays(zone="Europe/Berlin"), "2026-10-23T10:00Z", DAY, "2026-10-26T11:00Z"),
        (Workdays("XX"), "2026-11-06T17:00Z", DAY, "2026-11-09T17:00Z"),
    ],
    ids=[
        "an ordinary day",
        "a weekend",
        "a weekend counts from none of its hours",
        "Christmas and a weekend",
        "Epiphany in Bavaria",
        "Epiphany in Berlin",
        "Epiphany, nobody knows where in Germany",
        "Friday and Saturday in Israel",
        "Friday evening in New York is Saturday in UTC",
        "the clocks went back on Sunday",
        "a country without a calendar",
    ],
)
def test_when_so_much_work_is_done(
    shop: Workdays, begun: str, worked: timedelta, ended: str
) -> None:
    start, end = datetime.fromisoformat(begun), datetime.fromisoformat(ended)
    assert end == shop.after(start, worked)
    assert worked == shop.between(start, end)


@given(
    shop=st.sampled_from(PLACES),
    begun=st.datetimes(datetime(2020, 1, 1), datetime(2029, 1, 1)),  # noqa: DTZ001  made aware
    worked=st.timedeltas(timedelta(), timedelta(days=40)),
)
def test_counting_forth_and_back_agrees(shop: Workdays, begun: datetime, worked: timedelta) -> None:
    start = begun.replace(tzinfo=UTC)
    end = shop.after(start, worked)
    assert end >= start + worked or shop.is_free(start.date())
    assert worked == shop.between(start, end)


def test_what_ended_before_it_began_took_no_time() -> None:
    start = datetime(2026, 11, 2, tzinfo=UTC)
    assert timedelta() == Workdays().between(start, start - DAY)
