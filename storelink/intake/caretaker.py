"""Looking after the stores: sweeps, backfills, webhooks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from urllib.parse import quote, urlsplit

from storelink.clock import Clock
from storelink.contracts.manifest import Capability
from storelink.contracts.observing import Observer
from storelink.contracts.store import StoreAdapter, Subscription
from storelink.errors import ConfigError
from storelink.intake.audit import Auditor
from storelink.intake.backfill import Backfiller, Plan, Told
from storelink.intake.lanes import Lane, lanes
from storelink.intake.pages import Pages, Sleep, Stop
from storelink.intake.read import StoreReader
from storelink.intake.reports import BackfillReport, SweepReport
from storelink.intake.rounds import Rounds
from storelink.intake.subscriptions import Action, repair
from storelink.intake.sweep import Sweeper
from storelink.intake.taking import Taking
from storelink.recommend import Rebuilding
from storelink.storage import Database

PLACE = "{store}"
"""Stands for the store's name in the address of webhooks."""


class Caretaker:
    """Does with the stores what is not about single objects.

    Args:
        webhook_url: where webhooks arrive, with `{store}` for the store's name.
        sleep: waits so many seconds for a platform that is still preparing.
        observe: is told what came of each sweep.

    Raises:
        ConfigError: the address is not one, or is the same for several stores.
    """

    def __init__(
        self,
        database: Database,
        adapters: Mapping[str, StoreAdapter],
        clock: Clock,
        taking: Taking,
        *,
        webhook_url: str | None = None,
        sleep: Sleep = time.sleep,
        observe: Observer = lambda happening: None,
    ) -> None:
        self._database, self._adapters = database, adapters
        self._clock, self._taking = clock, taking
        self._url, self._sleep = _checked(webhook_url, len(adapters)), sleep
        self._observe = observe

    def sweep(self, store: str) -> SweepReport:
        """Read what changed, compare, repair; what goes wrong is in the report."""
        return self._sweeper(self._sleep, lambda: False).sweep(store)

    def backfill(self, store: str, plan: Plan, told: Told) -> BackfillReport:
        """Read all that the store has; what goes wrong is in the report.

        Raises:
            Unsupported: the platform cannot list.
            Conflict: another worker is at it.
        """
        return Backfiller(self._pages(self._sleep, lambda: False)).backfill(store, plan, told)

    def lanes(self) -> list[Lane]:
        """Return what reads the stores when it is asked to, each in a thread of its own."""
        reader = StoreReader(self._database, self._adapters, self._clock, self._taking)
        return [Lane(reader, self._clock, stores) for stores in lanes(tuple(self._adapters))]

    def sweeps(self, every: timedelta | None, stopped: threading.Event) -> list[Callable[[], None]]:
        """Return what sweeps the stores until *stopped* is set, each in a thread of its own.

        Args:
            every: how often each store is swept; `None` for never.
            stopped: ends them.
        """
        if every is None:
            return []
        shares = lanes(tuple(self._adapters))
        return [partial(self.rounds(every, stopped, stores).run, stopped) for stores in shares]

    def rounds(
        self, every: timedelta, stopped: threading.Event, stores: Sequence[str] | None = None
    ) -> Rounds:
        """Return what sweeps *stores* (or all) again and again until *stopped* is set."""
        return Rounds(
            self._database,
            self._clock,
            [
                name
                for name in (self._adapters if stores is None else stores)
                if Capability.LIST in self._adapters[name].manifest.capabilities
            ],
            every,
            partial(self._round, stopped),
        )

    def _round(self, stopped: threading.Event, store: str) -> SweepReport:
        """Sweep a store; once a day, count what its people bought together, too."""
        report = self._sweeper(stopped.wait, stopped.is_set).sweep(store)
        if not report.left_alone:
            Rebuilding(self._database, self._clock).rebuild_if_due(store, stop=stopped.is_set)
        return report

    def webhooks(self, store: str) -> Sequence[Subscription]:
        """Ask the platform which webhooks it is asked to send.

        Raises:
            Unsupported: the platform cannot be asked.
            StoreError: the store could not be asked.
        """
        adapter = self._adapters[store]
        adapter.manifest.require(Capability.SUBSCRIBE)
        return adapter.subscriptions()

    def repair(self, store: str, address: str | None = None) -> list[Action]:
        """Let the platform send every webhook that is needed, once, to the address.

        Raises:
            ConfigError: no address is known.
            Unsupported: the platform cannot be asked.
            StoreError: the store could not be asked.
        """
        adapter = self._adapters[store]
        adapter.manifest.require(Capability.SUBSCRIBE)
        wanted = address or self.address(store)
        if wanted is None:
            raise ConfigError(
                'webhook_url is not set, for example "https://hooks.example/webhooks/{store}"'
            )
        return repair(adapter, wanted)

    def address(self, store: str) -> str | None:
        """Return where a store's webhooks are to arrive; `None` if that is not configured."""
        return self._url.replace(PLACE, quote(store, safe="")) if self._url else None

    def _sweeper(self, sleep: Sleep, stop: Stop) -> Sweeper:
        world = (self._database, self._adapters, self._clock)
        pages, reader = self._pages(sleep, stop), StoreReader(*world, self._taking)
        return Sweeper(
            pages,
            reader,
            Auditor(*world, reader),
            Backfiller(pages),
            self.address,
            self._observe,
        )

    def _pages(self, sleep: Sleep, stop: Stop) -> Pages:
        world = (self._database, self._adapters, self._clock, self._taking)
        return Pages(*world, sleep=sleep, stop=stop)


def _checked(url: str | None, stores: int) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"webhook_url is an http address, not {url!r}")
    if PLACE not in url and stores > 1:
        raise ConfigError("webhook_url needs {store} in it, because there are several stores")
    return url
