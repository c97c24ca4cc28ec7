"""Whether a message may go to its channel now: breakers, rates, and waits between attempts."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storelink.contracts.channel import Channel, Rate
from storelink.contracts.hook import Reason
from storelink.delivery.breaker import JITTER, Breaker, Chance
from storelink.delivery.pace import Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How fast messages go out.

    Attributes:
        attempts_per_commit: how many attempts are begun by one commit, and so how many messages
            can be in doubt after one crash.
        store_rates: how many messages of a store each worker process may hand over, by its name.
        chance: makes waits differ; for tests.
    """

    attempts_per_commit: int = 1
    store_rates: Mapping[str, Rate] = field(default_factory=dict)
    chance: Chance = random.random


@dataclass(frozen=True, slots=True)
class Hold:
    """A message may not go before *until*."""

    until: datetime
    reason: Reason


class Gate:
    """Lets messages through. What it knows, it knows for this process; threads may share it.

    Args:
        channels: the channels by name, each with its rate and its rule for trying again.
        pacing: the rates of the stores.
    """

    def __init__(self, channels: Mapping[str, Channel], pacing: Pacing) -> None:
        self._channels, self._chance = channels, pacing.chance
        self._breakers = {name: Breaker(pacing.chance) for name in channels}
        rates = {name: one.rate for name, one in channels.items() if one.rate}
        self._channel_paces = {name: Pace(rate) for name, rate in rates.items()}
        self._store_paces = {name: Pace(rate) for name, rate in pacing.store_rates.items()}
        self._lock = threading.Lock()

    def ask(self, message: int, *, store: str, channel: str, now: datetime) -> Hold | None:
        """Return why and until when a message must wait; `None` if it may go, and is expected to.

        Args:
            message: what tells messages from one another.
            store: whose message it is.
            channel: where it is to go.
            now: the present instant.
        """
        with self._lock:
            paces = self._paces(store, channel)
            late = [pace.slot(message, now) for pace in paces if not pace.may(message, now)]
            if late:
                return Hold(max(late), Reason.RATE_LIMITED)
            breaker = self._breakers[channel]
            until = breaker.rests_until(now)
            if until is not None:
                return Hold(breaker.held_until(until), Reason.CHANNEL_DOWN)
            for pace in paces:
                pace.take(message, now)
            return None

    def worked(self, channel: str) -> None:
        """Note that a channel answered."""
        with self._lock:
            self._breakers[channel].worked()

    def failed(
        self, channel: str, now: datetime, *, after: timedelta | None = None
    ) -> datetime | None:
        """Note that a channel failed, and return until when it rests, if it does."""
        with self._lock:
            return self._breakers[channel].failed(now, after=after)

    def gives_up(self, channel: str, failures: int) -> bool:
        """Say whether a message that failed so often is not tried again."""
        return failures >= self._channels[channel].retry.attempts

    def wait(self, channel: str, failures: int, *, after: timedelta | None = None) -> timedelta:
        """Return how long a message waits that failed so often.

        At least as long as the provider asked for (*after*), and a little longer by chance.
        """
        wait = self._channels[channel].retry.wait(failures)
        return max(wait, after or timedelta()) * (1 + JITTER * self._chance())

    def _paces(self, store: str, channel: str) -> list[Pace]:
        found = (self._store_paces.get(store), self._channel_paces.get(channel))
        return [pace for pace in found if pace is not None]
