"""The plan: what would be sent to whom over the coming days, and why."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.hooks import CareTips, ProactiveCare, ReviewRequest, Tip
from storelink.models import Address, Contact
from storelink.testing import FakeStore, FrozenClock, Item, RecordingChannel, Timeline

clock = FrozenClock()
store = FakeStore(clock=clock)  # in your app: WooCommerce(...) or Shopify(...)

with Storelink(
    "sqlite://",
    stores={"atelier": store},
    channels=[RecordingChannel()],
    hooks=[
        ReviewRequest(after=timedelta(days=7)),
        CareTips(tips=[Tip(product="product-Pan", text="Season it before the first use.")]),
        ProactiveCare(ships_within=timedelta(days=2)),
    ],
    clock=clock,
    site_url="https://hooks.example",
) as link:
    timeline = Timeline(link, "atelier", store, clock)
    pan = Item("Pan", Money("64.00", "EUR"))
    for name, country in (("ada", "DE"), ("bo", "JP")):
        order_id = timeline.place(Contact(email=f"{name}@example.com"), [pan])
        store.edit(order_id, shipping_address=Address(country=country))
        timeline.deliver(order_id, timeline.ship(order_id))
    timeline.place(Contact(email="cy@example.com"), [pan])  # nobody ships it

    for one in link.plan("atelier", days=10):
        print(f"{one.at:%a %d %b %H:%M}  {one.would.to}  {one.title}: {one.sentence}")
