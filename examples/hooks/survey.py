"""A survey some days after the order arrived, and somebody who hears of unhappy answers."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.events import SurveyUnhappy
from storelink.hooks import Survey
from storelink.models import Answer, Contact
from storelink.testing import (
    FakeStore,
    FrozenClock,
    Item,
    RecordingChannel,
    Timeline,
    anything_goes,
)

clock = FrozenClock()
store = FakeStore(clock=clock)  # in your app: WooCommerce(...) or Shopify(...)
channel = RecordingChannel()  # in your app: Email("smtp://...", sender="...")

with Storelink(
    "sqlite://",
    stores={"atelier": store},
    channels=[channel],
    hooks=[Survey(asks="csat", after=timedelta(days=3))],
    clock=clock,
    policy=anything_goes,  # in your app: leave it out, and people are asked for their consent
) as link:

    @link.on(SurveyUnhappy)
    def call_them(event: SurveyUnhappy) -> None:
        """Tell whoever looks after customers; here, the terminal."""
        assert event.order is not None
        print(f"call {event.order.contact.first_name}: {event.rating} of 5")

    timeline = Timeline(link, "atelier", store, clock)
    for name, rating in (("Ada", 5), ("Bea", 1)):
        who = Contact(email=f"{name.lower()}@example.com", first_name=name)
        order_id = timeline.place(who, [Item("Pan", Money("64.00", "EUR"))])
        timeline.deliver(order_id, timeline.ship(order_id))
        timeline.wait(timedelta(days=4))
        print(channel.sent[-1].subject)
        link.answer("atelier", Answer(kind="satisfaction", order_id=order_id, rating=rating))
        timeline.wait(timedelta(minutes=1))
