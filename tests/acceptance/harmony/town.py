"""One store with every hook on, whose acts are written down as they happen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from acceptance.harmony.contradictions import CLOSES, OPENS, contradictions
from acceptance.harmony.post import Post
from acceptance.harmony.shops import CART_SECRET, ITEMS, FakeShop, Shop, Someone
from acceptance.harmony.truth import Act, Did, Note, Truth

from storelink import Storelink
from storelink.consent import Given
from storelink.delivery.lawful import Rules
from storelink.delivery.safe import Safety
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
from storelink.models import Address, Contact, MessageClass, ShipmentStatus
from storelink.models.answer import Answer
from storelink.models.enums import AnswerKind
from storelink.policy.hours import Hours
from storelink.policy.stricter import Stricter, Wish
from storelink.rendering import Brand
from storelink.testing import FrozenClock, Timeline

START = datetime(2026, 10, 12, 9, tzinfo=UTC)
"""Two weeks before the clocks go back in Europe, three before they do in the United States."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BEFORE = START - 40 * DAY
"""When the town began; half of its people bought something then."""
_TEN = Incentive(percent="10", valid_for=timedelta(days=30))
_FRIENDLY = frozenset({MessageClass.RELATIONSHIP, MessageClass.MARKETING})


def someone(name: str, where: int = 0, birthday: str = "--10-20") -> Someone:
    """Return a customer of one of four countries."""
    address, zone = (
        (Address(country="DE", postcode="10115"), "Europe/Berlin"),
        (Address(country="US", region="NY", postcode="10001"), "America/New_York"),
        (Address(country="IN", postcode="110001"), "Asia/Kolkata"),
        (Address(country="IR"), "Asia/Tehran"),
    )[where]
    contact = Contact(email=f"{name}@example.com", first_name=name.title())
    return Someone(contact, address, zone, birthday)


