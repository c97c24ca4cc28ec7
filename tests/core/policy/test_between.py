"""What is said between the verdict and the attempt, and which way a message goes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, HOUR, MUG, START, TEA, World

from storelink.consent import Given
from storelink.consent.suppression import Why
from storelink.contracts import Channel, Manifest
from storelink.delivery.lawful import Rules
from storelink.errors import ConfigError, UnknownStore
from storelink.events import OrderPaid
from storelink.hooks import ReviewRequest, ThankYou
from storelink.models import Address, Contact, Message, MessageClass, MessageState
from storelink.policy.budget import Limit
from storelink.rendering import Brand
from storelink.testing import RecordingChannel

US = Address(country="US", region="CA", postcode="94016")
SHOP = Brand(name="Shop", address="Shop, 1 Main Street, Springfield")
RELATIONSHIP, MARKETING = MessageClass.RELATIONSHIP, MessageClass.MARKETING
BEN = Contact(email="ben@example.com", phone="+14155550123")
Say = Callable[[World], Any]


class Named(RecordingChannel):
    """A channel of another name, beside the first."""

    @property
    def manifest(self) -> Manifest[Channel]:
        return dataclasses.replace(super().manifest, name=self.medium)


def a_world(hooks: Any = (), **options: Any) -> World:
    rules = {"policy": Rules(limits=()), "site_url": "https://hooks.example", "brand": SHOP}
    return World(hooks=hooks, **{**rules, **options})


def advertising(world: World) -> None:
    @world.link.hook(OrderPaid, key="offer", expires_after=30 * DAY)
    def offer() -> Message:
        return Message("offer", subject="Hi", text="Ten percent off", message_class=MARKETING)


def bought(world: World, *people: Contact) -> None:
    for one in people:
        world.store.edit(world.store.place(one, [MUG]), shipping_address=US)


REFUSED: Say = lambda world: world.link.consents.record(  # noqa: E731
    "shop", "ben@example.com", "email", "*", Given.REFUSED, source="preferences"
)
SUPPRESSED: Say = lambda world: world.link.suppressions.suppress(  # noqa: E731
    "shop", "ben@example.com", Why.COMPLAINT, source="smtp"
)
SWITCHED: Say = lambda world: world.link.switch_off(hook="offer", why="a mistake")  # noqa: E731
DISARMED: Say = lambda world: world.link.disarm("shop")  # noqa: E731
HELD: Say = lambda world: world.link.hold_person(  # noqa: E731
    "shop", "ben@example.com", why="support case 17"
)


@pytest.mark.parametrize(
    ("say", "reason"),
    [
        (REFUSED, "refused"),
        (SUPPRESSED, "suppressed"),
        (SWITCHED, "switched_off"),
        (DISARMED, "staging"),
        (HELD, "muted"),
    ],
)
@pytest.mark.parametrize("at_once", [1, 9])
def test_what_is_said_at_the_last_moment_counts(say: Say, reason: str, at_once: int) -> None:
    """The clock stands still: no verdict is old, and none may be used that was overtaken."""
    overtaken: list[str] = []

    def watch(name: str) -> None:
        if name == "begin" and not overtaken:
            overtaken.append(name)
            say(world)

    world = a_world(on_step=watch, attempts_per_commit=at_once)
    advertising(world)
    bought(world, BEN)
    world.absorb()
    while world.link.work("plan", "shop"):
        pass
    world.link.run_once()
    assert ["begin"] == overtaken
    assert [] == world.sent()
    assert [reason] == [one.reason for one in world.link.messages()]


def test_what_others_say_holds_up_nobody() -> None:
    world = a_world()
    advertising(world)
    bought(world, ADA, BEN)
    world.absorb()
    while world.link.work("plan", "shop"):
        pass
    send = world.channel.send

    def told(message: Any) -> Any:
        world.link.consents.record(
            "shop", "cid@example.com", "email", MARKETING, Given.REFUSED, source="preferences"
        )
        return send(message)

    world.channel.send = told  # type: ignore[method-assign]
    assert 2 == world.link._relay.run_once(["shop"]).outcomes["sent"]


# -- which way -------------------------------------------------------------------------------------


def two_ways(**options: Any) -> tuple[World, Named, Named]:
    mail, text = Named(), Named(medium="sms")
    world = a_world(channels=[mail, text], **options)
    advertising(world)
    world.clock.set(START + 9 * HOUR)  # ten in the morning in California
    return world, mail, text


def agrees_to_texts(world: World) -> None:
    world.link.consents.record(
        "shop", "+14155550123", "sms", MARKETING, Given.CONFIRMED, source="checkout"
    )


@pytest.mark.parametrize(
    ("say", "agrees", "ways"),
    [
        (lambda world: None, True, ["email"]),
        (SUPPRESSED, True, ["sms"]),
        (SUPPRESSED, False, []),
        (REFUSED, True, ["sms"]),
        (REFUSED, False, []),
        (HELD, True, []),
    ],
)
def test_a_message_goes_by_the_first_channel_that_nothing_stops_it_on(
    say: Say, agrees: bool, ways: list[str]
) -> None:
    world, mail, text = two_ways()
    if agrees:
        agrees_to_texts(world)
    say(world)
    bought(world, BEN)
    world.tell()
    assert ways == [one.medium for one in (mail, text) if one.sent]


BOUNCED: Say = lambda world: world.link.suppressions.suppress(  # noqa: E731
    "shop", "ben@example.com", Why.HARD_BOUNCE, source="smtp"
)


@pytest.mark.parametrize(
    ("says", "ways"),
    [
        ((), ["email"]),
        ((BOUNCED,), ["sms"]),
        ((SUPPRESSED,), []),
        ((BOUNCED, REFUSED), []),
    ],
)
def test_who_complained_on_one_channel_is_not_asked_on_the_next(
    says: tuple[Say, ...], ways: list[str]
) -> None:
    """In Britain a purchase suffices for both: only the person's own no stands in the way."""
    mail, text = Named(), Named(medium="sms")
    world = a_world(channels=[mail, text])

    @world.link.hook(OrderPaid, key="asking", expires_after=30 * DAY)
    def asking() -> Message:
        return Message("x", subject="Hi", text="How is it?", message_class=RELATIONSHIP)

    world.clock.set(START + 9 * HOUR)
    for say in says:
        say(world)
    order_id = world.store.place(BEN, [MUG])
    world.store.edit(order_id, shipping_address=Address(country="GB"))
    world.tell()
    assert ways == [one.medium for one in (mail, text) if one.sent]


