"""Comparing what a store has with what is known of it: nothing was lost, nothing left silently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from storelink.clock import Clock
from storelink.contracts.store import StoreAdapter
from storelink.errors import StorageError, StorelinkError, StoreUnavailable
from storelink.intake.read import CHUNK, StoreReader
from storelink.intake.reports import AuditReport
from storelink.models.base import Instant, Value
from storelink.models.ref import Kind, Ref
from storelink.storage import Database

FEW = 100
"""So many ids are compared one by one."""
BUDGET = 60
"""So many questions are asked in one audit; the next one goes on."""
SETTLING = timedelta(minutes=5)
"""What was created a moment ago may be under way still."""
ACCEPTED_FOR = timedelta(days=1)
"""For how long a difference is left alone that no reading explained."""
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""No store of today's platforms has anything older."""
MARGIN = timedelta(hours=1)
"""At the edge of what a store shows, its clock and ours may disagree."""
SECOND = timedelta(seconds=1)
"""Platforms count whole seconds: shorter spans are not divided."""


class Span(Value):
    """A time of creation, from *start* on and before *end*."""

    start: Instant
    end: Instant

    def halves(self) -> tuple[Span, Span]:
        """Return the earlier and the later half."""
        middle = (self.start + (self.end - self.start) / 2).replace(microsecond=0)
        return Span(start=self.start, end=middle), Span(start=middle, end=self.end)

    @property
    def is_short(self) -> bool:
        """It cannot be divided."""
        return self.end - self.start <= 2 * SECOND


class Notes(Value):
    """What one audit leaves to the next.

    Attributes:
        open: spans in which something differs, and which were not compared yet.
        accepted: how many more the store counts, and no reading explained it.
        accepted_until: when to look for an explanation again.
    """

    open: tuple[Span, ...] = ()
    accepted: int | None = None
    accepted_until: Instant | None = None


@dataclass(slots=True)
class _Work:
    """One audit under way.

    Attributes:
        open: spans to compare, the next one last, each with the store's count if it is known.
        left: how many questions may still be asked.
    """

    store: str
    kind: Kind
    left: int
    open: list[tuple[Span, int | None]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Auditor:
    """Compares stores with the mirror, by counting what was created when.

    Where the counts differ, the time is halved until few ids are left to compare. What is missing
    is read. What the store does not name any more is read, too: only that tells whether it is gone.
    """

    database: Database
    adapters: Mapping[str, StoreAdapter]
    clock: Clock
    reader: StoreReader
    few: int = FEW
    budget: int = BUDGET

    def audit(self, store: str, since: datetime | None, kind: Kind = Kind.ORDER) -> AuditReport:
        """Compare as much as the budget allows; it goes on where the last audit left off.

        Args:
            store: the store's name.
            since: since when everything that was created has to be known; `None` for all.
            kind: the kind of objects.

        Raises:
            StoreUnavailable: the store does not answer; what is left is for the next time.
        """
        work = _Work(store, kind, self.budget)
        theirs = ours = None
        try:
            whole = self._whole(store, kind, since)
            theirs, ours = self._theirs(work, whole), self._ours(work, whole)
            work.open = self._begin(work, whole, theirs, ours)
            was_open = bool(work.open)
            while work.open and work.left > 0:
                self._compare(work, *work.open.pop())
            unexplained = None if theirs is None else theirs - self._ours(work, whole)
            if was_open or theirs == ours:
                self._remember(work, unexplained)
        except (StoreUnavailable, StorageError):
            raise
        except StorelinkError as error:
            work.errors.append(str(error))
        return AuditReport(
            kind,
            theirs,
            ours,
            missing=tuple(work.missing),
            gone=tuple(work.gone),
            is_open=bool(work.open),
            error="; ".join(dict.fromkeys(work.errors)) or None,
        )

    def _whole(self, store: str, kind: Kind, since: datetime | None) -> Span:
        now = self.clock.now()
        shown_since = self.adapters[store].shown_since(kind, now)
        start = max(since or BEGINNING, shown_since + MARGIN if shown_since else BEGINNING)
        return Span(start=start.replace(microsecond=0), end=max(start, now - SETTLING))

    def _begin(
        self, work: _Work, whole: Span, theirs: int | None, ours: int
    ) -> list[tuple[Span, int | None]]:
        """Return where to begin: nowhere if the counts agree, or differ as it was accepted."""
        if theirs == ours:
            return []
        with self.database.read() as tx:
            held = tx.positions.get(work.store, _position(work.kind))
        notes = Notes.model_validate(held or {})
        if notes.open:
            return [(span, None) for span in notes.open]
        is_accepted = notes.accepted_until is not None and self.clock.now() < notes.accepted_until
        if is_accepted and theirs is not None and notes.accepted == theirs - ours:
            return []
        return [(whole, theirs)]

    def _compare(self, work: _Work, span: Span, theirs: int | None) -> None:
        """Compare one span: it agrees, or is divided, or its ids are compared."""
        ours = self._ours(work, span)
        if theirs is None:
            theirs = self._theirs(work, span)
        if theirs == ours:
            return
        if span.is_short or max(ours, theirs or 0) <= self.few:
            self._compare_ids(work, span)
            return
        early, late = span.halves()
        earlier = self._theirs(work, early)
        later = None if theirs is None or earlier is None else theirs - earlier
        work.open += [(late, later), (early, earlier)]

    def _compare_ids(self, work: _Work, span: Span) -> None:
        work.left -= 1
        adapter = self.adapters[work.store]
        theirs = set(adapter.ids(work.kind, start=span.start, end=span.end))
        with self.database.read() as tx:
            ours = set(tx.records.ids_created(work.store, work.kind, span.start, span.end))
        work.missing += self._read(work, sorted(theirs - ours), gone=False)
        work.gone += self._read(work, sorted(ours - theirs), gone=True)

    def _read(self, work: _Work, ids: Sequence[str], *, gone: bool) -> list[str]:
        """Read what differs, and return those that are there, or those that are gone."""
        work.left -= -(-len(ids) // CHUNK)
        refs = [Ref(kind=work.kind, id=one) for one in ids]
        answers = self.reader.read_many(work.store, refs)
        work.errors += [f"{ref} could not be read: {why}" for ref, why in answers.failed.items()]
        return [ref.id for ref in (answers.gone if gone else answers.read)]

    def _theirs(self, work: _Work, span: Span) -> int | None:
        work.left -= 1
        return self.adapters[work.store].count(work.kind, start=span.start, end=span.end)

    def _ours(self, work: _Work, span: Span) -> int:
        with self.database.read() as tx:
            return tx.records.count_created(work.store, work.kind, span.start, span.end)

    def _remember(self, work: _Work, unexplained: int | None) -> None:
        """Leave to the next audit what is open, or what was looked for in vain."""
        now = self.clock.now()
        notes = Notes(open=tuple(span for span, _ in work.open))
        if not work.open and unexplained:
            notes = Notes(accepted=unexplained, accepted_until=now + ACCEPTED_FOR)
        with self.database.write() as tx:
            value = notes.model_dump(mode="json", exclude_defaults=True)
            tx.positions.put(work.store, _position(work.kind), value, now=now)


def _position(kind: Kind) -> str:
    return f"audit/{kind}"