class Town:
    """A store, its customers, and everything that storelink sends them.

    Args:
        people: the customers.
        shop: the store; by default one in memory.
        post: takes the mail.
    """

    def __init__(
        self, people: list[Someone], shop: Shop | None = None, post: Post | None = None
    ) -> None:
        self.people, self.shop = people, shop or FakeShop(FrozenClock(BEFORE))
        self.clock = self.shop.clock
        self.post = post or Post(self.clock)
        homes = {str(one.contact.email): (one.zone, str(one.home.country)) for one in people}
        self.truth = Truth(START, homes)
        self.orders = defaultdict[int, list[str]](list)
        self.parcels = defaultdict[int, list[tuple[str, str]]](list)
        self.returns = defaultdict[int, list[tuple[str, str]]](list)
        for who in range(0, len(people), 2):
            self._history(who)
        self.clock.set(START)
        self.shop.script.take()
        self.link = self.open()
        self.link.backfill("shop")
        for one in people:
            self.shop.register(one)
        self.tell()

    def open(self, database: str = "sqlite://", **options: Any) -> Storelink:
        """Return the app, as every process opens it."""
        return Storelink(
            database,
            stores={"shop": self.shop.adapter()},
            channels=[self.post],
            hooks=every_hook(),
            clock=self.clock,
            chance=lambda: 0.0,
            site_url="https://hooks.example",
            link_keys=["the same in every test"],
            brand=Brand(name="Shop", address="Shop, 1 Main Street, Springfield"),
            policy=Rules(
                stricter=Stricter((Wish(classes=_FRIENDLY, hours=Hours.daily(OPENS, CLOSES)),))
            ),
            safety=Safety(brake=None),
            cart_secrets={"shop": [CART_SECRET]},
            **options,
        )

    def tell(self) -> None:
        """Let storelink hear at once of what happened."""
        self._timeline().tell()

    def wait(self, time: timedelta) -> None:
        """Let time pass."""
        self._timeline().wait(time)

    def _timeline(self) -> Timeline:
        return Timeline(self.link, "shop", self.shop.script, self.clock)

    def contradictions(self, slack: timedelta = timedelta()) -> dict[str, list[str]]:
        """Return what breaks which law; nothing, if all is well."""
        notes = self._notes()
        self.truth.refused = [note for note in notes if not note.times]
        return contradictions([note for note in notes if note.times], self.truth, slack)

    def log(self) -> list[Note]:
        """Return what everybody got, oldest first."""
        return [note for note in self._notes() if note.times]

    def _notes(self) -> list[Note]:
        known = {one.key: one for one in self.link.messages()}
        letters = sorted(self.post.letters.items(), key=lambda one: one[1].at)
        return [
            Note(
                at=letter.at,
                to=letter.mail.to,
                hook=known[key].hook,
                template=letter.mail.template,
                subject=str(known[key].subject),
                step=known[key].step,
                order=known[key].order_id,
                of=letter.mail.message_class,
                text=letter.mail.text,
                data=known[key].data,
                times=letter.times,
                doubts=letter.doubts,
            )
            for key, letter in letters
            if letter.times or letter.is_refused
        ]

    # -- what can happen ---------------------------------------------------------------------------

    def buy(self, who: int, item: int = 0, *, paid: bool = True) -> None:
        """Let somebody order; the store knows where they live."""
        items = [ITEMS[item], ITEMS[(item + 1) % 3]]
        order = self.shop.place(self.people[who], items, paid=paid)
        self.orders[who].append(order)
        self._did(Did.PLACED, who, order)
        if paid:
            self._did(Did.PAID, who, order)
        self.tell()

    def leave(self, who: int, item: int = 0) -> None:
        """Let somebody begin a checkout and go away."""
        cart = self.shop.leave(self.people[who], ITEMS[item], self.link)
        self._did(Did.LEFT, who, thing=cart)
        self.tell()

    def ship(self, who: int, back: int = 0) -> None:
        """Send the rest of a recent order that was paid for and was not sent yet."""
        ready = [order for order in self._unsent(who) if self.truth.is_open(order, self._soon())]
        for order in ready[back:][:1]:
            parcel = self.shop.ship(order, self.clock.now() + 4 * DAY)
            self.parcels[who].append((order, parcel))
            self._did(Did.SHIPPED, who, order, parcel)
            if not self.shop.shows_carriers:
                self._did(Did.COMPLETED, who, order)
            self.tell()

    def scan(self, who: int, status: ShipmentStatus, back: int = 0) -> None:
        """Let the carrier say something of a parcel that is under way."""
        is_late = status in {ShipmentStatus.DELAYED, ShipmentStatus.EXCEPTION}
        if is_late and not self.shop.shows_carriers:
            return
        arrived = {act.thing for act in self._came(who)}
        moving = [one for one in self.parcels[who] if one[1] not in arrived]
        for order, parcel in moving[back:][:1]:
            promised = self.clock.now() + 6 * DAY if status is ShipmentStatus.DELAYED else None
            self.shop.scan(order, parcel, status, promised)
            if is_late:
                self._did(Did.LATE, who, order, parcel)
            elif status is ShipmentStatus.DELIVERED:
                self._did(Did.DELIVERED, who, order, parcel)
            self.tell()

    def refund(self, who: int, back: int = 0, *, whole: bool = True) -> None:
        """Give the money of an order back that was not given back before."""
        given = self._orders(who, Did.REFUNDED, Did.PART_REFUNDED)
        paid = self._orders(who, Did.PAID)
        some = [order for order in self.orders[who] if order in paid - given]
        for order in some[back:][:1]:
            refund = self.shop.script.refund(order, lines=None if whole else {0: 1})
            self._did(Did.REFUNDED if whole else Did.PART_REFUNDED, who, order, refund)
            self.tell()

    def cancel(self, who: int, back: int = 0) -> None:
        """Call an order off that was not sent."""
        for order in self._unsent(who)[back:][:1]:
            if not self.truth.is_off(order, self._soon()):
                self.shop.script.cancel(order)
                self._did(Did.CANCELLED, who, order)
                self.tell()

    def send_back(self, who: int, back: int = 0) -> None:
        """Let somebody ask to send an order back that arrived, where the platform knows returns."""
        asked = {order for order, _ in self.returns[who]}
        came = [act for act in self._came(who) if act.order not in asked]
        for act in came[back:][:1] if self.shop.shows_returns else ():
            key = self.shop.send_back(act.order)
            self.returns[who].append((act.order, key))
            self._did(Did.RETURNING, who, act.order, key)
            self.tell()

    def take_back(self, who: int, back: int = 0) -> None:
        """Let the goods of a return arrive, or be kept after all."""
        over = self._orders(who, Did.RETURNED)
        for order, key in [one for one in self.returns[who] if one[0] not in over][back:][:1]:
            self.shop.take_back(order, key)
            self._did(Did.RETURNED, who, order, key)
            self.tell()

    def answer(self, who: int, rating: int, back: int = 0) -> None:
        """Let somebody answer how it went."""
        for act in self._came(who)[back:][:1]:
            self.link.answer(
                "shop", Answer(kind=AnswerKind.SURVEY, order_id=act.order, rating=rating)
            )
            self.tell()

    def say(self, who: int, *, yes: bool) -> None:
        """Let somebody agree to advertising, or refuse it, in the preferences."""
        address, given = str(self.people[who].contact.email), Given.CONFIRMED
        if yes:
            for of in _FRIENDLY:
                self.link.consents.record("shop", address, "email", of, given, source="preferences")
        else:
            self.link.consents.record(
                "shop", address, "email", "*", Given.REFUSED, source="preferences"
            )
        self._did(Did.AGREED if yes else Did.REFUSED, who)
        self.tell()

    # -- inside ------------------------------------------------------------------------------------

    def _history(self, who: int) -> None:
        """Let somebody have bought before storelink came; nobody hears of it."""
        order = self.shop.place(self.people[who], [ITEMS[0]], paid=True)
        parcel = self.shop.ship(order)
        self.shop.scan(order, parcel, ShipmentStatus.DELIVERED)
        self.orders[who].append(order)
        self.parcels[who].append((order, parcel))
        for did in (Did.PLACED, Did.PAID, Did.SHIPPED, Did.DELIVERED):
            self._did(did, who, order, parcel)

    def _did(self, did: Did, who: int, order: str = "", thing: str = "") -> None:
        self.truth.add(Act(self.clock.now(), did, self._address(who), order, thing))

    def _address(self, who: int) -> str:
        return str(self.people[who].contact.email)

    def _unsent(self, who: int) -> list[str]:
        sent = {order for order, _ in self.parcels[who]}
        return [order for order in self.orders[who] if order not in sent]

    def _orders(self, who: int, *kinds: Did) -> set[str]:
        """Return the orders of somebody that such a thing happened to."""
        return {act.order for act in self.truth.of(*kinds, who=self._address(who))}

    def _came(self, who: int) -> Sequence[Act]:
        return self.truth.of(Did.DELIVERED, who=self._address(who))

    def _soon(self) -> datetime:
        return self.clock.now() + timedelta(seconds=1)


def every_hook() -> list[Hook[Any]]:
    """Return all hooks, eager: what waits for months elsewhere happens within weeks."""
    return [
        ThankYou(),
        TrackingUpdates(),
        ProactiveCare(ships_within=3 * DAY),
        ReturnsUpdates(),
        ReviewRequest(),
        Survey(after=2 * DAY, pause=20 * DAY),
        AbandonedCheckout(offer=_TEN),
        Greetings(reward=_TEN, festivals={"*": ["Christmas Day"], "IN": ["Diwali"]}, at=time(9)),
        WinBack(first_after=31 * DAY, typical=20 * DAY, patience=0, reward=_TEN),
        CareTips(tips=[Tip(product="77", text="Wash it by hand.", name="mug")]),
        CommunityInvite(url="https://shop.example/club"),
        NextPurchaseReward(reward=_TEN),
    ]
