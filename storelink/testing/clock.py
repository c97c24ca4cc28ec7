"""A clock for tests: it moves only when told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """A clock that stands still until somebody moves it.

    >>> clock = FrozenClock(datetime(2026, 11, 1, tzinfo=UTC))
    >>> clock.advance(timedelta(days=7))
    >>> clock.now().day
    8

    Args:
        now: the first instant; by default 1 January 2026, 12:00 UTC.

    Raises:
        ValueError: *now* has no time zone.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._now = _utc(now or datetime(2026, 1, 1, 12, tzinfo=UTC))

    def now(self) -> datetime:
        """Return the instant at which the clock stands."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the clock forward; time does not run back."""
        if by < timedelta():
            raise ValueError(f"time does not run back: {by}")
        self._now += by

    def set(self, now: datetime) -> None:
        """Put the clock to *now*, forward only."""
        self.advance(_utc(now) - self._now)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"a clock needs a time zone: {instant}")
    return instant.astimezone(UTC)
