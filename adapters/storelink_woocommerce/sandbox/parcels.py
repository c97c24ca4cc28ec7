"""Parcels: fulfillments of the core, or the order meta of a tracking plugin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from storelink.toolkit.signing import digest
from storelink_woocommerce.sandbox.refunding import rest_of
from storelink_woocommerce.sandbox.refusals import Refusal
from storelink_woocommerce.sandbox.site import Row, zulu
from storelink_woocommerce.sandbox.world import World
from storelink_woocommerce.shipments import TRACKING_ITEMS

_STATUS = "_fulfillment_status"
_CARRIERS = frozenset({"ups", "usps", "fedex", "dhl"})


def fulfillment_error(message: str) -> Refusal:
    """Fulfillments answer in their own way: `code` is 0, and the status 400 whatever it is."""
    return Refusal(400, 0, message)


def request(
    world: World, row: Row, lines: Mapping[int, int] | None, tracking: tuple[str, str, str]
) -> Row:
    """Return the body that asks for a fulfillment.

    Args:
        world: the store.
        row: the order.
        lines: how many of each line, by its index; `None` for all that was not sent.
        tracking: number, carrier and link.
    """
    number, carrier, url = tracking
    chosen = dict(lines) if lines else rest_of(row, quantities_sent(world, row))
    is_known = carrier in _CARRIERS
    metas = {
        "_items": [
            {"item_id": row["line_items"][index]["id"], "qty": count}
            for index, count in chosen.items()
        ],
        "_tracking_number": number,
        "_shipment_provider": carrier if is_known else "other",
        **({} if is_known else {"_provider_name": carrier}),
        **({"_tracking_url": url} if url else {}),
    }
    meta_data = [{"key": key, "value": value} for key, value in metas.items()]
    return {"status": "fulfilled", "is_fulfilled": True, "meta_data": meta_data}


def fulfill(world: World, row: Row, data: Mapping[str, Any]) -> Row:
    """Create a fulfillment as `POST /orders/{id}/fulfillments` does; quantities are not checked.

    Raises:
        Refusal: it holds no item.
    """
    _demand_items(data)
    fulfillment: Row = {
        "id": world.new_id("fulfillment"),
        "entity_type": "WC_Order",
        "entity_id": str(row["id"]),
        "status": "unfulfilled",
        "is_fulfilled": False,
        "date_updated": None,
        "date_deleted": None,
        "meta_data": [],
    }
    world.fulfillments.setdefault(row["id"], []).append(fulfillment)
    return _write(world, row, fulfillment, data)


def change(world: World, row: Row, fulfillment: Row, data: Mapping[str, Any]) -> Row:
    """Change a fulfillment as `PUT` does."""
    _demand_items(data)
    return _write(world, row, fulfillment, data)


def remove(world: World, row: Row, fulfillment: Row) -> None:
    """Delete a fulfillment; with the last one the order's mark goes, too."""
    world.fulfillments[row["id"]].remove(fulfillment)
    _mark(world, row)
    world.save(row, "order.updated")


def one_of(world: World, order_id: int, fulfillment_id: int) -> Row:
    """Return one fulfillment.

    Raises:
        Refusal: there is none.
    """
    for one in world.fulfillments.get(order_id, ()):
        if one["id"] == fulfillment_id:
            return one
    raise fulfillment_error("Fulfillment not found.")


def read_back(fulfillment: Row) -> Row:
    """Return the body of a fulfillment on reads, where `is_fulfilled` is text."""
    return fulfillment | {"is_fulfilled": "1" if fulfillment["is_fulfilled"] else ""}


def look_up(world: World, row: Row, number: str) -> Row:
    """Return what is known of a tracking number: the carrier, and the link to it."""
    found: Row = next(
        (
            one
            for one in world.fulfillments.get(row["id"], ())
            if _value(one, "_tracking_number") == number
        ),
        {"meta_data": []},
    )
    return {
        "tracking_number": number,
        "shipping_provider": _value(found, "_shipment_provider"),
        "tracking_url": _value(found, "_tracking_url"),
    }


def _demand_items(data: Mapping[str, Any]) -> None:
    if not any(one.get("key") == "_items" and one.get("value") for one in _metas(data)):
        raise fulfillment_error("The fulfillment should contain at least one item.")


def _metas(data: Mapping[str, Any]) -> Any:
    return data.get("meta_data") or ()


