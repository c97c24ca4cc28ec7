"""How the shop ships: one delivery profile, with a zone for each country and one for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storelink.models.money import Money
from storelink_shopify.sandbox.graph import Node
from storelink_shopify.sandbox.spelling import gid

_FLAT = "4.90"


def profiles(currency: str, free: Mapping[str, Money]) -> Node:
    """Return the connection `deliveryProfiles`.

    Args:
        currency: the shop's own.
        free: from which worth on shipping is free, by country.
    """
    zones = [
        _zone(number, country, [minimum], currency)
        for number, (country, minimum) in enumerate(free.items(), 2)
    ]
    group = {"locationGroupZones": {"nodes": [*zones, _zone(1, None, [], currency)]}}
    profile = {"id": gid("DeliveryProfile", 1), "default": True, "profileLocationGroups": [group]}
    return {"nodes": [profile]}


def _zone(number: int, country: str | None, minima: Sequence[Money], currency: str) -> Node:
    code = {"countryCode": country, "restOfWorld": country is None}
    where: Node = {"id": gid("DeliveryCountry", number), "code": code}
    methods = [
        _method(number, _FLAT, currency, []),
        *(_method(number, "0.0", currency, [_condition(number, one)]) for one in minima),
    ]
    return {
        "zone": {"id": gid("DeliveryZone", number), "countries": [where]},
        "methodDefinitions": {"nodes": methods},
    }


def _method(number: int, price: str, currency: str, conditions: Sequence[Node]) -> Node:
    rate: dict[str, Any] = {
        "__typename": "DeliveryRateDefinition",
        "id": gid("DeliveryRateDefinition", number),
        "price": {"amount": price, "currencyCode": currency},
    }
    return {
        "id": gid("DeliveryMethodDefinition", number),
        "active": True,
        "rateProvider": rate,
        "methodConditions": list(conditions),
    }


def _condition(number: int, minimum: Money) -> Node:
    return {
        "id": gid("DeliveryCondition", number),
        "field": "TOTAL_PRICE",
        "operator": "GREATER_THAN_OR_EQUAL_TO",
        "conditionCriteria": {
            "__typename": "MoneyV2",
            "amount": str(minimum.amount),
            "currencyCode": minimum.currency,
        },
    }
