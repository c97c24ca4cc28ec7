"""What goes back: a customer asks, the shop answers, and each step is told once."""

from __future__ import annotations

from datetime import timedelta

from storelink import Money, Returns, Storelink
from storelink.hooks import ReturnsUpdates
from storelink.models import Contact, ReturnReason, ReturnStep, ReturnWish, WantedLine
from storelink.testing import FakeStore, FrozenClock, Item, RecordingChannel, Timeline

clock = FrozenClock()
store = FakeStore(clock=clock)  # in your app: WooCommerce(...) or Shopify(...)
channel = RecordingChannel()  # in your app: Email("smtp://...", sender="...")

with Storelink(
    "sqlite://",
    stores={"atelier": store},
    channels=[channel],
    hooks=[ReturnsUpdates()],
    returns=Returns(window=timedelta(days=30)),
    site_url="https://go.atelier.example",  # in your app: where `storelink serve` is reached
    clock=clock,
) as link:
    timeline = Timeline(link, "atelier", store, clock)
    ada = Contact(email="ada@example.com", first_name="Ada", locale="de-DE")
    pan, lid = Item("Pfanne", Money("64.00", "EUR")), Item("Deckel", Money("9.00", "EUR"))
    order_id = timeline.place(ada, [pan, lid])
    timeline.deliver(order_id, timeline.ship(order_id))

    # The customer asks: on the hosted page, or in yours.
    may = link.returns.look("atelier", order_id)
    lid_line = may.lines[1].line
    wanted = WantedLine(line_id=lid_line.id, quantity=1, reason=ReturnReason.SIZE_TOO_SMALL)
    link.returns.request("atelier", order_id, [wanted], ReturnWish.REFUND, note="For 24 cm, please")
    timeline.tell()

    # The shop answers, and pays back.
    [asked] = link.returns.find("atelier")
    print(
        f"{asked.id} of order {asked.number}: {asked.lines}, wants {asked.wish}, until {may.until}"
    )
    for step in (ReturnStep.APPROVED, ReturnStep.RECEIVED):
        timeline.wait(timedelta(days=2))
        link.returns.settle("atelier", str(asked.id), step)
        timeline.tell()
    timeline.refund(order_id, lines={1: 1})

    for mail in channel.sent:
        print(mail.subject)
        print(mail.text)
