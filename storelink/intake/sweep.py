"""Sweeping a store: read what changed and what is open, compare, repair the webhooks, learn."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storelink.contracts.manifest import Capability
from storelink.contracts.observing import Observer, Swept
from storelink.contracts.store import Page, StoreAdapter
from storelink.errors import (
    AccessDenied,
    Conflict,
    NotTheApi,
    StorelinkError,
    StoreUnavailable,
)
from storelink.intake.audit import Auditor
from storelink.intake.backfill import Backfiller
from storelink.intake.failures import Interrupted, failure_of
from storelink.intake.pages import Course, Pages, Position
from storelink.intake.read import StoreReader, Tries
from storelink.intake.reports import AuditReport, SweepReport
from storelink.intake.subscriptions import repair
from storelink.intake.turns import Turn, turn
from storelink.mirror.usual import learn
from storelink.models.ref import Kind
from storelink.storage import Transaction

OVERLAP = timedelta(minutes=5)
"""Each sweep begins so much before the end of the last one: platforms show changes late."""
SKEW = timedelta(days=1)
"""Until a list has told a time, the platform's clock may be so much behind ours."""
SWEPT = "swept"
"""The position that tells when the last sweep came to its end: `{"at": …}`."""


def last_sweep(tx: Transaction, store: str) -> datetime | None:
    """Return when the last sweep of a store came to its end; `None` if none did."""
    held = tx.positions.get(store, SWEPT)
    return datetime.fromisoformat(held["at"]) if held else None


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Sweeps stores.

    Attributes:
        address: says where a store's webhooks are to arrive; `None` if it is not configured.
        observe: is told what came of each sweep.
    """

    pages: Pages
    reader: StoreReader
    auditor: Auditor
    backfiller: Backfiller
    address: Callable[[str], str | None] = field(repr=False)
    observe: Observer = field(repr=False)

    def sweep(self, store: str) -> SweepReport:
        """Read what changed since the last sweep, and repair what is amiss.

        What goes wrong with one part does not stop the others; the report tells it.
        """
        started = self.pages.clock.now()
        report = self._sweep(store)
        seconds = (self.pages.clock.now() - started).total_seconds()
        self.observe(Swept(store, report.result, report.events, max(seconds, 0.0)))
        return report

    def _sweep(self, store: str) -> SweepReport:
        report = SweepReport(store)
        if not self._can(store, Capability.LIST):
            report.left_alone = "its platform cannot list what changed"
            return report
        try:
            with turn(self.pages.database, self.pages.clock, store, "sweep") as mine:
                uninstalled_at = self._uninstalled_at(store)
                for part in (
                    self._read_lists,
                    self._read_open,
                    self._audit,
                    self._repair,
                    self._learn,
                ):
                    part(report, mine)
                    self._keep(mine)
                self._swept(store, uninstalled_at)
        except Interrupted:
            report.left_alone = "interrupted; the next sweep goes on"
        except Conflict as conflict:
            report.left_alone = str(conflict)
        except (StoreUnavailable, AccessDenied, NotTheApi) as error:
            report.error = str(error)
        return report

    def _can(self, store: str, capability: Capability) -> bool:
        return capability in self.pages.adapters[store].manifest.capabilities

    def _read_lists(self, report: SweepReport, mine: Turn) -> None:
        adapter = self.pages.adapters[mine.store]
        for kind in adapter.manifest.lists:
            self._read_list(report, mine, adapter, kind)

    def _read_list(
        self, report: SweepReport, mine: Turn, adapter: StoreAdapter, kind: Kind
    ) -> None:
        name = f"sweep/{kind}"
        position = self._begin(mine.store, name)
        ask = functools.partial(_changed, adapter, kind, position.since)
        course = Course(mine, kind, name, ask)
        failure: StorelinkError | None = None
        try:
            failure = failure_of(
                lambda: self.pages.run(course, position), f"{mine.store}: listing {kind}s"
            )
        finally:
            report.lists.append(course.tally.report(kind, str(failure) if failure else None))
        if failure is not None and _concerns_all(failure):
            raise failure
        if failure is not None:
            self._forget_cursor(mine.store, name)

    def _begin(self, store: str, name: str) -> Position:
        """Return where to read from: where a sweep broke off, or where the last one ended."""
        position, now = self.pages.position(store, name), self.pages.clock.now()
        if position is None:
            return Position(started_at=now, since=self.pages.connected_at(store) - SKEW - OVERLAP)
        if position.finished_at is None and position.cursor is not None:
            return position
        if position.finished_at is None:
            return Position(started_at=now, since=position.since)
        return Position(started_at=now, since=next_since(position))

    def _forget_cursor(self, store: str, name: str) -> None:
        """Let the next sweep begin this list anew: perhaps it is the cursor that is refused."""
        position = self.pages.position(store, name)
        if position is not None and position.finished_at is None:
            with self.pages.database.write() as tx:
                self.pages.put(tx, store, name, position.model_copy(update={"cursor": None}))

    def _read_open(self, report: SweepReport, mine: Turn) -> None:
        tries = Tries()
        while done := self.reader.read_open(tries, stores=[mine.store]):
            report.read += done
            self._keep(mine)
            if self.pages.stop():
                raise Interrupted
        report.not_read = tuple(dict.fromkeys(tries.errors))

    def _audit(self, report: SweepReport, mine: Turn) -> None:
        if Kind.ORDER not in self.pages.adapters[mine.store].manifest.lists:
            return

        def audit() -> None:
            is_whole = self.backfiller.is_done(mine.store, Kind.ORDER)
            since = None if is_whole else self.pages.connected_at(mine.store)
            report.audit = self.auditor.audit(mine.store, since)

        failure = failure_of(audit, f"{mine.store}: comparing orders")
        if failure is not None and _concerns_all(failure):
            raise failure
        if failure is not None:
            report.audit = AuditReport(Kind.ORDER, error=str(failure))

    def _repair(self, report: SweepReport, mine: Turn) -> None:
        address = self.address(mine.store)
        if address is None or not self._can(mine.store, Capability.SUBSCRIBE):
            return

        def repair_them() -> None:
            report.webhooks += repair(self.pages.adapters[mine.store], address)

        failure = failure_of(repair_them, f"{mine.store}: repairing webhooks")
        if failure is not None and _concerns_all(failure):
            raise failure
        if failure is not None:
            report.webhooks_error = str(failure)

    def _learn(self, report: SweepReport, mine: Turn) -> None:
        """Learn from what became known since how long parcels and packing take."""
        more = True
        while more and not self.pages.stop():
            now = self.pages.clock.now()
            with self.pages.database.write() as tx:
                mine.take(tx, now=now)
                more = learn(tx, mine.store, now=now)

    def _keep(self, mine: Turn) -> None:
        now = self.pages.clock.now()
        with self.pages.database.write() as tx:
            mine.take(tx, now=now)

    def _uninstalled_at(self, store: str) -> datetime | None:
        with self.pages.database.read() as tx:
            return tx.stores.uninstalled_at().get(store)

    def _swept(self, store: str, uninstalled_at: datetime | None) -> None:
        """Note the end; a store that took storelink off before the sweep answers again."""
        now = self.pages.clock.now()
        with self.pages.database.write() as tx:
            tx.positions.put(store, SWEPT, {"at": now.isoformat()}, now=now)
            if uninstalled_at is not None:
                tx.stores.connect_again(store, uninstalled_at=uninstalled_at)


def next_since(position: Position) -> datetime | None:
    """Return from when on the next sweep reads a list that was read to its end.

    The newest change that a list showed is a time of the platform's own clock; however wrong that
    or ours is, what changes later is later by it. What it shows late is read by the overlap. Where
    the newest change is old, and the overlap was read already, the same need not come every time:
    often it is a whole catalog that was imported in one night.
    """
    newest, since = position.newest, position.since
    if newest is None:
        return since if not position.seen else position.started_at - SKEW - OVERLAP
    newest = min(newest, position.started_at)
    is_known = since is not None and newest in (since, since + OVERLAP)
    if is_known and position.started_at - newest > OVERLAP:
        return newest
    return newest - OVERLAP


def _changed(adapter: StoreAdapter, kind: Kind, since: datetime | None, cursor: str | None) -> Page:
    return adapter.changed(kind, since=since, cursor=cursor)


def _concerns_all(failure: StorelinkError) -> bool:
    """Say whether the other lists would fail in the same way."""
    if isinstance(failure, AccessDenied):
        return not failure.needs
    return isinstance(failure, StoreUnavailable | NotTheApi)
