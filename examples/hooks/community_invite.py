"""The invitation to the shop's community: once, after the second order that ended well."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.hooks import CommunityInvite
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
    hooks=[
        CommunityInvite(
            url="https://atelier.example/friends",
            text="We cook together on the first Sunday of the month.",
            after_orders=2,
        )
    ],
    clock=clock,
    policy=anything_goes,  # in your app: leave it out, and people are asked for their consent
) as link:
    timeline = Timeline(link, "atelier", store, clock)
    ada = Contact(email="ada@example.com", first_name="Ada")
    for number in (1, 2, 3):
        order_id = timeline.place(ada, [Item("Pan", Money("64.00", "EUR"))])
        timeline.deliver(order_id, timeline.ship(order_id))
        timeline.wait(timedelta(days=20))
        print(f"after order {number}: {len(channel.sent)} invitations")
    print(channel.sent[0].text)
