"""From which worth of goods on a shop ships for free. Pure but for the one question.

Facts: shopify.dev, the objects DeliveryProfile, DeliveryZone and DeliveryCondition. A shop has a
delivery profile for each group of products, in it groups of locations, and in these zones: a
country is in a zone by its name, or belongs to the rest of the world. What a cart holds decides
which profiles count, and that is not known here; so all have to agree. A country of which several
zones have a part (its provinces) is not told apart either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from storelink.contracts.store import FreeShipping
from storelink.models.money import Money
from storelink_shopify.client import Client

Node = Mapping[str, Any]

_ALWAYS: Final = Decimal(0)


def offers(client: Client, country: str) -> list[FreeShipping]:
    """Ask from which worth on shipping to *country* is free; see `StoreAdapter.shipping_offers`.

    Raises:
        AccessDenied: the app has no right to see how the shop ships.
    """
    return read(client.query("shipping_profiles")["deliveryProfiles"], country)


def read(profiles: Node, country: str) -> list[FreeShipping]:
    """Return what delivery profiles offer to a country, if all agree."""
    groups = [group for one in profiles["nodes"] for group in one["profileLocationGroups"]]
    if _is_cut(profiles) or any(_is_cut(group["locationGroupZones"]) for group in groups):
        return []
    found = [_minimum(group["locationGroupZones"]["nodes"], country) for group in groups]
    first = found[0] if found else None
    if first is None or any(one != first for one in found):
        return []
    return [FreeShipping(first)] if first.amount > _ALWAYS else []


def _minimum(zones: Sequence[Node], country: str) -> Money | None:
    """Return the least worth that ships for free; `None` if there is none, or it is not known."""
    ours = [one for one in zones if _holds(one, country)]
    ours = ours or [one for one in zones if _holds(one, None)]
    if len(ours) != 1 or _is_cut(ours[0]["methodDefinitions"]):
        return None
    methods = ours[0]["methodDefinitions"]["nodes"]
    free = [minimum for one in methods if one["active"] for minimum in _free_from(one)]
    is_comparable = len({one.currency for one in free}) == 1
    return min(free) if is_comparable else None


def _holds(zone: Node, country: str | None) -> bool:
    """Say whether a zone names *country*; `None` stands for the rest of the world."""
    codes = [one["code"] for one in zone["zone"]["countries"]]
    if country is None:
        return any(one["restOfWorld"] for one in codes)
    return any(one["countryCode"] == country for one in codes)


def _free_from(method: Node) -> Iterator[Money]:
    """Return from which worth on a rate is free: always, from one amount on, or never."""
    price = method["rateProvider"].get("price")  # of a carrier's own rates, nobody knows it
    if not price or Decimal(price["amount"]) != 0:
        return
    conditions = method["methodConditions"]
    if not conditions:
        yield Money(_ALWAYS, price["currencyCode"])
    elif len(conditions) == 1 and _is_least_price(conditions[0]):
        criteria = conditions[0]["conditionCriteria"]
        yield Money(criteria["amount"], criteria["currencyCode"])


def _is_least_price(condition: Node) -> bool:
    wanted = ("TOTAL_PRICE", "GREATER_THAN_OR_EQUAL_TO")
    return (condition["field"], condition["operator"]) == wanted


def _is_cut(connection: Node) -> bool:
    return bool(connection["pageInfo"]["hasNextPage"])
