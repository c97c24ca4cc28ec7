"""One store in memory with every hook on, whose acts are written down as they happen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from acceptance.harmony.contradictions import CLOSES, OPENS
from acceptance.harmony.truth import Act, Did, Note, Truth

from storelink import Money, Storelink
from storelink.consent import Given
from storelink.contracts.channel import Accepted
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
from storelink.models import (
    Address,
    Birthday,
    Contact,
    Kind,
    MessageClass,
    Outgoing,
    Record,
    ReturnStatus,
    ShipmentStatus,
    Snapshot,
)
from storelink.models.answer import Answer
from storelink.models.enums import AnswerKind
from storelink.policy.hours import Hours
from storelink.policy.stricter import Stricter, Wish
from storelink.rendering import Brand
from storelink.testing import FakeStore, FrozenClock, Item, RecordingChannel, Timeline

START = datetime(2026, 10, 12, 9, tzinfo=UTC)
"""Two weeks before the clocks go back in Europe, three before they do in the United States."""
ITEMS = (
    Item("Mug", Money("12.00", "EUR")),
    Item("Tea", Money("5.50", "EUR")),
    Item("Pot", Money("30.00", "EUR")),
)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_TEN = Incentive(percent="10", valid_for=timedelta(days=30))
_FRIENDLY = frozenset({MessageClass.RELATIONSHIP, MessageClass.MARKETING})


class Someone(NamedTuple):
    """A customer."""

    contact: Contact
    home: Address
    zone: str
    birthday: str


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


class _Post(RecordingChannel):
    """Writes down when each message went."""

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(deduplicates=True)
        self.clock, self.went = clock, dict[str, tuple[datetime, Outgoing]]()

    def send(self, message: Outgoing) -> Accepted:
        """Keep *message*, and when it was first taken."""
        before = len(self.sent)
        try:
            return super().send(message)
        finally:
            if len(self.sent) > before:
                self.went[message.key] = (self.clock.now(), message)


class Town:
    """A store, its customers, and everything that storelink sends them."""

    def __init__(self, people: list[Someone], *, start: datetime = START) -> None:
        self.people, self.clock = people, FrozenClock(start - 40 * DAY)
        self.store, self.post = FakeStore(clock=self.clock), _Post(self.clock)
        homes = {str(one.contact.email): (one.zone, str(one.home.country)) for one in people}
        self.truth = Truth(start, homes)
        self.orders: list[tuple[int, str]] = []
        self.parcels: list[tuple[int, str, str]] = []
        self.returns: list[tuple[int, str, str]] = []
        for item in ITEMS:
            self.store.sell(item)
        for who in range(0, len(people), 2):
            self._history(who)
        self.clock.set(start)
        self.store.take()
        self.link = Storelink(
            "sqlite://",
            stores={"shop": self.store},
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
        )
        self.timeline = Timeline(self.link, "shop", self.store, self.clock)
        self.link.backfill("shop")
        for one in people:
            self.store.register(one.contact, birthday=Birthday.parse(one.birthday))
        self.tell()

    def tell(self) -> None:
        """Let webhooks arrive."""
        self.timeline.tell()

    def wait(self, time: timedelta) -> None:
        """Let time pass."""
        self.timeline.wait(time)

    def log(self) -> list[Note]:
        """Return what everybody got, oldest first."""
        known = {one.key: one for one in self.link.messages()}
        return [
            Note(
                at=at,
                to=mail.to,
                hook=known[key].hook,
                template=mail.template,
                subject=str(known[key].subject),
                step=known[key].step,
                order=known[key].order_id,
                of=mail.message_class,
                text=mail.text,
                data=known[key].data,
            )
            for key, (at, mail) in self.post.went.items()
        ]

    # -- what can happen ---------------------------------------------------------------------------

    def buy(self, who: int, item: int = 0, *, paid: bool = True) -> None:
        """Let somebody order; the store knows where they live."""
        someone = self.people[who]
        order = self.store.place(someone.contact, [ITEMS[item], ITEMS[(item + 1) % 3]], paid=paid)
        self.store.edit(order, shipping_address=someone.home)
        self.orders.append((who, order))
        self._did(Did.PLACED, who, order)
        if paid:
            self._did(Did.PAID, who, order)
        self.tell()

    def leave(self, who: int, item: int = 0) -> None:
        """Let somebody begin a checkout and go away."""
        someone = self.people[who]
        cart = self.store.begin_checkout(
            someone.contact, [ITEMS[item]], shipping_address=someone.home
        )
        self._did(Did.LEFT, who, thing=cart)
        self.tell()

    def ship(self, who: int, back: int = 0) -> None:
        """Send the rest of a recent order that was paid for and was not sent yet."""
        sent = {order for _, order, _ in self.parcels}
        ready = [
            order
            for order in self._orders(who)
            if order not in sent and self.truth.is_open(order, self._soon())
        ]
        for order in ready[back:][:1]:
            parcel = self.store.ship(
                order,
                number=f"N{order}",
                carrier="DHL",
                promised_at=self.clock.now() + 4 * DAY,
            )
            self.parcels.append((who, order, parcel))
            self._did(Did.SHIPPED, who, order, parcel)
            self.tell()

    def scan(self, who: int, status: ShipmentStatus, back: int = 0) -> None:
        """Let the carrier say something of a parcel that is under way."""
        arrived = {act.thing for act in self.truth.of(Did.DELIVERED)}
        moving = [one for one in self.parcels if one[0] == who and one[2] not in arrived]
        for _, order, parcel in moving[back:][:1]:
            is_late = status in {ShipmentStatus.DELAYED, ShipmentStatus.EXCEPTION}
            promised = self.clock.now() + 6 * DAY if status is ShipmentStatus.DELAYED else None
            self.store.scan(order, parcel, status, promised_at=promised)
            if is_late:
                self._did(Did.LATE, who, order, parcel)
            elif status is ShipmentStatus.DELIVERED:
                self._did(Did.DELIVERED, who, order, parcel)
            self.tell()

    def refund(self, who: int, back: int = 0, *, whole: bool = True) -> None:
        """Give the money of an order back that was not given back before."""
        given = {act.order for act in self.truth.of(Did.REFUNDED, Did.PART_REFUNDED)}
        paid = {act.order for act in self.truth.of(Did.PAID)}
        some = [order for order in self._orders(who) if order in paid - given]
        for order in some[back:][:1]:
            refund = self.store.refund(order, lines=None if whole else {0: 1})
            self._did(Did.REFUNDED if whole else Did.PART_REFUNDED, who, order, refund)
            self.tell()

    def cancel(self, who: int, back: int = 0) -> None:
        """Call an order off that was not sent."""
        sent = {order for _, order, _ in self.parcels}
        some = [order for order in self._orders(who) if order not in sent]
        for order in some[back:][:1]:
            if not self.truth.is_off(order, self._soon()):
                self.store.cancel(order)
                self._did(Did.CANCELLED, who, order)
                self.tell()

    def send_back(self, who: int, back: int = 0) -> None:
        """Let somebody ask to send an order back that arrived."""
        asked = {order for _, order, _ in self.returns}
        came = [act for act in self._came(who) if act.order not in asked]
        for act in came[back:][:1]:
            self.returns.append((who, act.order, f"r{act.order}"))
            self._return(act.order, ReturnStatus.REQUESTED)
            self._did(Did.RETURNING, who, act.order, f"r{act.order}")

    def take_back(self, who: int, back: int = 0) -> None:
        """Let the goods of a return arrive, or be kept after all."""
        over = {act.thing for act in self.truth.of(Did.RETURNED)}
        some = [one for one in self.returns if one[0] == who and one[2] not in over]
        for _, order, key in some[back:][:1]:
            self._return(order, ReturnStatus.CLOSED)
            self._did(Did.RETURNED, who, order, key)

    def answer(self, who: int, rating: int, back: int = 0) -> None:
        """Let somebody answer how it went."""
        for act in self._came(who)[back:][:1]:
            self.link.answer(
                "shop", Answer(kind=AnswerKind.SURVEY, order_id=act.order, rating=rating)
            )
            self.link.run_once()

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
        self.link.run_once()

    # -- inside ------------------------------------------------------------------------------------

    def _history(self, who: int) -> None:
        """Let somebody have bought before storelink came; nobody hears of it."""
        order = self.store.place(self.people[who].contact, [ITEMS[0]])
        self.store.edit(order, shipping_address=self.people[who].home)
        parcel = self.store.ship(order, number=f"N{order}", carrier="DHL")
        self.store.scan(order, parcel, ShipmentStatus.DELIVERED)
        self.orders.append((who, order))
        self.parcels.append((who, order, parcel))
        for did in (Did.PLACED, Did.PAID, Did.SHIPPED, Did.DELIVERED):
            self._did(did, who, order, parcel)

    def _return(self, order: str, status: ReturnStatus) -> None:
        now = self.clock.now()
        told = {"status": status, "lines": [], "requested_at": now}
        if status is ReturnStatus.CLOSED:
            told["closed_at"] = now
        key = f"r{order}"
        record = Record(Kind.RETURN, key, order_id=order, updated_at=now, fields=told)
        self.store._raise("return.updated", Snapshot((record,)))
        self.tell()

    def _did(self, did: Did, who: int, order: str = "", thing: str = "") -> None:
        address = str(self.people[who].contact.email)
        self.truth.acts.append(Act(self.clock.now(), did, address, order, thing))

    def _orders(self, who: int) -> list[str]:
        return [order for buyer, order in self.orders if buyer == who]

    def _came(self, who: int) -> Sequence[Act]:
        return self.truth.of(Did.DELIVERED, who=str(self.people[who].contact.email))

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
        CareTips(tips=[Tip(product="product-Mug", text="Wash it by hand.", name="mug")]),
        CommunityInvite(url="https://shop.example/club"),
        NextPurchaseReward(reward=_TEN),
    ]
