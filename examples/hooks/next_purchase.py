"""A code for the next order: made once, and taken back when the order is refunded."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.events import RewardWithdrawn
from storelink.hooks import Incentive, NextPurchaseReward
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
    hooks=[NextPurchaseReward(reward=Incentive(percent="10"), every=2)],
    clock=clock,
    policy=anything_goes,  # in your app: leave it out, and people are asked for their consent
) as link:
    timeline = Timeline(link, "atelier", store, clock)

    @link.on(RewardWithdrawn)
    def tell(event: RewardWithdrawn) -> None:
        """Hear of a code that nobody can use any more."""
        print(f"the code of order {event.order_id} was taken back")

    ada = Contact(email="ada@example.com", first_name="Ada")
    for number in (1, 2, 3):
        order_id = timeline.place(ada, [Item("Pan", Money("64.00", "EUR"))])
        timeline.deliver(order_id, timeline.ship(order_id))
        timeline.wait(timedelta(days=10))
        print(f"codes after order {number}: {len(channel.sent)}")
    timeline.refund(order_id)
    timeline.wait(timedelta(days=1))
    print(channel.sent[0].text)
