"""Reading single objects: what webhooks left open, and what must be fresh before a message."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storelink.clock import Clock
from storelink.contracts.manifest import Capability
from storelink.contracts.store import StoreAdapter
from storelink.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    NotTheApi,
    StorelinkError,
    StoreUnavailable,
)
from storelink.intake.taking import Taking
from storelink.intake.turns import Turn, turn
from storelink.mirror import Source, load
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.storage import Database, RecordRow
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

MAX_READS = 5
"""How often one object is read in one run."""
CHUNK = 50
"""How many objects are asked for at once."""
REST = timedelta(minutes=1)
"""For how long a store that does not answer is left alone, unless it says for how long."""
LONG_REST = timedelta(minutes=15)
"""For how long a store is left alone that needs a person's help."""


_REFRESHED_BY = {Kind.ORDER: Capability.READ, Kind.CHECKOUT: Capability.FIND_ORDERS}
"""What an adapter needs to say what became of an object of a kind."""


@dataclass(slots=True)
class Tries:
    """What was read in one run of the worker, so that no run goes on for ever.

    Attributes:
        times: how often each object was read. One that cannot be read, or whose question no answer
            settles, is left to a later run.
        rests: stores that are left to a later run, and until when a working worker leaves them.
        denied: the same of kinds of objects that a store does not show for want of a right.
        since: when the counting began.
        errors: why something was left to a later run.
    """

    times: Counter[tuple[str, Ref]] = field(default_factory=Counter)
    rests: dict[str, datetime] = field(default_factory=dict)
    denied: dict[tuple[str, Kind], datetime] = field(default_factory=dict)
    since: datetime | None = None
    errors: list[str] = field(default_factory=list)

    def left_alone(self) -> set[tuple[str, Ref]]:
        """Return the objects that were read often enough."""
        return {name for name, times in self.times.items() if times >= MAX_READS}

    def leave(self, store: str, refs: Iterable[Ref]) -> None:
        """Leave objects to a later run."""
        self.times.update({(store, ref): MAX_READS for ref in refs})

    def later(self, now: datetime) -> Tries:
        """Return the tries of a working worker's next run, which may be only a second later."""
        # A clock may go back.
        is_over = self.since is None or not timedelta() <= now - self.since < REST
        return Tries(
            times=Counter() if is_over else self.times,
            rests={store: until for store, until in self.rests.items() if until > now},
            denied={kind: until for kind, until in self.denied.items() if until > now},
            since=now if is_over else self.since,
        )


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of asking for several objects.

    Attributes:
        read: what answered; it is absorbed.
        gone: what the store does not have any more; it is deleted.
        failed: why others could not be read.
    """

    read: list[Ref] = field(default_factory=list)
    gone: list[Ref] = field(default_factory=list)
    failed: dict[Ref, str] = field(default_factory=dict)


class StoreReader:
    """Asks the platforms about single objects, and absorbs the answers."""

    def __init__(
        self,
        database: Database,
        adapters: Mapping[str, StoreAdapter],
        clock: Clock,
        taking: Taking,
    ) -> None:
        self._database, self._adapters = database, adapters
        self._clock, self._taking = clock, taking

    def can_read(self, store: str) -> bool:
        """Say whether the store's adapter can read in this version."""
        return Capability.READ in self._adapters[store].manifest.capabilities

    def can_refresh(self, store: str, ref: Ref) -> bool:
        """Say whether the store's adapter can do what `refresh` does for *ref*."""
        needed = _REFRESHED_BY.get(ref.kind)
        return needed is not None and needed in self._adapters[store].manifest.capabilities

    def refresh(self, store: str, ref: Ref) -> None:
        """Learn what may have become of an order or a checkout that no webhook told.

        An order is read. For a checkout the newest orders of its address are asked for: whoever
        began it may have bought as a guest, too, or another cart.

        Raises:
            StoreUnavailable: try again later.
            Unsupported: the adapter cannot do it.
        """
        if ref.kind is not Kind.CHECKOUT:
            self.read(store, ref)
            return
        with self._database.read() as tx:
            begun = load.checkouts(tx, store, [ref.id]).get(ref.id)
        if begun is not None and begun.contact.email:
            started = self._clock.now()
            for order in self._adapters[store].orders_of(begun.contact.email):
                self._absorb(store, order, started)

    def absorb(self, store: str, snapshot: Snapshot) -> None:
        """Take what a store answered to something else than a read, and is as true as one."""
        self._absorb(store, snapshot, self._clock.now())

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
            if self._is_out_of_sight(store, ref):
                raise
            snapshot = _gone(ref)
        self._absorb(store, snapshot, started)

    def read_many(self, store: str, refs: Sequence[Ref]) -> Answers:
        """Read several objects, and absorb what they are now; those that are gone become deleted.

        Raises:
            StoreUnavailable: try again later.
            AccessDenied: the credentials are refused, or a right is missing.
            NotTheApi: something else answers at that address.
        """
        answers = Answers()
        for chunk in _chunks(refs):
            started = self._clock.now()
            told = self._adapters[store].read_many(chunk)
            for ref in chunk:
                self._take(store, ref, told.get(ref, Snapshot()), started, answers)
        return answers

    def read_open(
        self, tries: Tries, *, limit: int = 200, stores: Collection[str] | None = None
    ) -> int:
        """Read objects that are marked so, and return how many answered.

        One worker at a time reads a store; what another one is at is left to it.

        Args:
            tries: what this run has read already.
            limit: how many objects to look for.
            stores: only those of these stores; by default of all.
        """
        while wanted := self._open(tries, limit, self._adapters if stores is None else stores):
            asked = [name for name in wanted if name not in tries.denied]
            for store, kind in wanted.keys() - set(asked):
                tries.leave(store, wanted[store, kind])
            if asked:
                names = dict.fromkeys(store for store, _ in asked)
                return sum(self._read_store(tries, store, limit) for store in names)
        return 0

    def _read_store(self, tries: Tries, store: str, limit: int) -> int:
        """Read what is open in one store, unless another worker is at it."""
        try:
            with turn(self._database, self._clock, store, "reading") as mine:
                wanted = self._open(tries, limit, [store])  # another may just have read some
                return sum(self._try(tries, mine, refs) for refs in wanted.values())
        except Conflict:
            return 0

    def _open(
        self, tries: Tries, limit: int, stores: Collection[str]
    ) -> dict[tuple[str, Kind], list[Ref]]:
        """Return what is open and was not read often enough, by store and kind."""
        left_alone = tries.left_alone()
        with self._database.read() as tx:
            uninstalled = tx.stores.uninstalled_at()
            able = [
                one
                for one in stores
                if self.can_read(one) and one not in tries.rests and one not in uninstalled
            ]
            asking = tx.due.to_read(able)
            # An equal share for each: a flood in one store delays no other.
            share = -(-limit // max(len(asking), 1)) + len(left_alone)
            rows = [
                row
                for store in asking
                for row in tx.records.needing_read(limit=share, stores=[store])
            ]
        wanted: dict[tuple[str, Kind], list[Ref]] = {}
        for store, ref in dict.fromkeys((row.store, _ref(row)) for row in rows):
            if (store, ref) not in left_alone:
                wanted.setdefault((store, ref.kind), []).append(ref)
        return wanted

    def _try(self, tries: Tries, mine: Turn, refs: Sequence[Ref]) -> int:
        """Read objects so that whatever is wrong with some does not hold up the others."""
        done = 0
        for chunk in _chunks(refs):
            with self._database.write() as tx:
                mine.take(tx, now=self._clock.now())
            done += self._try_chunk(tries, mine.store, chunk)
        return done

    def _try_chunk(self, tries: Tries, store: str, refs: Sequence[Ref]) -> int:
        kind = refs[0].kind
        if store in tries.rests or (store, kind) in tries.denied:
            return 0
        try:
            answers = self.read_many(store, refs)
        except (StoreUnavailable, AccessDenied, NotTheApi) as error:
            self._rest(tries, store, kind, error)
            return 0
        except Exception as error:  # noqa: BLE001  an adapter is somebody else's code
            if len(refs) > 1:
                return sum(self._try_chunk(tries, store, [ref]) for ref in refs)
            about = {"stage": "read", "store": store}
            log.error("%s: %s could not be read: %s", store, kind, trace(error), extra=about)
            tries.errors.append(f"{refs[0]} could not be read: {type(error).__name__}")
            tries.leave(store, refs)
            return 0
        for ref, why in answers.failed.items():
            about = {"stage": "read", "store": store}
            log.error("%s: %s could not be read: %s", store, ref, why, extra=about)
            tries.errors.append(f"{ref} could not be read: {why}")
        tries.leave(store, answers.failed)
        tries.times.update((store, ref) for ref in refs)
        return len(answers.read) + len(answers.gone)

    def _rest(self, tries: Tries, store: str, kind: Kind, error: StorelinkError) -> None:
        about = {"stage": "read", "store": store}
        log.warning("%s: %ss could not be read: %s", store, kind, error, extra=about)
        tries.errors.append(str(error))
        now = self._clock.now()
        if isinstance(error, AccessDenied) and error.needs:
            tries.denied[store, kind] = now + LONG_REST
        elif isinstance(error, StoreUnavailable):
            tries.rests[store] = now + (error.after or REST)
        else:
            tries.rests[store] = now + LONG_REST

    def _take(
        self,
        store: str,
        ref: Ref,
        told: Snapshot | StorelinkError,
        started: datetime,
        answers: Answers,
    ) -> None:
        """Absorb what was told of one object, and note what came of it."""
        try:
            if isinstance(told, Snapshot):
                self._absorb(store, told, started)
                answers.read.append(ref)
            elif isinstance(told, NotFound) and not self._is_out_of_sight(store, ref):
                self._absorb(store, _gone(ref), started)
                answers.gone.append(ref)
            else:
                answers.failed[ref] = str(told)
        except StorelinkError:
            raise
        except Exception as error:  # noqa: BLE001  a snapshot is somebody else's
            answers.failed[ref] = trace(error)

    def _is_out_of_sight(self, store: str, ref: Ref) -> bool:
        """Say whether the object is older than what the store shows: it may well exist."""
        with self._database.read() as tx:
            row = tx.records.get(store, ref)
        if row is None or row.created_at is None:
            return False
        since = self._adapters[store].shown_since(ref.kind, self._clock.now())
        return since is not None and row.created_at < since

    def _absorb(self, store: str, snapshot: Snapshot, started: datetime) -> None:
        with self._database.write(rings=True) as tx:
            source = Source(started, is_read=True)
            self._taking(tx, store, snapshot, source, now=self._clock.now())


def _chunks(refs: Sequence[Ref]) -> Iterator[Sequence[Ref]]:
    return (refs[start : start + CHUNK] for start in range(0, len(refs), CHUNK))


def _gone(ref: Ref) -> Snapshot:
    return Snapshot((Record(kind=ref.kind, id=ref.id, deleted=True),))


def _ref(row: RecordRow) -> Ref:
    """Return what to read: the order for its parcels and refunds, the customer for a consent."""
    if row.kind in (Kind.SHIPMENT, Kind.REFUND) and row.order_id:
        return Ref.order(row.order_id)
    if row.kind is Kind.CONSENT:
        return Ref(kind=Kind.CUSTOMER, id=row.id.partition("/")[0])
    return Ref(kind=row.kind, id=row.id)
