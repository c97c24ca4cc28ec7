"""The policy at work: asked after the claim, before the attempt, and told by `explain`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, HOUR, MUG, World

from storelink.consent import Given
from storelink.consent.suppression import Why
from storelink.contracts import Accepted
from storelink.contracts.pages import CameBy
from storelink.delivery.lawful import Rules
from storelink.events import OrderPaid
from storelink.hooks import ThankYou
from storelink.links import Purpose
from storelink.models import Address, Contact, Message, MessageClass, MessageState, Outgoing
from storelink.policy import Stricter
from storelink.policy.budget import Limit
from storelink.policy.moment import Wish
from storelink.rendering import Brand
from storelink.testing import RecordingChannel

US = Address(country="US", region="CA", postcode="94016")
DE = Address(country="DE", postcode="10115")
SHOP = Brand(name="Shop", address="Shop, 1 Main Street, Springfield")
RELATIONSHIP, MARKETING = MessageClass.RELATIONSHIP, MessageClass.MARKETING
NO_LIMITS = Rules(limits=())


def a_world(policy: Rules | None = None, **options: Any) -> World:
    given = {"site_url": "https://hooks.example", "brand": SHOP, **options}
    return World(policy=policy, **given)


def delivered(world: World, home: Address | None, contact: Contact = ADA) -> str:
    order_id = world.delivered_order(contact)
    if home is not None:
        world.store.edit(order_id, shipping_address=home)
    world.tell()
    return order_id


def request_of(order_id: str) -> str:
    return f"review_request/order:{order_id}"


def test_where_a_purchase_suffices_a_review_is_asked_for() -> None:
    world = a_world()
    order_id = delivered(world, US)
    world.wait(8 * DAY)
    assert request_of(order_id) in world.sent()


@pytest.mark.parametrize("home", [DE, None, Address(country="XX")])
def test_where_it_does_not_nobody_is_asked_without_consent(home: Address | None) -> None:
    world = a_world()
    order_id = delivered(world, home)
    world.wait(30 * DAY)
    assert request_of(order_id) not in world.sent()
    assert (MessageState.CANCELLED, "no_consent") == world.state(request_of(order_id))


def test_the_thank_you_needs_no_consent() -> None:
    world = a_world()
    order_id = delivered(world, DE)
    assert f"thank_you/order:{order_id}" in world.sent()


def test_the_reason_names_the_rule_with_its_source_and_the_rulebook() -> None:
    world = a_world()
    order_id = delivered(world, DE)
    world.wait(8 * DAY)
    said = world.said(order_id)["Review request"]
    assert "the customer has not agreed to such messages (" in said
    with world.link._database.read() as tx:
        (row,) = tx.messages.by_keys([f"shop/{request_of(order_id)}"]).values()
    assert row.detail is not None
    assert "de.bgh-vi-zr-225-17" == row.detail["rule"]
    assert "VI ZR 225/17" in row.detail["source"]
    assert "2026-11-22" == row.detail["rules"]


def test_with_consent_a_german_is_asked() -> None:
    world = a_world()
    assert ADA.email is not None
    world.link.consents.record(
        "shop", ADA.email, "email", RELATIONSHIP, Given.GRANTED, source="checkout"
    )
    order_id = delivered(world, DE)
    world.wait(8 * DAY)
    assert request_of(order_id) in world.sent()


def test_who_refused_is_not_asked_however_much_is_bought() -> None:
    world = a_world()
    assert ADA.email is not None
    world.link.consents.record(
        "shop", ADA.email.upper(), "email", "*", Given.REFUSED, source="preferences"
    )
    order_id = delivered(world, US)
    world.wait(8 * DAY)
    assert (MessageState.CANCELLED, "refused") == world.state(request_of(order_id))
    assert f"thank_you/order:{order_id}" in world.sent()


@pytest.mark.parametrize(("why", "thanked"), [(Why.HARD_BOUNCE, False), (Why.COMPLAINT, True)])
def test_a_suppressed_address_gets_no_more_than_it_may(why: Why, thanked: bool) -> None:
    world = a_world()
    assert ADA.email is not None
    world.link.suppressions.suppress("shop", ADA.email, why, source="smtp")
    order_id = delivered(world, US)
    world.wait(8 * DAY)
    assert (MessageState.CANCELLED, "suppressed") == world.state(request_of(order_id))
    assert thanked == (f"thank_you/order:{order_id}" in world.sent())


def texting(at: datetime, home: Address, **options: Any) -> tuple[World, RecordingChannel]:
    """A shop that advertises by text message, in the moment of *at*."""
    channel = RecordingChannel(medium="sms")
    world = a_world(NO_LIMITS, hooks=[], channels=[channel], **options)
    world.clock.set(at)

    @world.link.hook(OrderPaid, key="offer", expires_after=timedelta(days=3))
    def offer() -> Message:
        return Message("offer", subject="Hi", text="Ten percent off", message_class=MARKETING)

    phone = "+14155550123"
    world.link.consents.record("shop", phone, "sms", MARKETING, Given.CONFIRMED, source="checkout")
    order_id = world.store.place(Contact(phone=phone), [MUG])
    world.store.edit(order_id, shipping_address=home)
    world.tell()
    return world, channel


def test_a_text_waits_for_the_morning_where_the_recipient_is() -> None:
    night = datetime.fromisoformat("2026-11-03T23:30:00-08:00")
    world, channel = texting(night, US)
    assert [] == channel.sent
    (message,) = world.link.messages()
    assert (MessageState.WAITING, "quiet_hours") == (message.state, message.reason)
    assert datetime.fromisoformat("2026-11-04T08:00:00-08:00") == message.due_at
    world.wait(9 * HOUR)
    assert 1 == len(channel.sent)


def test_a_text_that_would_come_too_late_is_given_up_with_what_held_it_up() -> None:
    night = datetime.fromisoformat("2026-11-03T23:30:00-08:00")
    channel = RecordingChannel(medium="sms")
    world = a_world(NO_LIMITS, hooks=[], channels=[channel])
    world.clock.set(night)

    @world.link.hook(OrderPaid, key="offer", expires_after=timedelta(hours=2))
    def offer() -> Message:
        return Message("offer", subject="Hi", text="Ten percent off", message_class=MARKETING)

    phone = "+14155550123"
    world.link.consents.record("shop", phone, "sms", MARKETING, Given.CONFIRMED, source="checkout")
    order_id = world.store.place(Contact(phone=phone), [MUG])
    world.store.edit(order_id, shipping_address=US)
    world.tell()
    (message,) = world.link.messages()
    assert (MessageState.EXPIRED, "expired") == (message.state, message.reason)


def test_a_person_gets_no_more_than_the_shop_s_limits_and_nothing_is_lost() -> None:
    once_a_week = Limit(frozenset({RELATIONSHIP, MARKETING}), 1, timedelta(days=7))
    world = a_world(Rules(limits=(once_a_week,)), hooks=[])
    for name in ("one", "two", "three"):

        @world.link.hook(OrderPaid, key=name)
        def offer() -> Message:
            return Message("offer", subject="Hi", text="Hello", message_class=MARKETING)

    for contact in (ADA, Contact(email="ADA@example.com")):  # by address, as guest or not
        order_id = world.store.place(contact, [MUG])
        world.store.edit(order_id, shipping_address=US)
    world.tell()
    times = []
    for _ in range(6):
        times.append(len(world.sent()))
        assert all(one.reason == "too_many" for one in world.link.messages(state="waiting"))
        world.wait(7 * DAY)
    assert [1, 2, 3, 4, 5, 6] == times


def test_the_shop_s_preferred_hour_is_kept_on_the_recipient_s_clock() -> None:
    rules = Rules(moments={"review_request": Wish.hour(18, 0, 1, 2, 3, 4)}, limits=())
    world = a_world(rules)
    delivered(world, US)
    world.wait(14 * DAY)
    (sent,) = [one for one in world.link.messages() if one.hook == "review_request"]
    assert sent.sent_at is not None
    local = sent.sent_at - timedelta(hours=8)  # Pacific standard time
    assert (18, True) == (local.hour, local.weekday() < 5)


def test_an_override_has_a_reason_and_is_shown() -> None:
    rules = Rules(
        stricter=Stricter(overrides={"de.bgh-vi-zr-225-17": "a notice stands at the checkout"}),
        limits=(),
    )
    world = a_world(rules)
    order_id = delivered(world, DE)
    world.wait(8 * DAY)
    state, _ = world.state(request_of(order_id))
    assert state in {MessageState.SENT, MessageState.CANCELLED}


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ({"site_url": None}, "set site_url"),
        ({"brand": Brand(name="Shop")}, "the shop's postal address: set it in brand"),
    ],
)
def test_a_message_waits_for_what_the_law_wants_in_it(given: dict[str, Any], lacking: str) -> None:
    world = a_world(**given)
    order_id = delivered(world, US)
    world.wait(8 * DAY)
    assert (MessageState.WAITING, "incomplete") == world.state(request_of(order_id))
    assert lacking in world.said(order_id)["Review request"]


def test_a_message_that_no_order_needs_tells_how_to_say_no() -> None:
    world = a_world()
    delivered(world, US)
    world.wait(8 * DAY)
    thanks, request = world.channel.sent[0], world.channel.sent[-1]
    assert "review_request" in request.key
    assert request.unsubscribe_url is not None
    assert request.unsubscribe_url.startswith("https://hooks.example/u/")
    assert request.unsubscribe_url in request.text
    assert request.unsubscribe_url in (request.html or "")
    assert "Springfield" in (request.html or "")
    assert (None, False) == (thanks.unsubscribe_url, "/u/" in thanks.text)
    assert world.link.links is not None
    token = request.unsubscribe_url.rpartition("/")[2]
    came_by = CameBy.of(world.link.links.read(token, Purpose.PREFERENCES))
    assert "email" == came_by.channel
    addresses = world.link.consents.addresses
    assert (True, False) == tuple(
        came_by.is_to(addresses.of(one)) for one in (ADA.email, "bob@example.com")
    )


def test_who_refuses_while_others_are_being_sent_to_gets_nothing() -> None:
    """A verdict does not last for a whole batch, if the provider takes its time."""
    world = a_world(hooks=[ThankYou()])
    people = [Contact(email=f"{name}@example.com") for name in ("ann", "ben", "cid")]
    for one in people:
        world.store.place(one, [MUG])
    world.absorb()
    while world.link.work("plan", "shop"):
        pass
    send = world.channel.send

    def slowly(message: Outgoing) -> Accepted:
        accepted = send(message)
        world.clock.advance(timedelta(seconds=10))
        for one in people:
            if one.email and one.email != message.to:
                world.link.suppressions.suppress("shop", one.email, Why.BY_HAND, source="support")
        return accepted

    world.channel.send = slowly  # type: ignore[method-assign]
    world.link.run_once()
    assert 1 == len(world.sent())
    states = [one.reason for one in world.link.messages() if one.state is not MessageState.SENT]
    assert ["suppressed", "suppressed"] == states


def test_one_order_that_nobody_can_judge_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, errors_are_expected: None
) -> None:
    from storelink.delivery import lawful

    infer = lawful.infer

    def broken(**known: Any) -> Any:
        if known["country"] == "FR":
            raise RuntimeError("a defect")
        return infer(**known)

    monkeypatch.setattr(lawful, "infer", broken)
    world = a_world(hooks=[ThankYou()])
    orders = [world.store.place(ADA, [MUG]) for _ in range(2)]
    for order_id, country in zip(orders, ("FR", "US"), strict=True):
        world.store.edit(order_id, shipping_address=Address(country=country))
    world.tell()
    assert [f"thank_you/order:{orders[1]}"] == world.sent()
    assert (MessageState.WAITING, "hook_error") == world.state(f"thank_you/order:{orders[0]}")
    monkeypatch.setattr(lawful, "infer", infer)
    world.wait(DAY)
    assert 2 == len(world.sent())
