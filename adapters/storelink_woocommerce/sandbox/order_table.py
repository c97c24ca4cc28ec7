"""The table of orders: sorted by their dates, and with old ones that are made when asked for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from storelink.errors import NotFound
from storelink_woocommerce.sandbox.site import Row

HIDDEN = frozenset({"trash", "checkout-draft", "auto-draft"})
"""What `status=any` leaves out."""

_SHIFT = 32
_MASK = (1 << _SHIFT) - 1


class Head(NamedTuple):
    """What lists ask about an order: times in seconds."""

    created: int
    modified: int
    status: str
    customer: int


@dataclass(slots=True)
class Wanted:
    """Which orders a list shows.

    Attributes:
        statuses: none for all but the hidden ones.
        created: after and before, both exclusive, in seconds.
        modified: the same, of the last change.
        matches: any other condition.
    """

    statuses: Collection[str] = ()
    created: tuple[int | None, int | None] = (None, None)
    modified: tuple[int | None, int | None] = (None, None)
    include: Collection[int] = ()
    exclude: Collection[int] = ()
    matches: Callable[[int, Head], bool] | None = None
    orderby: str = "date"
    descending: bool = True
    offset: int = 0
    limit: int = 10


class OrderTable:
    """All orders of a store.

    Grown ones are kept as their heads, and made anew from their id whenever they are read, until
    somebody changes them.
    """

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._heads: dict[int, Head] = {}
        self._hidden: set[int] = set()
        self._by_created: list[int] = []
        self._by_modified: list[int] = []
        self._by_id: list[int] = []
        self._make: Callable[[int, Head], Row] | None = None

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._heads

    def __len__(self) -> int:
        return len(self._heads)

    def __iter__(self) -> Iterator[int]:
        return iter(list(self._heads))

    def rows(self) -> Iterable[Row]:
        """Return the orders that were not grown, or were changed since."""
        return list(self._rows.values())

    def row(self, order_id: int) -> Row:
        """Return one order; after a change, `put` it.

        Raises:
            NotFound: it does not exist.
        """
        row = self._rows.get(order_id)
        if row is not None:
            return row
        head = self._heads.get(order_id)
        if head is None or self._make is None:
            raise NotFound("there is no order of that id")
        return self._make(order_id, head)

    def head(self, order_id: int) -> Head:
        """Return what lists ask about an order that exists."""
        return self._heads[order_id]

    def put(self, row: Row) -> None:
        """Take in an order, or what became of it."""
        self._unlist(row["id"])
        self._rows[row["id"]] = row
        self._list(row["id"], head_of(row))

    def remove(self, order_id: int) -> None:
        """Forget an order for ever."""
        self._unlist(order_id)
        self._rows.pop(order_id, None)
        del self._heads[order_id]

    def grow(self, heads: Iterable[tuple[int, Head]], make: Callable[[int, Head], Row]) -> None:
        """Take in orders that *make* makes of their id when they are asked for."""
        self._make = make
        for order_id, head in heads:
            self._heads[order_id] = head
            self._by_created.append(head.created << _SHIFT | order_id)
            self._by_modified.append(head.modified << _SHIFT | order_id)
            self._by_id.append(order_id)
        for index in (self._by_created, self._by_modified, self._by_id):
            index.sort()

    def find(self, wanted: Wanted) -> tuple[int, list[int]]:
        """Return how many orders there are, and the ids of the page."""
        if wanted.statuses or wanted.include or wanted.matches or not self._is_one_range(wanted):
            return self._search(wanted)
        index, low, high = self._range(wanted)
        excluded = [one for one in wanted.exclude if self._is_in(one, index, low, high)]
        picked = self._pick(index, low, high, wanted, len(excluded))
        ids = [key & _MASK for key in picked if key & _MASK not in wanted.exclude]
        return high - low - len(excluded), ids[wanted.offset : wanted.offset + wanted.limit]

    @staticmethod
    def _is_one_range(wanted: Wanted) -> bool:
        """Say whether the list is one stretch of the index that it is sorted by."""
        free = {"modified": wanted.created, "date": wanted.modified}.get(wanted.orderby)
        if free is None:
            return wanted.created == wanted.modified == (None, None)
        return free == (None, None)

    def _range(self, wanted: Wanted) -> tuple[list[int], int, int]:
        if wanted.orderby == "modified":
            return self._by_modified, *_bounds(self._by_modified, wanted.modified)
        if wanted.orderby == "date":
            return self._by_created, *_bounds(self._by_created, wanted.created)
        return self._by_id, 0, len(self._by_id)

    @staticmethod
    def _pick(index: list[int], low: int, high: int, wanted: Wanted, more: int) -> Sequence[int]:
        count = wanted.offset + wanted.limit + more
        if wanted.descending:
            return index[max(high - count, low) : high][::-1]
        return index[low : min(low + count, high)]

    def _is_in(self, order_id: int, index: list[int], low: int, high: int) -> bool:
        head = self._heads.get(order_id)
        if head is None or head.status in HIDDEN:
            return False
        at = bisect_left(index, self._keys(order_id, head)[self._indexes().index(index)])
        return low <= at < high

    def _search(self, wanted: Wanted) -> tuple[int, list[int]]:
        """Look at every order that may belong into the list."""
        found = [one for one in self._candidates(wanted) if self._belongs(one, wanted)]
        found.sort(key=self._sorting(wanted.orderby), reverse=wanted.descending)
        return len(found), found[wanted.offset : wanted.offset + wanted.limit]

    def _candidates(self, wanted: Wanted) -> Iterable[int]:
        if wanted.include:
            return {one for one in wanted.include if one in self._heads}
        if wanted.statuses and HIDDEN.issuperset(wanted.statuses):
            return self._hidden
        if wanted.modified != (None, None):
            low, high = _bounds(self._by_modified, wanted.modified)
            listed = [key & _MASK for key in self._by_modified[low:high]]
        else:
            low, high = _bounds(self._by_created, wanted.created)
            listed = [key & _MASK for key in self._by_created[low:high]]
        return [*listed, *self._hidden] if HIDDEN.intersection(wanted.statuses) else listed

    def _belongs(self, order_id: int, wanted: Wanted) -> bool:
        head = self._heads[order_id]
        is_listed = head.status in wanted.statuses if wanted.statuses else head.status not in HIDDEN
        return (
            is_listed
            and order_id not in wanted.exclude
            and _within(head.created, wanted.created)
            and _within(head.modified, wanted.modified)
            and (wanted.matches is None or wanted.matches(order_id, head))
        )

    def _sorting(self, orderby: str) -> Callable[[int], int]:
        if orderby == "modified":
            return lambda one: self._heads[one].modified << _SHIFT | one
        if orderby == "date":
            return lambda one: self._heads[one].created << _SHIFT | one
        return lambda one: one

    def _indexes(self) -> tuple[list[int], list[int], list[int]]:
        return self._by_created, self._by_modified, self._by_id

    @staticmethod
    def _keys(order_id: int, head: Head) -> tuple[int, int, int]:
        created, modified = head.created << _SHIFT, head.modified << _SHIFT
        return created | order_id, modified | order_id, order_id

    def _list(self, order_id: int, head: Head) -> None:
        self._heads[order_id] = head
        if head.status in HIDDEN:
            self._hidden.add(order_id)
            return
        for index, key in zip(self._indexes(), self._keys(order_id, head), strict=True):
            insort(index, key)

    def _unlist(self, order_id: int) -> None:
        head = self._heads.get(order_id)
        if head is None or order_id in self._hidden:
            self._hidden.discard(order_id)
            return
        for index, key in zip(self._indexes(), self._keys(order_id, head), strict=True):
            del index[bisect_left(index, key)]


def head_of(row: Row) -> Head:
    """Return what lists ask about an order."""
    return Head(
        seconds(row["created"]), seconds(row["modified"]), row["status"], row["customer_id"]
    )


def seconds(at: datetime) -> int:
    """Return an instant as whole seconds."""
    return int(at.timestamp())


def instant(at: int) -> datetime:
    """Return the instant of `seconds`."""
    return datetime.fromtimestamp(at, UTC)


def _bounds(index: list[int], span: tuple[int | None, int | None]) -> tuple[int, int]:
    """Return the stretch of *index* that is after and before, both exclusive."""
    after, before = span
    low = 0 if after is None else bisect_right(index, after << _SHIFT | _MASK)
    high = len(index) if before is None else bisect_left(index, before << _SHIFT)
    return low, max(low, high)


def _within(at: int, span: tuple[int | None, int | None]) -> bool:
    after, before = span
    return (after is None or at > after) and (before is None or at < before)
