"""The right moment: what the law allows never yields, what the shop wishes does.

And what becomes of a message that has to be put off: it goes later, as part of another one, or not
at all. There is no fourth way, and each has a reason.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Self

from storelink.contracts.hook import Reason
from storelink.models.enums import MessageClass
from storelink.policy.hours import Hours, Window, first_open, never
from storelink.policy.question import Zone

_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """When a shop would like a message to come, on the recipient's clock.

    Attributes:
        opens: from when on.
        closes: until when; `None` is the end of the day.
        weekdays: on which days, Monday is 0.
        holidays: on public holidays, too.

    Raises:
        ValueError: it closes before it opens, or there is no such weekday.
    """

    opens: time = time.min
    closes: time | None = None
    weekdays: frozenset[int] = frozenset(range(_WEEK))
    holidays: bool = True

    def __post_init__(self) -> None:
        if not self.weekdays <= frozenset(range(_WEEK)):
            raise ValueError("weekdays are 0 (Monday) to 6 (Sunday)")
        _hours(self)

    @classmethod
    def hour(cls, hour: int, *weekdays: int, holidays: bool = True) -> Self:
        """Return the wish for an hour of the day: 18 is from 18:00 to 19:00.

        Args:
            hour: 0 to 23.
            weekdays: Monday is 0; every day if left out.
            holidays: on public holidays, too.
        """
        return cls(
            opens=time(hour),
            closes=time(hour + 1) if hour < time.max.hour else None,
            weekdays=frozenset(weekdays or range(_WEEK)),
            holidays=holidays,
        )

    @property
    def hours(self) -> Hours:
        """The hours that are wished for."""
        return _hours(self)


def best_moment(
    wish: Wish | None,
    hours: Hours,
    earliest: datetime,
    latest: datetime | None,
    zone: Zone,
    *,
    closed_on: Callable[[date], bool] = never,
) -> datetime | None:
    """Return the first instant that the law allows and, if there is one in time, the shop wishes.

    Where several zones are possible, the law has to allow it in each. The wish is asked for in each
    of them, then in the likeliest, then not at all.

    Args:
        wish: the shop's; `None` is any time.
        hours: the law's.
        earliest: aware; the answer is not before it, and in UTC.
        latest: the answer is before it; `hours.HORIZON` after *earliest* if left out.
        zone: where the recipient's clock stands.
        closed_on: whether a local day is a public holiday.

    Returns:
        `None` if the law allows no instant in that time.

    Raises:
        ValueError: *earliest* is naive.
    """
    law = [(hours, name) for name in zone.names]
    wishes: list[list[tuple[Hours, str]]] = [[]]
    if wish is not None:
        everywhere = [(wish.hours, name) for name in zone.names]
        wishes = [everywhere, everywhere[:1], []]
    for wished in wishes:
        found = first_open([*wished, *law], earliest, closed_on=closed_on, before=latest)
        if found is not None:
            return found
    return None


@functools.lru_cache(maxsize=256)
def _hours(wish: Wish) -> Hours:
    window: Window = (wish.opens, wish.closes)
    days = tuple((window,) if day in wish.weekdays else () for day in range(_WEEK))
    return Hours(days, holidays=not wish.holidays)


# -- what becomes of a message that is put off -----------------------------------------------------


class Fate(StrEnum):
    """What becomes of a message that may not go now."""

    DEFERRED = "deferred"
    """It goes later."""
    MERGED = "merged"
    """What it says, another message says that goes later."""
    DROPPED = "dropped"
    """It is not sent."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """What becomes of a message, and why.

    Attributes:
        until: when it goes; only of what is deferred.
        into: the key of the message that says it; only of what is merged.
    """

    fate: Fate
    reason: Reason
    until: datetime | None = None
    into: str | None = None


_MERGE = frozenset({MessageClass.TRANSACTIONAL, MessageClass.RELATIONSHIP})
"""Newer news of an order hold the older, and one question about an order is as good as another. An
offer says nothing of another offer."""


def postpone(
    until: datetime | None,
    *,
    message_class: MessageClass,
    expires_at: datetime | None,
    why: Reason = Reason.QUIET_HOURS,
    following: str | None = None,
) -> Postponed:
    """Say what becomes of a message that may go at *until* at the earliest.

    It is deferred if that is early enough. Otherwise it is merged into the message that follows,
    if its class lets that, or dropped; and it is told in either case.

    Args:
        until: the first instant that is allowed; `None` if there is none.
        message_class: of the message.
        expires_at: when it has become pointless; `None` if it never does.
        why: what puts it off.
        following: the key of the next message about the same to the same person, if there is one.
    """
    if until is not None and (expires_at is None or until < expires_at):
        return Postponed(Fate.DEFERRED, why, until=until)
    if following is not None and message_class in _MERGE:
        return Postponed(Fate.MERGED, Reason.SUPERSEDED, into=following)
    return Postponed(Fate.DROPPED, why if until is None else Reason.EXPIRED)
