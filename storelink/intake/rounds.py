"""Sweeping every store again and again, beside the worker's other work."""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from storelink.clock import Clock
from storelink.errors import StorageUnavailable
from storelink.intake.reports import SweepReport
from storelink.storage import Database
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

LONGEST = timedelta(hours=6)
"""A store whose sweeps fail is tried at least so often."""
POLL_SECONDS = 5.0
"""The shortest time between two looks."""
LONGEST_SECONDS = 60.0
"""The longest time between two looks: another worker, or a clock, may have changed what is due."""
_ROUND = "round"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_sweep(store: str, now: datetime, every: timedelta, *, failures: int = 0) -> datetime:
    """Return when to sweep next: stores take turns within *every*; a failing one waits longer."""
    if failures:
        return now + min(every * (1 << min(failures, 10)), max(every, LONGEST))
    offset = every * (zlib.crc32(store.encode()) / 2**32)
    rounds: int = (now - _EPOCH - offset) // every + 1
    due: datetime = _EPOCH + offset + rounds * every
    return due


@dataclass(frozen=True, slots=True)
class Rounds:
    """Sweeps the stores that are due.

    Attributes:
        stores: those that can be swept.
        every: how often.
        sweep: sweeps one.
    """

    database: Database
    clock: Clock
    stores: Collection[str]
    every: timedelta
    sweep: Callable[[str], SweepReport]
    _said: dict[str, set[str]] = field(default_factory=dict, init=False, repr=False)

    def run(self, stopped: threading.Event) -> None:
        """Sweep whatever is due until *stopped* is set."""
        while not stopped.is_set():
            seconds = POLL_SECONDS
            try:
                for store in self.due():
                    if stopped.is_set():
                        return
                    self.visit(store)
                seconds = self._seconds_until_due()
            except StorageUnavailable as error:
                log.warning("%s; trying again", error)
            except Exception as error:  # noqa: BLE001  the next round may go well
                log.error("a round of sweeps failed: %s", trace(error))
            stopped.wait(seconds)

    def due(self, stores: Collection[str] | None = None) -> list[str]:
        """Return the stores that are due, longest waiting first; one that is gone is not.

        Args:
            stores: only of these.
        """
        now = self.clock.now()
        # What is due much later was noted while the clock was wrong.
        latest = now + max(self.every, LONGEST)
        found = [
            (due_at, store)
            for store, due_at in self._times().items()
            if not now < due_at <= latest and (stores is None or store in stores)
        ]
        return [store for _, store in sorted(found)]

    def _times(self) -> dict[str, datetime]:
        """Return when each store is due."""
        with self.database.read() as tx:
            uninstalled = tx.stores.uninstalled_at()
            held = tx.positions.named(_ROUND, self.stores)
        return {
            store: _due_at(held.get(store)) for store in self.stores if store not in uninstalled
        }

    def _seconds_until_due(self) -> float:
        now = self.clock.now()
        seconds = min(
            ((due_at - now).total_seconds() for due_at in self._times().values()),
            default=LONGEST_SECONDS,
        )
        return min(max(seconds, POLL_SECONDS), LONGEST_SECONDS)

    def visit(self, store: str) -> SweepReport | None:
        """Sweep one store, say what went wrong, and note when it is due again."""
        report: SweepReport | None = None
        try:
            report = self.sweep(store)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one store must not stop the others
            about = {"stage": "sweep", "store": store}
            log.error("%s could not be swept: %s", store, trace(error), extra=about)
        if report is not None and report.left_alone:
            return report
        self._say(store, set(report.problems) if report else set())
        self._note(store, is_failed=report is None or report.error is not None)
        return report

    def _say(self, store: str, problems: set[str]) -> None:
        """Log what goes wrong: once, not every quarter of an hour."""
        for problem in sorted(problems - self._said.get(store, set())):
            about = {"stage": "sweep", "store": store}
            log.warning("sweep of %s: %s", store, problem, extra=about)
        self._said[store] = problems

    def _note(self, store: str, *, is_failed: bool) -> None:
        now = self.clock.now()
        with self.database.write() as tx:
            held: Mapping[str, int] = tx.positions.get(store, _ROUND) or {}
            failures = held.get("failures", 0) + 1 if is_failed else 0
            due_at = next_sweep(store, now, self.every, failures=failures)
            value = {"due_at": due_at.isoformat(), "failures": failures}
            tx.positions.put(store, _ROUND, value, now=now)


def _due_at(held: Mapping[str, str] | None) -> datetime:
    return datetime.fromisoformat(held["due_at"]) if held else _EPOCH
