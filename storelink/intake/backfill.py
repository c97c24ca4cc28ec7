"""Reading all that a store has: once, in order to know its past. Nobody gets a message of it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from storelink.contracts.manifest import Capability
from storelink.contracts.store import Page, StoreAdapter
from storelink.errors import StoreUnavailable
from storelink.intake.failures import failure_of
from storelink.intake.pages import Course, Pages, Position, Sleep
from storelink.intake.reports import BackfillReport, ListReport
from storelink.intake.turns import Turn, turn
from storelink.models.ref import Kind

log = logging.getLogger(__name__)

PATIENCE = 5
"""How often one page is asked for of a store that does not answer."""
_GO_ON = "run it again to go on, or with restart to begin anew"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backfill has come.

    Attributes:
        done: objects that were read.
        total: how many there are; `None` if the platform does not say.
        note: what the platform is doing, for people.
    """

    kind: Kind
    done: int
    total: int | None = None
    note: str = ""


Told = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read.

    Attributes:
        kinds: of what objects; by default of all that the platform lists.
        since: only what changed from then on; `None` for all.
        restart: begin anew, also what is finished or half done.
    """

    kinds: tuple[Kind, ...] = ()
    since: datetime | None = None
    restart: bool = False


def name_of(kind: Kind) -> str:
    """Return the name of the position."""
    return f"backfill/{kind}"


@dataclass(frozen=True, slots=True)
class Backfiller:
    """Reads the past of stores, page by page; who is interrupted goes on where it was."""

    pages: Pages

    def backfill(self, store: str, plan: Plan, told: Told) -> BackfillReport:
        """Read what the plan says. What goes wrong with one kind does not stop the others.

        Raises:
            Unsupported: the platform cannot list.
            Conflict: another worker is at it.
        """
        adapter = self.pages.adapters[store]
        adapter.manifest.require(Capability.LIST)
        with turn(self.pages.database, self.pages.clock, store, "backfill") as mine:
            kinds = plan.kinds or adapter.manifest.lists
            lists = tuple(self._read(mine, adapter, kind, plan, told) for kind in kinds)
        return BackfillReport(store, lists)

    def is_done(self, store: str, kind: Kind) -> bool:
        """Say whether all objects of a kind were read."""
        position = self.pages.position(store, name_of(kind))
        return position is not None and position.since is None and position.finished_at is not None

    def _read(
        self, mine: Turn, adapter: StoreAdapter, kind: Kind, plan: Plan, told: Told
    ) -> ListReport:
        position = self.pages.position(mine.store, name_of(kind))
        if position is None or plan.restart or position.since != plan.since:
            position = Position(started_at=self.pages.clock.now(), since=plan.since)
        elif position.finished_at is not None:
            return ListReport(kind, finished_at=position.finished_at)
        ask = functools.partial(_ask, adapter, kind, plan.since)
        course = Course(
            mine,
            kind,
            name_of(kind),
            ask=functools.partial(_patiently, ask, self.pages.sleep),
            as_of_start=True,
            silent_before=self.pages.connected_at(mine.store),
            told=lambda position, page: told(
                Progress(kind, position.seen, position.total, page.note)
            ),
        )
        failure = failure_of(
            lambda: self.pages.run(course, position), f"{mine.store}: reading all {kind}s"
        )
        return course.tally.report(kind, f"{failure}; {_GO_ON}" if failure else None)


def _ask(adapter: StoreAdapter, kind: Kind, since: datetime | None, cursor: str | None) -> Page:
    if since is None:
        return adapter.history(kind, cursor=cursor)
    return adapter.changed(kind, since=since, cursor=cursor)


def _patiently(ask: Callable[[str | None], Page], sleep: Sleep, cursor: str | None) -> Page:
    """Ask again after a while, if the store does not answer or wants a pause."""
    for attempt in range(1, PATIENCE):
        try:
            return ask(cursor)
        except StoreUnavailable as error:
            pause = error.after.total_seconds() if error.after else float(2**attempt)
            log.warning("%s; asking again in %.0f seconds", error, pause)
            sleep(pause)
    return ask(cursor)
