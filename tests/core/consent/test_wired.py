"""What a platform tells of consents is heeded from the very commit in which it was told."""

from __future__ import annotations

from collections.abc import Callable

from core.world import ADA, DAY, HOUR, MUG, START, World

from storelink import Message
from storelink.consent import Box, Given
from storelink.contracts.hook import Reason
from storelink.delivery.lawful import Rules
from storelink.events import OrderPaid
from storelink.hooks import ThankYou
from storelink.mirror import Source, absorb
from storelink.models import (
    Address,
    ConsentChannel,
    ConsentState,
    Kind,
    MessageClass,
    MessageState,
    Order,
    Ref,
)
from storelink.models.record import Record, Snapshot
from storelink.policy.question import Basis, Standing
from storelink.rendering import Brand
from storelink.storage import Database

MARKETING = MessageClass.MARKETING

REFUSED = Record(
    kind=Kind.CONSENT,
    id="7/email",
    updated_at=START,
    fields={
        "customer_id": "7",
        "channel": ConsentChannel.EMAIL,
        "state": ConsentState.UNSUBSCRIBED,
        "at": START,
        "address": "ada@example.com",
    },
)


def standing(world: World) -> Standing:
    return world.link.consents.standing("shop", "Ada@example.com", "email", MARKETING)


def test_a_webhook_that_tells_of_a_refusal_is_heeded_before_the_worker_runs(world: World) -> None:
    world.store._raise("consent.updated", Snapshot((REFUSED,)))
    world.absorb()
    assert Standing(Basis.REFUSED, START, "fake") == standing(world)


def test_what_the_mirror_knew_before_there_was_a_ledger_counts_on_opening(
    new_world: Callable[..., World], database_url: str
) -> None:
    database = Database(database_url)
    with database.write() as tx:
        absorb(tx, "shop", Snapshot((REFUSED,)), Source(START), now=START)
    database.close()
    assert Standing(Basis.REFUSED, START, "fake") == standing(new_world(database_url))


def with_box(new_world: Callable[..., World]) -> tuple[World, str]:
    """A shop with a box at its checkout, and an order with a tick that nobody was told of yet."""
    box = Box(attribute="newsletter", wording="Yes, send me offers.")
    world = new_world(policy=Rules(boxes={"shop": (box,)}))
    order_id = world.store.place(ADA, [MUG])
    world.store.take()
    world.store.edit(order_id, attributes={"newsletter": "1"})
    return world, order_id


def test_a_tick_at_the_checkout_comes_with_the_webhook(new_world: Callable[..., World]) -> None:
    world, _ = with_box(new_world)
    world.absorb()
    assert Standing(Basis.CONSENT, START, "checkout") == standing(world)


def test_a_tick_at_the_checkout_is_found_by_a_sweep(new_world: Callable[..., World]) -> None:
    world, _ = with_box(new_world)
    world.store.take()
    assert Standing() == standing(world)
    world.link.sweep("shop")
    assert Standing(Basis.CONSENT, START, "checkout") == standing(world)


def test_a_tick_at_the_checkout_is_found_by_a_read(new_world: Callable[..., World]) -> None:
    world, order_id = with_box(new_world)
    world.store.take()
    world.link._reader.read("shop", Ref.order(order_id))
    assert Standing(Basis.CONSENT, START, "checkout") == standing(world)


def test_two_hooks_share_one_budget_and_the_second_message_waits(
    new_world: Callable[..., World],
) -> None:
    """The second message waits, and is not lost; what the order needs does not wait for either."""
    shop = Brand(name="Shop", address="1 Main Street")
    world = new_world(
        hooks=[ThankYou()], policy=Rules(), brand=shop, site_url="https://hooks.example"
    )

    @world.link.hook(OrderPaid)
    def first(order: Order) -> Message:
        return Message("thank_you", message_class=MARKETING)

    @world.link.hook(OrderPaid)
    def second(order: Order) -> Message:
        return Message("thank_you", message_class=MARKETING)

    world.link.consents.record(
        "shop",
        "ada@example.com",
        "email",
        MARKETING,
        Given.CONFIRMED,
        source="form",
    )
    order_id = world.store.place(ADA, [MUG])
    world.store.take()
    world.store.edit(order_id, shipping_address=Address(country="DE", postcode="10115"))
    world.tell()
    assert ["first", "thank_you"] == sorted(key.partition("/")[0] for key in world.sent())
    (waiting,) = [one for one in world.link.messages() if one.state is MessageState.WAITING]
    assert (Reason.TOO_MANY, START + 20 * HOUR) == (waiting.reason, waiting.due_at)
    world.wait(DAY)
    assert ["first", "second", "thank_you"] == sorted(key.partition("/")[0] for key in world.sent())
