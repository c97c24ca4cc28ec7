"""`link.explain_person`: messages that are about checkouts and the account, and no order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from core.world import ADA, DAY, HOUR, MUG, World

from storelink.contracts.hook import Facts, Hook, Reason, Said, Send, Skip
from storelink.delivery.lawful import Rules
from storelink.errors import ConfigError, UnknownStore
from storelink.events import CheckoutAbandoned, CustomerCreated
from storelink.hooks import ThankYou
from storelink.models import Contact, Kind, Message, MessageClass, Person, Ref


class Writing(Hook[Person]):
    """Reminds of what was left, if it is no tea, and greets who opened an account."""

    name, subject = "writing", Kind.PERSON

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterable[Said]:
        for one in subject.checkouts:
            ref = Ref(kind=Kind.CHECKOUT, id=one.id)
            left = facts.last(CheckoutAbandoned, checkout_id=one.id)
            if left is None:
                yield Skip(ref, Reason.IN_TIME)
                continue
            options: dict[str, Any] = {"subject": "Your cart", "text": "It waits."}
            message = Message("cart", message_class=MessageClass.MARKETING, **options)
            yield Send(ref, message, None, left, left.at + DAY)
        born = facts.last(CustomerCreated)
        if subject.account is not None and born is not None:
            about = Ref(kind=Kind.CUSTOMER, id=subject.account.id)
            yield Send(about, Message("hi", subject="Hi", text="Hi"), None, born, born.at)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    world = new_world(hooks=[ThankYou(), Writing()], policy=Rules())
    world.store.register(ADA, created_at=world.clock.now())
    world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(2 * HOUR)
    world.store.begin_checkout(Contact(email="ADA@example.com"), [MUG])
    world.timeline.place(ADA, [MUG])
    return world


def test_it_tells_what_was_and_will_be_sent_and_why_not(world: World) -> None:
    found = world.link.explain_person("shop", email="Ada@Example.com")
    assert [
        ("sent", None, "send"),
        ("waiting", None, "suppress"),
        (None, "in_time", None),
    ] == [
        (one.state, one.reason, one.policy.decision if one.policy else None)
        for one in found.messages
    ]
    text = str(found)
    assert text.startswith("a…@e….com (shop): 2 checkouts, account ")
    assert "A checkout was left" in text
    assert "Will not be sent as things stand: the customer has not agreed" in text
    assert "Thank-you" not in text, "that is about the order"


def test_one_checkout_names_its_person(world: World) -> None:
    (first, second) = world.link.explain_person("shop", email=ADA.email).checkouts
    found = world.link.explain_person("shop", checkout=second)
    assert ((second,), ["in_time"]) == (found.checkouts, [one.reason for one in found.messages])
    assert ["waiting"] == [
        one.state for one in world.link.explain_person("shop", checkout=first).messages
    ]


def test_it_holds_no_address(world: World) -> None:
    found = world.link.explain_person("shop", email=ADA.email)
    body = found.to_dict()
    assert "checkout.abandoned" in [one["type"] for one in body["events"]]
    told = str(body) + repr(found) + str(found)
    assert "ada@example.com" not in told.casefold()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"store": "none", "email": "ada@example.com"}, UnknownStore),
        ({"store": "shop"}, ConfigError),
        ({"store": "shop", "email": "eve@example.com"}, LookupError),
        ({"store": "shop", "email": "nobody"}, LookupError),
        ({"store": "shop", "checkout": "99"}, LookupError),
    ],
)
def test_who_is_not_known_is_not_explained(
    world: World, options: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        world.link.explain_person(**options)
