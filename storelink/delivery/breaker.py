"""A channel that fails again and again rests for a while, then is tried with one message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

FAILURES = 5
"""So many failures in a row that are the channel's own, and it rests."""
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)
PROBE_PATIENCE = timedelta(seconds=10)
"""How long the others wait for the one message that tries whether the channel works again."""
JITTER = 0.25
"""By how much of itself a wait is made longer, at most, so that not everything comes at once."""

Chance = Callable[[], float]
"""Returns a random number from 0 up to, but not including, 1."""


class Breaker:
    """Knows whether a channel rests, in this process.

    Args:
        chance: makes the rests differ from one process to another.
    """

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._failures = self._rests = 0
        self._since: datetime | None = None
        self._until: datetime | None = None

    def rests_until(self, now: datetime) -> datetime | None:
        """Return until when nothing is to be sent; `None` if a message may go.

        When the rest is over, one may go; the others wait for what becomes of it.
        """
        if self._until is None or self._since is None:
            return None
        clock_went_back = now < self._since
        if now < self._until and not clock_went_back:
            return self._until
        self._since, self._until = now, now + PROBE_PATIENCE
        return None

    def held_until(self, until: datetime) -> datetime:
        """Return when one of the many messages that wait for the end of the rest is due again."""
        return until + self._rest(max(self._rests - 1, 0)) * self._chance()

    def worked(self) -> None:
        """Note that the channel answered; whether it took the message does not matter."""
        self._failures = self._rests = 0
        self._since = self._until = None

    def failed(self, now: datetime, *, after: timedelta | None = None) -> datetime | None:
        """Note that the channel failed, and return until when it rests, if it does.

        Args:
            now: the present instant.
            after: how long the provider asked to wait; it is not asked any sooner.
        """
        self._failures += 1
        if self._failures >= FAILURES or self._until is not None or after is not None:
            rest = max(self._rest(self._rests), after or timedelta())
            self._rests += 1
            self._since, self._until = now, now + rest * (1 + JITTER * self._chance())
        return self._until

    def _rest(self, rests: int) -> timedelta:
        doublings: int = min(rests, 16)
        return min(FIRST_REST * (1 << doublings), LONGEST_REST)
