"""How many messages a person may get: the law of limits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from core.world import DAY, HOUR, START
from hypothesis import given
from hypothesis import strategies as st

from storelink.errors import ConfigError
from storelink.models import MessageClass
from storelink.policy.budget import DEFAULT, Limit, Limits, Spent, horizon, spare

TRANSACTIONAL, RELATIONSHIP, MARKETING = MessageClass
BOTH = frozenset({RELATIONSHIP, MARKETING})
ONLY_MARKETING = frozenset({MARKETING})


def test_the_gap_between_two_messages_is_kept() -> None:
    limits = (Limit.gap(2 * HOUR, MARKETING),)
    spent = [Spent(START, MARKETING)]
    assert START + 2 * HOUR == spare(spent, limits, MARKETING, START + HOUR)
    assert spare(spent, limits, MARKETING, START + 2 * HOUR) is None


def test_the_next_one_goes_when_the_oldest_that_counts_no_longer_does() -> None:
    limits = (Limit(ONLY_MARKETING, 2, DAY),)
    spent = [Spent(START + hours * HOUR, MARKETING) for hours in (0, 5)]
    assert START + DAY == spare(spent, limits, MARKETING, START + 6 * HOUR)


def test_of_several_limits_the_strictest_counts() -> None:
    limits = (Limit.gap(HOUR, MARKETING), Limit(ONLY_MARKETING, 1, DAY))
    assert START + DAY == spare([Spent(START, MARKETING)], limits, MARKETING, START)


def test_classes_are_counted_together_and_apart() -> None:
    limits = (Limit(BOTH, 3, DAY), Limit(ONLY_MARKETING, 2, 2 * DAY))
    spent = [Spent(START, MARKETING), Spent(START, MARKETING)]
    assert START + 2 * DAY == spare(spent, limits, MARKETING, START)
    assert spare(spent, limits, RELATIONSHIP, START) is None
    spent.append(Spent(START, RELATIONSHIP))
    assert START + DAY == spare(spent, limits, RELATIONSHIP, START)


def test_a_limit_of_one_channel_leaves_the_others() -> None:
    limits = (Limit(BOTH, 1, DAY, channel="sms"),)
    spent = [Spent(START, MARKETING, "sms"), Spent(START, MARKETING, "email")]
    assert START + DAY == spare(spent, limits, RELATIONSHIP, START, channel="sms")
    assert spare(spent, limits, MARKETING, START, channel="email") is None
    assert spare(spent[1:], limits, MARKETING, START, channel="sms") is None


def test_what_the_order_needs_neither_waits_nor_counts() -> None:
    """A review request cannot crowd out a delay notice, and a delay notice takes no place."""
    limits = (Limit.gap(DAY, RELATIONSHIP, MARKETING),)
    assert spare([Spent(START, RELATIONSHIP)], limits, TRANSACTIONAL, START) is None
    assert spare([Spent(START, TRANSACTIONAL)] * 50, limits, RELATIONSHIP, START) is None


def test_by_default_a_person_is_left_alone_for_most_of_a_day() -> None:
    assert START + 20 * HOUR == spare([Spent(START, RELATIONSHIP)], DEFAULT, MARKETING, START)
    assert timedelta(days=7) == horizon(DEFAULT)


@pytest.mark.parametrize(
    ("classes", "most", "period"),
    [
        ({MARKETING}, 0, DAY),
        ({MARKETING}, 1, timedelta()),
        ({MARKETING, TRANSACTIONAL}, 1, DAY),
        (set(), 1, DAY),
    ],
)
def test_a_limit_that_would_hold_back_what_is_needed_is_refused(
    classes: set[MessageClass], most: int, period: timedelta
) -> None:
    with pytest.raises(ConfigError):
        Limit(frozenset(classes), most, period)


LIMITS = st.lists(
    st.builds(
        Limit,
        st.sampled_from([BOTH, ONLY_MARKETING, frozenset({RELATIONSHIP})]),
        st.integers(1, 3),
        st.integers(1, 8).map(lambda hours: hours * HOUR),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
INSTANTS = st.integers(0, 40).map(lambda hours: START + hours * HOUR)
ASKS = st.lists(st.tuples(INSTANTS, st.sampled_from(MessageClass)), max_size=25)


@given(LIMITS, ASKS)
def test_no_period_ever_holds_more_than_allowed_in_whatever_order_they_ask(
    limits: Limits, asks: list[tuple[datetime, MessageClass]]
) -> None:
    """The clocks of several workers differ, so that who asks later may name an earlier time."""
    spent: list[Spent] = []
    for now, message_class in asks:
        until = spare(spent, limits, message_class, now)
        assert until is None or until > now
        if until is None:
            spent.append(Spent(now, message_class))
    for limit in limits:
        times = [one.at for one in spent if one.message_class in limit.classes]
        for start in times:
            assert sum(start <= at < start + limit.period for at in times) <= limit.most


@given(LIMITS, ASKS, INSTANTS)
def test_who_waits_until_then_may_go(
    limits: Limits, asks: list[tuple[datetime, MessageClass]], now: datetime
) -> None:
    spent = [Spent(*ask) for ask in asks]
    until = spare(spent, limits, MARKETING, now)
    if until is not None:
        assert spare(spent, limits, MARKETING, until) is None
        assert spare(spent, limits, MARKETING, until - timedelta(microseconds=1)) is not None
