"""A checkout that nobody goes on with is abandoned by time alone, and may be recovered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from core.world import ADA, DAY, HOUR, MUG, START, World

from storelink.errors import ConfigError
from storelink.events import CheckoutAbandoned, CheckoutEvent, CheckoutRecovered
from storelink.models import Contact, Kind, Message, OrderStatus, Record, Ref, Snapshot
from storelink.testing import FakeStore
from storelink.testing.wire import encode

SECOND = timedelta(seconds=1)


@pytest.fixture
def heard(world: World) -> list[CheckoutEvent]:
    """What a handler was told of checkouts, in order."""
    told: list[CheckoutEvent] = []
    world.link.on(CheckoutEvent)(told.append)
    return told


def types(world: World) -> list[str]:
    events = world.link.events(store="shop")
    return [event.type for event in events if isinstance(event, CheckoutEvent)]


def checkout(checkout_id: str) -> Ref:
    return Ref(kind=Kind.CHECKOUT, id=checkout_id)


# -- abandoned -------------------------------------------------------------------------------------


def test_a_checkout_is_abandoned_an_hour_after_its_last_change(
    world: World, heard: list[CheckoutEvent]
) -> None:
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    assert START + HOUR == world.link.next_due()
    world.wait(HOUR - SECOND)
    assert [] == heard
    world.wait(SECOND)
    (event,) = heard
    assert isinstance(event, CheckoutAbandoned)
    assert (START + HOUR, checkout_id) == (event.at, event.checkout_id)
    assert f"shop/checkout/{checkout_id}/abandoned/{(START + HOUR).isoformat()}" == event.id
    world.wait(30 * DAY)
    assert [event] == heard


def test_its_event_carries_the_checkout_as_it_is_now(world: World) -> None:
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(2 * HOUR)
    world.store.change(checkout(checkout_id), number="C-7")
    world.tell()
    (event,) = world.link.events(store="shop")
    assert isinstance(event, CheckoutAbandoned)
    assert event.checkout is not None
    assert ("C-7", ADA, "Mug") == (
        event.checkout.number,
        event.checkout.contact,
        event.checkout.lines[0].title,
    )
    assert "ada@" not in repr(event)


def test_going_on_moves_the_hour(world: World, heard: list[CheckoutEvent]) -> None:
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(HOUR / 2)
    world.store.change(checkout(checkout_id))
    world.tell()
    world.wait(HOUR - SECOND)
    assert [] == heard
    world.wait(SECOND)
    assert [START + HOUR / 2 + HOUR] == [event.at for event in heard]


def test_going_on_and_leaving_again_is_another_time(
    world: World, heard: list[CheckoutEvent]
) -> None:
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(DAY)
    world.store.change(checkout(checkout_id))
    world.tell()
    world.wait(DAY)
    assert [START + HOUR, START + DAY + HOUR] == [event.at for event in heard]


@pytest.mark.parametrize("contact", [Contact(first_name="Nobody"), Contact(locale="de")])
def test_one_without_a_way_to_reach_anybody_is_not_abandoned(
    world: World, contact: Contact
) -> None:
    world.store.begin_checkout(contact, [MUG])
    world.tell()
    assert world.link.next_due() is None
    world.wait(DAY)
    assert [] == types(world)


def test_a_phone_is_enough(world: World) -> None:
    world.store.begin_checkout(Contact(phone="+4930123456"), [MUG])
    world.tell()
    world.wait(DAY)
    assert ["checkout.abandoned"] == types(world)


def test_one_that_was_deleted_is_not_abandoned(world: World) -> None:
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.store.remove(checkout(checkout_id))
    world.tell()
    world.wait(DAY)
    assert [] == types(world)


def test_one_that_became_an_order_in_time_is_neither_abandoned_nor_recovered(
    world: World,
) -> None:
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.store.place(ADA, [MUG], checkout_id=checkout_id)
    world.tell()
    world.wait(DAY)
    assert [] == types(world)


def test_an_old_one_is_history(new_world: Callable[..., World]) -> None:
    """It was left before the store was connected: handlers are told that it is historic."""
    world = new_world(since=START + DAY)
    world.store.begin_checkout(ADA, [MUG])
    world.clock.advance(3 * DAY)
    world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(DAY)
    assert [True, False] == [event.historic for event in world.link.events(store="shop")]


# -- recovered -------------------------------------------------------------------------------------


def test_one_that_was_abandoned_and_completed_is_recovered(
    world: World, heard: list[CheckoutEvent]
) -> None:
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(DAY)
    order_id = world.store.place(ADA, [MUG], checkout_id=checkout_id)
    world.tell()
    event = heard[-1]
    assert isinstance(event, CheckoutRecovered)
    assert (START + DAY, order_id) == (event.at, event.order_id)
    assert event.order is not None
    assert event.checkout is not None
    assert START + DAY == event.checkout.completed_at
    world.wait(30 * DAY)
    assert ["checkout.abandoned", "checkout.recovered"] == types(world)


def say(world: World, record: Record) -> None:
    """Let the store raise a webhook with just this record."""
    world.store._raise("said", Snapshot((record,)))
    world.absorb()


def the_order(world: World, checkout_id: str) -> Record:
    order_id = world.store.place(ADA, [MUG])
    world.store.edit(order_id, checkout_id=checkout_id)
    world.store.take()
    return world.store.read(Ref.order(order_id)).records[0]


@pytest.mark.parametrize("order_first", [True, False])
@pytest.mark.parametrize("completes", [True, False])
def test_what_becomes_known_first_does_not_matter(
    world: World, *, order_first: bool, completes: bool
) -> None:
    """The order names its checkout, and the checkout may or may not say that it was completed."""
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    world.tell()
    world.wait(DAY)
    order = the_order(world, checkout_id)
    fields = {"completed_at": world.clock.now() - SECOND}
    later = Record(
        kind=Kind.CHECKOUT,
        id=checkout_id,
        updated_at=world.clock.now(),
        fields=fields if completes else {"number": "C-7"},
    )
    for record in (order, later) if order_first else (later, order):
        say(world, record)
        world.link.run_once()
    found = [one for one in world.link.events() if isinstance(one, CheckoutRecovered)]
    assert [order.id] == [one.order_id for one in found]
    assert [START + DAY - (SECOND if completes else timedelta())] == [one.at for one in found]


def test_an_order_that_names_an_unknown_checkout_is_an_order(world: World) -> None:
    say(world, the_order(world, "checkout-unknown"))
    world.wait(DAY)
    assert [] == types(world)
    assert ["order.placed", "order.paid"] == [one.type for one in world.link.events()][:2]


def test_an_order_known_before_its_checkout_lets_nobody_be_reminded(world: World) -> None:
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    begun = world.store.take()
    say(world, the_order(world, checkout_id))
    for webhook in begun:
        world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    world.wait(DAY)
    assert [] == types(world)


# -- hooks -----------------------------------------------------------------------------------------


def test_a_hook_about_an_abandoned_checkout_is_refused(world: World) -> None:
    """Messages are about orders; a handler may do what it likes."""
    with pytest.raises(ConfigError, match="belongs to no order"):
        world.link.hook(CheckoutAbandoned)(lambda event: Message("mine"))


def test_the_wire_keeps_a_checkout(world: World) -> None:
    store = FakeStore(clock=world.clock)
    snapshot = store.read(checkout(store.begin_checkout(ADA, [MUG])))
    (webhook,) = store.take()
    assert encode(snapshot) == webhook.body
    assert snapshot == store.normalize(store.verify(webhook.headers, webhook.body))


def test_a_draft_that_names_its_checkout_is_no_purchase(world: World) -> None:
    """WooCommerce's block makes one when its page is opened."""
    checkout_id = world.store.begin_checkout(ADA, [MUG])
    order_id = world.store.place(ADA, [MUG], paid=False)
    world.store.take()
    world.store.edit(order_id, status=OrderStatus.DRAFT, checkout_id=checkout_id)
    world.store.change(checkout(checkout_id))
    world.tell()
    world.wait(DAY)
    assert ["checkout.abandoned"] == types(world)
    world.store.edit(order_id, status=OrderStatus.OPEN, placed_at=world.clock.now())
    world.tell()
    world.wait(HOUR)
    assert ["checkout.abandoned", "checkout.recovered"] == types(world)
