"""Making facts known: each once, under its best telling."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from storelink.events.types import Event
from storelink.mirror.facts import Fact
from storelink.mirror.merge import micros
from storelink.mirror.rows import event_row
from storelink.storage import EventRow, Transaction

Listeners = Callable[[Event], Sequence[str]]
"""Names the handlers that want to be called with an event."""


@dataclass(slots=True)
class Told:
    """What telling some facts changed.

    Attributes:
        events: the facts that were not known before.
        corrected: those of which something else was known.
    """

    events: list[Event] = field(default_factory=list)
    corrected: list[Event] = field(default_factory=list)

    @property
    def order_ids(self) -> set[str]:
        """The orders about which something became known."""
        return {event.order_id for event in (*self.events, *self.corrected) if event.order_id}


def tell(
    tx: Transaction,
    facts: Iterable[Fact],
    *,
    now: datetime,
    listeners: Listeners = lambda event: (),
) -> Told:
    """Make *facts* known, or correct what is known; handlers will be called with the new ones."""
    told, facts = Told(), tuple(facts)
    known = tx.events.known([fact.event.id for fact in facts])
    new: dict[str, EventRow] = {}
    changed: dict[str, EventRow] = {}
    for fact in facts:
        held = known.get(fact.event.id)
        row = event_row(fact, held.known_at if held else now)
        if held is None:
            told.events.append(fact.event)
        elif is_better(row, held):
            if row.id not in new and replace(row, version=held.version, seq=held.seq) != held:
                told.corrected.append(fact.event)
        else:
            continue
        known[row.id] = row
        (new if held is None or row.id in new else changed)[row.id] = row
    tx.events.add(new.values())
    tx.events.correct(changed.values())
    tx.calls.add(
        [(handler, event) for event in told.events for handler in listeners(event)], due_at=now
    )
    return told


def is_better(told: EventRow, known: EventRow) -> bool:
    """Say whether a telling stands in place of what is known: exact over estimated, then newest.

    Of estimates the earliest stands, and of two that are equally good, the one that says more,
    whichever came first.
    """
    new, old = _rank(told), _rank(known)
    return new > old or (new == old and _says(told) > _says(known))


def _rank(row: EventRow) -> tuple[Any, ...]:
    return row.exact, row.version if row.exact else None, -micros(row.at)


def _says(row: EventRow) -> tuple[int, str]:
    said = {"order": row.order_id, "customer": row.customer_id, **row.data}
    said = {name: value for name, value in said.items() if value is not None}
    return len(said), json.dumps(said, sort_keys=True)
