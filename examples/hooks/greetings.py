"""Greetings: an anniversary with a code, and the festivals of the customer's country."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.hooks import Greetings, Incentive
from storelink.models import Address, Contact
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
        Greetings(
            festivals={"IN": ["Diwali"]},
            reward=Incentive(percent="10", valid_for=timedelta(days=30)),
        )
    ],
    clock=clock,
    policy=anything_goes,  # in your app: leave it out, and people are asked for their consent
) as link:
    timeline = Timeline(link, "atelier", store, clock)
    for name, country in (("Ada", "DE"), ("Asha", "IN")):
        contact = Contact(email=f"{name.lower()}@example.com", first_name=name)
        order_id = timeline.place(contact, [Item("Pan", Money("64.00", "EUR"))])
        store.edit(order_id, shipping_address=Address(country=country))
        timeline.complete(order_id)
    timeline.wait(timedelta(days=370))
    for mail in channel.sent:
        print(f"--- to {mail.to}: {mail.subject}\n{mail.text}")
    print(link.explain("atelier", order_id))
