"""From which worth on a Shopify shop ships for free, by country."""

from __future__ import annotations

from typing import Any

import pytest

from storelink.contracts.store import FreeShipping
from storelink.errors import AccessDenied
from storelink.models import Money
from storelink.testing import FrozenClock
from storelink.toolkit.http import Wire
from storelink_shopify import Shopify, shipping
from storelink_shopify.sandbox.access import EVERY_SCOPE
from storelink_shopify.sandbox.server import ShopifySandbox

ALL = {"hasNextPage": False}
MORE = {"hasNextPage": True}
REST = None


def worth(amount: str, **fields: Any) -> dict[str, Any]:
    criteria = {"amount": amount, "currencyCode": "EUR"}
    condition = {"field": "TOTAL_PRICE", "operator": "GREATER_THAN_OR_EQUAL_TO"}
    return {**condition, "conditionCriteria": criteria, **fields}


def rate(*conditions: Any, price: str | None = "0.0", active: bool = True) -> dict[str, Any]:
    told = {} if price is None else {"price": {"amount": price, "currencyCode": "EUR"}}
    return {"active": active, "rateProvider": told, "methodConditions": list(conditions)}


def zone(countries: list[str | None], *rates: Any, page: Any = ALL) -> dict[str, Any]:
    codes = [{"code": {"countryCode": one, "restOfWorld": one is REST}} for one in countries]
    methods = {"nodes": list(rates), "pageInfo": page}
    return {"zone": {"countries": codes}, "methodDefinitions": methods}


def group(*zones: Any, page: Any = ALL) -> dict[str, Any]:
    return {"locationGroupZones": {"nodes": list(zones), "pageInfo": page}}


def profiles(*groups: Any, page: Any = ALL) -> dict[str, Any]:
    return {"nodes": [{"profileLocationGroups": [one]} for one in groups], "pageInfo": page}


FIFTY = rate(worth("50.0"))
GERMANY = group(zone(["DE"], rate(price="4.90"), FIFTY))
LIGHT = worth("50.0", field="TOTAL_WEIGHT", conditionCriteria={})
AT_MOST = worth("90.0", operator="LESS_THAN_OR_EQUAL_TO")

CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a zone of the country": (profiles(GERMANY), ["50.0"]),
    "a zone of several countries": (profiles(group(zone(["AT", "DE"], FIFTY))), ["50.0"]),
    "a zone of another country": (profiles(group(zone(["AT"], FIFTY))), []),
    "the rest of the world": (profiles(group(zone(["AT"]), zone([REST], FIFTY))), ["50.0"]),
    "its own zone before the rest": (profiles(group(zone(["DE"]), zone([REST], FIFTY))), []),
    "parts of it in two zones": (profiles(group(zone(["DE"], FIFTY), zone(["DE"], FIFTY))), []),
    "profiles that agree": (profiles(GERMANY, GERMANY), ["50.0"]),
    "profiles that differ": (profiles(GERMANY, group(zone(["DE"], rate(worth("80"))))), []),
    "a profile without": (profiles(GERMANY, group(zone(["DE"]))), []),
    "a profile that does not ship there": (profiles(GERMANY, group(zone(["AT"]))), []),
    "the lowest counts": (profiles(group(zone(["DE"], rate(worth("80")), FIFTY))), ["50.0"]),
    "free for everybody": (profiles(group(zone(["DE"], rate(), FIFTY))), []),
    "free by weight": (profiles(group(zone(["DE"], rate(LIGHT)))), []),
    "free between two amounts": (profiles(group(zone(["DE"], rate(worth("50"), AT_MOST)))), []),
    "free up to an amount": (profiles(group(zone(["DE"], rate(AT_MOST)))), []),
    "not free": (profiles(group(zone(["DE"], rate(worth("50"), price="1.0")))), []),
    "a carrier's own rate": (profiles(group(zone(["DE"], rate(price=None)))), []),
    "switched off": (profiles(group(zone(["DE"], rate(worth("50"), active=False)))), []),
    "more rates than were told": (profiles(group(zone(["DE"], FIFTY, page=MORE))), []),
    "more zones than were told": (profiles(group(zone(["DE"], FIFTY), page=MORE)), []),
    "more profiles than were told": (profiles(GERMANY, page=MORE), []),
    "no profile": (profiles(), []),
}


@pytest.mark.parametrize(("told", "expected"), CASES.values(), ids=CASES)
def test_free_shipping_to_germany(told: dict[str, Any], expected: list[str]) -> None:
    assert [FreeShipping(Money(one, "EUR")) for one in expected] == shipping.read(told, "DE")


def test_amounts_of_two_currencies_are_not_compared() -> None:
    dollars = {"amount": "9.0", "currencyCode": "USD"}
    other = rate(worth("9.0", conditionCriteria=dollars))
    assert [] == shipping.read(profiles(group(zone(["DE"], FIFTY, other))), "DE")


def test_without_the_right_the_shop_does_not_say() -> None:
    scopes = EVERY_SCOPE - {"read_shipping", "read_assigned_shipping"}
    with ShopifySandbox(clock=FrozenClock(), scopes=scopes) as box:
        store = Shopify(**box.options, wire=Wire(sleep=lambda _: None))
        with pytest.raises(AccessDenied, match="shipping"):
            store.shipping_offers("DE")
