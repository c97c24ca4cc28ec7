"""Reading single objects: what webhooks left open, and what must be fresh before a message."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from storelink.clock import Clock
from storelink.contracts.manifest import Capability
from storelink.contracts.store import StoreAdapter
from storelink.errors import NotFound, StoreUnavailable
from storelink.mirror import Listeners, Source, absorb
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.storage import Database, RecordRow
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

MAX_READS = 5
"""How often one object is read in one run."""


@dataclass(slots=True)
class Tries:
    """What was read in one run of the worker, so that no run goes on for ever.

    Attributes:
        times: how often each object was read. One that cannot be read, or whose question no answer
            settles, is left to a later run.
        silent: stores that did not answer; they are left to a later run.
    """

    times: Counter[tuple[str, Ref]] = field(default_factory=Counter)
    silent: set[str] = field(default_factory=set)

    def left_alone(self) -> set[tuple[str, Ref]]:
        """Return the objects that were read often enough."""
        return {name for name, times in self.times.items() if times >= MAX_READS}


class StoreReader:
    """Asks the platforms about single objects, and absorbs the answers."""

    def __init__(
        self,
        database: Database,
        adapters: Mapping[str, StoreAdapter],
        clock: Clock,
        listeners: Listeners,
    ) -> None:
        self._database, self._adapters = database, adapters
        self._clock, self._listeners = clock, listeners

    def can_read(self, store: str) -> bool:
        """Say whether the store's adapter can read in this version."""
        return Capability.READ in self._adapters[store].manifest.capabilities

    def read(self, store: str, ref: Ref) -> None:
        """Read one object and absorb what it is now; one that is gone becomes deleted.

        Raises:
            StoreUnavailable: try again later.
            Unsupported: the adapter cannot read.
        """
        started = self._clock.now()
        try:
            snapshot = self._adapters[store].read(ref)
        except NotFound:
            snapshot = Snapshot((Record(kind=ref.kind, id=ref.id, deleted=True),))
        with self._database.write() as tx:
            absorb(
                tx,
                store,
                snapshot,
                Source(started, is_read=True),
                now=self._clock.now(),
                listeners=self._listeners,
            )

    def read_open(self, tries: Tries, *, limit: int = 50) -> int:
        """Read objects that are marked so, and return how many answered."""
        stores = [one for one in self._adapters if self.can_read(one) and one not in tries.silent]
        left_alone = tries.left_alone()
        with self._database.read() as tx:
            rows = tx.records.needing_read(limit=limit + len(left_alone), stores=stores)
        wanted = dict.fromkeys((row.store, _ref(row)) for row in rows)
        return sum(self._try(tries, *name) for name in wanted if name not in left_alone)

    def _try(self, tries: Tries, store: str, ref: Ref) -> bool:
        """Read one object so that whatever is wrong with it does not hold up the others."""
        if store in tries.silent:
            return False
        tries.times[store, ref] += 1
        try:
            self.read(store, ref)
        except StoreUnavailable as error:
            log.warning("%s: %s could not be read: %s", store, ref.kind, error)
            tries.silent.add(store)
        except Exception as error:  # noqa: BLE001  an adapter is somebody else's code
            log.error("%s: %s could not be read: %s", store, ref.kind, trace(error))
            tries.times[store, ref] = MAX_READS
        else:
            return True
        return False


def _ref(row: RecordRow) -> Ref:
    """Return what to read: the order for its parcels and refunds, the customer for a consent."""
    if row.kind in (Kind.SHIPMENT, Kind.REFUND) and row.order_id:
        return Ref.order(row.order_id)
    if row.kind is Kind.CONSENT:
        return Ref(kind=Kind.CUSTOMER, id=row.id.partition("/")[0])
    return Ref(kind=row.kind, id=row.id)
