"""An order whose webhook was lost stops the reminders of its buyer's cart."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from storelink.contracts.cart import SIGNATURE, TIMESTAMP, signature
from storelink.contracts.sandbox import Item
from storelink.hooks import AbandonedCheckout
from storelink.models import Contact, MessageState, Money
from storelink.testing import anything_goes

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron")
GUEST = ADA.model_copy(update={"email": "ADA@Example.com"})
MUG = Item("Mug", Money("12.00", "EUR"))


def leave_a_cart(town: Any, platform: str) -> None:
    """Let Ada begin to buy, as the platform shows it."""
    if platform == "shopify":
        town.sandbox.store.begin_checkout(ADA, [MUG])
        return
    now = town.clock.now()
    told = {
        "id": "wc-1",
        "currency": "EUR",
        "lines": [{"title": "Mug", "price": "12.00"}],
        "contact": {"email": ADA.email},
        "created_at": now.isoformat(),
        "updated_at": now.isoformat(),
    }
    timestamp, body = str(int(now.timestamp())), json.dumps(told).encode()
    headers = {TIMESTAMP: timestamp, SIGNATURE: signature("s3cret", timestamp, body)}
    town.link.receive_cart("shop", headers=headers, body=body)


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_who_bought_unnoticed_is_not_reminded(found: Any, platform: str) -> None:
    town = found(
        platform,
        hooks=[AbandonedCheckout(steps=[timedelta(hours=4)])],
        policy=anything_goes,
        cart_secrets={"shop": ["s3cret"]},
    )
    town.link.register_webhooks("shop", address=town.address)
    leave_a_cart(town, platform)
    town.pass_time(minutes=70)
    (message,) = town.link.messages()
    assert MessageState.WAITING is message.state

    town.sandbox.faults.drop = 1.0
    order = town.sandbox.store.place(GUEST, [MUG])
    town.sandbox.faults.unavailable = 1.0
    town.pass_time(hours=4)
    assert town.link.order("shop", order) is None
    (message,) = town.link.messages()
    assert (MessageState.WAITING, "store_silent") == (message.state, message.reason)

    town.sandbox.faults.unavailable = 0.0
    town.pass_time(hours=1)
    assert town.link.order("shop", order) is not None
    (message,) = town.link.messages()
    assert (MessageState.CANCELLED, "bought") == (message.state, message.reason)
    assert [] == town.channel.sent
