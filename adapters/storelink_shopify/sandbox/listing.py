"""All objects of one kind in an order, those that live and the old ones, from any place on."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from storelink_shopify.sandbox.search import BOUNDED, Query

Key = tuple[Any, ...]
"""What an object is sorted by; the last part is its id, so that no two are equal."""


class Dated(Protocol):
    """What every listed object has."""

    id: int
    created_at: datetime
    updated_at: datetime


T = TypeVar("T", bound=Dated)


@dataclass(frozen=True, slots=True)
class Series(Generic[T]):
    """Old objects, one after the other: each is made from its place when somebody asks for it.

    Attributes:
        stride: how far apart two ids are.
        step: how far apart two of them were created.
        lag: how long after it was created each was changed for the last time.
        make: makes the object of a place.
    """

    first_id: int
    stride: int
    count: int
    start: datetime
    step: timedelta
    lag: timedelta
    make: Callable[[int], T]

    def id(self, place: int) -> int:
        """Return the id at a place."""
        return self.first_id + place * self.stride

    def created_at(self, place: int) -> datetime:
        """Return when the object at a place was created."""
        return self.start + place * self.step

    def updated_at(self, place: int) -> datetime:
        """Return when the object at a place was changed for the last time."""
        return self.created_at(place) + self.lag

    def place(self, number: int) -> int | None:
        """Return the place of the object with this id, or of the one that it is a part of."""
        place = (number - self.first_id) // self.stride
        return place if 0 <= place < self.count else None

    def places(self, query: Query, sort: Sequence[str], after: Key | None, back: bool) -> range:
        """Return the places that a search can find beyond *after*."""
        low, high, every = 0, self.count, range(self.count)
        for name in BOUNDED:
            get = getattr(self, name)
            if name in query.lower:
                low = max(low, bisect_left(every, query.lower[name], key=get))
            if name in query.upper:
                high = min(high, bisect_right(every, query.upper[name], key=get))
        if after is not None:
            beyond = bisect_left if back else bisect_right
            at = beyond(every, after, key=lambda place: self._key(place, sort))
            low, high = (low, min(high, at)) if back else (max(low, at), high)
        return range(low, max(low, high))

    def _key(self, place: int, sort: Sequence[str]) -> Key:
        return tuple(getattr(self, name)(place) for name in sort)


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """All objects of one kind.

    Attributes:
        live: those that somebody acted upon.
        old: the others; of these, those with an id in *taken* live now, or are deleted.
    """

    live: Collection[T]
    old: Sequence[Series[T]] = ()
    taken: Collection[int] = frozenset()

    def frozen(self) -> Listing[T]:
        """Return the same list, to be read over a time in which more is acted upon."""
        return Listing(list(self.live), self.old, frozenset(self.taken))

    def rows(
        self,
        query: Query,
        sort: Sequence[str] = ("id",),
        *,
        after: Key | None = None,
        back: bool = False,
    ) -> Iterator[T]:
        """Return what a search finds, beyond *after*; with *back* from the end on."""

        def key(one: T) -> Key:
            return tuple(getattr(one, name) for name in sort)

        live: Iterable[T] = sorted(self.live, key=key, reverse=back)
        if after is not None:
            live = [one for one in live if (key(one) < after if back else key(one) > after)]
        old = [
            self._old(series, query, series.places(query, sort, after, back), back)
            for series in self.old
        ]
        every = heapq.merge(live, *old, key=key, reverse=back)
        return (one for one in every if query.matches(one))

    def _old(self, series: Series[T], query: Query, places: range, back: bool) -> Iterator[T]:
        for place in reversed(places) if back else places:
            if series.id(place) not in self.taken:
                yield series.make(place)

    def ids(self) -> list[int]:
        """Return all ids, in their order."""
        old = (series.id(place) for series in self.old for place in range(series.count))
        return sorted(
            [*(one.id for one in self.live), *(one for one in old if one not in self.taken)]
        )

    def count(self, query: Query) -> int:
        """Return how many a search finds."""
        live = sum(1 for one in list(self.live) if query.matches(one))
        if not query.is_exact:
            return live + sum(1 for one in Listing((), self.old, self.taken).rows(query))
        return live + sum(self._count(series, query) for series in self.old)

    def _count(self, series: Series[T], query: Query) -> int:
        places = series.places(query, ("id",), None, False)
        taken = (series.place(number) for number in self.taken)
        return len(places) - sum(1 for place in taken if place is not None and place in places)
