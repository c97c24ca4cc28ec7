"""The wire format of `FakeStore`: records as JSON, exactly as the mirror will see them."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from storelink.errors import PayloadError
from storelink.models.record import (
    FailedPayment,
    Notice,
    NoticeKind,
    Record,
    Snapshot,
)
from storelink.models.ref import Kind
from storelink.models.shipment import Scan
from storelink.toolkit.payload import Reader, parse_object


def encode(snapshot: Snapshot) -> bytes:
    """Return *snapshot* as bytes."""
    body = {
        "records": [_dump(record) for record in snapshot.records],
        "notices": [_dump_notice(notice) for notice in snapshot.notices],
    }
    return json.dumps(body, ensure_ascii=False, sort_keys=True).encode()


def decode(body: bytes) -> Snapshot:
    """Return the snapshot in *body*.

    Raises:
        PayloadError: the body is not what `encode` makes.
    """
    reader = Reader(parse_object(body), "body")
    if not isinstance(reader.data.get("records"), list):
        raise PayloadError("body.records: expected a list")
    return Snapshot(
        tuple(map(_load, reader.objects("records"))),
        notices=tuple(map(_notice, reader.objects("notices"))),
    )


def _dump(record: Record) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": record.kind,
        "id": record.id,
        "order_id": record.order_id,
        "updated_at": record.updated_at.isoformat() if record.updated_at else None,
        "fields": record.json_fields(),
        "children": {name: list(ids) for name, ids in record.children.items()},
        "within": record.within,
        "scans": [scan.model_dump(mode="json") for scan in record.scans],
        "failed_payments": [
            {"id": failed.id, "at": failed.at.isoformat()} for failed in record.failed_payments
        ],
        "deleted": record.deleted,
        "needs_read": record.needs_read,
    }
    return {name: value for name, value in body.items() if value}


def _dump_notice(notice: Notice) -> dict[str, Any]:
    return {
        "kind": notice.kind,
        "id": notice.id,
        "at": notice.at.isoformat() if notice.at else None,
        "customer_id": notice.customer_id,
        "order_ids": list(notice.order_ids),
        "email": notice.email,
        "phone": notice.phone,
    }


def _notice(reader: Reader) -> Notice:
    kind = reader.filled("kind") or ""
    if kind not in set(NoticeKind):
        raise PayloadError(f"{reader.path}.kind: not a kind of notice")
    return Notice(
        kind=NoticeKind(kind),
        id=reader.id(),
        at=reader.time("at"),
        customer_id=reader.optional_id("customer_id"),
        order_ids=tuple(reader.texts("order_ids")),
        email=reader.filled("email"),
        phone=reader.filled("phone"),
    )


def _load(reader: Reader) -> Record:
    kind = reader.filled("kind") or ""
    if kind not in set(Kind):
        raise PayloadError(f"{reader.path}.kind: not a kind of record")
    fields = reader.object("fields")
    children = reader.object("children")
    return Record(
        kind=Kind(kind),
        id=reader.id(),
        order_id=reader.optional_id("order_id"),
        updated_at=reader.time("updated_at"),
        fields=fields.data if fields else {},
        children={name: tuple(children.texts(name)) for name in children.data} if children else {},
        within=reader.filled("within"),
        scans=tuple(map(_scan, reader.objects("scans"))),
        failed_payments=tuple(map(_failed_payment, reader.objects("failed_payments"))),
        deleted=bool(reader.flag("deleted")),
        needs_read=reader.filled("needs_read"),
    )


def _scan(reader: Reader) -> Scan:
    try:
        return Scan.model_validate(dict(reader.data))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise PayloadError(f"{reader.path}: {first['msg']}") from None


def _failed_payment(reader: Reader) -> FailedPayment:
    at = reader.time("at")
    if at is None:
        raise PayloadError(f"{reader.path}.at: missing")
    return FailedPayment(id=reader.id(), at=at)
