"""Recommendations on both platforms: what was bought, kept, and can be bought, as each tells it."""

from __future__ import annotations

from typing import Any

import pytest

from storelink import Money
from storelink.contracts.sandbox import Item
from storelink.models import Contact

MUG, TEA, POT = (Item(title, Money("12.00", "EUR")) for title in ("Mug", "Tea", "Pot"))
ADA = Contact(email="ada@example.com", first_name="Ada")


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_what_people_bought_together_is_recommended(found: Any, platform: str) -> None:
    town = found(platform, sandbox={"currency": "EUR"})
    store = town.sandbox.store
    for number in range(4):
        friend = Contact(email=f"friend{number}@example.com", first_name="Bo")
        bought = store.place(friend, [MUG, TEA, POT])
        if number < 2:
            store.refund(bought, lines={2: 1})
    store.place(ADA, [MUG])
    town.pass_time(minutes=5)
    town.link.sweep("shop")
    town.pass_time(minutes=5)
    town.link.rebuild_recommendations("shop")

    told = town.link.recommend("shop", email="ADA@example.com")
    assert [("Tea", "bought together with Mug by 4 people")] == [
        (one.product.title, one.reason) for one in told
    ]
    assert told[0].product.price is not None
