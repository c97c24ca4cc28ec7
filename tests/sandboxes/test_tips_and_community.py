"""Care tips and the invitation on both platforms: the same, by what each shows of the arrival."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from storelink.contracts.sandbox import Item
from storelink.errors import PluginError
from storelink.hooks import CareTips, CommunityInvite, Tip
from storelink.models import Contact, Money, ShipmentStatus
from storelink.testing import anything_goes

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron")
MUG = Item("Mug", Money("12.00", "EUR"), product_id="77")
BOWL = Item("Bowl", Money("30.50", "EUR"), 2, product_id="78")
TIPS = [
    Tip(product="77", text="Wash it by hand.", url="https://shop.example/mug.pdf"),
    Tip(product="78", text="Oil it.", after=timedelta(days=10)),
]


def weeks(town: Any) -> None:
    """Two orders arrive; of the first, the bowls are refunded; a third order is the mug again."""
    store = town.sandbox.store
    for items in ([MUG, BOWL], [BOWL], [MUG]):
        order = store.place(ADA, items)
        town.pass_time(hours=1)
        url = "https://parcels.example/A"
        parcel = store.ship(order, number=f"A{order}", carrier="DHL", url=url)
        town.pass_time(days=1)
        try:
            store.scan(order, parcel, ShipmentStatus.DELIVERED)
        except PluginError:
            assert "woocommerce" == town.adapter.manifest.name
        town.pass_time(hours=1)
        store.complete(order)
        town.pass_time(days=1)
        if items == [MUG, BOWL]:
            store.refund(order, lines={1: 2})
        for _ in range(20):
            town.pass_time(days=1)


@pytest.mark.parametrize(("platform", "days"), [("shopify", 2), ("woocommerce", 7)])
def test_both_platforms_bring_the_same(found: Any, platform: str, days: int) -> None:
    """WooCommerce never says that a parcel arrived: there it counts from the completion."""
    invite = CommunityInvite(url="https://shop.example/friends")
    town = found(platform, hooks=[CareTips(tips=TIPS), invite], policy=anything_goes)
    town.link.register_webhooks("shop", address=town.address)
    began = town.clock.now()
    weeks(town)
    first, *others = town.channel.sent
    assert "Wash it by hand." in first.text
    assert ["care_tips", "community_invite"] == sorted(one.template for one in others)
    (tip,) = (one for one in others if one.template == "care_tips")
    assert "Oil it." in tip.text
    (sent,) = (one.sent_at for one in town.link.messages() if one.key == first.key)
    assert sent is not None
    assert days == (sent - began).days
