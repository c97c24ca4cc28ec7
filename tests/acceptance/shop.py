"""A recorded shop, opened as its owner would open it."""

from __future__ import annotations

from datetime import UTC, datetime

from storelink import Storelink
from storelink.errors import NotFound
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.models import Order, Ref
from storelink.testing import AnsweringStore, FrozenClock, RecordingChannel, anything_goes
from storelink.testing.journeys import Journeys, RecordedDelivery
from storelink_woocommerce import WooCommerce, normalize

SINCE = datetime(2026, 11, 1, tzinfo=UTC)


class Shop:
    """One `Storelink` over the recorded store."""

    def __init__(self, journeys: Journeys, *, readable: bool = True) -> None:
        self.journeys = journeys
        self.clock = FrozenClock(journeys.deliveries[0].received_at)
        self.channel = RecordingChannel()
        adapter = WooCommerce(url="https://atelier.example", webhook_secret=list(journeys.secrets))
        self.store = AnsweringStore(adapter)
        self.link = Storelink(
            "sqlite://",
            stores={"atelier": self.store if readable else adapter},
            channels=[self.channel],
            hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()],
            clock=self.clock,
            since=SINCE,
            policy=anything_goes,
        )

    def deliver(self, delivery: RecordedDelivery) -> None:
        """Let one recorded delivery arrive."""
        self.link.receive("atelier", headers=delivery.headers, body=delivery.body)

    def know_the_truth(self) -> None:
        """From now on the store answers reads with what it was at the end."""
        for journey in self.journeys.journeys:
            order_id = str(journey["order_id"])
            truth = self.journeys.truth(order_id)
            try:
                snapshot = normalize.order_read(
                    truth["order"],
                    refunds=truth["refunds"],
                    fulfillments=truth["fulfillments"],
                )
            except NotFound:
                continue  # the store answers 404
            self.store.answer(Ref.order(order_id), snapshot)

    def read_everything(self) -> None:
        """Read every order of the set."""
        for journey in self.journeys.journeys:
            self.link.read("atelier", str(journey["order_id"]))

    def order(self, order_id: str | int) -> Order | None:
        """Return an order as the mirror knows it."""
        return self.link.order("atelier", str(order_id))

    def picture(self) -> dict[str, list[object]]:
        """Return everything that must not depend on the order of arrival."""
        return {
            "mirror": [
                one.model_dump(mode="json", exclude={"raw"})
                for one in sorted(self.link.orders("atelier"), key=lambda order: order.id)
            ],
            "events": [
                event.model_dump(mode="json")
                for event in sorted(self.link.events(), key=lambda event: event.id)
            ],
            "messages": [
                (one.key, one.state, one.reason, one.due_at, one.data)
                for one in sorted(self.link.messages(), key=lambda message: message.key)
            ],
        }
