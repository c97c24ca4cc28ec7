"""A town on a platform's sandbox in which everything goes wrong that can."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from acceptance.harmony.post import BAD_DAYS, Post, WorkerDied
from acceptance.harmony.shops import SHOPS, SandboxShop, Someone
from acceptance.harmony.town import BEFORE, Town

from storelink import Storelink
from storelink.contracts.sandbox import Faults
from storelink.testing import FrozenClock
from storelink.toolkit.serving import served
from storelink.web import Endpoint

GRAIN = timedelta(minutes=30)
"""Webhooks arrive, and the worker works, so often."""
SWEEP_EVERY = timedelta(hours=4)
LATE = timedelta(hours=1)
"""How much later a webhook arrives at most that arrives at all."""
SLACK = SWEEP_EVERY + 2 * GRAIN
"""When storelink knows at the latest what no webhook told: a sweep found it, and was acted upon."""
SETTLES = timedelta(days=2)
"""So long nothing new happens in the end: what was put off is tried again meanwhile."""

WEBHOOKS: Mapping[str, Any] = {"drop": 0.15, "duplicate": 0.2, "shuffle": True, "delay": LATE}
CALLS: Mapping[str, Any] = {"unavailable": 0.03, "throttled": 0.02, "cut": 0.02, "lost": 0.02}
DIES = 0.002
"""How probably the worker dies at each step of the relay."""


class StormyTown(Town):
    """A town whose storelink works on a database file, hears late or never, and dies.

    What happens is known with the next half hour, or whenever a webhook or a sweep tells.

    Args:
        people: the customers.
        shop: the store.
        door: where webhooks arrive.
        folder: where the database is.
        seed: decides what goes wrong.
    """

    shop: SandboxShop

    def __init__(
        self, people: list[Someone], shop: SandboxShop, door: Door, *, folder: Path, seed: int
    ) -> None:
        self._door, self._folder = door, folder
        self._chance, self._dies = random.Random(f"{seed}/worker"), 0.0
        self.deaths = self.repaired = 0
        self._swept_at = self._worked_at = BEFORE
        super().__init__(people, shop, Post(shop.clock, fates=BAD_DAYS, seed=seed))
        self.link.register_webhooks("shop")
        self._sweep()  # webhooks come from now on only: people registered before
        self._worked_at = self.clock.now()
        self._dies = DIES
        for name, share in {**WEBHOOKS, **CALLS}.items():
            setattr(shop.sandbox.faults, name, share)

    def open(self, database: str = "", **options: Any) -> Storelink:
        """Return the app on the town's file, with a worker that may die."""
        link = super().open(
            f"sqlite:///{self._folder / 'town.db'}",
            webhook_url=f"{self._door.url}/webhooks/{{store}}",
            sleep=lambda seconds: self.clock.advance(timedelta(seconds=seconds)),
            on_step=self._step,
            **options,
        )
        self._door.endpoint = Endpoint(link)
        return link

    def tell(self) -> None:
        """Let nobody hear of it yet."""

    def wait(self, time: timedelta) -> None:
        """Let time pass, every half hour with what is due."""
        until = self.clock.now() + time
        while (at := self._worked_at + GRAIN) <= until:
            self.clock.set(max(at, self.clock.now()))
            self._work()
            self._worked_at = at
        self.clock.set(max(until, self.clock.now()))

    def settle(self) -> None:
        """Let what was begun come to its end."""
        self.wait(SETTLES)

    def happened(self) -> Counter[str]:
        """Return how often what went wrong."""
        sandbox = self.shop.sandbox
        calls = {name: sandbox.calls.get(name, 0) for name in CALLS}
        webhooks = {
            name: sandbox.faults.happened[name] for name in ("drop", "duplicate", "shuffle")
        }
        mail = {str(fate): count for fate, count in self.post.happened.items()}
        return Counter({**webhooks, **calls, **mail, "deaths": self.deaths})

    def _work(self) -> None:
        """Let webhooks arrive, sweep if it is time, and do what is due."""
        self.shop.script.take()  # nobody reads what is told on no other way
        told = self.shop.sandbox.deliver()
        if self.clock.now() - self._swept_at >= SWEEP_EVERY:
            self._sweep()
            told += 1
        due = self.link.next_due()
        while told or (due is not None and due <= self.clock.now()):
            try:
                self.link.run_once()
                return
            except WorkerDied:
                self._restart()

    def _sweep(self) -> None:
        """Sweep until nothing goes wrong with it: one call in eleven does."""
        self._swept_at = self.clock.now()
        for _ in range(20):
            report = self.link.sweep("shop")
            self.repaired += report.events
            if not report.problems:
                return
        raise AssertionError(f"no sweep succeeded: {report.problems}")

    def _step(self, name: str) -> None:
        if name == "settled":
            self.post.settled()
        if self._dies and self._chance.random() < self._dies:
            raise WorkerDied

    def _restart(self) -> None:
        """Leave the dead worker as it is, and start another one on the same database."""
        self.deaths += 1
        self.post.forgotten()
        self.link._database.close()  # the system closes its files; nothing else is tidied up
        self.link = self.open()


class Door:
    """Where webhooks arrive, whichever process answers."""

    url: str
    endpoint: Endpoint

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.endpoint(environ, start_response)


@contextmanager
def storm(platform: str, people: list[Someone], *, folder: Path, seed: int) -> Iterator[StormyTown]:
    """Found a town on a platform, in bad weather."""
    shop, door = SHOPS[platform](FrozenClock(BEFORE), Faults(seed=seed)), Door()
    with shop.sandbox, served(door) as door.url:
        town = StormyTown(people, shop, door, folder=folder, seed=seed)
        try:
            yield town
        finally:
            town.link.close()
