"""Every store adapter in the tree, and the fake, keep the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from storelink import Money
from storelink.contracts import StoreAdapter
from storelink.contracts.sandbox import ScriptedStore
from storelink.models import Contact, ShipmentStatus
from storelink.testing import FakeStore, FrozenClock, Item, StoreSuite, Webhook
from storelink.testing.journeys import Journeys
from storelink.testing.store_suite import Sign
from storelink.toolkit.signing import hmac_sha256_base64
from storelink_shopify import Shopify
from storelink_shopify.sandbox import ScriptedShopify
from storelink_woocommerce import WooCommerce


def some_life(store: ScriptedStore, clock: FrozenClock) -> list[Webhook]:
    """Place, ship, deliver, refund, delete."""
    ada = Contact(email="ada@example.com", first_name="Ada")
    order = store.place(ada, [Item("Mug", Money("12.00", "EUR"), 2), Item("Tea", Money(5, "EUR"))])
    clock.advance(timedelta(days=1))
    parcel = store.ship(order, number="T1", carrier="DHL")
    clock.advance(timedelta(days=1))
    store.scan(order, parcel, ShipmentStatus.DELIVERED)
    store.refund(order, lines={0: 1})
    other = store.place(ada, [Item("Mug", Money("12.00", "EUR"))], paid=False)
    store.delete(other)
    return store.take()


def resign(name: str, secret: str) -> Sign:
    """Return what signs any body as the platform would."""

    def sign(webhook: Webhook, body: bytes) -> Mapping[str, str]:
        return {**webhook.headers, name: hmac_sha256_base64(secret, body)}

    return sign


class TestFakeStore(StoreSuite):
    """The fake is held to the same suite as the real ones."""

    clock = FrozenClock(datetime(2026, 11, 1, tzinfo=UTC))

    @pytest.fixture
    def adapter(self) -> StoreAdapter:
        return FakeStore(clock=self.clock)

    @pytest.fixture
    def webhooks(self) -> Sequence[Webhook]:
        clock = FrozenClock()
        return some_life(FakeStore(clock=clock), clock)

    @pytest.fixture
    def sign(self) -> Sign:
        return resign("X-Fake-Signature", "fake-secret")


class TestWooCommerce(StoreSuite):
    """On recorded deliveries."""

    @pytest.fixture
    def adapter(self) -> StoreAdapter:
        secrets = list(Journeys().secrets)
        return WooCommerce(url="https://atelier.example", webhook_secret=secrets)

    @pytest.fixture
    def webhooks(self) -> Sequence[Webhook]:
        return [
            Webhook(one.headers["X-WC-Webhook-Topic"], one.headers, one.body)
            for one in Journeys().deliveries[::8]
        ]

    @pytest.fixture
    def sign(self) -> Sign:
        return resign("X-WC-Webhook-Signature", Journeys().secrets[0])


class TestShopify(StoreSuite):
    """On the deliveries of the scripted shop."""

    @pytest.fixture
    def adapter(self) -> StoreAdapter:
        return Shopify(shop="acme.myshopify.com", webhook_secret="invented")

    @pytest.fixture
    def webhooks(self) -> Sequence[Webhook]:
        clock = FrozenClock()
        shop = ScriptedShopify(shop="acme.myshopify.com", secret="invented", clock=clock)
        return some_life(shop, clock)

    @pytest.fixture
    def sign(self) -> Sign:
        return resign("X-Shopify-Hmac-Sha256", "invented")
