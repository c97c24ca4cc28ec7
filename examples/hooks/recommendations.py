"""Recommendations: what others bought together with what somebody has, with the reason."""

from __future__ import annotations

from storelink import Message, Money, Order, Storelink
from storelink.events import OrderCompleted
from storelink.models import Contact, MessageClass
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

MUG, TEA, POT = (
    Item(title, Money(price, "EUR"))
    for title, price in (("Mug", "12.00"), ("Tea", "5.50"), ("Pot", "30.00"))
)

with Storelink(
    "sqlite://",
    stores={"atelier": store},
    channels=[channel],
    clock=clock,
    policy=anything_goes,  # in your app: leave it out, and people are asked for their consent
) as link:

    @link.hook(OrderCompleted)
    def more_for_you(order: Order) -> Message:
        """Recommend up to three things once an order has ended well."""
        return Message(
            "more_for_you",
            message_class=MessageClass.MARKETING,
            data={"recommend": 3},
            subject="Something that goes with it",
            text="{{ greeting() }}\n\nthis might go with it.\n\n{{ recommendations() }}",
        )

    timeline = Timeline(link, "atelier", store, clock)
    for item in (MUG, TEA, POT):
        store.sell(item, in_stock=True, url=f"https://atelier.example/{item.title.lower()}")
    for number in range(6):  # six bought tea with their mug; a pot only two, which is chance
        friend = Contact(email=f"friend{number}@example.com")
        timeline.place(friend, [MUG, TEA] if number < 4 else [MUG, TEA, POT])
    order_id = timeline.place(Contact(email="ada@example.com", first_name="Ada"), [MUG])
    link.rebuild_recommendations("atelier")  # the worker does so once a day

    for one in link.recommend("atelier", email="ada@example.com"):
        print(f"{one.product.title}: {one.reason}")

    store.complete(order_id)
    timeline.tell()
    print(channel.sent[-1].text)
