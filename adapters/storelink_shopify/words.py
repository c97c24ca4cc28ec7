"""Shopify's words in the words of the model.

Webhooks write them in small letters, GraphQL in capitals; the tables are in small letters. A word
that is in no table becomes `UNKNOWN`.

Facts: shopify.dev, the enums `OrderDisplayFinancialStatus`, `OrderDisplayFulfillmentStatus`,
`FulfillmentStatus`, `FulfillmentDisplayStatus`, `FulfillmentEventStatus`, `ReturnStatus`,
`CustomerEmailAddressMarketingState`, `CustomerMarketingConsentState`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from storelink.models.enums import (
    ConsentState,
    FulfillmentStatus,
    PaymentStatus,
    ReturnStatus,
    ShipmentStatus,
)

_PAYMENT: Mapping[str, PaymentStatus] = {
    "pending": PaymentStatus.PENDING,
    "authorized": PaymentStatus.AUTHORIZED,
    "partially_paid": PaymentStatus.PARTIALLY_PAID,
    "paid": PaymentStatus.PAID,
    "partially_refunded": PaymentStatus.PARTIALLY_REFUNDED,
    "refunded": PaymentStatus.REFUNDED,
    "voided": PaymentStatus.VOIDED,
    "expired": PaymentStatus.EXPIRED,
}

_FULFILLMENT: Mapping[str, FulfillmentStatus] = {
    "": FulfillmentStatus.UNFULFILLED,  # how a webhook says that nothing has left yet
    "unfulfilled": FulfillmentStatus.UNFULFILLED,
    "partial": FulfillmentStatus.PARTIALLY_FULFILLED,
    "partially_fulfilled": FulfillmentStatus.PARTIALLY_FULFILLED,
    "fulfilled": FulfillmentStatus.FULFILLED,
    "restocked": FulfillmentStatus.RESTOCKED,
}

# GraphQL says what happens to the items that have not left. A webhook has no words for that: it
# says `null`, or `partial` when something has left. The two must not contradict each other, so
# these words are read as what a webhook says in their place.
_STILL_HERE = frozenset(
    {
        "open",
        "in_progress",
        "pending_fulfillment",
        "request_declined",
        "on_hold",
        "scheduled",
        "fulfillment_not_required",
    }
)

_SHIPMENT: Mapping[str, ShipmentStatus] = {
    "confirmed": ShipmentStatus.LABEL_CREATED,
    "label_purchased": ShipmentStatus.LABEL_CREATED,
    "label_printed": ShipmentStatus.LABEL_CREATED,
    "carrier_picked_up": ShipmentStatus.PICKED_UP,
    "in_transit": ShipmentStatus.IN_TRANSIT,
    "out_for_delivery": ShipmentStatus.OUT_FOR_DELIVERY,
    "ready_for_pickup": ShipmentStatus.READY_FOR_PICKUP,
    "attempted_delivery": ShipmentStatus.ATTEMPTED,
    "delayed": ShipmentStatus.DELAYED,
    "failure": ShipmentStatus.EXCEPTION,
    "not_delivered": ShipmentStatus.EXCEPTION,
    "delivered": ShipmentStatus.DELIVERED,
    # Follows `ready_for_pickup`: the customer has it. The carrier's is `carrier_picked_up`.
    "picked_up": ShipmentStatus.DELIVERED,
    "label_voided": ShipmentStatus.CANCELLED,
    "canceled": ShipmentStatus.CANCELLED,
    "cancelled": ShipmentStatus.CANCELLED,
}

_NO_WORD_OF_A_CARRIER = frozenset({"", "fulfilled", "marked_as_fulfilled", "submitted"})
_NOTHING_LEFT = frozenset({"cancelled", "error", "failure"})

_RETURN: Mapping[str, ReturnStatus] = {
    "requested": ReturnStatus.REQUESTED,
    "open": ReturnStatus.OPEN,
    "declined": ReturnStatus.DECLINED,
    "canceled": ReturnStatus.CANCELLED,
    "closed": ReturnStatus.CLOSED,
}

_CONSENT: Mapping[str, ConsentState] = {
    "not_subscribed": ConsentState.NEVER_SUBSCRIBED,  # called `never_subscribed` from 2026-10
    "never_subscribed": ConsentState.NEVER_SUBSCRIBED,
    "pending": ConsentState.PENDING,
    "subscribed": ConsentState.SUBSCRIBED,
    "unsubscribed": ConsentState.UNSUBSCRIBED,
    "redacted": ConsentState.REDACTED,
}

W = TypeVar("W")


def payment_status(word: str | None) -> PaymentStatus:
    """Translate `financial_status` or `displayFinancialStatus`."""
    return _translate(_PAYMENT, word, PaymentStatus.UNKNOWN)


def fulfillment_status(word: str | None, *, has_parcels: bool = False) -> FulfillmentStatus:
    """Translate `fulfillment_status` or `displayFulfillmentStatus`.

    Args:
        word: Shopify's word.
        has_parcels: something has left already; told apart for the words that do not say so.
    """
    if _small(word) in _STILL_HERE:
        left = FulfillmentStatus.PARTIALLY_FULFILLED
        return left if has_parcels else FulfillmentStatus.UNFULFILLED
    return _translate(_FULFILLMENT, word, FulfillmentStatus.UNKNOWN)


def shipment_status(status: str | None, carrier: str | None) -> ShipmentStatus | None:
    """Translate what a fulfillment says of its parcel; `None` while no carrier has said a word.

    Args:
        status: of the fulfillment: whether it stands.
        carrier: `shipment_status` or `displayStatus`: where the parcel is.
    """
    if is_void(status):
        return ShipmentStatus.CANCELLED
    return None if _small(carrier) in _NO_WORD_OF_A_CARRIER else scan_status(carrier)


def scan_status(word: str | None) -> ShipmentStatus:
    """Translate the status of a fulfillment event."""
    return _translate(_SHIPMENT, word, ShipmentStatus.UNKNOWN)


def is_void(status: str | None) -> bool:
    """Say whether a fulfillment was cancelled, or failed before anything could leave."""
    return _small(status) in _NOTHING_LEFT


def return_status(word: str | None) -> ReturnStatus:
    """Translate the status of a return."""
    return _translate(_RETURN, word, ReturnStatus.UNKNOWN)


def consent_state(word: str | None) -> ConsentState:
    """Translate the state of a marketing consent; `null` and `invalid` are not known."""
    return _translate(_CONSENT, word, ConsentState.UNKNOWN)


def _translate(table: Mapping[str, W], word: str | None, unknown: W) -> W:
    return table.get(_small(word), unknown)


def _small(word: str | None) -> str:
    return (word or "").strip().lower()
