"""Three customers whose whole journey is followed: what they do, and what must come of it.

All people, products and addresses are invented.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from storelink.contracts.sandbox import Item
from storelink.demo.lives import DAY, HOUR
from storelink.demo.stage import Actor, Life, Part, Scene
from storelink.hooks import (
    AbandonedCheckout,
    CareTips,
    CommunityInvite,
    Greetings,
    Hook,
    Incentive,
    NextPurchaseReward,
    ProactiveCare,
    ReturnsUpdates,
    ReviewRequest,
    Survey,
    ThankYou,
    Tip,
    TrackingUpdates,
    WinBack,
)
from storelink.models.contact import Contact
from storelink.models.enums import AnswerKind, ShipmentStatus
from storelink.models.money import Money

_TEN = Incentive(percent=Decimal(10), valid_for=60 * DAY)
_TIP = {
    "en": "Rinse it with warm water only; no soap for the first week.",
    "fa": "هفتهٔ اول فقط با آب ولرم بشویید.",
    "ja": "最初の一週間は、ぬるま湯だけで洗ってください。",
}


def hooks() -> Sequence[Hook[Any]]:
    """Return every hook that is on."""
    return [
        ThankYou(),
        TrackingUpdates(),
        ProactiveCare(ships_within=2 * DAY),
        ReviewRequest(incentive=_TEN),
        Survey(after=10 * DAY),
        CareTips(tips=[Tip(product=one, text=_TIP, name=one) for one in ("4711", "4712", "4713")]),
        CommunityInvite(url="https://atelier.example/circle"),
        NextPurchaseReward(reward=_TEN, after_orders=2),
        Greetings(reward=_TEN),
        ReturnsUpdates(),
        AbandonedCheckout(),
        WinBack(typical=30 * DAY, reward=_TEN),
    ]


@dataclass(frozen=True, slots=True)
class Traveler:
    """A customer who is followed.

    Attributes:
        gets: the templates of the messages that must arrive, in this order.
        spared: what must not be sent when it could have been: titles of messages, each with the
            code of the reason.
    """

    store: str
    buyer: Contact
    orders: Sequence[Scene]
    gets: Sequence[str]
    spared: Sequence[tuple[str, str]]


def _well(actor: Actor) -> Life:
    """Everything goes well."""
    actor.place()
    yield DAY
    parcel = actor.ship("DHL", promised_in=3 * DAY)
    yield 6 * HOUR
    actor.scan(parcel, ShipmentStatus.IN_TRANSIT)
    yield 2 * DAY
    actor.scan(parcel, ShipmentStatus.DELIVERED)
    actor.complete()


def _reviewed(actor: Actor, *, born: str | None = None) -> Life:
    """The customer says at last what they think."""
    if born:
        actor.register(born)
    yield from _well(actor)
    yield 18 * DAY
    actor.answer(AnswerKind.REVIEW, 5)


def _shipped_late(actor: Actor) -> Life:
    """Nothing leaves the house for a week; a birthday falls into it."""
    actor.place()
    yield 7 * DAY
    actor.ship("Royal Mail")
    yield 2 * DAY
    actor.complete()


def _stuck(actor: Actor) -> Life:
    """The parcel lies at the carrier's, and will not come when it was promised."""
    actor.place()
    yield DAY
    parcel = actor.ship("DHL", promised_in=4 * DAY)
    yield 6 * HOUR
    actor.scan(parcel, ShipmentStatus.IN_TRANSIT)
    yield 6 * DAY
    actor.scan(parcel, ShipmentStatus.OUT_FOR_DELIVERY)
    yield 9 * HOUR
    actor.scan(parcel, ShipmentStatus.DELIVERED)
    actor.complete()


def _order(title: str, store: str, day: float, life: Callable[[Actor], Life], part: Part) -> Scene:
    return Scene(title, starts=day * DAY, life=life, cast={store: part}, expects={})


_ADA = Contact(email="ada@hartley.example", first_name="Ada", last_name="Hartley", locale="en-GB")
_NILUFAR = Contact(
    email="niloufar@rostami.example", first_name="نیلوفر", last_name="رستمی", locale="fa-IR"
)
_HANAKO = Contact(email="hanako@mori.example", first_name="花子", last_name="森", locale="ja-JP")

TRAVELERS: Sequence[Traveler] = (
    Traveler(
        "atelier",
        _ADA,
        [
            _order(
                "A teapot, on time",
                "atelier",
                0,
                lambda actor: _reviewed(actor, born="1991-10-15"),
                Part(_ADA, [Item("Stoneware teapot", Money("64.00", "GBP"), 1, "4711")]),
            ),
            _order(
                "Bowls, shipped late",
                "atelier",
                33,
                _shipped_late,
                Part(_ADA, [Item("Two small bowls", Money("38.00", "GBP"), 1, "4714")]),
            ),
        ],
        gets=[
            "thank_you",
            "tracking_created",
            "care_tips",
            "review_request",
            "survey",
            "review_reward",
            "thank_you",
            "order_stalled",
            "tracking_created",
            "community_invite",
            "next_purchase",
            "review_request",
        ],
        spared=[
            ("Win-back", "order_open"),
            ("Greeting", "muted"),
            ("Survey", "recently_asked"),
            ("Code for the next order", "too_many"),
        ],
    ),
    Traveler(
        "boutique",
        _NILUFAR,
        [
            _order(
                "A vase, stuck at the carrier's",
                "boutique",
                3,
                _stuck,
                Part(_NILUFAR, [Item("گلدان سفالی", Money("54.00", "EUR"), 1, "4712")]),
            ),
            _order(
                "Saffron, on time",
                "boutique",
                31,
                _reviewed,
                Part(_NILUFAR, [Item("زعفران ممتاز، ۵ گرم", Money("23.90", "EUR"), 2, "4715")]),
            ),
        ],
        gets=[
            "thank_you",
            "tracking_created",
            "parcel_stuck",
            "out_for_delivery",
            "delivered",
            "care_tips",
            "review_request",
            "survey",
            "thank_you",
            "tracking_created",
            "delivered",
            "community_invite",
            "next_purchase",
            "review_request",
            "review_reward",
            "win_back",
        ],
        spared=[
            ("Win-back", "order_open"),
            ("Survey", "recently_asked"),
            ("Code for the next order", "too_many"),
        ],
    ),
    Traveler(
        "atelier",
        _HANAKO,
        [
            _order(
                "A towel",
                "atelier",
                1,
                lambda actor: _reviewed(actor, born="1988-11-05"),
                Part(_HANAKO, [Item("藍染めの手ぬぐい", Money("1980", "JPY"), 1, "4713")]),
            ),
            _order(
                "Another one",
                "atelier",
                14,
                _well,
                Part(_HANAKO, [Item("湯呑み", Money("3200", "JPY"), 1, "4716")]),
            ),
            _order(
                "Back again",
                "atelier",
                58,
                _well,
                Part(_HANAKO, [Item("風呂敷", Money("2400", "JPY"), 1, "4717")]),
            ),
        ],
        gets=[
            "thank_you",
            "tracking_created",
            "care_tips",
            "thank_you",
            "tracking_created",
            "review_request",
            "survey",
            "review_reward",
            "community_invite",
            "next_purchase",
            "review_request",
            "win_back",
            "thank_you",
            "greeting_birthday",
            "tracking_created",
            "review_request",
        ],
        spared=[
            ("Win-back", "order_open"),
            ("Survey", "recently_asked"),
            ("Code for the next order", "too_many"),
            ("Invitation to the community", "already_invited"),
        ],
    ),
)
