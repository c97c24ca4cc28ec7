"""The part of `Storelink` for those who run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from storelink.clock import Clock
from storelink.contracts.observing import Observer, Observers
from storelink.contracts.store import StoreAdapter
from storelink.errors import ConfigError
from storelink.hooks.registry import Registry
from storelink.operations import health, prune
from storelink.operations.health import Health, Limits, limits_for
from storelink.operations.prune import PruneReport
from storelink.storage import Database

KEPT_FOR = timedelta(days=90)


class Operated:
    """The part of `Storelink` for those who run it: health, pruning, watching."""

    clock: Clock
    _stores: Mapping[str, StoreAdapter]
    _database: Database
    _registry: Registry
    _observers: Observers
    _sweep_every: timedelta | None

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

    def watch(self, observer: Observer) -> None:
        """Let *observer* be told what happens in this process: see `storelink.contracts.observing`.

        What it raises is logged, and stops nothing.
        """
        self._observers.add(observer)
