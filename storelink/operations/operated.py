"""The part of `Storelink` for those who run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from storelink.clock import Clock
from storelink.contracts.channel import Report
from storelink.contracts.observing import Observer, Observers
from storelink.contracts.store import StoreAdapter
from storelink.errors import ConfigError, UnknownStore
from storelink.hooks.registry import Registry
from storelink.operations import failing, health, prune
from storelink.operations.bouncing import Bouncing, Heard
from storelink.operations.failing import FailedCall
from storelink.operations.health import Health, Limits, limits_for
from storelink.operations.prune import PruneReport
from storelink.storage import Database

KEPT_FOR = timedelta(days=90)


class Operated:
    """The part of `Storelink` for those who run it: health, failures, pruning, watching."""

    clock: Clock
    _stores: Mapping[str, StoreAdapter]
    _database: Database
    _registry: Registry
    _observers: Observers
    _sweep_every: timedelta | None
    _bouncing: Bouncing

    def health(self, limits: Limits | None = None) -> Health:
        """Say how well the work goes on; changes nothing, and costs little.

        Args:
            limits: from when on something is a problem; by default what
                `storelink.operations.health.Limits` says, and two of this app's sweeps missed.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        handlers = tuple(self._registry.handlers)
        now, limits = self.clock.now(), limits or limits_for(self._sweep_every)
        return health.look(self._database, self._stores, now, handlers=handlers, limits=limits)

    def prune(
        self,
        *,
        older_than: timedelta = KEPT_FOR,
        dry_run: bool = False,
        progress: Callable[[PruneReport], object] = lambda report: None,
    ) -> PruneReport:
        """Delete what was finished long ago, of every store in the database, a little at a time.

        Raw webhooks that were absorbed, calls of handlers, attempts at finished messages. What is
        known of orders stays, as do events and messages: nothing is sent again.

        Args:
            older_than: how long ago it was finished.
            dry_run: only count.
            progress: told after each step what was deleted so far.

        Raises:
            ConfigError: *older_than* is negative.
            StorageUnavailable: the database cannot be written; what was deleted stays deleted.
        """
        if older_than < timedelta():
            raise ConfigError(f"older_than is not negative: {older_than}")
        now = self.clock.now()
        before = now - older_than
        if dry_run:
            return prune.count(self._database, before)
        return prune.prune(self._database, before, now=now, told=progress)

    def bounced(self, report: Report) -> Heard:
        """Take what is reported of a message after it was sent: that it came back, or a complaint.

        Call it with what your provider's webhooks tell, once you have verified them. A hard bounce
        suppresses the address, as do several soft ones; a complaint suppresses it for all that no
        order needs, and withdraws what the person agreed to. To do it again changes nothing.

        Args:
            report: names the message by the provider's id of it.

        Raises:
            Conflict: the message was changed at this very moment; do it again.
            StorageUnavailable: the database is away; do it again.
        """
        return self._bouncing.take(report)

    @property
    def hears_bounces(self) -> bool:
        """Whether a channel has a mailbox of what came back, for `read_bounces`."""
        return self._bouncing.can_read

    def read_bounces(self) -> dict[Heard, int]:
        """Read what came back to the channels' mailboxes, and return how many became what.

        `run` does so by itself.

        Raises:
            ConfigError: a mailbox cannot be used.
            StorageUnavailable: the database is away; what was not taken is read again.
        """
        return self._bouncing.read()

    def failures(self, *, store: str | None = None) -> list[FailedCall]:
        """Return the calls of handlers that were given up, the oldest first.

        A review that its store refuses is one of `storelink.post_review`.

        Args:
            store: only of this store.

        Raises:
            UnknownStore: no store has that name.
            StorageUnavailable: the database cannot be read.
        """
        if store is not None and store not in self._stores:
            raise UnknownStore(store, tuple(self._stores))
        return failing.failed(self._database, store)

    def call_again(self, event_id: str) -> list[FailedCall]:
        """Let every handler be called again that was given up for an event, and return those.

        Raises:
            LookupError: no handler was given up for it.
            StorageUnavailable: the database is away; try again.
        """
        return failing.call_again(self._database, event_id, now=self.clock.now())

    def watch(self, observer: Observer) -> None:
        """Let *observer* be told what happens in this process: see `storelink.contracts.observing`.

        What it raises is logged, and stops nothing.
        """
        self._observers.add(observer)
