"""Reading the results: what storelink says it did, beside what the SMTP server received."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from storelink.app import Storelink
from storelink.demo.expectations import Arrived, Check, journey_checks, outbox_checks, scene_checks
from storelink.demo.mails import Received
from storelink.demo.post import PostCounts
from storelink.demo.report import Report, StoreReport
from storelink.demo.stage import Stage
from storelink.demo.stores import RECORDED, SCRIPTED, Shop
from storelink.demo.story import OrderStory, story
from storelink.models.order import Order
from storelink.testing.journeys import Journeys


class Results:
    """What came of a run.

    Args:
        link: the app, still open.
        shops: the stores.
        journeys: the recorded lives.
        stage: the scripted lives.
        mails: what the SMTP server received, in order of arrival.
    """

    def __init__(
        self,
        link: Storelink,
        shops: Sequence[Shop[Any]],
        journeys: Journeys,
        stage: Stage,
        mails: Sequence[bytes],
    ) -> None:
        self._link, self._shops, self._stage = link, shops, stage
        self._journeys = {str(one["order_id"]): one for one in journeys.journeys}
        self._orders = {shop.name: link.orders(shop.name) for shop in shops}
        self._messages = link.messages()
        every = [order for orders in self._orders.values() for order in orders]
        numbers = {(order.store, order.id): order.number for order in every}
        self._received = Received(mails, self._messages, numbers)

    def report(self, *, seed: int, since: datetime, post: PostCounts) -> Report:
        """Return everything as one value."""
        stories = list(self._stories())
        return Report(
            seed=seed,
            started_at=since,
            ended_at=self._link.clock.now(),
            stores=[
                StoreReport(shop.name, shop.platform, shop.title, len(self._orders[shop.name]))
                for shop in self._shops
            ],
            webhooks=post,
            events=dict(sorted(Counter(event.type for event in self._link.events()).items())),
            messages=self._messages,
            received=self._received,
            orders=stories,
            checks=list(self._checks(stories)),
        )

    def _stories(self) -> Iterator[OrderStory]:
        for shop in self._shops:
            for order in sorted(self._orders[shop.name], key=lambda one: (len(one.id), one.id)):
                explanation = self._link.explain(shop.name, order.id)
                yield story(explanation, platform=shop.title, caption=self._caption(order))

    def _caption(self, order: Order) -> str:
        if order.store == RECORDED:
            return str(self._journeys.get(order.id, {}).get("end_state", ""))
        scene = self._stage.orders.get(order.id)
        return scene.title if scene else ""

    def _checks(self, stories: Sequence[OrderStory]) -> Iterator[Check]:
        yield from outbox_checks(self._messages, self._received)
        for order_id, journey in self._journeys.items():
            yield from journey_checks(journey, self._arrived(RECORDED, order_id))
        told = {one.order_id: one for one in stories if one.store == SCRIPTED}
        for order_id, scene in self._stage.orders.items():
            yield from scene_checks(scene, told[order_id], self._arrived(SCRIPTED, order_id))

    def _arrived(self, store: str, order_id: str) -> list[Arrived]:
        mails = self._received.by_key
        about = [one for one in self._messages if (one.store, one.order_id) == (store, order_id)]
        return [Arrived(one, mails[one.key]) for one in about if one.key in mails]
