"""From WooCommerce's words to the model: pure functions of bodies.

A webhook's body and the answer of the REST API have the same shape, so that one function reads
both. What a body does not carry is left unset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from storelink.models.birthday import Birthday
from storelink.models.enums import OrderStatus
from storelink.models.money import Money
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import e164, mail_address
from storelink.toolkit.payload import Reader, exact_json
from storelink_woocommerce import shipments, values
from storelink_woocommerce.error_bodies import refuse_missing
from storelink_woocommerce.orders import NO_STATUSES, OrderBody, fields

REFUNDS = "refunds"

ONLY_THE_ID = "the webhook holds only the id"
NO_TIME = "the body does not say when the order changed"
NO_REFUND_LINES = "the body does not say which lines were refunded"
NO_FULFILLMENTS = "the body does not carry the order's fulfillments"


def order(
    body: Mapping[str, Any], *, statuses: Mapping[str, OrderStatus] = NO_STATUSES
) -> Snapshot:
    """Say what one order's body says of the order, its refunds and its parcels.

    Args:
        body: a webhook's body.
        statuses: what the shop's own statuses mean, without `wc-`.

    Raises:
        PayloadError: a field that decides has a value of the wrong type; the message names it.
    """
    carried = OrderBody.of(body, statuses)
    return _snapshot(carried, _lists(carried), needs_read=_missing(carried))


def order_read(
    body: Mapping[str, Any],
    *,
    refunds: Sequence[Mapping[str, Any]],
    fulfillments: Sequence[Mapping[str, Any]] | None = None,
    statuses: Mapping[str, OrderStatus] = NO_STATUSES,
) -> Snapshot:
    """Say what a complete read says: the order, its refunds with lines, its fulfillments.

    Args:
        body: the answer of `/orders/{id}`.
        refunds: the answer of `/orders/{id}/refunds`, all pages.
        fulfillments: the answer of `/orders/{id}/fulfillments`; `None` if the store does not have
            this feature.
        statuses: what the shop's own statuses mean, without `wc-`.

    Raises:
        NotFound: the answer says that the order does not exist.
        PayloadError: a field that decides has a value of the wrong type; the message names it.
    """
    refuse_missing(body)
    carried = OrderBody.of(body, statuses)
    lists = _lists(carried) | {REFUNDS: [_refund(entry, carried) for entry in refunds]}
    if fulfillments is not None:
        lists[shipments.FULFILLMENTS] = shipments.fulfillments(carried, fulfillments)
    return _snapshot(carried, lists)


def deleted_order(
    body: Mapping[str, Any], *, statuses: Mapping[str, OrderStatus] = NO_STATUSES
) -> Snapshot:
    """Say that an order is gone; whether to the trash or for ever, only a read tells.

    The topic is not signed, the body is: one that is more than an id speaks for itself.
    """
    if body.keys() != {"id"}:
        return order(body, statuses=statuses)
    return gone(Kind.ORDER, Reader(body, "order"), needs_read=ONLY_THE_ID)


def customer(body: Mapping[str, Any], *, birthday_meta: str | None = None) -> Snapshot:
    """Say what a customer's body says. Guests have none: they live in their orders.

    Args:
        body: of a webhook, or of the REST API.
        birthday_meta: the key of its `meta_data` that has the birthday; left out, none is taken.

    Raises:
        PayloadError: the id or the time of change cannot be read; the message names it.
    """
    reader = Reader(body, "customer")
    created_at = _created_at(reader)
    record = Record(
        Kind.CUSTOMER,
        reader.id("id"),
        # null until the account is changed for the first time
        updated_at=values.gmt(reader, "date_modified_gmt") or created_at,
        fields={**_customer_fields(reader), **_birthday(reader, birthday_meta)},
        raw=exact_json(body),
    )
    return Snapshot(records=(record,))


def deleted_customer(body: Mapping[str, Any], *, birthday_meta: str | None = None) -> Snapshot:
    """Say that a customer is gone for ever; a body that is more than an id speaks for itself."""
    if body.keys() != {"id"}:
        return customer(body, birthday_meta=birthday_meta)
    return gone(Kind.CUSTOMER, Reader(body, "customer"))


def gone(kind: Kind, reader: Reader, *, needs_read: str | None = None) -> Snapshot:
    """Say that an object is gone; *needs_read* says why only a read knows for sure."""
    raw = exact_json(reader.data)
    record = Record(kind, reader.id("id"), deleted=True, needs_read=needs_read, raw=raw)
    return Snapshot(records=(record,))


def _snapshot(
    order: OrderBody, lists: Mapping[str, Sequence[Record]], needs_read: str | None = None
) -> Snapshot:
    known = fields(order)
    header = Record(
        Kind.ORDER,
        order.id,
        updated_at=order.modified_at,
        fields=known,
        children={name: tuple(part.id for part in parts) for name, parts in lists.items()},
        deleted=order.is_trashed and "deleted_at" not in known,
        needs_read=needs_read,
        raw=exact_json(order.reader.data),
    )
    return Snapshot(records=(header, *chain.from_iterable(lists.values())))


def _lists(order: OrderBody) -> dict[str, list[Record]]:
    """Return the parts of the lists that the body carries whole."""
    lists = {}
    if order.carries("refunds", "currency"):
        entries = order.reader.objects("refunds")
        lists[REFUNDS] = [_refund_entry(entry, order) for entry in entries]
    if order.carries("meta_data"):
        parcels = shipments.meta_shipments(order)
        if parcels is not None:
            lists[shipments.META_SHIPMENTS] = parcels
        if not order.has_fulfillments:
            # WooCommerce removes this meta together with the last fulfillment
            # (FulfillmentsManager::update_fulfillment_status), so that there is none.
            lists[shipments.FULFILLMENTS] = []
    return lists


def _missing(order: OrderBody) -> str | None:
    """Say what a body implies and does not carry."""
    if order.reader.data.keys() == {"id"}:
        return ONLY_THE_ID
    reasons = {
        NO_TIME: order.modified_at is None,
        NO_REFUND_LINES: bool(order.reader.objects("refunds")),
        NO_FULFILLMENTS: order.has_fulfillments,
    }
    return "; ".join(reason for reason, applies in reasons.items() if applies) or None


def _refund_entry(entry: Reader, order: OrderBody) -> Record:
    """Read an entry of an order's `refunds`, which has a negative sum and no lines."""
    known = {"amount": _amount(entry, "total", order), "reason": _reason(entry)}
    return _refund_record(entry, order, known)


