"""Forgetting what is finished: raw webhooks, calls of handlers, attempts, files that were sent.

What identity and decisions rest on stays: the mirror, the events, and every message with its
idempotency key. Hence a webhook that comes again after its row was deleted changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from storelink.policy.budget import LONGEST
from storelink.storage import Database
from storelink.storage.prune import Finished

STEP = 250
"""How many rows one transaction looks at."""
PAUSE_SECONDS = 0.01
"""Between two of them, so that whoever waits for SQLite's one writer gets its turn."""


@dataclass(frozen=True, slots=True)
class PruneReport:
    """What was deleted, or would be.

    Attributes:
        before: what was finished before this instant (UTC).
        webhooks: deliveries of the inbox that are absorbed, or were of no use.
        calls: calls of handlers that are done, or were given up.
        attempts: attempts at messages that are sent, cancelled or expired.
        documents: files that went with messages, unless one about their order is still to go.
        budgets: what counted in people's budgets, and no limit can ask for any more.
        dry_run: nothing was deleted.
    """

    before: datetime
    webhooks: int = 0
    calls: int = 0
    attempts: int = 0
    documents: int = 0
    budgets: int = 0
    dry_run: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "before": self.before.isoformat(timespec="seconds")}


Told = Callable[[PruneReport], object]
"""Told after each step what was deleted so far."""


def prune(
    database: Database,
    before: datetime,
    *,
    now: datetime,
    told: Told = lambda report: None,
    sleep: Callable[[float], object] = time.sleep,
) -> PruneReport:
    """Delete what was finished before *before*, in many short transactions.

    Raises:
        StorageUnavailable: the database cannot be written; what was deleted stays deleted.
    """
    report = PruneReport(before)
    for what in Finished:
        place, is_over = None, False
        while not is_over:
            with database.write() as tx:
                then = _end(what, before)
                deleted, place = tx.old.delete(what, then, now=now, place=place, limit=STEP)
            report = replace(report, **{what.value: getattr(report, what.value) + deleted})
            told(report)
            is_over = place is None
            if not is_over:
                sleep(PAUSE_SECONDS)
    return report


def count(database: Database, before: datetime) -> PruneReport:
    """Count what `prune` would delete.

    Raises:
        StorageUnavailable: the database cannot be read.
    """
    with database.read() as tx:
        numbers = {what.value: tx.old.count(what, _end(what, before)) for what in Finished}
    return PruneReport(before, **numbers, dry_run=True)


def _end(what: Finished, before: datetime) -> datetime:
    """Return until when it can be forgotten what was finished before *before*."""
    return before - LONGEST if what is Finished.BUDGETS else before
