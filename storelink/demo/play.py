"""The demo's main flow: two stores live, storelink listens, and mails arrive."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from storelink.app import Storelink
from storelink.contracts.channel import Channel
from storelink.contracts.sandbox import Webhook
from storelink.contracts.store import StoreAdapter
from storelink.demo.post import Post
from storelink.demo.report import Report
from storelink.demo.results import Results
from storelink.demo.scenes import SCENES
from storelink.demo.stage import Stage
from storelink.demo.stores import recorded_shop, scripted_shop
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.rendering import Brand
from storelink.testing.clock import FrozenClock
from storelink.testing.journeys import Journeys

if TYPE_CHECKING:
    from storelink.testing.mailserver import MailServer

_BRAND = Brand(
    name="Atelier",
    color="#8a3b2e",
    website="https://atelier.example",
    support_email="hello@atelier.example",
    address="Atelier, Töpfergasse 7, 1010 Wien",
    signature="Mina and the Atelier team",
)

_WORKER_RUNS_EVERY = timedelta(seconds=10)
_BOUTIQUE_OPENS_AFTER = timedelta(hours=3)
_LASTS = timedelta(weeks=5)
_HISTORY = timedelta(weeks=3)

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


class Play:
    """One run of the demo.

    Args:
        journeys: the recorded life of the WooCommerce store.
        database: the path of the database.
        channel: how people are reached.
        server: where the channel's mails arrive.
        clock: the clock of everything; it stands where the recording begins.
        seed: decides in which order webhooks arrive, and which arrive twice.
        watch: told how far the demo is.
    """

    def __init__(
        self,
        journeys: Journeys,
        *,
        database: Path,
        channel: Channel,
        server: MailServer,
        clock: FrozenClock,
        seed: int,
        watch: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        self._journeys, self._database, self._channel = journeys, database, channel
        self._server, self._clock, self._seed, self._watch = server, clock, seed, watch
        self._post = Post(random.Random(seed))  # noqa: S311  no secret
        self._recorded, self._scripted = recorded_shop(journeys, clock), scripted_shop(clock)
        self._started_at = clock.now()
        self._opens_at = journeys.deliveries[-1].received_at + _BOUTIQUE_OPENS_AFTER
        self._ends_at = self._opens_at + _LASTS
        self._stage = Stage(
            SCENES,
            self._scripted,
            self._post,
            clock,
            opens_at=self._opens_at,
            put_off_next_mail=lambda: server.answer_next(_COME_BACK_LATER, at="rcpt"),
        )

    def run(self) -> Report:
        """Play everything, and say what came of it."""
        with self._open({self._recorded.name: self._recorded.adapter}) as link:
            self._play_recording(link)
        shops = (self._recorded, self._scripted)
        with self._open({shop.name: shop.readable for shop in shops}) as link:
            self._read_everything(link)
            self._let_weeks_pass(link)
            mails = self._server.mails
            results = Results(link, shops, self._journeys, self._stage, mails)
            return results.report(seed=self._seed, since=self._started_at, post=self._post.counts)

    def _open(self, stores: Mapping[str, StoreAdapter]) -> Storelink:
        return Storelink(
            f"sqlite:///{self._database}",
            stores=stores,
            channels=[self._channel],
            hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()],
            brand=_BRAND,
            clock=self._clock,
            since=self._started_at - _HISTORY,
        )

    def _play_recording(self, link: Storelink) -> None:
        """The recorded store is known by its webhooks only, and the worker runs now and then."""
        shop, pings = self._recorded, self._journeys.pings
        self._post.take(
            shop.name,
            [Webhook("ping", ping.headers, ping.body) for ping in pings],
            at=self._clock.now(),
        )
        while self._clock.now() < self._journeys.deliveries[-1].received_at:
            self._clock.advance(_WORKER_RUNS_EVERY)
            self._post.take(shop.name, shop.played.take(), at=self._clock.now())
            self._step(link)

    def _read_everything(self, link: Storelink) -> None:
        """From now on the recorded store can be read, and says what its webhooks left out."""
        for journey in self._journeys.journeys:
            link.read(self._recorded.name, str(journey["order_id"]))

    def _let_weeks_pass(self, link: Storelink) -> None:
        """Move the clock to whatever happens next, until the end."""
        while (at := self._next_at(link)) is not None and at <= self._ends_at:
            self._clock.set(max(at, self._clock.now()))
            self._stage.act()
            self._step(link)
        self._clock.set(self._ends_at)
        self._step(link)

    def _next_at(self, link: Storelink) -> datetime | None:
        times = (self._stage.next_at(), self._post.next_at(), link.next_due())
        return min((at for at in times if at is not None), default=None)

    def _step(self, link: Storelink) -> None:
        now = self._clock.now()
        self._post.deliver(link, now)
        link.run_once()
        done = (now - self._started_at) / (self._ends_at - self._started_at)
        mails = len(self._server.mails)
        self._watch(Progress(now, min(done, 1.0), self._post.counts.received, mails))
