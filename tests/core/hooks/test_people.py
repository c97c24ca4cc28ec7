"""Hooks about people: carts and accounts without an order, and what time makes true."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest
from core.world import ADA, DAY, HOUR, MUG, START, World

from storelink.contracts.hook import Again, Facts, Hook, Reason, Said, Send, Skip, Tell
from storelink.events import CheckoutAbandoned, CustomerCreated, RewardEarned, RewardIssued
from storelink.models import Contact, Kind, Message, MessageState, Person, Ref

Decide = Callable[[Person, Facts, datetime], Iterable[Said]]


class Asked(Hook[Person]):
    """A hook that says what a test wants."""

    subject = Kind.PERSON

    def __init__(self, decide: Decide, name: str = "asked") -> None:
        self.name = name
        self._decide = decide

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterable[Said]:
        return self._decide(subject, facts, now)


def remind(person: Person, facts: Facts, now: datetime) -> Iterable[Said]:
    """Write about every checkout that was left, unless something was ordered since."""
    for checkout in person.checkouts:
        ref = Ref(kind=Kind.CHECKOUT, id=checkout.id)
        left = facts.last(CheckoutAbandoned, checkout_id=checkout.id)
        if left is None:
            continue
        if checkout.completed_at or any(
            one.placed_at and one.placed_at > left.at for one in person.orders
        ):
            yield Skip(ref, Reason.WITHDRAWN)
            continue
        words = {"subject": "Your cart", "text": "{{ checkout.lines[0].title }} is waiting."}
        yield Send(ref, Message("cart", **words), None, left, left.at + HOUR)


@pytest.fixture
def shop() -> Iterable[World]:
    """A shop that reminds people of what they left."""
    world = World(hooks=[Asked(remind, "remind")])
    with world.link:
        yield world


# -- messages about checkouts ----------------------------------------------------------------------


def test_a_message_about_a_checkout_goes_to_who_began_it(shop: World) -> None:
    checkout_id = shop.store.begin_checkout(ADA, [MUG])
    shop.tell()
    shop.wait(3 * HOUR)
    (sent,) = shop.channel.sent
    assert (ADA.email, "Mug is waiting.\n") == (sent.to, sent.text)
    assert f"shop/remind/checkout:{checkout_id}" == sent.key
    assert (None, MessageState.SENT) == (
        shop.message(f"remind/checkout:{checkout_id}").order_id,
        shop.state(f"remind/checkout:{checkout_id}")[0],
    )


@pytest.mark.parametrize(
    "who",
    [ADA, Contact(email="ADA@Example.com", first_name="A"), Contact(email="ada@example.com")],
    ids=["the same person", "in other letters", "as a guest"],
)
def test_an_order_of_the_same_person_takes_it_back(shop: World, who: Contact) -> None:
    checkout_id = shop.store.begin_checkout(ADA, [MUG])
    shop.tell()
    shop.wait(HOUR + HOUR / 2)
    assert [f"remind/checkout:{checkout_id}"] == shop.keys()
    shop.timeline.place(who, [MUG])
    shop.wait(DAY)
    assert [] == shop.sent()
    assert MessageState.CANCELLED == shop.state(f"remind/checkout:{checkout_id}")[0]


def test_an_order_that_becomes_known_after_the_claim_stops_it(shop: World) -> None:
    """The hook is asked again before the attempt, about everything that is known by then."""
    shop.store.begin_checkout(ADA, [MUG])
    shop.tell()
    shop.clock.advance(HOUR)
    shop.link.run_once()
    shop.clock.advance(HOUR)
    shop.store.place(ADA, [MUG])
    shop.absorb()
    shop.link.run_once()
    assert [] == shop.sent()


def test_somebody_elses_order_does_not(shop: World) -> None:
    shop.store.begin_checkout(ADA, [MUG])
    shop.tell()
    shop.timeline.place(Contact(email="bob@example.com"), [MUG])
    shop.wait(3 * HOUR)
    assert 1 == len(shop.sent())


def test_a_checkout_that_changes_hands_writes_to_the_new_address_only(shop: World) -> None:
    checkout_id = shop.store.begin_checkout(ADA, [MUG])
    shop.tell()
    shop.wait(HOUR)
    ref = Ref(kind=Kind.CHECKOUT, id=checkout_id)
    shop.store.change(ref, contact=Contact(email="eve@example.com"))
    shop.tell()
    shop.wait(DAY)
    assert ["eve@example.com"] == [one.to for one in shop.channel.sent]


def test_it_is_erased_with_its_person(shop: World) -> None:
    checkout_id = shop.store.begin_checkout(ADA, [MUG])
    shop.tell()
    shop.wait(HOUR)
    shop.link.erase("shop", email=ADA.email)
    shop.wait(DAY)
    assert [] == shop.sent()
    assert (MessageState.CANCELLED, "erased") == shop.state(f"remind/checkout:{checkout_id}")


# -- messages about accounts -----------------------------------------------------------------------


def welcome(person: Person, facts: Facts, now: datetime) -> Iterable[Said]:
    """Greet everybody who opens an account."""
    account = person.account
    born = facts.last(CustomerCreated)
    if account is not None and born is not None:
        words = {"subject": "Welcome", "text": "Welcome, {{ account.first_name }}."}
        about = Ref(kind=Kind.CUSTOMER, id=account.id)
        yield Send(about, Message("welcome", **words), None, born, born.at)


def test_a_message_about_an_account_goes_to_its_address(make: Callable[[Decide], World]) -> None:
    world = make(welcome)
    account = world.store.register(ADA, created_at=START)
    world.tell()
    assert [f"asked/customer:{account}"] == world.sent()
    assert "Welcome, Ada.\n" == world.channel.sent[0].text


def test_an_account_that_is_closed_is_nobodys(make: Callable[[Decide], World]) -> None:
    seen: list[object] = []

    def look(person: Person, facts: Facts, now: datetime) -> Iterable[Said]:
        seen.append(person.account)
        return ()

    world = make(look)
    account = world.store.register(ADA)
    world.tell()
    world.store.remove(Ref(kind=Kind.CUSTOMER, id=account))
    world.tell()
    world.timeline.place(ADA, [MUG])
    assert seen[0] is not None
    assert seen[-1] is None


def test_a_person_is_known_by_orders_checkouts_and_account(make: Callable[[Decide], World]) -> None:
    seen: list[Person] = []

    def look(person: Person, facts: Facts, now: datetime) -> Iterable[Said]:
        seen.append(person)
        return ()

    world = make(look)
    account = world.store.register(ADA)
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    order_id = world.timeline.place(ADA, [MUG])
    (person,) = {one.key: one for one in seen}.values()
    assert account == (person.account.id if person.account else None)
    assert [checkout_id] == [one.id for one in person.checkouts]
    assert [order_id] == [one.id for one in person.orders]


# -- what time makes true --------------------------------------------------------------------------


@pytest.fixture
def make() -> Iterable[Callable[[Decide], World]]:
    """Make a shop with one hook."""
    worlds: list[World] = []

    def made(decide: Decide) -> World:
        worlds.append(World(hooks=[Asked(decide)]))
        return worlds[-1]

    yield made
    for world in worlds:
        world.link.close()


def lapse(person: Person, facts: Facts, now: datetime) -> Iterable[Said]:
    """Say so ten days after the last order."""
    for order in person.orders[-1:]:
        at = order.placed_at + 10 * DAY
        event = RewardEarned(
            id=f"shop/order/{order.id}/lapsed",
            store="shop",
            at=at,
            order_id=order.id,
            because_of="",
            hook="lapsed",
            incentive={"percent": "5"},
        )
        yield Tell(event)


def test_what_time_makes_true_is_told_once_and_at_its_time(make: Callable[[Decide], World]) -> None:
    world = make(lapse)
    heard: list[tuple[str, datetime]] = []
    world.link.on(RewardEarned)(lambda event: heard.append((event.id, world.clock.now())))
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(9 * DAY)
    assert [] == heard
    world.wait(30 * DAY)
    assert [(f"shop/order/{order_id}/lapsed", START + 10 * DAY)] == heard


def test_what_no_longer_comes_true_is_not_told(make: Callable[[Decide], World]) -> None:
    world = make(lapse)
    world.timeline.place(ADA, [MUG])
    world.wait(9 * DAY)
    second = world.timeline.place(ADA, [MUG])
    world.wait(30 * DAY)
    told = [one.id for one in world.link.events() if isinstance(one, RewardEarned)]
    assert [f"shop/order/{second}/lapsed"] == told


def test_a_code_that_was_earned_is_made_on_the_platform(make: Callable[[Decide], World]) -> None:
    world = make(lapse)
    world.timeline.place(ADA, [MUG])
    world.wait(11 * DAY)
    (listed,) = world.store.listed(Kind.COUPON)
    (coupon,) = world.store.read(Ref(kind=Kind.COUPON, id=listed.id)).records
    (issued,) = [one for one in world.link.events() if isinstance(one, RewardIssued)]
    assert (issued.code, (ADA.email,)) == (coupon.fields["code"], coupon.fields["emails"])


def test_a_hook_can_ask_to_be_asked_again(make: Callable[[Decide], World]) -> None:
    asked: list[datetime] = []

    def again(person: Person, facts: Facts, now: datetime) -> Iterable[Said]:
        asked.append(now)
        yield Again(START + 5 * DAY)

    world = make(again)
    world.timeline.place(ADA, [MUG])
    before = len(asked)
    world.wait(30 * DAY)
    assert [START + 5 * DAY] == asked[before:]


def test_what_was_true_before_the_store_was_connected_is_told_to_nobody() -> None:
    world = World(hooks=[Asked(lapse)], since=START + 20 * DAY)
    with world.link:
        world.timeline.place(ADA, [MUG])
        world.wait(30 * DAY)
        assert [] == [one for one in world.link.events() if isinstance(one, RewardEarned)]


# -- what a hook may not say -----------------------------------------------------------------------


def broken(say: Callable[[Person, datetime], Iterable[object]]) -> Decide:
    return lambda person, facts, now: say(person, now)  # type: ignore[return-value]


ODD: dict[str, Callable[[Person, datetime], Iterable[object]]] = {
    "a person's address as the subject": lambda person, now: [
        Send(
            Ref(kind=Kind.PERSON, id=person.key),
            Message("welcome", text="x", subject="x"),
            person.orders[0].id,
            CustomerCreated(id="x", store="shop", at=now),
            now,
        )
    ],
    "somebody else's checkout": lambda person, now: [
        Send(
            Ref(kind=Kind.CHECKOUT, id="not-theirs"),
            Message("welcome", text="x", subject="x"),
            None,
            CustomerCreated(id="x", store="shop", at=now),
            now,
        )
    ],
    "a time without a zone": lambda person, now: [Again(now.replace(tzinfo=None))],
    "nothing that hooks say": lambda person, now: ["send it"],
}


@pytest.mark.usefixtures("errors_are_expected")
@pytest.mark.parametrize("say", ODD.values(), ids=ODD)
def test_a_hook_that_breaks_its_contract_sends_nothing(
    make: Callable[[Decide], World], say: Callable[[Person, datetime], Iterable[object]]
) -> None:
    world = make(broken(say))
    world.timeline.place(ADA, [MUG])
    world.wait(timedelta(minutes=6))
    assert [] == world.keys()


# -- a hook that is new to a database --------------------------------------------------------------


def test_a_hook_that_looks_back_is_asked_about_everybody_once(database_url: str) -> None:
    """Otherwise it would never hear of those who do not order any more."""
    before = World(database_url, hooks=[])
    with before.link:
        before.timeline.place(ADA, [MUG])
        before.store.register(Contact(email="bob@example.com"))
        before.tell()
        before.wait(DAY)
    asked: list[str] = []

    class Looking(Asked):
        looks_back = True

    def look(person: Person, facts: Facts, now: datetime) -> Iterable[Said]:
        asked.append(person.key)
        return ()

    for _ in range(2):
        after = World(database_url, hooks=[Looking(look)], clock=before.clock)
        with after.link:
            after.link.run_once()
    assert ["ada@example.com", "bob@example.com"] == sorted(asked)


def test_an_order_that_is_told_between_the_decision_and_the_attempt_stops_it() -> None:
    """It is another subject than the checkout's, and the same person."""
    told: list[str] = []

    def order_meanwhile(step: str) -> None:
        if step == "render" and not told:
            told.append(world.store.place(Contact(email="ADA@example.com"), [MUG]))
            world.absorb()

    world = World(hooks=[Asked(remind, "remind")], on_step=order_meanwhile)
    with world.link:
        world.store.begin_checkout(ADA, [MUG])
        world.tell()
        world.wait(DAY)
        assert told
        assert [] == world.sent()
