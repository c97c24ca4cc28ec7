"""Carries webhooks to those who subscribed, late, twice, shuffled or not at all."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import requests

from storelink.clock import Clock
from storelink.contracts.sandbox import Faults


@dataclass(frozen=True, slots=True)
class Address:
    """Where a subscription is sent."""

    subscription: str
    url: str = field(repr=False)


@dataclass(order=True, slots=True)
class Parcel:
    """One webhook on its way.

    Attributes:
        attempt: how often it was tried before.
    """

    at: datetime
    number: int
    address: Address = field(compare=False, repr=False)
    headers: Mapping[str, str] = field(compare=False, repr=False)
    body: bytes = field(compare=False, repr=False)
    attempt: int = field(default=0, compare=False)


class Courier:
    """Delivers webhooks by HTTP, at the time of the store's clock.

    Args:
        clock: the store's clock.
        faults: what goes wrong on the way.
        succeeded: says of an HTTP status whether the platform takes it for success.
        settled: told what came of each attempt: the parcel, and whether it arrived.
        repeats: how long after an attempt that failed the next one is made; empty for never.
        timeout: seconds that the platform waits for the answer.
    """

    def __init__(
        self,
        clock: Clock,
        faults: Faults,
        *,
        succeeded: Callable[[int], bool],
        settled: Callable[[Parcel, bool], None],
        repeats: Sequence[timedelta] = (),
        timeout: float = 5.0,
    ) -> None:
        self._clock, self._faults = clock, faults
        self._succeeded, self._settled = succeeded, settled
        self._repeats, self._timeout = repeats, timeout
        self._session = requests.Session()
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._under_way: list[Parcel] = []

    def take(self, address: Address, headers: Mapping[str, str], body: bytes) -> None:
        """Take one webhook; whether, when and how often it is delivered is a matter of faults."""
        faults = self._faults
        if faults.happens(faults.drop):
            faults.happened["drop"] += 1
            return
        is_doubled = faults.happens(faults.duplicate)
        faults.happened["duplicate"] += is_doubled
        for _ in range(2 if is_doubled else 1):
            late = faults.delay * faults.chance.random() if faults.delay else timedelta()
            self._add(Parcel(self._clock.now() + late, 0, address, headers, body))

    def deliver(self) -> int:
        """Make the requests that are due, and return how many were made."""
        due = self._due()
        if self._faults.shuffle:
            in_turn = list(due)
            self._faults.chance.shuffle(due)
            moved = sum(one is not other for one, other in zip(due, in_turn, strict=True))
            self._faults.happened["shuffle"] += moved
        for parcel in due:
            arrived = self._post(parcel)
            if not arrived and parcel.attempt < len(self._repeats):
                at = self._clock.now() + self._repeats[parcel.attempt]
                again = Parcel(at, 0, parcel.address, parcel.headers, parcel.body)
                again.attempt = parcel.attempt + 1
                self._add(again)
            self._settled(parcel, arrived)  # last: it may forget what is under way
        return len(due)

    def forget(self, subscription: str) -> None:
        """Throw away what is under way to a subscription that is gone."""
        with self._lock:
            kept = [one for one in self._under_way if one.address.subscription != subscription]
            heapq.heapify(kept)
            self._under_way = kept

    def next_at(self) -> datetime | None:
        """Return when the next webhook is due; `None` if none is under way."""
        with self._lock:
            return self._under_way[0].at if self._under_way else None

    def close(self) -> None:
        """Give back connections."""
        self._session.close()

    def _add(self, parcel: Parcel) -> None:
        with self._lock:
            parcel.number = next(self._numbers)
            heapq.heappush(self._under_way, parcel)

    def _due(self) -> list[Parcel]:
        now, due = self._clock.now(), []
        with self._lock:
            while self._under_way and self._under_way[0].at <= now:
                due.append(heapq.heappop(self._under_way))
        return due

    def _post(self, parcel: Parcel) -> bool:
        try:
            response = self._session.post(
                parcel.address.url,
                data=parcel.body,
                headers=dict(parcel.headers),
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException:
            return False
        return self._succeeded(response.status_code)
