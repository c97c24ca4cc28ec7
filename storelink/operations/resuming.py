"""Going on with erasures that nobody ended, because the process that began them died."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from storelink.clock import Clock
from storelink.errors import StorageUnavailable
from storelink.operations.privacy import BEGUN
from storelink.storage import Database
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=5)
"""What was begun so long ago is taken up: whoever began it is most likely dead. If not, two do the
same, one transaction after the other, and what the second finds is done already."""
BETWEEN = timedelta(minutes=1)
"""The shortest time between two looks: one that fails again and again keeps nobody busy."""


@dataclass(slots=True)
class Resuming:
    """Goes on with interrupted erasures.

    Attributes:
        resume: goes on with all of a store's.
    """

    database: Database
    clock: Clock
    resume: Callable[[str], object]
    _next_look: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False, repr=False)

    def interrupted(self, stores: Collection[str]) -> list[str]:
        """Return those of *stores* that have an erasure that was interrupted.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        with self.database.read() as tx:
            since = tx.positions.oldest(BEGUN, stores)
        latest = self.clock.now() - PATIENCE
        return sorted(store for store, begun_at in since.items() if begun_at <= latest)

    def run_once(self, stores: Collection[str]) -> int:
        """Go on, if it is time to look, and return for how many stores it came to an end.

        Raises:
            StorageUnavailable: the database is away; what was erased is erased.
        """
        now = self.clock.now()
        if now < self._next_look:
            return 0
        self._next_look = now + BETWEEN
        return sum(map(self._go_on, self.interrupted(stores)))

    def _go_on(self, store: str) -> bool:
        try:
            self.resume(store)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one store must not stop the others
            about = {"stage": "erase", "store": store}
            log.error("an erasure could not be ended: %s", trace(error), extra=about)
            return False
        return True
