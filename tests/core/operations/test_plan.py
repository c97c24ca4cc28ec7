"""`link.plan`: what would be sent over the coming days is what is then sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, START, TEA, World
from sqlalchemy import event

from storelink import Brand
from storelink.consent import Given
from storelink.contracts.hook import Again, Facts, Hook, Reason, Said, Send, Skip, Tell
from storelink.delivery.lawful import Rules
from storelink.errors import ConfigError, UnknownStore
from storelink.events import CheckoutAbandoned, OrderPaid, RewardIssued
from storelink.hooks import (
    AbandonedCheckout,
    CareTips,
    CommunityInvite,
    Greetings,
    Incentive,
    NextPurchaseReward,
    ProactiveCare,
    ReviewRequest,
    Survey,
    ThankYou,
    Tip,
    WinBack,
)
from storelink.hooks.minting import earned, issued_for
from storelink.models import (
    Address,
    Contact,
    Kind,
    Message,
    MessageClass,
    MessageState,
    Person,
    Ref,
)
from storelink.operations.planning import Planned
from storelink.policy.moment import Wish

US, DE = Address(country="US", region="CA"), Address(country="DE", postcode="10115")
SHOP = Brand(name="Shop", address="Shop, 1 Main Street, Springfield")
WEEK = timedelta(days=7)
MARKETING = MessageClass.MARKETING


class Carts(Hook[Person]):
    """Reminds twice of what was left in a checkout; the second time only if the first went."""

    name, subject = "carts", Kind.PERSON

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterable[Said]:
        for one in subject.checkouts:
            left = facts.last(CheckoutAbandoned, checkout_id=one.id)
            if left is None:
                continue
            ref = Ref(kind=Kind.CHECKOUT, id=one.id)
            message = Message("cart", subject="Your cart", text="It waits.")
            yield Send(ref, message, None, left, left.at + HOUR, step="1")
            first = next((one for one in facts.sent_by(self.name) if one.step == "1"), None)
            if first is not None:
                yield Send(ref, message, None, left, first.sent_at + 2 * DAY, step="2")


class Coupons(Hook[Person]):
    """Gives everybody a code two days after they paid."""

    name, subject = "coupons", Kind.PERSON

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterable[Said]:
        for paid in facts.all(OrderPaid):
            order = next(one for one in subject.orders if one.id == paid.order_id)
            at = paid.at + 2 * DAY
            wanted = earned(self.name, order, Incentive(percent=10), at=at)
            yield Tell(wanted)
            if (issued := issued_for(facts, wanted)) is not None:
                message = Message("code", subject="A code", text="{{ code(data.code) }}",
                                  data={"code": issued.code})  # fmt: skip
                yield Send(Ref.order(order.id), message, order.id, issued, issued.at)


class Later(Hook[Person]):
    """Says nothing until three days after the payment."""

    name, subject = "later", Kind.PERSON

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterable[Said]:
        for paid in facts.all(OrderPaid):
            at = paid.at + 3 * DAY
            if now < at:
                yield Again(at)
                continue
            message = Message("later", subject="Hi", text="Hi")
            yield Send(Ref.order(str(paid.order_id)), message, paid.order_id, paid, at)


@pytest.fixture
def shops() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(database: str = "sqlite://", **options: Any) -> World:
        given = {"site_url": "https://hooks.example", "brand": SHOP, "policy": Rules(), **options}
        made.append(World(database, **given))
        return made[-1]

    yield make
    for world in made:
        world.link.close()


def place(world: World, contact: Contact, home: Address = US, *, arrived: bool = True) -> str:
    order_id = world.delivered_order(contact) if arrived else world.timeline.place(contact, [MUG])
    world.store.edit(order_id, shipping_address=home)
    world.tell()
    return order_id


def keys(plan: Iterable[Planned], outcome: str = "send") -> list[tuple[datetime, str]]:
    return [(one.at, one.would.key) for one in plan if one.would.outcome == outcome]


TIPS = CareTips(
    tips=[
        Tip(product="product-Mug", text="Wash it by hand."),
        Tip(product="product-Mug", text="Oil it.", name="oil", after=timedelta(days=6, hours=22)),
    ]
)
EVERY = (
    ThankYou(),
    ReviewRequest(after=WEEK),
    TIPS,
    CommunityInvite(url="https://shop.example/friends", after_orders=1),
    ProactiveCare(ships_within=2 * DAY),
    AbandonedCheckout(),
    Survey(),
    NextPurchaseReward(reward=Incentive(percent=10)),
    Greetings(),
    WinBack(),
)


@pytest.mark.parametrize("hooks", [EVERY, (Carts(), Later(), TIPS)], ids=len)
def test_what_is_planned_is_what_is_then_sent(
    new_world: Callable[..., World], hooks: tuple[Hook[Any], ...]
) -> None:
    """With the law, the hours that the shop likes, and what a person may get at most."""
    policy = Rules(moments={"review_request": Wish.hour(18)})
    world = new_world(hooks=hooks, policy=policy, site_url="https://hooks.example", brand=SHOP)
    world.link.consents.record(
        "shop", str(BOB.email), "email", MARKETING, Given.CONFIRMED, source="x"
    )
    for number, home in enumerate((US, US, DE)):
        place(world, Contact(email=f"a{number}@example.com", first_name="A"), home)
    place(world, BOB, DE)
    place(world, ADA, arrived=False)
    world.store.begin_checkout(BOB, [TEA])
    world.tell()
    before = len(world.channel.sent)

    planned = keys(world.link.plan("shop", days=20))
    world.wait(20 * DAY)

    sent = [one for one in world.link.messages() if one.state is MessageState.SENT]
    theirs = {(one.sent_at, one.key) for one in sent if one.sent_at and one.sent_at > START}
    assert sorted(theirs) == sorted(planned)
    assert len(planned) == len(world.channel.sent) - before
    assert len(planned) > 5


def test_each_message_says_to_whom_and_why(shops: Callable[..., World]) -> None:
    world = shops(hooks=[ReviewRequest()])
    order_id = place(world, ADA, DE)
    (one,) = world.link.plan("shop", days=8)
    told = one.to_dict()
    assert (START + WEEK, "Review request", "waiting", "a…@e….com", order_id) == (
        one.at, one.title, one.state, told["to"], told["order_id"],
    )  # fmt: skip
    assert ("drop", "no_consent", "de.bgh-vi-zr-225-17") == (
        told["outcome"], told["reason"], told["rule"],
    )  # fmt: skip
    assert told["source"].startswith("http") or "BGH" in told["source"]
    assert one.sentence.startswith("Will not be sent as things stand: the customer has not agreed")
    assert "was delivered" in told["because"]
    assert "ada@example.com" not in str(told) + repr(one)


def test_what_the_policy_puts_off_is_told_for_its_new_time(shops: Callable[..., World]) -> None:
    world = shops(hooks=[ReviewRequest()], policy=Rules(moments={"review_request": Wish.hour(18)}))
    place(world, ADA)
    (one,) = world.link.plan("shop", days=9)
    assert ("send", Reason.PREFERRED_TIME, START + WEEK) == (
        one.would.outcome, one.would.reason, one.due_at,
    )  # fmt: skip
    assert one.at == datetime.fromisoformat("2026-11-10T02:00:00+00:00")
    assert "Put off: the shop likes it to come at a better time" in one.sentence
    (soon,) = world.link.plan("shop", days=7)
    assert ("wait", START + WEEK) == (soon.would.outcome, soon.at)


def test_two_messages_of_one_day_count_in_each_others_budget(shops: Callable[..., World]) -> None:
    world = shops(hooks=[ReviewRequest(after=6 * DAY), TIPS])
    place(world, ADA)
    plan = world.link.plan("shop", days=10)
    first, *others = [one for one in plan if one.due_at >= START + 6 * DAY]
    assert ("review_request", "care_tips") == (first.would.hook, others[0].would.hook)
    assert first.at + timedelta(hours=20) <= others[0].at


def test_a_code_that_is_not_made_yet_is_foreseen(shops: Callable[..., World]) -> None:
    world = shops(hooks=[Coupons()])
    order_id = place(world, ADA)
    (one,) = world.link.plan("shop", days=3)
    assert (START + 2 * DAY, "planned", f"shop/coupons/order:{order_id}") == (
        one.at, one.state, one.would.key,
    )  # fmt: skip
    assert [] == [one for one in world.link.events(store="shop") if isinstance(one, RewardIssued)]


def test_a_plan_changes_nothing(shops: Callable[..., World], tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    world = shops(f"sqlite:///{path}", hooks=EVERY)
    place(world, ADA)
    place(world, BOB, arrived=False)

    def everything() -> list[str]:
        with world.link._database._engine.connect() as connection:
            return list(connection.connection.iterdump())  # type: ignore[attr-defined]

    before = everything()
    first = world.link.plan("shop", days=20)
    assert first
    assert first == world.link.plan("shop", days=20)
    assert before == everything()


def test_only_one_hook_and_only_so_far(shops: Callable[..., World]) -> None:
    world = shops(hooks=EVERY)
    place(world, ADA)
    assert {"care_tips"} == {
        one.would.hook for one in world.link.plan("shop", days=9, hook="care_tips")
    }
    assert 1 == len(world.link.plan("shop", days=2, hook="care_tips"))
    assert [] == world.link.plan("shop", days=1, hook="review_request")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"store": "none"}, UnknownStore),
        ({"store": "shop", "hook": "none"}, ConfigError),
        ({"store": "shop", "days": 0}, ConfigError),
    ],
)
def test_wrong_questions_are_refused(
    shops: Callable[..., World], options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        shops(hooks=[ThankYou()]).link.plan(**options)


class Broken(ReviewRequest):
    """Works while it plans, and breaks afterwards."""

    is_broken = False

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Any]:
        if self.is_broken:
            raise RuntimeError("no")
        return super().decide(subject, facts, now)


def test_a_hook_that_breaks_lets_its_messages_wait(shops: Callable[..., World]) -> None:
    hook = Broken()
    world = shops(hooks=[hook, ThankYou()])
    place(world, ADA)
    hook.is_broken = True
    (one,) = world.link.plan("shop", days=8)
    assert ("wait", Reason.HOOK_ERROR) == (one.would.outcome, one.would.reason)


def test_what_a_hook_will_take_back_is_told(shops: Callable[..., World]) -> None:
    """Another order waits; the hook says why when it is asked."""

    class Fickle(Later):
        def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterable[Said]:
            for one in super().decide(subject, facts, START + 3 * DAY):
                assert isinstance(one, Send)
                is_late = now >= START + 3 * DAY
                yield Skip(one.subject, Reason.CONDITION, order_id=one.order_id) if is_late else one

    world = shops(hooks=[Fickle()])
    place(world, ADA)
    (one,) = world.link.plan("shop", days=8)
    assert ("drop", Reason.CONDITION) == (one.would.outcome, one.would.reason)


def test_a_hook_that_asks_for_ever_ends(shops: Callable[..., World]) -> None:
    class Restless(Later):
        def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterable[Said]:
            yield Again(now + timedelta(seconds=1))

    world = shops(hooks=[])
    place(world, ADA)
    world.link._registry.add(Restless())
    with world.link._database.write() as tx:
        tx.plans.mark("shop", "person:ada@example.com", due_at=START + HOUR)
    assert [] == world.link.plan("shop", days=30)


def test_much_that_happens_to_somebody_hides_nothing(shops: Callable[..., World]) -> None:
    world = shops(hooks=[ProactiveCare(ships_within=2 * DAY), Greetings()])
    for number in range(70):
        order_id = place(world, ADA)
        world.timeline.ship(order_id, number=f"N{number}", promised_in=9 * DAY)
        world.wait(timedelta(minutes=7))
    greeted = [one for one in world.link.plan("shop", days=366) if one.would.hook == "greetings"]
    assert 1 == len(greeted)


def test_many_messages_take_as_few_statements_as_one(shops: Callable[..., World]) -> None:
    world, counts = shops(hooks=[ReviewRequest(), TIPS]), []
    for many in (1, 12):
        for number in range(many):
            place(world, Contact(email=f"b{many}{number}@example.com"))
        said: list[str] = []

        def note(*told: Any, said: list[str] = said) -> None:
            said.append(told[2])

        engine = world.link._database._engine
        event.listen(engine, "before_cursor_execute", note)
        world.link.plan("shop", days=10)
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(said))
    assert counts[1] <= counts[0] + 3
