"""Whatever people say and whenever: what was planned is sent, merged, or dropped with a reason.

And nothing is sent in anybody's night, to anybody who refused, or more often than it may be. What
may be is told here by what was said and done alone, and not by how storelink remembers it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.world import DAY, HOUR, MUG, START, TEA, World
from hypothesis import given, settings
from hypothesis import strategies as st

from storelink.consent import Given, Why
from storelink.contracts import Accepted, Channel, Manifest
from storelink.delivery.lawful import Rules
from storelink.events import OrderPaid
from storelink.hooks import ReviewRequest, ThankYou
from storelink.models import Address, Contact, Message, MessageClass, MessageState, Outgoing
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.policy.budget import DEFAULT
from storelink.policy.holidays import is_holiday
from storelink.policy.hours import Hours
from storelink.policy.rulebook import rulebook
from storelink.policy.zones import infer
from storelink.rendering import Brand
from storelink.testing import FrozenClock, RecordingChannel

SHOP = Brand(name="Shop", address="Shop, 1 Main Street, Springfield")
RELATIONSHIP, MARKETING = MessageClass.RELATIONSHIP, MessageClass.MARKETING
PEOPLE = (
    (Contact(email="ann@example.com", phone="+14155550101"), Address(country="US", region="CA")),
    (Contact(email="ben@example.com", phone="+14155550102"), Address(country="US")),
    (Contact(email="cid@example.com", phone="+4930123456"), Address(country="DE")),
    (Contact(email="dan@example.com", phone="+33123456789"), Address(country="FR")),
    (Contact(phone="+61255550104"), Address(country="AU", region="NSW")),
    (Contact(email="eve@example.com"), None),
)


def name_of(contact: Contact) -> str:
    """What a person is called here; a contact does not show it by itself."""
    return contact.email or contact.phone or ""


HOMES = {address: home for one, home in PEOPLE for address in (one.email, one.phone) if address}
NAMES = {
    address: name_of(one) for one, _ in PEOPLE for address in (one.email, one.phone) if address
}
STARTS = [
    datetime(2026, 10, 24, 18, tzinfo=UTC),  # the clocks of Europe go back
    datetime(2026, 10, 31, 22, tzinfo=UTC),  # those of America do
    datetime(2027, 3, 13, 3, tzinfo=UTC),  # and go forward
    datetime(2026, 12, 24, 12, tzinfo=UTC),  # holidays
]
OPEN, CLOSED = "open", "closed"
CLASSES = {
    "thank_you": MessageClass.TRANSACTIONAL,
    "review_request": RELATIONSHIP,
    "offer": MARKETING,
}


class Went(NamedTuple):
    """A message that went out, the *number*th one."""

    number: int
    at: datetime
    key: str
    to: str
    medium: str


class Watched(RecordingChannel):
    """Writes down what goes when; then its provider takes its time."""

    def __init__(self, medium: str, clock: FrozenClock, log: list[Went], takes: timedelta) -> None:
        super().__init__(medium=medium)
        self._clock, self._log, self._takes = clock, log, takes

    @property
    def manifest(self) -> Manifest[Channel]:
        """The channel's own name, besides that of the other one."""
        return dataclasses.replace(super().manifest, name=self.medium)

    def send(self, message: Outgoing) -> Accepted:
        """Write it down, and let time pass."""
        self._log.append(
            Went(len(self._log), self._clock.now(), message.key, message.to, self.medium)
        )
        self._clock.advance(self._takes)
        return super().send(message)


class Life:
    """A shop, its people, and everything that they ever said."""

    def __init__(self, start: datetime, takes: timedelta) -> None:
        clock, self.went = FrozenClock(start - (start - START) % DAY), list[Went]()
        self.world = World(
            clock=clock,
            channels=[Watched(one, clock, self.went, takes) for one in ("email", "sms")],
            hooks=[ThankYou(), ReviewRequest(after=2 * DAY, expires_after=8 * DAY)],
            policy=Rules(),
            site_url="https://hooks.example",
            brand=SHOP,
        )
        clock.set(start)
        self.link, self.store = self.world.link, self.world.store
        self.refusals: list[tuple[int, str, str, str, bool]] = []
        self.mutes: list[tuple[int, str, str, bool]] = []
        self.orders: dict[str, list[str]] = {}

        @self.link.hook(OrderPaid, key="offer", expires_after=5 * DAY)
        def offer() -> Message:
            return Message("offer", subject="Hi", text="Ten percent", message_class=MARKETING)

    @property
    def now(self) -> datetime:
        """The instant of the shop."""
        return self.world.clock.now()

    def buys(self, who: int) -> None:
        contact, home = PEOPLE[who]
        order_id = self.store.place(contact, [MUG, TEA])
        if home is not None:
            self.store.edit(order_id, shipping_address=home)
        self.world.tell()
        self.world.timeline.deliver(order_id, self.world.timeline.ship(order_id))
        self.orders.setdefault(name_of(contact), []).append(order_id)

    def says(self, who: int, channel: str, about: MessageClass, given: Given) -> None:
        contact, _ = PEOPLE[who]
        address = contact.email if channel == "email" else contact.phone
        if address is not None:
            self.link.consents.record("shop", address, channel, about, given, source="page")
            no = given is Given.REFUSED
            self.refusals.append((len(self.went), address, channel, about, no))

    def suppresses(self, who: int, ends: bool) -> None:
        address = PEOPLE[who][0].email or "nobody@example.com"
        if ends:
            self.link.suppressions.lift("shop", address, Why.COMPLAINT)
        else:
            self.link.suppressions.suppress("shop", address, Why.COMPLAINT, source="smtp")
        for about in (RELATIONSHIP, MARKETING):
            self.refusals.append((len(self.went), address, "complaint", about, not ends))

    def asks_support(self, who: int, ends: bool) -> None:
        address = PEOPLE[who][0].email or PEOPLE[who][0].phone or ""
        if ends:
            self.link.release_person("shop", address)
        else:
            self.link.hold_person("shop", address, why="support case 17")
        self.mutes.append((len(self.went), NAMES[address], "case", not ends))

    def returns(self, who: int, ends: bool) -> None:
        """The first order is on its way back; some days later the return is over."""
        name = name_of(PEOPLE[who][0])
        for order_id in self.orders.get(name, [])[:1]:
            told = {"status": CLOSED if ends else OPEN, "lines": []}
            record = Record(
                Kind.RETURN, f"r{order_id}", order_id=order_id, updated_at=self.now, fields=told
            )
            self.store._raise("return.updated", Snapshot((record,)))
            self.world.tell()
            self.mutes.append((len(self.went), name, "return", not ends))

    def cancels(self, who: int) -> None:
        for order_id in self.orders.get(name_of(PEOPLE[who][0]), [])[-1:]:
            self.store.cancel(order_id)
            self.world.tell()


