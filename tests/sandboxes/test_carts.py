"""Carts on both platforms up to the order: Shopify's own checkouts, WooCommerce's signed ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import requests

from storelink.contracts.cart import SIGNATURE, TIMESTAMP, signature
from storelink.contracts.sandbox import Item
from storelink.hooks import AbandonedCheckout, Incentive
from storelink.models import Answer, CartReason, Contact, Kind, Money
from storelink.testing import anything_goes

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron")
GUEST = ADA.model_copy(update={"email": "ADA@Example.com"})
MUG = Item("Mug", Money("12.00", "EUR"), product_id="77")
TEA = Item("Tea", Money("5.50", "EUR"))
TEN = Incentive(percent="10", valid_for=timedelta(days=30))


class Shop:
    """A shop on either platform, where carts are left, and bought after all."""

    def __init__(self, found: Any, platform: str, **options: Any) -> None:
        self.town = found(
            platform,
            hooks=[AbandonedCheckout(**options)],
            policy=anything_goes,
            cart_secrets={"shop": ["s3cret"]},
            site_url="https://hooks.example",
        )
        self.platform, self.store, self.link = platform, self.town.sandbox.store, self.town.link
        self.link.register_webhooks("shop", address=self.town.address)

    def leave(self) -> str:
        """Let Ada begin to buy, as the platform shows it; return the cart's id."""
        if self.platform == "shopify":
            return str(self.store.begin_checkout(ADA, [MUG]))
        now = self.town.clock.now()
        cart = {
            "format": "storelink.cart/1",
            "id": "wc-1",
            "url": "https://shop.example/cart?storelink_cart=wc-1",
            "currency": "EUR",
            "lines": [{"product": "77", "title": "Mug", "price": "12.00"}],
            "contact": {"email": "ada@example.com", "locale": "en_GB"},
            "created_at": now.isoformat(),
            "updated_at": now.isoformat(),
        }
        timestamp, body = str(int(now.timestamp())), json.dumps(cart).encode()
        headers = {TIMESTAMP: timestamp, SIGNATURE: signature("s3cret", timestamp, body)}
        address = self.town.address.replace("/webhooks/", "/carts/")
        assert 200 == requests.post(address, data=body, headers=headers, timeout=30).status_code
        return "wc-1"

    def buy(self, cart: str) -> None:
        """Let the cart become an order, which names it; on WooCommerce with another address."""
        if self.platform == "shopify":
            self.store.complete_checkout(cart)
            return
        order = self.store.place(ADA.model_copy(update={"email": "other@example.com"}), [MUG])
        self.store.set_meta(order, "_storelink_cart", cart)

    def wait(self, hours: int) -> None:
        """Let hours pass, one after the other."""
        for _ in range(hours):
            self.town.pass_time(hours=1)

    def mails(self) -> list[str]:
        """What was sent, oldest first."""
        return [one.text for one in self.town.channel.sent]

    def codes(self) -> list[str]:
        """The codes that were made, in the order of their making."""
        return [one.code for one in self.link.events() if one.type == "reward.issued"]

    def coupons(self, code: str) -> list[Mapping[str, Any]]:
        """What the platform has under a code."""
        listed = self.town.adapter.history(Kind.COUPON)
        found = [record.fields for one in listed.snapshots for record in one.records]
        return [one for one in found if one["code"].casefold() == code.casefold()]


@pytest.fixture(params=["shopify", "woocommerce"])
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_cart_is_brought_up_until_the_order_names_it(found: Any, platform: str) -> None:
    shop = Shop(found, platform)
    cart = shop.leave()
    shop.wait(8)
    (mail,) = shop.mails()
    checkout = shop.link.checkout("shop", cart)
    assert checkout.url in mail
    assert "Mug" in mail

    shop.buy(cart)
    shop.wait(7 * 24)
    assert [mail] == shop.mails()
    (recovered,) = [one for one in shop.link.events() if one.type == "checkout.recovered"]
    assert cart == recovered.checkout_id


def test_a_guest_who_bought_anything_since_is_not_reminded(found: Any, platform: str) -> None:
    """Its webhook is lost: only the look just before sending finds the order."""
    shop = Shop(found, platform)
    shop.leave()
    shop.wait(2)
    shop.town.sandbox.faults.drop = 1.0
    order = shop.store.place(GUEST, [TEA])
    shop.wait(2)
    assert shop.link.order("shop", order) is None
    shop.wait(4 * 24)
    assert shop.link.order("shop", order) is not None
    assert [] == shop.mails()


def test_only_the_last_of_three_steps_brings_a_code_and_it_works_once(
    found: Any, platform: str
) -> None:
    shop = Shop(found, platform, offer=TEN)
    shop.leave()
    shop.wait(6 * 24)
    (code,) = shop.codes()
    assert [False, False, True] == [code in one for one in shop.mails()]
    (coupon,) = shop.coupons(code)
    assert (1, True) == (coupon["usage_limit"], coupon["active"])


def test_a_code_that_was_not_needed_is_taken_back_once(found: Any, platform: str) -> None:
    shop = Shop(found, platform, offer=TEN)
    cart = shop.leave()
    shop.wait(4 * 24)
    (code,) = shop.codes()
    shop.buy(cart)
    shop.wait(2 * 24)
    assert not any(one["active"] for one in shop.coupons(code))
    assert 1 == [one.type for one in shop.link.events()].count("reward.withdrawn")


def test_a_code_that_was_used_is_not_taken_back(found: Any, platform: str) -> None:
    shop = Shop(found, platform, offer=TEN)
    shop.leave()
    shop.wait(4 * 24)
    (code,) = shop.codes()
    shop.store.place(ADA, [MUG], code=code)
    shop.wait(4 * 24)
    assert "reward.withdrawn" not in [one.type for one in shop.link.events()]


@pytest.mark.parametrize("is_bought", [False, True], ids=["left", "bought"])
def test_a_reason_is_answered_unless_the_cart_was_bought(
    found: Any, platform: str, is_bought: bool
) -> None:
    shop = Shop(found, platform, offer=TEN)
    cart = shop.leave()
    shop.wait(30)
    assert 2 == len(shop.mails())
    if is_bought:
        shop.buy(cart)
        shop.wait(1)
    told = Answer(kind="cart", checkout_id=cart, reason=CartReason.PRICE)
    shop.link.answer("shop", told)
    shop.wait(3 * 24)
    codes = shop.codes()
    assert (0 if is_bought else 1) == len(codes)
    assert codes == [code for code in codes if code in shop.mails()[-1]]
    assert 2 + len(codes) == len(shop.mails())
