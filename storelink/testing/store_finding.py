"""What every store adapter must keep that finds the orders of an address. Part of `StoreSuite`."""

from __future__ import annotations

import pytest

from storelink.contracts.manifest import Capability
from storelink.contracts.sandbox import Sandbox
from storelink.contracts.store import StoreAdapter
from storelink.errors import StoreUnavailable
from storelink.models.contact import Contact
from storelink.models.ref import Ref
from storelink.testing.store_scene import ADA, MIRA, MUG, assert_agree, assert_silent, by_ref, needs

ODD = Contact(email="o'hara+gifts@example.com", first_name="Scarlett")
LIKE_ADA = Contact(email="ada@example.com.au", first_name="Another")


class FindingChecks:
    """The orders of an e-mail address (`Capability.FIND_ORDERS`)."""

    def test_the_orders_of_an_address_are_found_newest_first(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.FIND_ORDERS)
        placed = [sandbox.store.place(who, [MUG]) for who in (ADA, MIRA, ADA, LIKE_ADA, ODD)]
        for who, expected in ((ADA, [placed[2], placed[0]]), (ODD, [placed[4]])):
            told = adapter.orders_of(str(who.email).upper())
            assert expected == [one.records[0].id for one in told]
        assert list(adapter.orders_of("nobody@example.com")) == []

    def test_a_found_order_says_what_a_read_says(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.FIND_ORDERS)
        order = Ref.order(sandbox.store.place(ADA, [MUG]))
        (found,) = adapter.orders_of(str(ADA.email))
        assert_agree(by_ref(adapter.read(order))[order], by_ref(found)[order])

    def test_whom_it_looked_for_is_in_no_error(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.FIND_ORDERS)
        sandbox.store.place(ADA, [MUG])
        sandbox.faults.unavailable = 1.0
        with pytest.raises(StoreUnavailable) as raised:
            adapter.orders_of(str(ADA.email))
        assert_silent(raised.value, sandbox)
