"""The survey on both platforms: the same question, by what each shows of the arrival."""

from __future__ import annotations

from typing import Any

import pytest

from storelink.contracts.sandbox import Item
from storelink.errors import PluginError
from storelink.events import SurveyUnhappy
from storelink.hooks import Survey
from storelink.models import Answer, Contact, Money, ShipmentStatus
from storelink.testing import anything_goes

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron")
MUG = Item("Mug", Money("12.00", "EUR"), product_id="77")


@pytest.mark.parametrize(("platform", "days"), [("shopify", 4), ("woocommerce", 9)])
def test_both_platforms_ask_the_same(found: Any, platform: str, days: int) -> None:
    """WooCommerce never says that a parcel arrived: there it counts from the completion."""
    town = found(platform, hooks=[Survey()], policy=anything_goes)
    town.link.register_webhooks("shop", address=town.address)
    heard: list[int | None] = []
    town.link.on(SurveyUnhappy)(lambda event: heard.append(event.rating))
    began, store = town.clock.now(), town.sandbox.store
    order = store.place(ADA, [MUG])
    town.pass_time(hours=1)
    parcel = store.ship(order, number="A1", carrier="DHL", url="https://parcels.example/A1")
    town.pass_time(days=1)
    try:
        store.scan(order, parcel, ShipmentStatus.DELIVERED)
    except PluginError:
        assert "woocommerce" == town.adapter.manifest.name
    town.pass_time(hours=1)
    store.complete(order)
    for _ in range(14):
        town.pass_time(days=1)
    (mail,) = town.channel.sent
    (sent,) = (one.sent_at for one in town.link.messages() if one.key == mail.key)
    assert "One question about your order" in mail.subject
    assert days == (sent - began).days
    town.link.answer("shop", Answer(kind="survey", order_id=order, rating=2))
    town.pass_time(hours=1)
    assert [2] == heard
