"""What came of reading a store's lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storelink.intake.subscriptions import Action
from storelink.models.ref import Kind


@dataclass(frozen=True, slots=True)
class ListReport:
    """What came of one list.

    Attributes:
        seen: objects that the list named.
        changed: those of which something was not known.
        events: facts that became known.
        error: why it was not read to its end, with the remedy.
        finished_at: when the list had been read to its end, if that was in an earlier run.
    """

    kind: Kind
    seen: int = 0
    changed: int = 0
    events: int = 0
    error: str | None = None
    finished_at: datetime | None = None

    def row(self) -> dict[str, Any]:
        """Return it for a table."""
        note = self.error or ""
        if self.finished_at:
            note = f"done already at {self.finished_at:%Y-%m-%d %H:%M} UTC"
        return {
            "what": f"{self.kind}s",
            "seen": self.seen,
            "changed": self.changed,
            "events": self.events,
            "note": note,
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What came of comparing what the store has with what is known.

    Attributes:
        theirs: how many objects the store counts; `None` if it does not count exactly.
        ours: how many were known.
        missing: ids that were not known, and now are.
        gone: ids that were known, and that the store does not have any more.
        is_open: there is more to compare; the next sweep goes on.
        error: why it was not compared to the end, with the remedy.
    """

    kind: Kind
    theirs: int | None = None
    ours: int | None = None
    missing: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    is_open: bool = False
    error: str | None = None

    def row(self) -> dict[str, Any]:
        """Return it for a table."""
        notes = [
            _named("missing until now", self.missing),
            _named("gone from the store", self.gone),
            "the next sweep goes on comparing" if self.is_open else "",
            self.error or "",
        ]
        return {
            "what": f"audit of {self.kind}s",
            "seen": self.theirs,
            "changed": len(self.missing) + len(self.gone),
            "events": None,
            "note": "; ".join(note for note in notes if note),
        }


def _named(what: str, ids: tuple[str, ...], *, most: int = 10) -> str:
    if not ids:
        return ""
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return f"{len(ids)} {what}: {', '.join(ids[:most])}{more}"


@dataclass(slots=True)
class SweepReport:
    """What came of one sweep of one store.

    Attributes:
        lists: for each kind of object what its list told.
        read: objects that were read one by one, because something about them was open.
        not_read: why others could not be, each with its remedy.
        audit: what came of comparing orders with the store's own count.
        webhooks: what was done about the subscriptions.
        webhooks_error: why nothing could be done about them, with the remedy.
        error: why the sweep did not come to its end, with the remedy.
        left_alone: why there was no whole sweep, although nothing is wrong.
    """

    store: str
    lists: list[ListReport] = field(default_factory=list)
    read: int = 0
    not_read: tuple[str, ...] = ()
    audit: AuditReport | None = None
    webhooks: list[Action] = field(default_factory=list)
    webhooks_error: str | None = None
    error: str | None = None
    left_alone: str | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that went wrong, each with its remedy."""
        errors = [self.error, *(one.error for one in self._compared), *self.not_read]
        errors += [self.webhooks_error, *(one.error for one in self.webhooks)]
        return tuple(dict.fromkeys(error for error in errors if error))

    @property
    def result(self) -> str:
        """What came of it in one word: `ok`, `problems`, `failed`, or `left alone`."""
        told = (self.left_alone, "left alone"), (self.error, "failed"), (self.problems, "problems")
        return next((word for is_so, word in told if is_so), "ok")

    @property
    def events(self) -> int:
        """How many facts became known."""
        return sum(one.events for one in self.lists)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Return it for a table."""
        for part in self._compared:
            yield {"store": self.store, **part.row()}
        if self.read or self.not_read:
            yield self._row("read one by one", seen=self.read, note="; ".join(self.not_read))
        for action in self.webhooks:
            told = action.row()
            yield self._row(f"webhook {told['action']}", note=f"{told['topic']}: {told['why']}")
        if self.webhooks_error:
            yield self._row("webhooks", note=self.webhooks_error)
        if note := self.error or self.left_alone:
            yield self._row("sweep", note=note)

    @property
    def _compared(self) -> tuple[ListReport | AuditReport, ...]:
        return (*self.lists, *((self.audit,) if self.audit else ()))

    def _row(self, what: str, *, seen: int | None = None, note: str = "") -> dict[str, Any]:
        return {
            "store": self.store,
            "what": what,
            "seen": seen,
            "changed": None,
            "events": None,
            "note": note,
        }


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """What came of reading all that a store has."""

    store: str
    lists: tuple[ListReport, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that went wrong, each with its remedy."""
        return tuple(dict.fromkeys(one.error for one in self.lists if one.error))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Return it for a table."""
        return ({"store": self.store, **one.row()} for one in self.lists)
