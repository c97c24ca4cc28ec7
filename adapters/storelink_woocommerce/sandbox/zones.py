"""Shipping zones: where a shop ships to, and from which worth on for free."""

from __future__ import annotations

from collections.abc import Mapping

from storelink_woocommerce.sandbox.calls import Call
from storelink_woocommerce.sandbox.refusals import Refusal, Reply
from storelink_woocommerce.sandbox.site import Row, Site, Zone
from storelink_woocommerce.sandbox.world import World

_REST = ("GET", "POST", "PUT", "PATCH", "DELETE")
_OTHERS = "Locations not covered by your other zones"
_CONTINENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "as": ("Asia", ("AE", "BD", "IN", "IR", "JP", "SA")),
    "eu": (
        "Europe",
        ("AT", "BE", "CH", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "PT"),
    ),
    "na": ("North America", ("CA", "MX", "US")),
    "sa": ("South America", ("AR", "BR", "CL")),
}
"""A part of WooCommerce's table (`i18n/continents.php`)."""


def listed(world: World, call: Call) -> Reply:
    """Answer with all zones; that of everywhere else comes first (recorded)."""
    rows = [_zone(world.site, number, zone) for number, zone in enumerate(_all(world))]
    return Reply(rows, headers={"X-WP-Total": str(len(rows)), "X-WP-TotalPages": "1"})


def locations(world: World, call: Call) -> Reply:
    """Answer with where a zone is."""
    zone = _one(world, call)
    return Reply([{"code": code, "type": kind} for kind, code in zone.locations])


def methods(world: World, call: Call) -> Reply:
    """Answer with how a zone ships: for a flat rate, and for free."""
    zone = _one(world, call)
    rows = [_method(1, "flat_rate", True, {"cost": "4.90"})]
    if zone.minimum is not None:
        settings = {"requires": zone.requires, "min_amount": str(zone.minimum)}
        rows.append(_method(2, "free_shipping", zone.enabled, settings))
    return Reply(rows)


def continent(world: World, call: Call) -> Reply:
    """Answer with the countries of a continent."""
    code = call.path.rpartition("/")[2].lower()
    if code not in _CONTINENTS:
        text = "There are no locations matching these parameters."
        raise Refusal(404, "woocommerce_rest_data_invalid_location", text)
    name, countries = _CONTINENTS[code]
    rows = [{"code": one, "name": one, "states": []} for one in countries]
    return Reply({"code": code.upper(), "name": name, "countries": rows})


def _all(world: World) -> list[Zone]:
    return [world.elsewhere or Zone(_OTHERS), *world.zones]


def _one(world: World, call: Call) -> Zone:
    zones = _all(world)
    if call.ids[0] >= len(zones):
        raise Refusal(404, "woocommerce_rest_shipping_zone_invalid", "Invalid resource ID.")
    return zones[call.ids[0]]


def _zone(site: Site, number: int, zone: Zone) -> Row:
    path = f"shipping/zones/{number}"
    links = site.links(path, *_REST)
    described = {"describedby": [{"href": site.rest(f"{path}/locations")}]}
    return {"id": number, "name": zone.name, "order": zone.order, "_links": links | described}


def _method(number: int, name: str, enabled: bool, settings: Mapping[str, str]) -> Row:
    told = {
        key: {"id": key, "label": key, "description": "", "type": "text", "value": value}
        for key, value in settings.items()
    }
    return {
        "id": number,
        "instance_id": number,
        "title": name,
        "order": number,
        "enabled": enabled,
        "method_id": name,
        "method_title": name,
        "method_description": "",
        "settings": told,
    }
