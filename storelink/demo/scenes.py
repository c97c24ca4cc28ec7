"""What happens in the scripted store: one scene for each thing that a shop should get right.

All people, products and addresses are invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from storelink.contracts.sandbox import Item
from storelink.demo.stage import Actor, Life, Scene
from storelink.models.contact import Contact
from storelink.models.enums import ShipmentStatus
from storelink.models.money import Money

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SENT = ("sent",)


def one_parcel(actor: Actor) -> Life:
    """Everything goes well."""
    actor.place()
    yield DAY
    parcel = actor.ship("DHL", promised_in=3 * DAY)
    yield 2 * DAY
    actor.scan(parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    yield 5 * HOUR
    actor.scan(parcel, ShipmentStatus.DELIVERED)


def cash_on_delivery(actor: Actor) -> Life:
    """The carrier is late, and is paid at the door."""
    actor.place()
    yield DAY
    parcel = actor.ship("Delhivery", promised_in=4 * DAY)
    yield 2 * DAY
    actor.scan(
        parcel, ShipmentStatus.DELAYED, message="Held up by the weather", promised_in=5 * DAY
    )
    yield 4 * DAY
    actor.scan(parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    yield 6 * HOUR
    actor.scan(parcel, ShipmentStatus.DELIVERED)
    actor.pay()


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


def overdue(actor: Actor) -> Life:
    """The promised day passes without a word from the carrier."""
    actor.place()
    yield DAY
    parcel = actor.ship("Yamato", promised_in=2 * DAY)
    yield 5 * DAY
    actor.scan(parcel, ShipmentStatus.DELIVERED)


def lost_and_found(actor: Actor) -> Life:
    """The carrier cannot find the address, and then it can."""
    actor.place()
    yield DAY
    parcel = actor.ship("Estafeta")
    yield 2 * DAY
    actor.scan(parcel, ShipmentStatus.EXCEPTION, message="Address not found")
    yield 2 * DAY
    actor.scan(parcel, ShipmentStatus.DELIVERED)


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
    """Called off before anything left the house."""
    actor.place()
    yield 20 * HOUR
    actor.cancel()
    actor.refund()


def sent_back(actor: Actor) -> Life:
    """Everything comes back, so that nothing is left to review."""
    yield from one_parcel(actor)
    yield 2 * DAY
    yield from actor.send_back()


def late_news(actor: Actor) -> Life:
    """The news "out for delivery" reaches storelink thirty hours late."""
    actor.place()
    yield DAY
    parcel = actor.ship("ELTA")
    yield 2 * DAY
    with actor.late(30 * HOUR):
        actor.scan(parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    yield 32 * HOUR
    actor.scan(parcel, ShipmentStatus.DELIVERED)


def busy_mail_server(actor: Actor) -> Life:
    """The mail server puts the thank-you off, and takes it a minute later."""
    actor.put_off_next_mail()
    yield from one_parcel(actor)


def _item(title: str, price: str, currency: str, quantity: int = 1) -> Item:
    return Item(title, Money(price, currency), quantity)


def _buyer(email: str, first_name: str, last_name: str, locale: str) -> Contact:
    return Contact(
        email=f"{email}.example", first_name=first_name, last_name=last_name, locale=locale
    )


WELL = {
    "thank_you": SENT,
    "created": SENT,
    "out_for_delivery": SENT,
    "delivered": SENT,
    "review_request": SENT,
}
"""What is sent when everything goes well."""

SCENES: Sequence[Scene] = (
    Scene(
        "One parcel, on time",
        starts=timedelta(),
        buyer=_buyer("maren@koehler", "Maren", "Köhler", "de-DE"),
        items=[
            _item("Leinenschürze »Fisch & Brot«", "39.00", "EUR"),
            _item("Postkarten <A6>, 10 Stück", "8.50", "EUR", 2),
        ],
        life=one_parcel,
        expects=WELL,
        reviewed=(0, 1),
    ),
    Scene(
        "Cash on delivery, and the carrier is late",
        starts=3 * HOUR,
        buyer=_buyer("ananya@joshi", "अनन्या", "जोशी", "hi-IN"),
        items=[_item("हाथ से बुनी शॉल", "2499.00", "INR")],
        life=cash_on_delivery,
        expects={**WELL, "delayed": SENT},
        reviewed=(0,),
        payment_method="cod",
    ),
    Scene(
        "Two parcels; the review waits for both",
        starts=DAY + 2 * HOUR,
        buyer=_buyer("arash@tavakoli", "آرش", "توکلی", "fa-IR"),
        items=[
            _item("گلدان سفالی", "54.00", "EUR"),
            _item("زعفران ممتاز، ۵ گرم", "23.90", "EUR", 2),
        ],
        life=two_parcels,
        expects={
            "thank_you": SENT,
            "created": ("sent", "sent"),
            "delivered": ("sent", "sent"),
            "review_request": SENT,
        },
        reviewed=(0, 1),
    ),
    Scene(
        "The promised day passes in silence",
        starts=DAY + 5 * HOUR,
        buyer=_buyer("hinata@tanaka", "ひなた", "田中", "ja-JP"),
        items=[_item("藍染めの手ぬぐい", "1980", "JPY", 3)],
        life=overdue,
        expects={
            "thank_you": SENT,
            "created": SENT,
            "overdue": SENT,
            "delivered": SENT,
            "review_request": SENT,
        },
        reviewed=(0,),
    ),
    Scene(
        "The carrier has a problem",
        starts=2 * DAY + HOUR,
        buyer=_buyer("lucia@ferrer", "Lucía", "Ferrer Ibáñez", "es-MX"),
        items=[_item("Rebozo de algodón", "1250.00", "MXN")],
        life=lost_and_found,
        expects={
            "thank_you": SENT,
            "created": SENT,
            "problem": SENT,
            "delivered": SENT,
            "review_request": SENT,
        },
        reviewed=(0,),
    ),
    Scene(
        "Refunded in full before the review was asked for",
        starts=2 * DAY + 4 * HOUR,
        buyer=_buyer("layla@haddad", "ليلى", "حداد", "ar-AE"),
        items=[_item("مبخرة نحاسية", "310.00", "AED")],
        life=refunded_in_full,
        expects={**WELL, "review_request": ("cancelled: refunded",)},
    ),
    Scene(
        "One of two lines refunded: the review asks about the other",
        starts=3 * DAY,
        buyer=_buyer("tania@rahman", "তানিয়া", "রহমান", "bn-BD"),
        items=[
            _item("জামদানি শাড়ি", "8400.00", "BDT"),
            _item("মাটির প্রদীপ", "350.00", "BDT"),
        ],
        life=refunded_in_part,
        expects=WELL,
        reviewed=(0,),
    ),
    Scene(
        "Cancelled before it left the house",
        starts=3 * DAY + 6 * HOUR,
        buyer=_buyer("joao@pereira", "João", "Pereira", "pt-BR"),
        items=[_item("Cerâmica de Cunha", "189.90", "BRL")],
        life=cancelled,
        expects={
            "thank_you": SENT,
            "tracking": ("not sent: cancelled",),
            "review_request": ("not sent: cancelled",),
        },
    ),
    Scene(
        "Everything sent back",
        starts=4 * DAY,
        buyer=_buyer("meena@sundaram", "மீனா", "சுந்தரம்", "ta-IN"),
        items=[_item("பித்தளை விளக்கு", "1799.00", "INR")],
        life=sent_back,
        expects={**WELL, "review_request": ("cancelled: nothing_to_review",)},
    ),
    Scene(
        "“Out for delivery” arrives thirty hours late",
        starts=5 * DAY,
        buyer=_buyer("eleni@pappa", "Ελένη", "Παππά", "el-GR"),
        items=[_item("Ελαιόλαδο Κρήτης, 1 L", "14.20", "EUR", 2)],
        life=late_news,
        expects={**WELL, "out_for_delivery": ("expired",)},
        reviewed=(0,),
    ),
    Scene(
        "A busy mail server; and the review is still to come",
        starts=28 * DAY,
        buyer=_buyer("seoyeon@kim", "서연", "김", "ko-KR"),
        items=[_item("한지 공책 세트", "32000", "KRW")],
        life=busy_mail_server,
        expects={**WELL, "review_request": ("waiting",)},
    ),
)
