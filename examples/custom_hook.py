"""Hooks of your own: a message in five lines, a function for anything else, and a test of both."""

from __future__ import annotations

from datetime import timedelta

from storelink import Message, Money, Order, Storelink
from storelink.events import Event, OrderPaid
from storelink.models import Contact
from storelink.testing import FakeStore, FrozenClock, Item, RecordingChannel, Timeline

clock = FrozenClock()
store = FakeStore(clock=clock)
channel = RecordingChannel()
link = Storelink("sqlite://", stores={"atelier": store}, channels=[channel], clock=clock)


@link.hook(OrderPaid, after=timedelta(hours=2))  # pure; asked again just before sending
def gift_note(order: Order) -> Message | None:
    """Tell those who spent a lot that a gift is in the parcel."""
    if order.total > Money("200", order.currency):
        return Message(
            "gift_note",
            subject="A little extra for order {{ order.number }}",
            text="Hello {{ contact.first_name }},\n\nwe put a gift into your parcel. Enjoy!",
        )
    return None


@link.on(OrderPaid)  # runs in the worker, at least once for each event.id
def tell_the_team(event: Event) -> None:
    """Say that an order was paid."""
    print(f"{event.order.number if event.order else event.order_id} was paid")


with link:
    timeline = Timeline(link, "atelier", store, clock)
    ada = Contact(email="ada@example.com", first_name="Ada")
    small = timeline.place(ada, [Item("Mug", Money("12.00", "EUR"))])
    large = timeline.place(ada, [Item("Lamp", Money("240.00", "EUR"))])
    refunded = timeline.place(ada, [Item("Chair", Money("310.00", "EUR"))])
    timeline.refund(refunded)  # before its gift note was due
    timeline.wait(timedelta(hours=3))

    print([message.subject for message in channel.sent])
    for order_id in (small, large, refunded):
        print(link.explain("atelier", order_id))
