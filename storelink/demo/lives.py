"""What happens to orders: one life for each thing that a shop should get right.

A life is acted in every store alike; what a platform does not hear of is left out by the actor.
"""

from __future__ import annotations

from datetime import timedelta

from storelink.demo.stage import Actor, Life
from storelink.models.enums import ShipmentStatus

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def one_parcel(actor: Actor) -> Life:
    """Everything goes well."""
    actor.place()
    yield DAY
    parcel = actor.ship("DHL", promised_in=3 * DAY)
    yield 2 * DAY
    actor.scan(parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    yield 9 * HOUR
    actor.scan(parcel, ShipmentStatus.DELIVERED)
    actor.complete()


def cash_on_delivery(actor: Actor) -> Life:
    """The carrier is paid at the door."""
    actor.place()
    yield DAY
    parcel = actor.ship("Delhivery", promised_in=4 * DAY)
    yield 2 * DAY
    actor.scan(parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    yield 9 * HOUR
    actor.scan(parcel, ShipmentStatus.DELIVERED)
    actor.pay()
    actor.complete()


def delayed(actor: Actor) -> Life:
    """The carrier is late, and says when it will come."""
    actor.place()
    yield DAY
    parcel = actor.ship("Aras", promised_in=4 * DAY)
    yield 2 * DAY
    actor.scan(
        parcel, ShipmentStatus.DELAYED, message="Held up by the weather", promised_in=5 * DAY
    )
    yield 4 * DAY
    actor.scan(parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    yield 9 * HOUR
    actor.scan(parcel, ShipmentStatus.DELIVERED)
    actor.complete()


def two_parcels(actor: Actor) -> Life:
    """The second parcel leaves later; the review waits for it."""
    actor.place()
    yield DAY
    first = actor.ship("Tipax", lines={0: 1})
    yield 2 * DAY
    second = actor.ship("Post", lines={1: 2})
    actor.scan(first, ShipmentStatus.DELIVERED)
    yield 3 * DAY
    actor.scan(second, ShipmentStatus.DELIVERED)
    actor.complete()


def overdue(actor: Actor) -> Life:
    """The promised day passes without a word from the carrier."""
    actor.place()
    yield DAY
    parcel = actor.ship("Yamato", promised_in=2 * DAY)
    yield 5 * DAY
    actor.scan(parcel, ShipmentStatus.DELIVERED)
    actor.complete()


def lost_and_found(actor: Actor) -> Life:
    """The carrier cannot find the address, and then it can."""
    actor.place()
    yield DAY
    parcel = actor.ship("Estafeta")
    yield 2 * DAY
    actor.scan(parcel, ShipmentStatus.EXCEPTION, message="Address not found")
    yield 2 * DAY
    actor.scan(parcel, ShipmentStatus.DELIVERED)
    actor.complete()


def refunded_in_full(actor: Actor) -> Life:
    """The money goes back before the review was asked for."""
    yield from one_parcel(actor)
    yield 3 * DAY
    actor.refund()


def refunded_in_part(actor: Actor) -> Life:
    """One line of two is given back."""
    yield from one_parcel(actor)
    yield 2 * DAY
    actor.refund(lines={1: 1})


def cancelled(actor: Actor) -> Life:
    """Called off before anything left the house, or was paid."""
    actor.place()
    yield 20 * HOUR
    actor.cancel()


def sent_back(actor: Actor) -> Life:
    """Everything comes back, so that nothing is left to review."""
    yield from one_parcel(actor)
    yield 2 * DAY
    yield from actor.send_back()


def late_news(actor: Actor) -> Life:
    """Nobody hears of the store until "out for delivery" is yesterday's news."""
    actor.place()
    yield DAY
    parcel = actor.ship("ELTA")
    yield 2 * DAY
    with actor.out_of_reach():
        actor.scan(parcel, ShipmentStatus.OUT_FOR_DELIVERY)
        yield 30 * HOUR
    yield 10 * HOUR
    actor.scan(parcel, ShipmentStatus.DELIVERED)
    actor.complete()


def reviewed_already(actor: Actor) -> Life:
    """The customer writes a review of what was bought before anybody asked."""
    yield from one_parcel(actor)
    yield 3 * DAY
    actor.review()


def busy_mail_server(actor: Actor) -> Life:
    """The mail server puts the thank-you off, and takes it a minute later."""
    actor.put_off_next_mail()
    yield from one_parcel(actor)
