"""Everything that is known of a person, in a shape that the person can read."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from storelink.consent.addresses import Addresses
from storelink.mirror import load
from storelink.mirror.assemble import review
from storelink.mirror.rows import held_of
from storelink.models.base import Value
from storelink.models.ref import Kind
from storelink.operations.people import Found, answered_about
from storelink.storage import DocumentRow, InboxRow, MessageRow, Transaction


def export(
    tx: Transaction,
    store: str,
    found: Found,
    *,
    addresses: Addresses,
    webhooks: Iterable[InboxRow],
    now: datetime,
) -> dict[str, Any]:
    """Return what is known of a person, as JSON has it; every time is in UTC.

    Args:
        tx: the transaction.
        store: the store's name.
        found: what the mirror has of the person.
        addresses: finds what the person agreed to.
        webhooks: the deliveries that speak of the person, as they came.
        now: the time of the export.
    """
    names = found.names
    orders = load.orders(tx, store, sorted(names.order_ids))
    checkouts = load.checkouts(tx, store, _ids(found, Kind.CHECKOUT))
    accounts = (load.customer(tx, store, one) for one in sorted(names.accounts))
    reviews = (review(store, held_of(row)) for row in found.rows if row.kind is Kind.REVIEW)
    known = {one for one in map(addresses.of, found.addresses) if one}
    messages = tx.erasing.messages(store, order_ids=names.order_ids, scopes=found.scopes)
    happened = tx.erasing.events_of(store, order_ids=names.order_ids, customer_ids=names.accounts)
    body = {
        "store": store,
        "exported_at": now,
        "known_as": sorted(names.keys),
        "accounts": [_plain(one) for one in accounts if one],
        "orders": [_plain(one) for _, one in sorted(orders.items())],
        "checkouts": [_plain(one) for _, one in sorted(checkouts.items())],
        "reviews": [_plain(one) for one in reviews],
        "answers": [_of(one) for one in tx.answers.of_orders(store, answered_about(found))],
        "documents": [_document(one) for one in tx.documents.of_orders(store, names.order_ids)],
        "events": [_of(one) for one in happened],
        "messages": [_message(tx, one) for one in messages],
        "consents": [_of(one) for one in tx.consents.of(store, known)],
        "suppressions": [_of(one) for one in tx.suppressions.of(store, known)],
        "webhooks": [_webhook(one) for one in webhooks],
    }
    readable: dict[str, Any] = json.loads(json.dumps(body, default=str))
    return readable


def _ids(found: Found, kind: Kind) -> list[str]:
    return sorted(row.id for row in found.rows if row.kind is kind)


def _plain(one: Value) -> dict[str, Any]:
    """Return a value without what nobody told; the platform's own words stay beside it."""
    return one.model_dump(mode="json", exclude_none=True)


def _of(row: Any) -> dict[str, Any]:
    """Return a row without what is only of use inside: hashes, versions."""
    if isinstance(row, Mapping):
        body = dict(row)
    else:
        body = {name: getattr(row, name) for name in type(row).__dataclass_fields__}
    return {
        name: value
        for name, value in body.items()
        if value is not None and name not in {"address", "version", "seq", "store"}
    }


def _message(tx: Transaction, row: MessageRow) -> dict[str, Any]:
    told = {
        name: getattr(row, name)
        for name in ("key", "hook", "order_id", "message_class", "state", "reason", "channel")
    }
    times = {name: getattr(row, name) for name in ("due_at", "created_at", "sent_at")}
    tries = [
        {name: one[name] for name in ("started_at", "finished_at", "outcome", "detail")}
        for one in tx.messages.attempts_of(row.id)
    ]
    return {**told, **times, "said": row.message, "attempts": tries}


def _document(row: DocumentRow) -> dict[str, Any]:
    return {**_of(row), "body": b64encode(row.body).decode()}


def _webhook(row: InboxRow) -> dict[str, Any]:
    try:
        body: Any = json.loads(row.body)
    except ValueError:
        body = row.body.decode("utf-8", "replace")
    return {"topic": row.topic, "received_at": row.received_at, "state": row.state, "body": body}
