"""Taking in what was told: into the mirror, and what it says of people's will into the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from storelink.consent.importing import Import
from storelink.mirror import Absorbed, Listeners, Source, absorb
from storelink.models.record import Snapshot
from storelink.storage import Transaction


@dataclass(frozen=True, slots=True)
class Taking:
    """Takes snapshots in, all of it in one transaction. Doing it again changes nothing.

    Attributes:
        listeners: names the handlers of an event.
        consents: takes what is told of consents; by default nobody does.
        looks_back: says whether what is all history is planned, too; by default it is not.
    """

    listeners: Listeners
    consents: Import | None = None
    looks_back: Callable[[], bool] = lambda: False

    def __call__(
        self,
        tx: Transaction,
        store: str,
        snapshots: Snapshot | Iterable[Snapshot],
        source: Source,
        *,
        now: datetime,
        silent_before: datetime | None = None,
    ) -> Absorbed:
        """Take in *snapshots* as `absorb` does."""
        done = absorb(
            tx,
            store,
            snapshots,
            source,
            now=now,
            listeners=self.listeners,
            silent_before=silent_before,
        )
        if done.silent and self.looks_back():
            tx.plans.mark(store, sorted(map(str, done.silent)), due_at=now)
        if self.consents is not None:
            self.consents.take(tx, store, done.taken, now)
        return done
