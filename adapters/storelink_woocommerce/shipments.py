"""Parcels: from the order meta of tracking plugins, and from the core's fulfillments.

Facts: WooCommerce docs, "Shipment Tracking"; Advanced Shipment Tracking docs, "Shipment tracking
API"; WooCommerce REST API, "Order fulfillments" (off by default). Neither says "delivered".

A parcel that cannot be read makes the whole list unknown: it is never taken for "no parcel".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from urllib.parse import quote

from storelink.errors import PayloadError
from storelink.models.record import Record
from storelink.models.ref import Kind
from storelink.toolkit.payload import Reader, exact_json
from storelink.toolkit.signing import digest
from storelink_woocommerce import values
from storelink_woocommerce.orders import OrderBody

TRACKING_ITEMS = "_wc_shipment_tracking_items"
"""The order meta of both *Shipment Tracking* and *Advanced Shipment Tracking*."""

META_SHIPMENTS = "meta_shipments"
FULFILLMENTS = "fulfillments"

_END_OF_DAY = time(23, 59, 59)
_OTHER = "other"


def meta_shipments(order: OrderBody) -> list[Record] | None:
    """Return the parcels that tracking plugins wrote on *order*, or `None`: not readable."""
    try:
        items = values.php_list(order.meta, TRACKING_ITEMS)
        parcels = [_meta_shipment(item, index, order) for index, item in enumerate(items)]
    except PayloadError:
        return None
    return list({parcel.id: parcel for parcel in parcels}.values())


def _meta_shipment(item: Reader, index: int, order: OrderBody) -> Record:
    number = values.text(item, "tracking_number")
    carrier = values.words(item, "custom_tracking_provider")
    carrier = carrier or values.words(item, "tracking_provider")
    link = _filled_link(values.text(item, "custom_tracking_link"), number, order)
    tracking = _tracking(number, carrier, link)
    named = values.lenient(lambda: item.optional_id("tracking_id"))
    if not named and not tracking:
        raise PayloadError(f"{item.path}: not a parcel")
    return Record(
        Kind.SHIPMENT,
        # Not of the carrier, which a shop corrects; a second parcel without a number is told
        # from the first by its position.
        named or (digest(order.id, number) if number else digest(order.id, "", str(index))),
        order_id=order.id,
        updated_at=order.modified_at,
        fields={"tracking": tracking, "shipped_at": _date_shipped(item)},
        within=META_SHIPMENTS,
        raw=exact_json(item.data),
    )


def _filled_link(template: str | None, number: str | None, order: OrderBody) -> str | None:
    """Return the link with the number and the postcode in place of their placeholders."""
    address = values.lenient(lambda: values.place(order.reader, "shipping"))
    postcode = values.text(address, "postcode") if address else None
    link = template or ""
    for placeholder, value in (("%1$s", number), ("%2$s", postcode), ("%s", number)):
        link = link.replace(placeholder, quote(value or "", safe=""))
    return values.web_link(link)


def _date_shipped(item: Reader) -> datetime | None:
    """Return when the parcel left; `None` for a date that a plugin wrote in another way.

    Both plugins store unix seconds as text; a date from their forms is its midnight in UTC.
    """
    value = item.data.get("date_shipped")
    is_unix = not isinstance(value, str) or value.strip().isdecimal()
    try:
        if is_unix:
            return _whole_day(values.unix_time(item, "date_shipped"))
        return _whole_day(values.gmt(item, "date_shipped"))
    except PayloadError:
        return None


def _whole_day(instant: datetime | None) -> datetime | None:
    """Return the end of the day for midnight, which is how a date without a time arrives."""
    if instant is None or instant.time() != time(0):
        return instant
    return datetime.combine(instant.date(), _END_OF_DAY, instant.tzinfo)


def _tracking(*words: str | None) -> tuple[dict[str, Any], ...]:
    """Return the tracking of a parcel; none if there is neither a number, a carrier nor a link."""
    number, carrier, url = words
    return ({"number": number, "carrier": carrier, "url": url},) if any(words) else ()


def fulfillments(order: OrderBody, entries: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Return the parcels among the order's fulfillments: drafts and deleted ones are none."""
    readers = [Reader(entry, f"fulfillments[{index}]") for index, entry in enumerate(entries)]
    return [_fulfillment(reader, order) for reader in readers if _is_sent(reader)]


def _is_sent(fulfillment: Reader) -> bool:
    deleted_at = values.text(fulfillment, "date_deleted")
    if deleted_at and not values.is_no_date(deleted_at):
        return False
    # true when it was just written, "1" on reads
    return fulfillment.data.get("is_fulfilled") in (True, "1", 1) or (
        values.text(fulfillment, "status") == "fulfilled"
    )


def _fulfillment(fulfillment: Reader, order: OrderBody) -> Record:
    meta = values.meta(fulfillment)
    return Record(
        Kind.SHIPMENT,
        fulfillment.id("id"),
        order_id=order.id,
        updated_at=order.modified_at,
        fields={
            "lines": values.lenient(lambda: _fulfilled_lines(meta)),
            "tracking": _tracking(
                values.text(meta, "_tracking_number"),
                _provider(meta),
                values.web_link(values.text(meta, "_tracking_url")),
            ),
            "shipped_at": values.lenient(lambda: values.gmt(meta, "_date_fulfilled")),
            "updated_at": values.lenient(lambda: values.gmt(fulfillment, "date_updated")),
        },
        within=FULFILLMENTS,
        raw=exact_json(fulfillment.data),
    )


def _provider(meta: Reader) -> str | None:
    slug = values.words(meta, "_shipment_provider")
    return values.words(meta, "_provider_name") or slug if slug == _OTHER else slug


def _fulfilled_lines(meta: Reader) -> tuple[dict[str, Any], ...] | None:
    if not meta.has("_items"):
        return None
    items = values.php_list(meta, "_items")
    return tuple(map(_fulfilled_line, items))


def _fulfilled_line(item: Reader) -> dict[str, Any]:
    quantity = values.quantity(item, "qty")
    return {"line_id": item.id("item_id"), "quantity": 1 if quantity is None else quantity}