def test_what_has_to_wait_on_the_first_channel_waits_for_it() -> None:
    text, mail = Named(medium="sms"), Named()
    world = a_world(channels=[text, mail])
    advertising(world)
    agrees_to_texts(world)
    world.clock.set(START)  # the night in California
    bought(world, BEN)
    world.tell()
    assert ([], [], ["quiet_hours"]) == (
        text.sent,
        mail.sent,
        [one.reason for one in world.link.messages()],
    )


def test_explain_says_why_a_message_went_the_other_way() -> None:
    world, _, text = two_ways()
    agrees_to_texts(world)
    SUPPRESSED(world)
    bought(world, BEN)
    world.tell()
    assert 1 == len(text.sent)
    (order_id,) = {one.order_id for one in world.link.messages()}
    said = world.said(order_id)["offer"]
    assert "by sms." in said
    assert "Not by email: nothing is sent to this address any more." in said


def test_explain_says_why_no_way_is_left() -> None:
    world, *_ = two_ways()
    SUPPRESSED(world)
    bought(world, BEN)
    world.tell()
    (message,) = world.link.messages()
    assert (MessageState.CANCELLED, "suppressed") == (message.state, message.reason)
    assert "Not by sms: the customer does not want" in world.said(message.order_id)["offer"]


def test_what_the_order_needs_finds_another_way_if_the_address_is_dead() -> None:
    mail, text = Named(), Named(medium="sms")
    world = a_world([ThankYou()], channels=[mail, text])
    world.clock.set(START + 9 * HOUR)
    world.link.suppressions.suppress("shop", "ben@example.com", Why.HARD_BOUNCE, source="smtp")
    bought(world, BEN)
    world.tell()
    assert (0, 1) == (len(mail.sent), len(text.sent))


# -- what the policy stopped -----------------------------------------------------------------------

DE = Address(country="DE", postcode="10115")


def asked_for_reviews(**options: Any) -> tuple[World, str, str]:
    """Two orders of one person: the law stops the request about the first."""
    world = a_world([ReviewRequest()], **options)
    first = world.delivered_order(ADA, [MUG])
    world.store.edit(first, shipping_address=DE)
    world.tell()
    world.wait(DAY)
    second = world.delivered_order(ADA, [TEA])
    world.store.edit(second, shipping_address=US)
    world.tell()
    return world, f"review_request/order:{first}", f"review_request/order:{second}"


def agrees(world: World) -> None:
    world.link.consents.record(
        "shop", "ada@example.com", "email", RELATIONSHIP, Given.GRANTED, source="preferences"
    )
    world.link.run_once()


