"""Carts of WooCommerce, as the companion for WordPress tells of them, up to the order."""

from __future__ import annotations

import json
from typing import Any

import requests

from storelink.contracts.cart import SIGNATURE, TIMESTAMP, signature
from storelink.contracts.sandbox import Item
from storelink.hooks import AbandonedCheckout
from storelink.models import Contact, Money
from storelink.testing import anything_goes

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron")
MUG = Item("Mug", Money("12.00", "EUR"), product_id="77")


def test_a_cart_is_brought_up_until_the_order_names_it(found: Any) -> None:
    town = found(
        "woocommerce",
        hooks=[AbandonedCheckout()],
        policy=anything_goes,
        cart_secrets={"shop": ["s3cret"]},
    )
    town.link.register_webhooks("shop", address=town.address)
    at, timestamp = town.clock.now().isoformat(), str(int(town.clock.now().timestamp()))
    cart = {
        "format": "storelink.cart/1",
        "id": "wc-1",
        "url": "https://shop.example/cart?storelink_cart=wc-1",
        "currency": "EUR",
        "lines": [{"product": "77", "title": "Mug", "price": "12.00"}],
        "contact": {"email": "ada@example.com", "locale": "en_GB"},
        "created_at": at,
        "updated_at": at,
    }
    body = json.dumps(cart).encode()
    headers = {TIMESTAMP: timestamp, SIGNATURE: signature("s3cret", timestamp, body)}
    answer = requests.post(
        town.address.replace("/webhooks/", "/carts/"), data=body, headers=headers, timeout=30
    )
    assert 200 == answer.status_code
    for _ in range(8):
        town.pass_time(hours=1)
    (mail,) = town.channel.sent
    assert "https://shop.example/cart?storelink_cart=wc-1" in mail.text

    order = town.sandbox.store.place(ADA.model_copy(update={"email": "other@example.com"}), [MUG])
    town.sandbox.store.set_meta(order, "_storelink_cart", "wc-1")
    for _ in range(7):
        town.pass_time(days=1)
    assert [mail] == town.channel.sent
    assert "checkout.recovered" in [one.type for one in town.link.events()]
