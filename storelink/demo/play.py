"""The demo's main flow: two stores live, storelink listens and looks, and mails arrive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from storelink.app import Storelink
from storelink.demo.report import Report
from storelink.demo.results import Results
from storelink.demo.scenes import SCENES
from storelink.demo.stage import Scene, Stage
from storelink.intake import SweepReport
from storelink.testing.clock import FrozenClock

if TYPE_CHECKING:
    from storelink.demo.stores import Shop
    from storelink.testing.mailserver import MailServer

_NEXT_OPENS_AFTER = timedelta(hours=9)
"""So that each store's mail that is put off is its own."""
_COME_BACK_LATER = "451 4.7.1 Greylisted, please come back later"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the demo is.

    Attributes:
        now: where its clock stands.
        done: the part that is over, from 0 to 1.
        webhooks: how many have arrived.
        mails: how many have arrived.
    """

    now: datetime
    done: float
    webhooks: int
    mails: int


@dataclass(frozen=True, slots=True)
class Script:
    """What is played.

    Attributes:
        scenes: what happens in the stores.
        lasts: when it is over.
        swept_every: even if its webhook is lost, nothing in the scenes is old news before it is
            found by a sweep.
    """

    scenes: Sequence[Scene] = SCENES
    lasts: timedelta = timedelta(weeks=3)
    swept_every: timedelta = timedelta(hours=7, minutes=40)


class Play:
    """One run of the demo.

    Args:
        link: knows the *shops*.
        server: where its mails arrive.
        clock: the clock of everything; the first store opens at once.
        watch: told how far the demo is.
        script: what is played.
    """

    def __init__(
        self,
        link: Storelink,
        shops: Sequence[Shop],
        *,
        server: MailServer,
        clock: FrozenClock,
        watch: Callable[[Progress], None] = lambda progress: None,
        script: Script | None = None,
    ) -> None:
        self._link, self._server, self._clock, self._watch = link, server, clock, watch
        self._script = script or Script()
        self._started_at = clock.now()
        self._ends_at = self._started_at + self._script.lasts
        self._sweeps_at = self._started_at + self._script.swept_every
        self._arrived = 0
        self._sweeps: list[SweepReport] = []
        self._stages = [
            Stage(
                self._script.scenes,
                shop,
                clock,
                opens_at=self._started_at + number * _NEXT_OPENS_AFTER,
                put_off_next_mail=lambda: server.answer_next(_COME_BACK_LATER, at="rcpt"),
                answer=link.answer,
            )
            for number, shop in enumerate(shops)
        ]

    def run(self, *, seed: int) -> Report:
        """Play everything, and say what came of it; *seed* is only named there."""
        self.play()
        results = Results(self._link, self._stages, self._server.mails)
        return results.report(
            seed=seed, since=self._started_at, arrived=self._arrived, sweeps=self._sweeps
        )

    def play(self) -> None:
        """Play everything."""
        while (at := self._next_at()) <= self._ends_at:
            self._go_to(at)
        self._go_to(self._ends_at)

    def _next_at(self) -> datetime:
        """Return when something happens next."""
        stages = (stage.next_at() for stage in self._stages)
        sandboxes = (stage.shop.sandbox.next_delivery() for stage in self._stages)
        times = (self._sweeps_at, self._link.next_due(), *stages, *sandboxes)
        return min(at for at in times if at is not None)

    def _go_to(self, at: datetime) -> None:
        """Move the clock, and let happen what happens then."""
        self._clock.set(max(at, self._clock.now()))
        for stage in self._stages:
            stage.act()
        for stage in self._stages:
            self._arrived += stage.shop.sandbox.deliver()
        if self._clock.now() >= self._sweeps_at:
            self._sweep()
        self._link.run_once()
        self._tell()

    def _sweep(self) -> None:
        """Look for what no webhook told."""
        self._sweeps_at = self._clock.now() + self._script.swept_every
        self._sweeps += [self._link.sweep(stage.shop.name) for stage in self._stages]

    def _tell(self) -> None:
        now = self._clock.now()
        done = (now - self._started_at) / self._script.lasts
        mails = len(self._server.mails)
        self._watch(Progress(now, min(done, 1.0), self._arrived, mails))
