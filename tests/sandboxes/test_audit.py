"""Counting orders, on both platforms, after orders went away in every way."""

from __future__ import annotations

from typing import Any

import pytest

from storelink.contracts.sandbox import Item
from storelink.models import Contact, Money

ADA = Contact(email="ada@example.com", first_name="Ada")
MUG = Item("Mug", Money("12.00", "EUR"))


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_the_counts_agree_when_an_order_was_deleted(found: Any, platform: str) -> None:
    """WooCommerce's trash can still be read, and is in no list."""
    town = found(platform)
    orders = [town.sandbox.store.place(ADA, [MUG]) for _ in range(4)]
    town.pass_time(minutes=10)
    audit = town.link.sweep("shop").audit
    assert (4, 4, ()) == (audit.theirs, audit.ours, audit.missing)
    town.sandbox.store.delete(orders[1])
    town.pass_time(minutes=10)
    town.link.sweep("shop")
    town.pass_time(days=2)
    audit = town.link.sweep("shop").audit
    assert (3, 3, (), ()) == (audit.theirs, audit.ours, audit.missing, audit.gone)
    assert town.link.order("shop", orders[1]).deleted_at is not None


def test_a_deletion_for_good_is_noticed_though_nothing_tells_of_it(found: Any) -> None:
    """WooCommerce fires no webhook for it, and lists show nothing."""
    town = found("woocommerce")
    orders = [town.sandbox.store.place(ADA, [MUG]) for _ in range(3)]
    town.pass_time(minutes=10)
    town.link.sweep("shop")
    town.sandbox.store.delete(orders[0], force=True)
    town.pass_time(days=2)
    audit = town.link.sweep("shop").audit
    assert (orders[0],) == audit.gone
    assert town.link.order("shop", orders[0]).deleted_at is not None
