"""A cart that was left: two reminders, the question why, and an answer that fits."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Storelink
from storelink.events import CheckoutAnswered
from storelink.hooks import AbandonedCheckout, Incentive
from storelink.models import Answer, CartReason, Contact
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
    hooks=[AbandonedCheckout(offer=Incentive(percent="10", valid_for=timedelta(days=7)))],
    clock=clock,
    policy=anything_goes,  # in your app: leave it out, and people are asked for their consent
) as link:

    @link.on(CheckoutAnswered)
    def hear(event: CheckoutAnswered) -> None:
        """Tell whoever looks after customers; here, the terminal."""
        assert event.checkout is not None
        print(f"{event.checkout.contact.first_name} says: {event.reason}")

    timeline = Timeline(link, "atelier", store, clock)
    ada = Contact(email="ada@example.com", first_name="Ada")
    bea = Contact(email="bea@example.com", first_name="Bea")
    carts = [store.begin_checkout(who, [Item("Pan", Money("64.00", "EUR"))]) for who in (ada, bea)]
    timeline.tell()
    timeline.wait(timedelta(hours=6))
    timeline.place(bea, [Item("Pan", Money("64.00", "EUR"))])  # she hears no more
    timeline.wait(timedelta(days=1))
    told = Answer(kind="cart", checkout_id=carts[0], reason=CartReason.PRICE)
    link.answer("atelier", told)  # in your app: the hosted page does this
    timeline.wait(timedelta(days=5))
    for message in channel.sent:
        print(f"{message.to}: {message.subject}")
