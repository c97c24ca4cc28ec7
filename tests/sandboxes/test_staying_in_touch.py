"""Greetings, codes for the next order and win-back: the same on both platforms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from storelink.contracts.sandbox import Item
from storelink.hooks import Greetings, Incentive, NextPurchaseReward, WinBack
from storelink.models import Contact, Kind, Money, Ref
from storelink.testing import anything_goes

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron", phone="+4366012345678")
MUG = Item("Mug", Money("12.00", "EUR"))
TEN = Incentive(percent="10", valid_for=timedelta(days=30))
NAMED = {
    "shopify": {"birthday_metafield": "facts.birth_date"},
    "woocommerce": {"birthday_meta": "birth_date"},
}


def set_birthday(town: Any, platform: str, customer: str, day: str) -> None:
    """Write a birthday where the shop keeps it."""
    if platform == "woocommerce":
        meta = [{"key": "birth_date", "value": day}]
        town.adapter.client.put(f"customers/{customer}", {"meta_data": meta})
        return
    from storelink_shopify.writes import Metafield

    ref, value = Ref(kind=Kind.CUSTOMER, id=customer), Metafield("date", day)
    town.adapter.write.set_metafield(
        of=ref, namespace="facts", key="birth_date", value=value, known=None
    )


def let_pass(town: Any, days: int) -> None:
    """Let time pass, with the worker running whenever something is due."""
    until = town.clock.now() + timedelta(days=days)
    town.pass_time()
    while (due := town.link.next_due()) is not None and town.clock.now() < due <= until:
        town.pass_time(seconds=(due - town.clock.now()).total_seconds())
    town.pass_time(seconds=(until - town.clock.now()).total_seconds())


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_a_customer_hears_the_same_of_both(found: Any, platform: str) -> None:
    """They register, buy three times in two months, have birthday, and stay away."""
    hooks = [Greetings(reward=TEN), NextPurchaseReward(reward=TEN, after_orders=3), WinBack()]
    town = found(platform, hooks=hooks, policy=anything_goes, adapter_options=NAMED[platform])
    town.link.register_webhooks("shop", address=town.address)
    customer = town.sandbox.store.register(ADA)
    set_birthday(town, platform, customer, "1990-12-20")
    for _ in range(3):
        order = town.sandbox.store.place(ADA, [MUG])
        let_pass(town, 1)
        town.sandbox.store.complete(order)
        town.link.sweep("shop")
        let_pass(town, 34)
    let_pass(town, 100)
    expected = ["greeting_birthday", "next_purchase", "win_back"]
    assert expected == [message.template for message in town.channel.sent]
    birthday, code, _ = town.channel.sent
    assert all("thanks-" in one.text.casefold() for one in (birthday, code))
