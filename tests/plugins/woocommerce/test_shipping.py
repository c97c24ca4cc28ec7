"""From which worth on a WooCommerce shop ships for free, by country."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from storelink.contracts.store import FreeShipping
from storelink.models import Money
from storelink.testing import FrozenClock
from storelink.toolkit.http import Wire
from storelink_woocommerce import WooCommerce
from storelink_woocommerce.sandbox.server import WooCommerceSandbox
from storelink_woocommerce.sandbox.site import Zone


@pytest.fixture(scope="module")
def box() -> Iterator[WooCommerceSandbox]:
    with WooCommerceSandbox(clock=FrozenClock(), currency="EUR") as box:
        yield box


def zone(*places: str, minimum: int | None = 50, **fields: Any) -> Zone:
    """A zone, its places written as `country:DE`, `state:US:CA`, `postcode:10*`."""
    kinds = tuple((kind, code) for kind, _, code in (one.partition(":") for one in places))
    known = None if minimum is None else Decimal(minimum)
    return Zone("Zone", kinds, known, **fields)


GERMANY = zone("country:DE")
NOTHING: list[str] = []

CASES: dict[str, tuple[list[Zone], list[str]]] = {
    "a zone of the country": ([GERMANY], ["50"]),
    "a zone of several countries": ([zone("country:AT", "country:DE")], ["50"]),
    "a zone of the continent": ([zone("continent:EU")], ["50"]),
    "a zone of another continent": ([zone("continent:NA")], NOTHING),
    "a zone of another country": ([zone("country:AT")], NOTHING),
    "a zone of everywhere": ([zone()], ["50"]),
    "no zone": ([], NOTHING),
    "the first zone counts": ([zone("country:DE", minimum=80), GERMANY], ["80"]),
    "the order of the zones counts": ([zone("country:DE", minimum=80, order=2), GERMANY], ["50"]),
    "a zone of some postcodes before": ([zone("country:DE", "postcode:10*"), GERMANY], NOTHING),
    "a zone of a state before": ([zone("state:DE:BY"), GERMANY], NOTHING),
    "a zone of another country's state": ([zone("state:US:CA"), GERMANY], ["50"]),
    "another country's postcodes": ([zone("country:AT", "postcode:10*"), GERMANY], ["50"]),
    "a zone of a part after": ([GERMANY, zone("state:DE:BY")], ["50"]),
    "free for everybody": ([zone("country:DE", requires="")], NOTHING),
    "free with a coupon": ([zone("country:DE", requires="coupon")], NOTHING),
    "free with a coupon and enough": ([zone("country:DE", requires="both")], NOTHING),
    "free with a coupon or enough": ([zone("country:DE", requires="either")], ["50"]),
    "switched off": ([zone("country:DE", enabled=False)], NOTHING),
    "a minimum of nothing": ([zone("country:DE", minimum=0)], NOTHING),
    "not for free": ([zone("country:DE", minimum=None)], NOTHING),
}


@pytest.mark.parametrize(("zones", "expected"), CASES.values(), ids=CASES)
def test_free_shipping_to_germany(
    box: WooCommerceSandbox, zones: list[Zone], expected: list[str]
) -> None:
    box.store.world.zones = zones
    store = WooCommerce(**box.options, wire=Wire(sleep=lambda _: None))
    assert [FreeShipping(Money(one, "EUR")) for one in expected] == store.shipping_offers("DE")


def test_where_no_zone_is_the_one_for_everywhere_else_counts(box: WooCommerceSandbox) -> None:
    box.store.world.zones, box.store.world.elsewhere = [GERMANY], zone(minimum=120)
    store = WooCommerce(**box.options, wire=Wire(sleep=lambda _: None))
    assert [FreeShipping(Money(120, "EUR"))] == store.shipping_offers("JP")
    box.store.world.elsewhere = None
