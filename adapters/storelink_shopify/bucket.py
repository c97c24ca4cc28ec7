"""The budget of queries: a leaky bucket for each shop and app, shared by all that use it.

Facts: shopify.dev, "Shopify API rate limits": each app has a bucket in each shop; a query takes
what it is assumed to cost, and gets back what it did not use; the bucket is refilled steadily.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Callable

from storelink.toolkit.http import Wire
from storelink_shopify.answers import Cost

_FIRST_GUESS = (1000.0, 50.0)
"""Size and rate until Shopify told them: less than any plan has."""
_CAUTION = 1.25
"""How much more than guessed a query is taken to cost until Shopify told."""
_LONGEST_NAP = 0.5
"""What is under way may end, and give back what it did not use."""

Key = tuple[str, int | None]
"""A document's name and how many it asks for."""


class Bucket:
    """How much may be asked now.

    Args:
        monotonic: the clock by which the bucket fills, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._size, self._rate = _FIRST_GUESS
        self._level, self._told_at = self._size, monotonic()
        self._under_way: list[_Share] = []
        self._costs: dict[Key, float] = {}

    def take(self, key: Key, sleep: Callable[[float], None], *, guess: float) -> _Share:
        """Wait until a query may be made, and reserve what it costs. Who comes first, goes first.

        Args:
            key: names the query.
            sleep: waits so many seconds.
            guess: what it costs, if that was never told.

        Returns:
            what `settle` must be called with, whatever became of the query.
        """
        with self._turn:
            while True:
                with self._lock:
                    share = _Share(key, self._costs.get(key, guess * _CAUTION))
                    lacking = min(share.cost, self._size) - self._available()
                    if lacking <= 0:
                        share.alone = not self._under_way
                        self._under_way.append(share)
                        for other in self._under_way[:-1]:
                            other.alone = False
                        return share
                    pause = min(lacking / self._rate, _LONGEST_NAP)
                sleep(max(pause, 0.001))

    def settle(self, share: _Share, told: Cost | None, *, spent: bool = True) -> None:
        """Note what became of a query.

        Args:
            share: what `take` gave for it.
            told: what Shopify told, if it did.
            spent: whether it has cost something, or may have, if nothing is told.
        """
        with self._lock:
            self._under_way.remove(share)
            now = self._monotonic()
            guess = share.cost if spent else 0.0
            left = self._filled(now) - (guess if told is None else told.actual or 0.0)
            if told is not None:
                self._size, self._rate = told.maximum, told.rate or self._rate
                self._costs[share.key] = max(self._costs.get(share.key, 0.0), told.requested)
                # Where queries overlap, their answers may arrive in another order than they were
                # made in: then the lower number is the safe one.
                left = told.available if share.alone else min(told.available, left)
            self._level, self._told_at = left, now

    def _available(self) -> float:
        return self._filled(self._monotonic()) - sum(share.cost for share in self._under_way)

    def _filled(self, now: float) -> float:
        return min(self._size, self._level + self._rate * (now - self._told_at))


class _Share:
    """What a query under way has reserved."""

    __slots__ = ("alone", "cost", "key")

    def __init__(self, key: Key, cost: float) -> None:
        self.key, self.cost, self.alone = key, cost, True


_buckets: weakref.WeakValueDictionary[object, Bucket] = weakref.WeakValueDictionary()
_buckets_lock = threading.Lock()


def shared(address: str, app: str, wire: Wire) -> Bucket:
    """Return the bucket of a shop and an app: the same one for all in this process who ask.

    Args:
        address: of the shop.
        app: the app's id, or the token where that is not known.
        wire: whose clock the bucket goes by.
    """
    key = (address, hashlib.sha256(app.encode()).hexdigest(), wire.monotonic)
    with _buckets_lock:
        bucket = _buckets.get(key)
        if bucket is None:
            bucket = _buckets[key] = Bucket(wire.monotonic)
        return bucket
