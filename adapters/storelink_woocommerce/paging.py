"""Walking lists that change meanwhile, so that no row is left out.

WooCommerce pages by position: a row that leaves the list between two pages lets another slip
through (recorded: touching an order while orders are paged by `modified` skipped one). Hence a walk
goes on from what it saw last:

- `by_time` asks for what is as new as the last row, or newer; a row that is touched meanwhile moves
  to where the walk still comes by. Older versions give ties no order, so that the last second of a
  page is left to the next page; a second of more rows than a page holds is walked by id.
- `by_id` asks from one row before the position, and steps back until the page begins with a row
  that was seen; a later row cannot have slipped through then.

Facts: WooCommerce REST API docs, "Pagination"; `WC_REST_CRUD_Controller::prepare_objects_query`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from storelink.toolkit.payload import Reader
from storelink_woocommerce import values
from storelink_woocommerce.trouble import Answer

PER_PAGE = 100
"""WooCommerce allows no more."""

SECOND = timedelta(seconds=1)

LOADING = timedelta(minutes=1)
"""How long a shop takes at most to answer."""

Params = Mapping[str, str]
Row = Mapping[str, Any]


class Ask(Protocol):
    """Asks a shop for a list."""

    def __call__(self, path: str, params: Params) -> Answer:
        """Return the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Times:
    """One of the times that a list can be walked by.

    Attributes:
        order: the name of the order.
        field: where a row has the time.
        after: what asks for rows later than a second; `before`: earlier.
    """

    order: str
    field: str
    after: str
    before: str


MODIFIED = Times("modified", "date_modified_gmt", "modified_after", "modified_before")
CREATED = Times("date", "date_created_gmt", "after", "before")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands; as text it is understood by a later process.

    Attributes:
        start: what the walk was asked to begin with.
        part: which of the lists is walked, of several that are walked one after the other.
        second: rows of this second, or later, are still to come.
        last: the id of the last row of a walk by id.
        passed: how many rows that walk has passed.
        total: how many rows there were at the beginning.
    """

    start: datetime | None = None
    part: int = 0
    second: datetime | None = None
    last: int | None = None
    passed: int = 0
    total: int | None = None

    def __str__(self) -> str:
        known = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(known, default=datetime.isoformat, separators=(",", ":"))

    @classmethod
    def begin(cls, start: datetime | None) -> Place:
        """Begin with what happened at or after *start*; WooCommerce counts whole seconds."""
        return cls(
            start=start, second=start.astimezone(UTC).replace(microsecond=0) if start else None
        )

    @classmethod
    def parse(cls, text: str | None) -> Place | None:
        """Read what `str(place)` wrote; `None`: it was not written by this version."""
        try:
            known: dict[str, Any] = json.loads(text or "")
            for name in ("start", "second"):
                known[name] = datetime.fromisoformat(known[name]) if name in known else None
            return cls(**known)
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a walk: its rows, and where to go on; `None`: that was all."""

    rows: Sequence[Row]
    onward: Place | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class List:
    """A list of the shop: where it is, and what is asked of it."""

    ask: Ask
    path: str
    params: Params

    def by_time(self, place: Place, times: Times) -> Stretch:
        """Walk on, oldest first, by one page."""
        if place.passed:
            return self._within_second(place, times)
        answer = self._page(times.order, _from(place.second, times))
        rows = answer.rows
        total = place.total if place.total is not None else answer.total
        onward = _settled(rows, answer, times)
        if onward is None or not _has_more(answer, rows):
            return Stretch(rows, None, total)
        if place.second is not None and onward <= place.second:
            return self._within_second(replace(place, total=total), times)
        come = [row for row in rows if (at := _time(row, times)) is None or at < onward]
        return Stretch(come, replace(place, second=onward, total=total), total)

    def _within_second(self, place: Place, times: Times) -> Stretch:
        """Walk on through a second that has more rows than a page."""
        second = place.second
        if second is None:  # no walk comes here without one
            return Stretch((), None, place.total)
        bounds = {**_from(second, times), times.before: gmt_text(second + SECOND)}
        found = List(self.ask, self.path, {**self.params, **bounds}).by_id(place)
        after = replace(place, second=second + SECOND, last=None, passed=0)
        return Stretch(found.rows, found.onward or after, place.total)

    def by_id(self, place: Place, *, newest_first: bool = False) -> Stretch:
        """Walk on by one page, by id, which never changes."""
        sign = -1 if newest_first else 1
        order = {"order": "desc" if newest_first else "asc"}
        offset, back = max(place.passed - 1, 0), PER_PAGE // 2
        while True:
            answer = self._page("id", {**order, "offset": str(offset)})
            rows = answer.rows
            if not offset or (rows and not _is_beyond(rows[0], place, sign)):
                break
            offset, back = max(offset - back, 0), back * 2
        come = [row for row in rows if _is_beyond(row, place, sign)]
        last = max((sign * _id(row) for row in come), default=None)
        onward = replace(
            place,
            last=place.last if last is None else sign * last,
            passed=offset + len(rows),
        )
        is_end = not _has_more(answer, rows, offset=offset)
        is_stuck = not come and onward.passed <= place.passed
        return Stretch(come, None if is_end or is_stuck else onward, answer.total)

    def everything(self) -> Iterator[Row]:
        """Walk through the whole list by id."""
        place: Place | None = Place()
        while place is not None:
            stretch = self.by_id(place)
            yield from stretch.rows
            place = stretch.onward

    def _page(self, order: str, params: Params) -> Answer:
        page = {"per_page": str(PER_PAGE), "orderby": order, "order": "asc"}
        return self.ask(self.path, {**self.params, **page, **params})


def gmt_text(at: datetime) -> str:
    """Return a second as WooCommerce takes it together with `dates_are_gmt`.

    With `Z` and that flag, it is shifted by the offset of the site (recorded).
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _from(second: datetime | None, times: Times) -> Params:
    """Ask for rows of *second* and later ones; `after` means later, in whole seconds."""
    if second is None:
        return {}
    return {times.after: gmt_text(second - SECOND), "dates_are_gmt": "true"}


def _has_more(answer: Answer, rows: Sequence[Row], *, offset: int = 0) -> bool:
    """Say whether more rows follow; a page can be short because some may not be read."""
    if answer.total is None:
        return len(rows) >= PER_PAGE
    return bool(rows) and offset + PER_PAGE < answer.total


def _settled(rows: Sequence[Row], answer: Answer, times: Times) -> datetime | None:
    """Return the second up to which the order of *rows* can be relied on.

    A row that was touched between the shop's query and the loading of the row stands at its old
    place with its new time. Going on from that time would skip others; hence times of the last
    minute do not count, unless there are no others.
    """
    told = [at for row in rows if (at := _time(row, times))]
    if not told:
        return None
    answered_at = max(_date(answer.headers.get("date", "")), *told)
    return max((at for at in told if at < answered_at - LOADING), default=min(told))


def _date(text: str) -> datetime:
    """Return when the shop answered, by its own clock; long ago, if it does not say."""
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _time(row: Row, times: Times) -> datetime | None:
    return values.gmt_or_none(Reader(row, "row"), times.field)


def _id(row: Row) -> int:
    return int(Reader(row, "row").id("id"))


def _is_beyond(row: Row, place: Place, sign: int) -> bool:
    return place.last is None or sign * _id(row) > sign * place.last