def test_what_the_policy_stopped_holds_up_no_other_request() -> None:
    world, first, second = asked_for_reviews()
    world.wait(9 * DAY)
    assert (MessageState.CANCELLED, "no_consent") == world.state(first)
    assert [second] == world.sent()


@pytest.mark.parametrize(("waits", "goes"), [(20, True), (100, False)])
def test_who_agrees_later_gets_what_is_still_timely(waits: int, goes: bool) -> None:
    world, first, _ = asked_for_reviews()
    world.wait(waits * DAY)
    assert first not in world.sent()
    agrees(world)
    assert goes is (first in world.sent())


def test_who_is_no_longer_suppressed_gets_what_is_still_timely() -> None:
    world = a_world()
    advertising(world)
    SUPPRESSED(world)
    bought(world, BEN)
    world.tell()
    assert [] == world.sent()
    world.link.suppressions.lift("shop", "BEN@example.com", Why.COMPLAINT)
    world.link.run_once()
    assert 1 == len(world.sent())


def test_an_order_that_goes_elsewhere_is_judged_anew() -> None:
    world, first, _ = asked_for_reviews()
    world.wait(20 * DAY)
    world.store.edit(first.rpartition(":")[2], shipping_address=US)
    world.tell()
    assert first in world.sent()


def test_planning_what_the_policy_stopped_is_a_fixed_point() -> None:
    """The hook asks for it and the policy stops it; neither gives the other anything to do."""
    world, first, second = asked_for_reviews()
    SUPPRESSED(world)
    world.link.consents.record("shop", "ada@example.com", "email", "*", Given.REFUSED, source="x")
    world.wait(9 * DAY)
    assert ["refused", "refused"] == [world.state(one)[1] for one in (first, second)]

    def held() -> list[Any]:
        with world.link._database.read() as tx:
            return [(one.key, one.state, one.version) for one in tx.messages.all()]

    before = held()
    for _ in range(3):
        with world.link._database.write() as tx:
            tx.plans.mark("shop", "person:ada@example.com", due_at=world.clock.now())
        world.link.run_once()
    assert before == held()


def test_news_of_an_order_has_the_policy_asked_once_more_and_no_more_often() -> None:
    world, first, _ = asked_for_reviews()
    world.wait(9 * DAY)
    states = []
    for _ in range(2):
        world.link.consents.look_again("shop", first.rpartition(":")[2])
        world.link.run_once()
        with world.link._database.read() as tx:
            (row,) = tx.messages.by_keys([f"shop/{first}"]).values()
        states.append((row.state, row.reason, row.version))
    (one, why, version), (other, again, later) = states
    assert (MessageState.CANCELLED, "no_consent") == (one, why) == (other, again)
    assert version < later <= version + 4


# -- support cases ---------------------------------------------------------------------------------


def test_a_support_case_mutes_what_no_order_needs_until_it_is_closed() -> None:
    world = a_world([ThankYou()])
    advertising(world)
    world.link.hold_person("shop", "BEN@example.com", why="support case 17")
    bought(world, BEN)
    world.tell()
    world.wait(3 * DAY)
    (order_id,) = {one.order_id for one in world.link.messages()}
    assert [f"thank_you/order:{order_id}"] == world.sent()
    assert "(support case 17)" in world.said(order_id)["offer"]
    assert not world.link.release_person("shop", "ben@example.com", why="support case 18")
    world.link.run_once()
    assert 1 == len(world.sent())
    assert world.link.release_person("shop", "ben@example.com")
    world.link.run_once()
    assert 2 == len(world.sent())


def test_a_hold_ends_by_itself_and_counts_for_every_channel() -> None:
    world, mail, text = two_ways()
    agrees_to_texts(world)
    until = world.clock.now() + 2 * HOUR
    world.link.hold_person("shop", "+14155550123", why="case", until=until)
    bought(world, BEN)
    world.tell()
    assert ([], []) == (mail.sent, text.sent)
    world.wait(2 * HOUR)
    assert 1 == len(mail.sent)


@pytest.mark.parametrize(
    ("store", "address", "error"),
    [("other", "a@example.com", UnknownStore), ("shop", "", ValueError)],
)
def test_nobody_is_held_who_is_not_known(store: str, address: str, error: type[Exception]) -> None:
    world = a_world()
    with pytest.raises(error):
        world.link.hold_person(store, address, why="case")


def test_a_limit_counts_for_a_year_at_most() -> None:
    with pytest.raises(ConfigError, match="a year at most"):
        Limit(frozenset({MARKETING}), 1, timedelta(days=400))
