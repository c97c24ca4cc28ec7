"""ProactiveCare on both platforms: the same, as far as each shows what it goes by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from storelink.contracts.sandbox import Item
from storelink.errors import PluginError
from storelink.hooks import ProactiveCare, TrackingUpdates
from storelink.models import Contact, Money, ShipmentStatus

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron")
MUG = Item("Mug", Money("12.00", "EUR"))
CARD = Item("Gift card", Money("20.00", "EUR"), requires_shipping=False)
OF_BOTH = ["order_stalled", "tracking_created"]
OF_CARRIERS = ["parcel_stuck", "delivered"]
"""WooCommerce never hears of scans, promises and deliveries."""


def weeks(town: Any) -> None:
    """An order is shipped late, waits at the carrier's, and arrives after the promised day."""
    store, wait = town.sandbox.store, town.pass_time
    order = store.place(ADA, [MUG])
    wait(days=1.5)
    wait(hours=1)
    promised = town.clock.now() + timedelta(days=3)
    url = "https://parcels.example/A"
    parcel = store.ship(order, number="A", carrier="DHL", url=url, promised_at=promised)
    wait(hours=6)
    scan(store, order, parcel, ShipmentStatus.IN_TRANSIT)
    wait(days=2.5)
    for _ in range(12):
        wait(hours=3)
    scan(store, order, parcel, ShipmentStatus.DELIVERED)
    wait(hours=1)
    store.complete(order)
    wait(days=20)


def scan(store: Any, order: str, parcel: str, status: ShipmentStatus) -> None:
    try:
        store.scan(order, parcel, status)
    except PluginError:
        assert "ScriptedWooCommerce" == type(store).__name__


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("shopify", [*OF_BOTH, *OF_CARRIERS]), ("woocommerce", OF_BOTH)],
)
def test_what_is_late_is_told(found: Any, platform: str, expected: list[str]) -> None:
    hooks = [TrackingUpdates(), ProactiveCare(ships_within=timedelta(days=1))]
    town = found(platform, hooks=hooks)
    town.link.register_webhooks("shop", address=town.address)
    weeks(town)
    assert expected == [message.template for message in town.channel.sent]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_an_order_that_is_shipped_and_delivered_in_time_is_left_alone(
    found: Any, platform: str
) -> None:
    town = found(platform, hooks=[ProactiveCare(ships_within=timedelta(days=2))])
    town.link.register_webhooks("shop", address=town.address)
    store = town.sandbox.store
    order = store.place(ADA, [MUG])
    town.pass_time(hours=20)
    parcel = store.ship(order, number="A", carrier="DHL", url="https://parcels.example/A")
    town.pass_time(days=1)
    scan(store, order, parcel, ShipmentStatus.DELIVERED)
    store.complete(order)
    town.pass_time(days=30)
    assert [] == town.channel.sent
