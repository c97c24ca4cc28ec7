"""Proactive care: customers hear of what is late before they ask, and the shop when it stays so."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.events import CareEscalated
from storelink.hooks import ProactiveCare, TrackingUpdates
from storelink.models import Contact, ShipmentStatus
from storelink.testing import FakeStore, FrozenClock, Item, RecordingChannel, Timeline

DAY = timedelta(days=1)

clock = FrozenClock()
store = FakeStore(clock=clock)  # in your app: Shopify(...) or WooCommerce(...)
channel = RecordingChannel()  # in your app: Email("smtp://...", sender="...")

with Storelink(
    "sqlite://",
    stores={"atelier": store},
    channels=[channel],
    hooks=[TrackingUpdates(), ProactiveCare(ships_within=2 * DAY, country="DE")],
    clock=clock,
) as link:

    @link.on(CareEscalated)
    def look_into_it(event: CareEscalated) -> None:
        """Let somebody of the shop find out."""
        number = event.order.number if event.order else event.order_id
        print(f"{event.at:%d %B}: please look into {number}, it is {event.why}")

    timeline = Timeline(link, "atelier", store, clock)
    ada = Contact(email="ada@example.com", first_name="Ada")

    order_id = timeline.place(ada, [Item("Mug", Money("12.00", "EUR"))])
    timeline.wait(9 * DAY)  # nobody packs it
    parcel = timeline.ship(order_id, promised_in=3 * DAY)
    timeline.scan(order_id, parcel, ShipmentStatus.IN_TRANSIT)
    timeline.wait(4 * DAY)  # it does not come on the promised day
    timeline.deliver(order_id, parcel)

    for message in channel.sent:
        print(message.subject)
