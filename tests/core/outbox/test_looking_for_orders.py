"""Before a message about a checkout is sent, the orders of its address are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from core.world import ADA, HOUR, MUG, World

from storelink.contracts.manifest import Capability
from storelink.errors import StoreUnavailable
from storelink.hooks import AbandonedCheckout
from storelink.models import Contact, MessageState, Snapshot

MINUTE = timedelta(minutes=1)
BY_PHONE = Contact(phone="+4366012345678", first_name="Ada")


class Asked(World):
    """Notes which addresses the store was asked for."""

    def __init__(self, *steps: timedelta, fresh_for: timedelta = 15 * MINUTE) -> None:
        super().__init__(hooks=[AbandonedCheckout(steps=steps)], fresh_for=fresh_for)
        self.asked: list[str] = []
        orders_of = self.store.orders_of

        def noting(email: str) -> Sequence[Snapshot]:
            self.asked.append(email)
            return orders_of(email)

        self.store.orders_of = noting  # type: ignore[method-assign]

    def leave(self, contact: Contact = ADA) -> None:
        """Let somebody leave a cart."""
        self.store.begin_checkout(contact, [MUG])
        self.tell()


@pytest.mark.parametrize(("after", "count"), [(15, 1), (16, 2)])
def test_the_store_is_asked_again_only_after_a_while(after: int, count: int) -> None:
    world = Asked(HOUR, HOUR + after * MINUTE)
    world.leave()
    world.wait(4 * HOUR)
    assert [str(ADA.email)] * count == world.asked
    assert 2 == len(world.sent())


def test_a_store_that_was_silent_is_asked_again() -> None:
    world = Asked(HOUR)
    world.leave()
    noting = world.store.orders_of

    def silent(email: str) -> Sequence[Snapshot]:
        raise StoreUnavailable("503")

    world.store.orders_of = silent  # type: ignore[method-assign]
    world.wait(2 * HOUR)
    (message,) = world.link.messages()
    assert (MessageState.WAITING, "store_silent") == (message.state, message.reason)
    world.store.orders_of = noting  # type: ignore[method-assign]
    world.wait(HOUR)
    assert (1, 1) == (len(world.asked), len(world.sent()))


def test_an_order_that_was_found_is_known_and_stops_the_reminder() -> None:
    world = Asked(HOUR, 3 * HOUR)
    world.leave()
    world.wait(HOUR)
    order_id = world.store.place(ADA, [MUG])
    world.store.take()  # its webhooks are lost
    world.wait(9 * HOUR)
    assert order_id == world.order(order_id).id
    assert [] == world.sent()


def test_a_store_that_cannot_find_orders_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Asked(HOUR)
    manifest = world.store.manifest
    less = replace(manifest, capabilities=manifest.capabilities - {Capability.FIND_ORDERS})
    monkeypatch.setattr(type(world.store), "manifest", less)
    world.leave()
    world.wait(3 * HOUR)
    assert ([], 1) == (world.asked, len(world.sent()))


def test_without_an_address_there_is_nothing_to_ask_for() -> None:
    world = Asked(HOUR)
    world.leave(BY_PHONE)
    world.wait(3 * HOUR)
    assert [] == world.asked
