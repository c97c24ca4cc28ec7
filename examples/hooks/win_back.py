"""Win-back: two customers with rhythms of their own, who stay away from the same day on."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.events import CustomerLapsed
from storelink.hooks import Incentive, WinBack
from storelink.models import Contact
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
    hooks=[WinBack(reward=Incentive(percent="10"))],
    clock=clock,
    policy=anything_goes,  # in your app: leave it out, and people are asked for their consent
) as link:
    timeline = Timeline(link, "atelier", store, clock)

    @link.on(CustomerLapsed)
    def tell(event: CustomerLapsed) -> None:
        """Hear of whoever is missed."""
        print(f"{event.at:%d %B}: missed, after {event.usual_days} days usually")

    for name, days in (("Ada", 30), ("Bo", 90)):
        contact = Contact(email=f"{name.lower()}@example.com", first_name=name)
        for _ in range(3):
            timeline.complete(timeline.place(contact, [Item("Coffee", Money("14.00", "EUR"))]))
            timeline.wait(timedelta(days=days))
    timeline.wait(timedelta(days=120))
    for mail in channel.sent:
        print(f"--- to {mail.to}: {mail.subject}\n{mail.text}")
