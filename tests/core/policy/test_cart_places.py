"""Where somebody is who left a cart that does not say so: the hours and the law of that place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, World

from storelink.consent import Given
from storelink.delivery.lawful import Rules
from storelink.hooks import AbandonedCheckout
from storelink.models import Address, Contact, MessageClass
from storelink.policy import Hours, Stricter, Wish
from storelink.rendering import Brand

BY_DAY = Stricter(
    (Wish(classes=frozenset({MessageClass.MARKETING}), hours=Hours.daily(time(8), time(20))),)
)
INDIA = Address(country="IN", postcode="110001")


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    world = new_world(
        hooks=[AbandonedCheckout(steps=[2 * HOUR])],
        policy=Rules(stricter=BY_DAY),
        brand=Brand(name="Shop", address="Shop, 1 Main Street, Springfield"),
        site_url="https://hooks.example",
    )
    for one in (ADA, BOB):
        agreed = ("shop", str(one.email), "email", MessageClass.MARKETING, Given.CONFIRMED)
        world.link.consents.record(*agreed, source="preferences")
    return world


def left_at_four_o_clock(world: World, who: Contact) -> datetime:
    """Let a cart be left at 16:00 UTC, and return when it is brought up, on India's clock."""
    world.wait(7 * HOUR)
    world.store.begin_checkout(who, [MUG])
    world.tell()
    world.wait(DAY)
    (message,) = world.link.messages()
    assert message.sent_at is not None
    return message.sent_at.astimezone(ZoneInfo("Asia/Kolkata"))


def test_the_newest_order_says_where_a_cart_was_left(world: World) -> None:
    order = world.timeline.place(ADA, [MUG])
    world.store.edit(order, shipping_address=INDIA)
    world.tell()
    assert (8, 0) == (at := left_at_four_o_clock(world, ADA)).timetuple()[3:5], at


def test_without_an_order_the_account_says_it(world: World) -> None:
    world.store.register(ADA, country="IN")
    world.tell()
    assert (8, 0) == (at := left_at_four_o_clock(world, ADA)).timetuple()[3:5], at


def test_of_a_stranger_the_shop_s_own_clock_is_all_that_is_known(world: World) -> None:
    assert (0, 30) == (at := left_at_four_o_clock(world, BOB)).timetuple()[3:5], at


def test_what_is_foretold_of_a_cart_goes_by_the_same_place(world: World) -> None:
    world.store.register(ADA, country="IN")
    world.tell()
    world.wait(7 * HOUR)
    world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(HOUR)
    (line,) = world.link.explain_person("shop", email=str(ADA.email)).messages
    assert line.policy is not None
    assert "defer" == line.policy.decision
