"""Putting what is held together again: objects with their parts, as the model has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from storelink.mirror.merge import Cell, Held, micros, scans_of
from storelink.models.checkout import Checkout
from storelink.models.consent import Consent
from storelink.models.coupon import Coupon
from storelink.models.customer import Customer
from storelink.models.enums import ShipmentStatus
from storelink.models.order import Order
from storelink.models.product import Product, ProductReview
from storelink.models.ref import Kind
from storelink.models.returns import Refund, Return
from storelink.models.shipment import Shipment


def order(store: str, header: Held, parts: Sequence[Held]) -> Order | None:
    """Return the order, or `None` while its header is not known well enough."""
    standing = [part for part in parts if stands(header, part)]
    fields = _whole(store, header) | {
        "shipments": sorted(map(shipment, _of(standing, Kind.SHIPMENT)), key=_sent_at),
        "refunds": [Refund(**_part(part)) for part in _of(standing, Kind.REFUND)],
        "returns": [Return(**_part(part)) for part in _of(standing, Kind.RETURN)],
    }
    try:
        return Order.model_validate(fields)
    except ValidationError:
        return None


def _sent_at(one: Shipment) -> tuple[bool, datetime]:
    """Order parcels by the time that they left, as far as it is known."""
    sent = one.shipped_at or one.created_at
    return (sent is None, sent or datetime.max.replace(tzinfo=UTC))


def shipment(held: Held) -> Shipment:
    """Return a parcel with its scans; the newest word of platform or carrier is its status."""
    scans = scans_of(held)
    fields = _part(held) | {"scans": scans}
    status = held.cells.get("status")
    if scans and (status is None or _is_older(status, scans[-1].recorded_at or scans[-1].at)):
        fields["status"] = scans[-1].status
    if fields.get("status") == ShipmentStatus.DELIVERED and not fields.get("delivered_at"):
        arrived = [scan.at for scan in scans if scan.status == ShipmentStatus.DELIVERED]
        fields["delivered_at"] = arrived[-1] if arrived else None
    return Shipment.model_validate(fields)


def customer(store: str, held: Held, consents: Iterable[Held]) -> Customer:
    """Return an account with what it agreed to."""
    fields = _whole(store, held)
    return Customer.model_validate(fields | {"consents": [consent(one) for one in consents]})


def consent(held: Held) -> Consent:
    """Return what somebody agreed to."""
    return Consent.model_validate({**_fields(held), "id": held.id})


def product(store: str, held: Held) -> Product:
    """Return a product."""
    return Product.model_validate(_whole(store, held))


def checkout(store: str, held: Held, order: Held | None = None) -> Checkout:
    """Return a checkout; one that an *order* names became that order."""
    fields = _whole(store, held)
    if order is not None and not fields.get("completed_at"):
        fields["completed_at"] = order.value("placed_at") or order.value("created_at")
    return Checkout.model_validate(fields)


def coupon(store: str, held: Held) -> Coupon:
    """Return a coupon."""
    return Coupon.model_validate(_whole(store, held))


def review(store: str, held: Held) -> ProductReview:
    """Return what a customer wrote of a product."""
    return ProductReview.model_validate(_whole(store, held))


def stands(header: Held, part: Held) -> bool:
    """Say whether *part* still belongs to the order.

    A list that was carried whole is the truth about its members, except about a part that is
    newer than the list. In a webhook's list, one that is just as new counts as there: the list may
    have been made a moment earlier.
    """
    if part.is_deleted:
        return False
    listing = header.cells.get(f"children/{part.within}")
    if listing is None or part.id in listing.value:
        return True
    if listing.read_at < 0:
        return part.seen.state_at >= listing.state_at
    if part.seen.read_at < 0:
        return part.seen.state_at > listing.state_at
    return part.seen.read_at >= listing.read_at


def is_torn(header: Held, parts: Iterable[Held]) -> bool:
    """Say whether a part is exactly as new as a list without it, so that only a read can tell."""
    for part in parts:
        listing = header.cells.get(f"children/{part.within}")
        if listing is None or part.is_deleted or part.id in listing.value:
            continue
        told_by_read = part.seen.read_at >= 0 and listing.read_at >= 0
        if part.seen.state_at == listing.state_at and not told_by_read:
            return True
    return False


def _is_older(cell: Cell, instant: datetime) -> bool:
    return cell.state_at < micros(instant)


def _of(parts: Iterable[Held], kind: Kind) -> list[Held]:
    return sorted((part for part in parts if part.kind is kind), key=lambda part: _natural(part.id))


def _natural(key: str) -> tuple[int, str]:
    """Order ids as numbers where they are numbers."""
    return (len(key), key)


def _whole(store: str, held: Held) -> dict[str, Any]:
    """Return the fields of an object that is no part of another."""
    fields = _fields(held) | {"id": held.id, "store": store}
    if held.is_deleted:
        fields["deleted_at"] = held.deleted_since
    return fields


def _part(held: Held) -> dict[str, Any]:
    return _fields(held) | {"id": held.id, "order_id": held.order_id}


def _fields(held: Held) -> dict[str, Any]:
    return {name: cell.value for name, cell in held.cells.items() if "/" not in name}
