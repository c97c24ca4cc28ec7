"""Reading the results: what storelink says it did, beside what the SMTP server received."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from storelink.app import Storelink
from storelink.demo.counts import CallCounts, SweepCounts, WebhookCounts
from storelink.demo.expectations import Arrived, Check, outbox_checks, scene_checks
from storelink.demo.mails import Received
from storelink.demo.report import Report, StoreReport
from storelink.demo.stage import Stage
from storelink.demo.story import OrderStory, story
from storelink.intake import SweepReport
from storelink.storage import InboxState


class Results:
    """What came of a run.

    Args:
        link: the app, still open.
        stages: what was acted in each store.
        mails: what the SMTP server received, in order of arrival.
    """

    def __init__(self, link: Storelink, stages: Sequence[Stage], mails: Sequence[bytes]) -> None:
        self._link, self._stages = link, stages
        self._orders = {stage.shop.name: link.orders(stage.shop.name) for stage in stages}
        self._messages = link.messages()
        every = [order for orders in self._orders.values() for order in orders]
        numbers = {(order.store, order.id): order.number for order in every}
        self._received = Received(mails, self._messages, numbers)

    def report(
        self,
        *,
        seed: int,
        since: datetime,
        arrived: int,
        sweeps: Sequence[SweepReport],
    ) -> Report:
        """Return everything as one value.

        Args:
            seed: of the run.
            since: when the run began.
            arrived: how many webhooks arrived.
            sweeps: what came of each sweep.
        """
        stories = list(self._stories())
        return Report(
            seed=seed,
            started_at=since,
            ended_at=self._link.clock.now(),
            stores=[self._store(stage) for stage in self._stages],
            webhooks=self._webhooks(arrived),
            calls=CallCounts.of(stage.shop.sandbox.calls for stage in self._stages),
            sweeps=SweepCounts.of(sweeps),
            events=dict(sorted(Counter(event.type for event in self._link.events()).items())),
            messages=self._messages,
            received=self._received,
            orders=stories,
            checks=list(self._checks(stories)),
        )

    def _store(self, stage: Stage) -> StoreReport:
        shop = stage.shop
        manifest = shop.manifest
        return StoreReport(shop.name, manifest.name, manifest.title, len(self._orders[shop.name]))

    def _webhooks(self, arrived: int) -> WebhookCounts:
        """Count webhooks: the inbox holds each once, however often it came."""
        states = Counter(row.state for row in self._link.inbox())
        happened: Counter[str] = Counter()
        for stage in self._stages:
            happened.update(stage.shop.sandbox.faults.happened)
        return WebhookCounts(
            received=arrived,
            duplicates=arrived - states.total(),
            doubled=happened["duplicate"],
            lost=happened["drop"],
            kept=states[InboxState.KEPT],
            ignored=states[InboxState.IGNORED],
        )

    def _stories(self) -> Iterator[OrderStory]:
        for stage in self._stages:
            name, acted = stage.shop.name, stage.acted
            for order in sorted(self._orders[name], key=lambda one: (len(one.id), one.id)):
                explanation = self._link.explain(name, order.id)
                caption = acted[order.id].scene.title if order.id in acted else ""
                yield story(explanation, platform=stage.shop.manifest.title, caption=caption)

    def _checks(self, stories: Sequence[OrderStory]) -> Iterator[Check]:
        yield from outbox_checks(self._messages, self._received)
        told = {(one.store, one.order_id): one for one in stories}
        for stage in self._stages:
            name = stage.shop.name
            for order_id, actor in stage.acted.items():
                yield from scene_checks(
                    actor, told.get((name, order_id)), self._arrived(name, order_id)
                )

    def _arrived(self, store: str, order_id: str) -> list[Arrived]:
        mails = self._received.by_key
        about = [one for one in self._messages if (one.store, one.order_id) == (store, order_id)]
        return [Arrived(one, mails[one.key]) for one in about if one.key in mails]
