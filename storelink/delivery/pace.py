"""Not more messages in a time than allowed: each gets a slot, and comes again when it is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storelink.contracts.channel import Rate

BURST = timedelta(seconds=1)
"""What was not used of this time may be used at once."""
LATE = timedelta(seconds=5)
"""What comes late to its slot may go, as long as the pace is not exceeded by more than this."""
KEPT = 100_000
FORGOTTEN = timedelta(hours=1)

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Pace:
    """The pace of one channel or store, in this process.

    >>> pace, now = Pace(Rate.parse("60/min")), datetime(2026, 1, 1, tzinfo=UTC)
    >>> pace.may(1, now)
    True
    >>> pace.take(1, now)
    >>> pace.may(2, now)
    False
    >>> pace.slot(2, now) - now
    datetime.timedelta(seconds=1)
    """

    def __init__(self, rate: Rate) -> None:
        self._interval = rate.interval
        self._burst = max(BURST - rate.interval, timedelta())
        self._free = self._last = self._seen = _LONG_AGO
        self._slots: dict[int, datetime] = {}

    def may(self, message: int, now: datetime) -> bool:
        """Say whether a message may go now; `take` it then."""
        if now < self._seen - BURST:  # the clock was put back: what was planned is void
            self._free = self._last = now
            self._slots.clear()
        self._seen = now
        if message in self._slots:
            return now >= max(self._free - self._burst - LATE, self._slots[message])
        return now >= max(self._free - self._burst, self._last)

    def take(self, message: int, now: datetime) -> None:
        """Note that a message goes now."""
        self._slots.pop(message, None)
        self._free = max(self._free, now) + self._interval

    def slot(self, message: int, now: datetime) -> datetime:
        """Return when a message may come again: one interval after the one before it."""
        if message in self._slots and now < self._slots[message]:
            return self._slots[message]
        if len(self._slots) > KEPT:
            self._slots = {key: slot for key, slot in self._slots.items() if now - slot < FORGOTTEN}
        self._last = max(self._last + self._interval, self._free - self._burst, now)
        self._slots[message] = self._last
        return self._last