def _write(world: World, row: Row, fulfillment: Row, data: Mapping[str, Any]) -> Row:
    now = zulu(world.site.now())
    fulfillment["status"] = data.get("status", fulfillment["status"])
    fulfillment["is_fulfilled"] = bool(data.get("is_fulfilled", fulfillment["is_fulfilled"]))
    fulfillment["date_updated"] = now
    for entry in _metas(data):
        world.set_meta(fulfillment, entry["key"], entry["value"])
    if fulfillment["is_fulfilled"] and not _value(fulfillment, "_date_fulfilled"):
        world.set_meta(fulfillment, "_date_fulfilled", now)
    _mark(world, row)
    world.save(row, "order.updated")
    return fulfillment


def _value(row: Row, key: str) -> Any:
    return next((one["value"] for one in row["meta_data"] if one["key"] == key), None)


def quantities_sent(world: World, row: Row) -> dict[int, int]:
    """Return how many of each line were sent, by the line's id."""
    sent: dict[int, int] = {}
    for one in world.fulfillments.get(row["id"], ()):
        for item in _value(one, "_items") if one["is_fulfilled"] else ():
            sent[item["item_id"]] = sent.get(item["item_id"], 0) + int(item["qty"])
    return sent


def _mark(world: World, row: Row) -> None:
    """Write on the order how much of it was sent; nothing if there is no fulfillment."""
    there, sent = world.fulfillments.get(row["id"], []), quantities_sent(world, row)
    missing = [one for one in row["line_items"] if sent.get(one["id"], 0) < one["quantity"]]
    status = "fulfilled" if not missing else "partially_fulfilled" if sent else "unfulfilled"
    world.set_meta(row, _STATUS, status if there else None)


def track(world: World, row: Row, number: str, carrier: str, url: str | None) -> str:
    """Write a parcel into the meta of a tracking plugin, and return its id there."""
    items = list(_value(row, TRACKING_ITEMS) or ())
    item = _tracking_item(world, row, number, carrier, url)
    world.set_meta(row, TRACKING_ITEMS, [*items, item])
    world.save(row, "order.updated")
    return str(item["tracking_id"])


def _tracking_item(world: World, row: Row, number: str, carrier: str, url: str | None) -> Row:
    """Return what the plugin writes: the free one its own slug, the paid one the carrier's name."""
    day = world.site.now().astimezone(world.site.zone).date()
    midnight = datetime.combine(day, time(0), UTC)
    is_ast = world.site.tracking == "ast"
    item: Row = {
        "tracking_provider": carrier if is_ast else "",
        "custom_tracking_provider": "" if is_ast else carrier,
        "custom_tracking_link": "" if is_ast else url or "",
        "tracking_number": number,
        "date_shipped": str(int(midnight.timestamp())),
        "tracking_id": digest(str(row["id"]), number, str(world.new_id("parcel"))),
    }
    if is_ast:
        item |= {
            "tracking_product_code": "",
            "source": "REST_API",
            "status_shipped": "1",
            "user_id": 1,
        }
    return item


def trackings(world: World, row: Row) -> list[Row]:
    """Return the parcels as the plugins' own route tells them."""
    return [_tracking_view(world, row, item) for item in _value(row, TRACKING_ITEMS) or ()]


def _tracking_view(world: World, row: Row, item: Row) -> Row:
    shipped = datetime.fromtimestamp(int(item["date_shipped"]), UTC)
    carrier = item["custom_tracking_provider"] or item["tracking_provider"].capitalize()
    number = item["tracking_number"]
    path, namespace = f"orders/{row['id']}/shipment-trackings", "wc-ast/v3"
    link = f"https://track.invalid/{carrier.lower()}?n={number}"
    hints = {"targetHints": {"allow": ["GET", "DELETE"]}}
    itself = world.site.rest(f"{path}/{item['tracking_id']}", namespace)
    return {
        "tracking_id": item["tracking_id"],
        "tracking_provider": carrier,
        "tracking_link": item["custom_tracking_link"] or link,
        "tracking_number": number,
        "date_shipped": shipped.date().isoformat(),
        "_links": {
            "self": [{"href": itself, **hints}],
            "collection": [{"href": world.site.rest(path, namespace)}],
            "up": [{"href": world.site.rest(f"orders/{row['id']}", namespace)}],
        },
    }