who, ends = st.integers(0, len(PEOPLE) - 1), st.booleans()
spoken = st.builds(
    lambda *told: lambda life: life.says(*told),
    who,
    st.sampled_from(["email", "sms"]),
    st.sampled_from([RELATIONSHIP, MARKETING]),
    st.sampled_from([Given.CONFIRMED, Given.CONFIRMED, Given.REFUSED]),
)
Act = Callable[[Life], object]
acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(lambda one: lambda life: life.buys(one), who),
    st.builds(lambda one: lambda life: life.buys(one), who),
    spoken,
    spoken,
    st.builds(lambda *told: lambda life: life.suppresses(*told), who, ends),
    st.builds(lambda *told: lambda life: life.asks_support(*told), who, ends),
    st.builds(lambda *told: lambda life: life.returns(*told), who, ends),
    st.builds(lambda one: lambda life: life.cancels(one), who),
    st.builds(
        lambda hours: lambda life: life.world.wait(hours * HOUR), st.sampled_from([1, 7, 26, 75])
    ),
)
stories = st.lists(acts, min_size=3, max_size=16)


@settings(max_examples=30)
@given(stories, st.sampled_from(STARTS), st.sampled_from([timedelta(), timedelta(minutes=10)]))
def test_what_was_postponed_is_not_lost_and_comes_in_no_wrong_hour(
    story: Sequence[Act], start: datetime, takes: timedelta
) -> None:
    life = Life(start, takes)
    with life.link as link:
        for act in story:
            act(life)
        life.world.wait(21 * DAY)
        messages = link.messages()
        ends = {MessageState.SENT, MessageState.CANCELLED, MessageState.EXPIRED}
        assert [] == [(one.key, one.state) for one in messages if one.state not in ends]
        dropped = [one for one in messages if one.state is not MessageState.SENT]
        assert [] == [one.key for one in dropped if one.reason is None]
        classes = {one.key: CLASSES[one.hook] for one in messages}
    assert sorted(one.key for one in messages if one not in dropped) == sorted(
        one.key for one in life.went
    )
    free = [one for one in life.went if classes[one.key] is not MessageClass.TRANSACTIONAL]
    for one in free:
        assert not is_night(one, classes[one.key])
        assert not is_refused(life, one, classes[one.key])
        assert not is_muted(life, one)
    for name in set(NAMES.values()):
        assert not is_too_much([one for one in free if NAMES[one.to] == name], classes)


def is_night(one: Went, about: MessageClass) -> bool:
    """Say whether it was a wrong hour in any zone that is possible."""
    home = HOMES[one.to] or Address()
    phone = next(who.phone for who, _ in PEOPLE if one.to in (who.email, who.phone))
    zone = infer(country=home.country, region=home.region, phone=phone, store_zone="UTC")
    rules = rulebook().combined(home.country, home.region, about, one.medium)
    hours = rules.hours or Hours.always()
    closed_on = partial(is_holiday, home.country, home.region)
    walls = [one.at.astimezone(ZoneInfo(name)).replace(tzinfo=None) for name in zone.names]
    return not all(hours.allows(wall, closed_on=closed_on) for wall in walls)


def is_refused(life: Life, one: Went, about: MessageClass) -> bool:
    """Say whether the last word of the person, or of the person's provider, was a no."""
    last = {
        channel: no
        for before, address, channel, of, no in life.refusals
        if before <= one.number and address == one.to and of == about
    }
    return last.get(one.medium, False) or last.get("complaint", False)


def is_muted(life: Life, one: Went) -> bool:
    """Say whether something of the person's was open."""
    last = {
        what: on
        for before, name, what, on in life.mutes
        if before <= one.number and name == NAMES[one.to]
    }
    return any(last.values())


def is_too_much(went: Sequence[Went], classes: dict[str, MessageClass]) -> bool:
    """Say whether one person got more than the shop's limits let pass."""
    return any(
        len([one for one in went if last.at - limit.period < one.at <= last.at and counts(one)])
        > limit.most
        for limit in DEFAULT
        for counts in [lambda one, of=limit.classes: classes[one.key] in of]
        for last in went
    )
