"""How far along a payload shows its object: which of two equally new payloads stands.

Platforms count whole seconds, so an order can be pending and paid in one. Until the platform is
read, the payload that is further along stands, as a whole: of two states of one second, the later
one is nearly always the one further along.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from storelink.models.enums import OrderStatus, PaymentStatus, ReturnStatus, ShipmentStatus

_ORDER = (
    OrderStatus.DRAFT,
    OrderStatus.FAILED,
    OrderStatus.PENDING,
    OrderStatus.ON_HOLD,
    OrderStatus.OPEN,
    OrderStatus.UNKNOWN,
    OrderStatus.COMPLETED,
    OrderStatus.CANCELLED,
)
_PAYMENT = (
    PaymentStatus.UNKNOWN,
    PaymentStatus.PENDING,
    PaymentStatus.AUTHORIZED,
    PaymentStatus.PARTIALLY_PAID,
    PaymentStatus.PAID,
    PaymentStatus.EXPIRED,
    PaymentStatus.VOIDED,
    PaymentStatus.PARTIALLY_REFUNDED,
    PaymentStatus.REFUNDED,
)
_SHIPMENT = tuple(ShipmentStatus)
_RETURN = tuple(ReturnStatus)
_encode = json.JSONEncoder(sort_keys=True).encode


def weight(told: Mapping[str, Any]) -> str:
    """Return what orders payloads of one instant: progress first, then their content.

    Args:
        told: the values that a payload carries, as JSON has them, by cell name.
    """
    scale = _ORDER if "payment_status" in told else (*_SHIPMENT, *_RETURN)
    status = _place(told.get("status"), scale)
    payment = _place(told.get("payment_status"), _PAYMENT)
    content = hashlib.sha256(_encode(told).encode()).hexdigest()
    return f"{status:02}{payment:02}{content[:12]}"


def _place(word: object, scale: tuple[str, ...]) -> int:
    return scale.index(str(word)) if word in scale else 0
