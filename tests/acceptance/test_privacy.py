"""Erasing in shops as they are: of what real platforms told of a person, nothing is left."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from acceptance.shop import Shop
from core.operations.traces import everything, traces

from storelink import Money, Storelink
from storelink.contracts.sandbox import Item
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.models import Contact, Order, ShipmentStatus
from storelink.testing import FrozenClock, RecordingChannel, anything_goes
from storelink.toolkit.signing import hmac_sha256_base64
from storelink_shopify import Shopify
from storelink_shopify.sandbox import ScriptedShopify

MAYA = Contact(
    email="maya.ito-brandt@example.org",
    phone="+4915112345678",
    first_name="Maya-Lena",
    last_name="Ito-Brandt",
    locale="de-DE",
)


def words(order: Order) -> set[str]:
    """Return what tells the person of an order, as the shop has it."""
    told = {order.contact.email, order.contact.phone, order.contact.last_name}
    for address in (order.billing, order.shipping_address):
        if address is not None:
            told |= {address.line1, address.first_name, address.last_name, address.phone}
    return {word for word in told if word and len(word) > 5}


def test_nobody_is_left_of_a_woocommerce_shop(webhook_shop: Shop) -> None:
    """Each person of the recorded lives in turn; then every webhook comes once more."""
    shop = webhook_shop
    for delivery in shop.journeys.deliveries:
        shop.clock.set(max(delivery.received_at, shop.clock.now()))
        shop.deliver(delivery)
    shop.link.run_once()
    orders = shop.link.orders("atelier")
    people = {str(order.contact.email) for order in orders if order.contact.email}
    told = set[str]().union(*map(words, orders))
    assert len(people) > 1
    assert told == traces(everything(shop).values(), told)
    for email in people:
        shop.link.erase("atelier", email=email)
    assert set() == traces(everything(shop).values(), told)
    sent = len(shop.channel.sent)
    for number, delivery in enumerate(shop.journeys.deliveries):
        headers = {**delivery.headers, "x-wc-webhook-delivery-id": f"{number:032x}"}
        shop.link.receive("atelier", headers=headers, body=delivery.body)
    shop.clock.advance(timedelta(days=60))
    shop.link.run_once()
    assert set() == traces(everything(shop).values(), told)
    assert sent == len(shop.channel.sent), "nothing is sent again"


class Acme:
    """A shop on Shopify, and one customer of it."""

    def __init__(self) -> None:
        self.clock = FrozenClock(datetime(2026, 11, 2, 9, tzinfo=UTC))
        self.script = ScriptedShopify(
            clock=self.clock, shop="acme.myshopify.com", secret="hush-hush"
        )
        self.channel = RecordingChannel()
        self.link = Storelink(
            "sqlite://",
            stores={"acme": Shopify(shop="acme.myshopify.com", webhook_secret="hush-hush")},
            channels=[self.channel],
            hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()],
            clock=self.clock,
            policy=anything_goes,
        )

    def tell(self) -> None:
        for webhook in self.script.take():
            self.link.receive("acme", headers=webhook.headers, body=webhook.body)
        self.link.run_once()
        self.clock.advance(timedelta(hours=1))

    def live(self, contact: Contact) -> str:
        """Let somebody open an account, agree, buy, get a parcel and send it back."""
        customer_id = self.script.register(contact)
        order_id = self.script.place(contact, [Item("Mug", Money("12.50", "EUR"))])
        self.tell()
        parcel_id = self.script.ship(order_id, number="A1", carrier="DHL")
        self.tell()
        self.script.scan(order_id, parcel_id, ShipmentStatus.DELIVERED)
        self.script.refund(order_id)
        self.script.begin_checkout(contact, [Item("Tea", Money("5.00", "EUR"))])
        self.tell()
        return customer_id


@pytest.fixture
def acme() -> Any:
    shop = Acme()
    with shop.link:
        yield shop


TOLD = {str(one) for one in (MAYA.email, MAYA.phone, MAYA.first_name, MAYA.last_name)}


def test_shopify_asks_to_erase_a_customer(acme: Acme) -> None:
    customer_id = acme.live(MAYA)
    assert TOLD == traces(everything(acme).values(), TOLD)
    acme.script.redact_customer(customer_id)
    acme.tell()
    assert set() == traces(everything(acme).values(), TOLD)
    assert ["customer.redacted"] == [one.what for one in acme.link.privacy_requests()]
    assert all(one.done for one in acme.link.privacy_requests())
    for order_id in acme.script.order_ids():
        acme.script.touch(order_id)
    acme.tell()
    assert set() == traces(everything(acme).values(), TOLD)


def test_shopify_asks_to_erase_a_shop(acme: Acme) -> None:
    acme.live(MAYA)
    acme.script.uninstall()
    acme.script.redact_shop()
    acme.tell()
    assert set() == traces(everything(acme).values(), TOLD)


def test_shopify_tells_that_a_customer_wants_to_see_what_is_stored(acme: Acme) -> None:
    customer_id = acme.live(MAYA)
    acme.script.request_data(customer_id)
    acme.tell()
    (request,) = acme.link.privacy_requests()
    assert not request.done
    body = acme.link.export_for(request.id)
    assert TOLD == traces([json.dumps(body)], TOLD)
    assert acme.link.answered(request.id).done


def test_shopify_asks_a_second_time_and_for_a_guest(acme: Acme) -> None:
    """Each is a request of its own, and of none the body stays."""
    customer_id = acme.live(MAYA)
    for _ in range(2):
        acme.script.redact_customer(customer_id)
        acme.tell()
    assert set() == traces(everything(acme).values(), TOLD)
    acme.clock.advance(timedelta(days=3))
    acme.script.place(MAYA, [Item("Tea", Money("5.00", "EUR"))])
    acme.tell()
    acme.script.redact_customer(customer_id)
    (webhook,) = acme.script.take()
    guest = {**json.loads(webhook.body), "orders_to_redact": []}
    guest["customer"]["id"] = None
    body = json.dumps(guest).encode()
    signed = {
        name: hmac_sha256_base64("hush-hush", body) if "hmac" in name.lower() else value
        for name, value in dict(webhook.headers).items()
    }
    acme.link.receive("acme", headers=signed, body=body)
    acme.link.run_once()
    assert set() == traces(everything(acme).values(), TOLD)
    assert [True] * 3 == [one.done for one in acme.link.privacy_requests()]


def test_a_parcel_of_an_order_that_shopify_told_nothing_else_of_is_found(acme: Acme) -> None:
    order_id = acme.script.place(MAYA, [Item("Mug", Money("12.50", "EUR"))])
    acme.script.take()
    acme.script.ship(order_id, number="A1", carrier="DHL")
    first = next(one for one in acme.script.take() if b'"destination"' in one.body)
    acme.link.receive("acme", headers=first.headers, body=first.body)
    assert TOLD == traces(everything(acme).values(), TOLD)
    acme.link.erase("acme", email=str(MAYA.email))
    assert set() == traces(everything(acme).values(), TOLD)
