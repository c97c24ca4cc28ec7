"""From which worth of goods on a shop ships for free.

Facts: WooCommerce REST API docs, "Shipping zones", "Shipping zone locations", "Shipping zone
methods"; `WC_Shipping_Zone_Data_Store::get_zone_id_from_package` (the first zone that fits counts,
in the order of the zones and then of their ids; a zone with postcodes fits only those; zone 0 is
for everywhere else); `WC_Shipping_Free_Shipping::is_available` (what `requires` means).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from storelink.contracts.store import FreeShipping
from storelink.toolkit.payload import Reader
from storelink_woocommerce import values
from storelink_woocommerce.shop import Shop

_EVERYWHERE_ELSE: Final = "0"
_BY_WORTH: Final = frozenset({"min_amount", "either"})
"""Enough worth is enough; a coupon would be, too, for `either`."""
_ALWAYS: Final = ""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shipping:
    """The shipping of one shop."""

    shop: Shop

    def offers(self, country: str) -> list[FreeShipping]:
        """Return from which worth on shipping to *country* is free; see `StoreAdapter`.

        Raises:
            AccessDenied: the key's user may not see the shop's settings.
        """
        zone = self._zone(country)
        if zone is None:
            return []
        found = [Reader(row, "shipping method") for row in self._rows(f"{zone}/methods")]
        free = [one for one in found if one.data.get("method_id") == "free_shipping"]
        needs = {one: _setting(one, "requires") for one in free if one.data.get("enabled") is True}
        if _ALWAYS in needs.values():
            return []
        return list(self._minima([one for one, need in needs.items() if need in _BY_WORTH]))

    def _minima(self, methods: Sequence[Reader]) -> Iterator[FreeShipping]:
        currency = self.shop.currency() if methods else ""
        for method in methods:
            told = Reader({"min_amount": _setting(method, "min_amount")}, method.path)
            minimum = values.money(told, "min_amount", currency)
            if minimum is not None and minimum.amount > 0:
                yield FreeShipping(minimum)

    def _zone(self, country: str) -> str | None:
        """Return the zone of a country; `None` if that depends on the state or the postcode."""
        zones = sorted(
            (_number(row, "order"), _number(row, "id"))
            for row in self._rows("")
            if str(row.get("id")) != _EVERYWHERE_ELSE
        )
        for _, zone in zones:
            fits = self._fits(self._rows(f"{zone}/locations"), country)
            if fits is not False:
                return str(zone) if fits else None
        return _EVERYWHERE_ELSE

    def _fits(self, locations: Sequence[Row], country: str) -> bool | None:
        """Say whether a zone holds a country; `None`: some of it, or none, who knows."""
        by_type: dict[str, set[str]] = {}
        for row in locations:
            by_type.setdefault(str(row.get("type")), set()).add(str(row.get("code")).upper())
        is_whole = country in by_type.get("country", ()) or any(
            country in self._countries(continent) for continent in by_type.get("continent", ())
        )
        if is_whole or not locations:
            return None if "postcode" in by_type else True
        is_in_part = any(code.startswith(f"{country}:") for code in by_type.get("state", ()))
        return None if is_in_part else False

    def _countries(self, continent: str) -> set[str]:
        told = self.shop.client.get(f"data/continents/{continent.lower()}").body
        return {one.id("code") for one in Reader(told, "continent").objects("countries")}

    def _rows(self, path: str) -> Sequence[Row]:
        where = f"shipping/zones/{path}" if path else "shipping/zones"
        return self.shop.client.get(where).rows


def _number(row: Row, name: str) -> int:
    return Reader(row, "shipping zone").integer(name) or 0


def _setting(method: Reader, name: str) -> str:
    settings = values.place(method, "settings")
    one = values.place(settings, name) if settings else None
    return (values.text(one, "value") or "") if one else ""