def _refund(body: Mapping[str, Any], order: OrderBody) -> Record:
    """Read the refund resource, which has a positive sum and negative lines."""
    entry = Reader(body, "refund")
    known = {
        "amount": _amount(entry, "amount", order),
        "reason": _reason(entry),
        "created_at": values.lenient(lambda: values.gmt(entry, "date_created_gmt")),
        "lines": values.lenient(lambda: _refund_lines(entry, order)),
    }
    return _refund_record(entry, order, known)


def _amount(entry: Reader, name: str, order: OrderBody) -> Money | None:
    amount = values.money(entry, name, order.currency)
    return None if amount is None else abs(amount)


def _reason(entry: Reader) -> str | None:
    return values.words(entry, "reason")


def _refund_record(entry: Reader, order: OrderBody, known: Mapping[str, Any]) -> Record:
    return Record(
        Kind.REFUND,
        entry.id("id"),
        order_id=order.id,
        updated_at=order.modified_at,
        fields=known,
        within=REFUNDS,
        raw=exact_json(entry.data),
    )


def _refund_lines(entry: Reader, order: OrderBody) -> tuple[dict[str, Any], ...]:
    """Return the lines; one that cannot be told makes them all unknown.

    A line that was refunded and is left out would be asked about.
    """
    return tuple(_refund_line(line, order) for line in entry.objects("line_items"))


def _refund_line(line: Reader, order: OrderBody) -> dict[str, Any]:
    return {
        "line_id": values.meta(line).id("_refunded_item_id"),
        "quantity": values.quantity(line, "quantity") or 0,
        "amount": _amount(line, "total", order),
    }


def _customer_fields(reader: Reader) -> dict[str, Any]:
    return {name: read(reader) for name, (key, read) in _CUSTOMER.items() if reader.has(key)}


def _birthday(reader: Reader, key: str | None) -> dict[str, Birthday | None]:
    if key is None or not reader.has("meta_data"):
        return {}
    return {
        "birthday": values.lenient(lambda: Birthday.parse(values.text(values.meta(reader), key)))
    }


def _billing(reader: Reader) -> Reader:
    return values.lenient(lambda: values.place(reader, "billing")) or Reader({}, "billing")


def _country(reader: Reader) -> str | None:
    return values.text(_billing(reader), "country")


def _phone(reader: Reader) -> str | None:
    return e164(values.text(_billing(reader), "phone"), _country(reader))


def _created_at(reader: Reader) -> datetime | None:
    return values.lenient(lambda: values.gmt(reader, "date_created_gmt"))


_CUSTOMER: Mapping[str, tuple[str, Callable[[Reader], Any]]] = {
    "email": ("email", lambda reader: mail_address(values.text(reader, "email"))),
    "first_name": ("first_name", lambda reader: values.words(reader, "first_name")),
    "last_name": ("last_name", lambda reader: values.words(reader, "last_name")),
    "phone": ("billing", _phone),
    "country": ("billing", _country),
    "created_at": ("date_created_gmt", _created_at),
    "updated_at": ("date_modified_gmt", lambda reader: values.gmt(reader, "date_modified_gmt")),
}
"""Each field of the model: what the body must carry for it, and how it is read."""
