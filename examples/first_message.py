"""The first message: an order is paid, and its customer is thanked, once."""

from __future__ import annotations

from storelink import Money, Storelink
from storelink.hooks import ThankYou
from storelink.models import Contact
from storelink.testing import FakeStore, FrozenClock, Item, RecordingChannel, Timeline

clock = FrozenClock()
store = FakeStore(clock=clock)  # in your app: WooCommerce(...) or Shopify(...)
channel = RecordingChannel()  # in your app: Email("smtp://...", sender="...")

with Storelink(
    "sqlite://",
    stores={"atelier": store},
    channels=[channel],
    hooks=[ThankYou()],
    clock=clock,
) as link:
    timeline = Timeline(link, "atelier", store, clock)
    ada = Contact(email="ada@example.com", first_name="Ada")
    order_id = timeline.place(ada, [Item("Mug", Money("12.00", "EUR"))])

    print(len(channel.sent), "message:", channel.sent[0].subject)
    print(link.explain("atelier", order_id))
