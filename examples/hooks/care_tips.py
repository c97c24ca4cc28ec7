"""Care tips: manuals and tips for what was bought, each some time after it arrived."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.hooks import CareTips, Tip
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

TIPS = [
    Tip(
        product="product-Pan",
        url="https://atelier.example/pan.pdf",
        text={"en": "Season it before the first use.", "de": "Vor dem ersten Mal einbrennen."},
    ),
    Tip(
        product="product-Pan",
        after=timedelta(days=30),
        text={"en": "Time for a little oil.", "de": "Zeit für etwas Öl."},
        name="pan-oil",
    ),
    Tip(product="product-Apron", text="Wash it at 40 °C."),
]

with Storelink(
    "sqlite://",
    stores={"atelier": store},
    channels=[channel],
    hooks=[CareTips(tips=TIPS)],
    clock=clock,
    policy=anything_goes,  # in your app: leave it out, and people are asked for their consent
) as link:
    timeline = Timeline(link, "atelier", store, clock)
    items = [Item("Pan", Money("64.00", "EUR")), Item("Apron", Money("29.00", "EUR"))]
    for name, locale in (("Ada", "en"), ("Bo", "de")):
        contact = Contact(email=f"{name.lower()}@example.com", first_name=name, locale=locale)
        order_id = timeline.place(contact, items)
        timeline.deliver(order_id, timeline.ship(order_id))
    timeline.wait(timedelta(days=40))
    for mail in channel.sent:
        print(f"--- to {mail.to}: {mail.subject}\n{mail.text}")
