"""What goes back: each refund is told once, with its amount."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.hooks import ReturnsUpdates
from storelink.models import Contact
from storelink.testing import FakeStore, FrozenClock, Item, RecordingChannel, Timeline

clock = FrozenClock()
store = FakeStore(clock=clock)  # in your app: WooCommerce(...) or Shopify(...)
channel = RecordingChannel()  # in your app: Email("smtp://...", sender="...")

with Storelink(
    "sqlite://",
    stores={"atelier": store},
    channels=[channel],
    hooks=[ReturnsUpdates()],
    clock=clock,
) as link:
    timeline = Timeline(link, "atelier", store, clock)
    ada = Contact(email="ada@example.com", first_name="Ada", locale="de-DE")
    pan, lid = Item("Pfanne", Money("64.00", "EUR")), Item("Deckel", Money("9.00", "EUR"))
    order_id = timeline.place(ada, [pan, lid])
    timeline.deliver(order_id, timeline.ship(order_id))
    for line in (1, 0):
        timeline.refund(order_id, lines={line: 1})
        timeline.wait(timedelta(days=2))
    for mail in channel.sent:
        print(mail.subject)
        print(mail.text)
