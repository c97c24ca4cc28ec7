"""Returns and refunds on both platforms: what each of them shows."""

from __future__ import annotations

from typing import Any

import pytest

from storelink.contracts.sandbox import Item
from storelink.hooks import ReturnsUpdates
from storelink.models import Contact, Money

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron")
MUG = Item("Mug", Money("12.00", "EUR"), product_id="77")


def arrived(town: Any) -> str:
    town.link.register_webhooks("shop", address=town.address)
    order: str = town.sandbox.store.place(ADA, [MUG])
    town.pass_time(hours=1)
    town.sandbox.store.ship(order, number="A1", carrier="DHL", url="https://parcels.example/A")
    town.pass_time(hours=1)
    return order


def told(town: Any) -> list[str]:
    return [one.template for one in town.channel.sent]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_both_platforms_tell_of_money(found: Any, platform: str) -> None:
    town = found(platform, hooks=[ReturnsUpdates()])
    order = arrived(town)
    town.sandbox.store.refund(order)
    for _ in range(3):
        town.pass_time(hours=1)
    assert ["refund_confirmation"] == told(town)
    assert "€12.00" in town.channel.sent[0].text


def test_shopify_tells_of_each_step_of_a_return(found: Any) -> None:
    town = found("shopify", hooks=[ReturnsUpdates()])
    store, order = town.sandbox.store, arrived(town)
    key = store.request_return(order)
    town.pass_time(hours=1)
    for act in (store.approve_return, store.receive_return, store.close_return):
        act(key)
        town.pass_time(hours=1)
    assert ["return_requested", "return_approved", "return_received"] == told(town)


def test_shopify_tells_of_a_refusal(found: Any) -> None:
    town = found("shopify", hooks=[ReturnsUpdates()])
    key = town.sandbox.store.request_return(arrived(town))
    town.pass_time(hours=1)
    town.sandbox.store.decline_return(key)
    town.pass_time(hours=1)
    assert ["return_requested", "return_declined"] == told(town)
