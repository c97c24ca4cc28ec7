"""Reading a list page by page: each page is absorbed together with where to go on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storelink.clock import Clock
from storelink.contracts.store import Page, StoreAdapter
from storelink.errors import PluginError, StorageError
from storelink.intake.failures import Interrupted
from storelink.intake.reports import ListReport
from storelink.intake.taking import Taking
from storelink.intake.turns import Turn
from storelink.mirror import Source
from storelink.models.base import Instant, Value
from storelink.models.record import Snapshot
from storelink.models.ref import Kind
from storelink.storage import Database, Transaction
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

Sleep = Callable[[float], object]
Stop = Callable[[], bool]


PIECE = 50
"""So many objects are absorbed in one commit, so that webhooks do not wait for a whole page."""


class Position(Value):
    """How far the reading of a list has come.

    Attributes:
        started_at: the instant before the first page was asked for.
        since: only what changed from then on is in the list.
        cursor: of the next page; `None` before the first and after the last one.
        newest: the newest change among what was read, by the platform's clock.
        seen: how many objects were read.
        total: how many there are, where the platform says so.
        finished_at: when the last page was absorbed.
    """

    started_at: Instant
    since: Instant | None = None
    cursor: str | None = None
    newest: Instant | None = None
    seen: int = 0
    total: int | None = None
    finished_at: Instant | None = None

    def after(self, page: Page, kind: Kind, *, now: datetime) -> Position:
        """Return the position after *page*."""
        times = [
            record.updated_at
            for snapshot in page.snapshots
            for record in snapshot.records
            if record.kind is kind and record.updated_at is not None
        ]
        newest = max([*times, *([self.newest] if self.newest else [])], default=None)
        cursor = page.cursor if page.cursor is not None or not page.wait else self.cursor
        is_last = cursor is None and not page.wait
        told = {
            "cursor": cursor,
            "newest": newest,
            "seen": self.seen + len(page.snapshots),
            "total": page.total if page.total is not None else self.total,
            "finished_at": now if is_last else None,
        }
        return self.model_copy(update=told)


@dataclass(slots=True)
class Tally:
    """What a list told so far."""

    seen: int = 0
    changed: int = 0
    events: int = 0
    refused: int = 0

    def report(self, kind: Kind, error: str | None = None) -> ListReport:
        """Return it as a report."""
        if error is None and self.refused:
            error = f"{self.refused} {kind}s could not be absorbed; the log says why"
        return ListReport(kind, self.seen, self.changed, self.events, error)


@dataclass(frozen=True, slots=True)
class Course:
    """One list, read from where it was left.

    Attributes:
        name: of the position.
        ask: asks for the page at a cursor.
        as_of_start: what the pages show may be as old as the first of them.
        silent_before: what happened before is history: it is nothing to plan for.
        told: told of each page, and of the position after it.
        tally: counts what was read, also when the list breaks off.
    """

    turn: Turn
    kind: Kind
    name: str
    ask: Callable[[str | None], Page]
    as_of_start: bool = False
    silent_before: datetime | None = None
    told: Callable[[Position, Page], None] = lambda position, page: None
    tally: Tally = field(default_factory=Tally)

    @property
    def store(self) -> str:
        """The store's name."""
        return self.turn.store


@dataclass(frozen=True, slots=True)
class Pages:
    """Reads lists of stores, and absorbs their pages.

    Attributes:
        sleep: waits so many seconds for a platform that is still preparing.
        stop: says whether to stop between two pages.
    """

    database: Database
    adapters: Mapping[str, StoreAdapter]
    clock: Clock
    taking: Taking
    sleep: Sleep = field(default=time.sleep)
    stop: Stop = field(default=lambda: False)

    def position(self, store: str, name: str) -> Position | None:
        """Return how far a list was read; `None` if it never was."""
        with self.database.read() as tx:
            held = tx.positions.get(store, name)
        return None if held is None else Position.model_validate(held)

    def connected_at(self, store: str) -> datetime:
        """Return since when the store is connected: what happened before is history."""
        with self.database.read() as tx:
            return tx.stores.connected_at()[store]

    def put(self, tx: Transaction, store: str, name: str, position: Position) -> None:
        """Remember how far a list was read."""
        value = position.model_dump(mode="json", exclude_none=True)
        tx.positions.put(store, name, value, now=self.clock.now())

    def run(self, course: Course, position: Position) -> Position:
        """Read from *position* on to the end of the list.

        The position after a page is committed with the last of it: whoever dies repeats one page
        at most, and repeating changes nothing.

        Raises:
            Interrupted: the worker is to stop; the position is kept.
            Conflict: another worker took the turn.
            PluginError: the adapter hands out the same page for ever.
        """
        while True:
            asked_at = self.clock.now()
            page = course.ask(position.cursor)
            before, position = position, position.after(page, course.kind, now=self.clock.now())
            source_at = position.started_at if course.as_of_start else asked_at
            self._absorb(course, page, position, Source(source_at, is_read=True))
            course.told(position, page)
            if position.finished_at is not None:
                return position
            if self.stop():
                raise Interrupted
            if page.wait:
                self.sleep(page.wait.total_seconds())
            elif position.cursor == before.cursor:
                raise PluginError(f"the list of {course.kind}s does not go on after a page")

    def _absorb(self, course: Course, page: Page, position: Position, source: Source) -> None:
        for start in range(0, max(len(page.snapshots), 1), PIECE):
            piece = page.snapshots[start : start + PIECE]
            after = position if start + PIECE >= len(page.snapshots) else None
            try:
                self._commit(course, piece, source, page.wait, after)
            except StorageError:
                raise
            except Exception:  # noqa: BLE001  an object is somebody else's: one of them is at fault
                for one in piece:
                    self._commit_alone(course, one, source, page.wait)
                self._commit(course, (), source, page.wait, after)

    def _commit_alone(self, course: Course, one: Snapshot, source: Source, wait: timedelta) -> None:
        """Absorb one object; one that cannot be must not stop a list for ever."""
        try:
            self._commit(course, (one,), source, wait, None)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001  an object is somebody else's
            log.error(
                "%s: a listed %s is not absorbed: %s", course.store, course.kind, trace(error)
            )
            course.tally.refused += 1

    def _commit(
        self,
        course: Course,
        piece: Sequence[Snapshot],
        source: Source,
        wait: timedelta,
        after: Position | None,
    ) -> None:
        """Absorb a piece of a page; with the last one goes the position *after* the page."""
        with self.database.write(rings=True) as tx:
            now = self.clock.now()
            course.turn.take(tx, now=now, longer=wait)
            done = self.taking(
                tx, course.store, piece, source, now=now, silent_before=course.silent_before
            )
            if after is not None:
                self.put(tx, course.store, course.name, after)
        course.tally.seen += len(piece)
        course.tally.changed += sum(ref.kind is course.kind for ref in done.changed)
        course.tally.events += len(done.events)
