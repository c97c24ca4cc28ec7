"""What stands against any message about an order."""

from __future__ import annotations

from storelink.contracts.hook import Reason
from storelink.models.enums import OrderStatus, PaymentStatus
from storelink.models.order import Order

CARE, TRACKING = "proactive_care", "tracking"
"""The names of the hooks that tell of parcels: each looks at what the other told."""
RETURNS = "returns"
"""The name of the hook that tells of what goes back."""

FELL_THROUGH = frozenset({PaymentStatus.VOIDED, PaymentStatus.EXPIRED})
"""Nothing was paid, and nothing will be."""

_STATUS = {
    OrderStatus.DRAFT: Reason.NOT_PLACED,
    OrderStatus.CANCELLED: Reason.CANCELLED,
    OrderStatus.FAILED: Reason.PAYMENT_FAILED,
    OrderStatus.ON_HOLD: Reason.ON_HOLD,
    OrderStatus.PENDING: Reason.NOT_PAID,
}


def called_off(order: Order) -> Reason | None:
    """Return why the order is off for good: deleted, cancelled or fully refunded."""
    if order.deleted_at is not None:
        return Reason.DELETED
    if order.status is OrderStatus.CANCELLED:
        return Reason.CANCELLED
    if order.payment_status is PaymentStatus.REFUNDED:
        return Reason.REFUNDED
    return None


def in_the_way(order: Order) -> Reason | None:
    """Return what stands against a friendly message now; `None` if the order is in good order."""
    unpaid = Reason.NOT_PAID if order.payment_status in FELL_THROUGH else None
    return called_off(order) or unpaid or _STATUS.get(order.status)
