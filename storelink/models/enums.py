"""The vocabularies of the model. A word that is not known becomes `UNKNOWN`, never an error."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Known(StrEnum):
    """A vocabulary with a member `UNKNOWN`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("unknown") if value != "unknown" else None


class OrderStatus(Known):
    """Where an order stands. A checkout draft is not yet an order."""

    DRAFT = "draft"
    PENDING = "pending"
    OPEN = "open"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    UNKNOWN = "unknown"


class PaymentStatus(Known):
    """What has been paid of an order, and what was given back."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class FulfillmentStatus(Known):
    """How much of an order has left the shop."""

    UNFULFILLED = "unfulfilled"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"
    NOT_REQUIRED = "not_required"
    ON_HOLD = "on_hold"
    RESTOCKED = "restocked"
    UNKNOWN = "unknown"


class ShipmentStatus(Known):
    """Where a parcel is."""

    LABEL_CREATED = "label_created"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    ATTEMPTED = "attempted"
    DELAYED = "delayed"
    EXCEPTION = "exception"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class ReturnStatus(Known):
    """Where a return stands."""

    REQUESTED = "requested"
    OPEN = "open"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class ReturnReason(Known):
    """Why somebody sends something back; Shopify has the same words."""

    SIZE_TOO_SMALL = "size-too-small"
    SIZE_TOO_LARGE = "size-too-large"
    COLOR = "color"
    STYLE = "style"
    NOT_AS_DESCRIBED = "not-as-described"
    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong-item"
    UNWANTED = "unwanted"
    OTHER = "other"
    UNKNOWN = "unknown"


class ReturnWish(StrEnum):
    """What somebody wants for what they send back."""

    EXCHANGE = "exchange"
    REFUND = "refund"


class ReturnStep(StrEnum):
    """What the shop can say of a return that was asked for."""

    APPROVED = "approved"
    DECLINED = "declined"
    RECEIVED = "received"
    EXCHANGED = "exchanged"


class ConsentState(Known):
    """Whether a person agreed to marketing on a channel."""

    NEVER_SUBSCRIBED = "never_subscribed"
    PENDING = "pending"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    REDACTED = "redacted"
    UNKNOWN = "unknown"


class ConsentChannel(Known):
    """The channel that a consent is about."""

    EMAIL = "email"
    SMS = "sms"
    WHATSAPP = "whatsapp"
    UNKNOWN = "unknown"


class ProductStatus(Known):
    """Whether customers can see a product."""

    ACTIVE = "active"
    DRAFT = "draft"
    ARCHIVED = "archived"
    UNKNOWN = "unknown"


class CouponKind(Known):
    """What a coupon takes off."""

    PERCENT = "percent"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"
    UNKNOWN = "unknown"


class ReviewStatus(Known):
    """Whether customers can see a review."""

    PUBLISHED = "published"
    HELD = "held"
    SPAM = "spam"
    TRASH = "trash"
    UNKNOWN = "unknown"


class MessageClass(StrEnum):
    """Why a message may be sent."""

    TRANSACTIONAL = "transactional"
    """The order needs it: thanks, tracking, a delay, a refund."""
    RELATIONSHIP = "relationship"
    """The shop would like to know how the order went: a review request, a survey."""
    MARKETING = "marketing"
    """The shop would like to sell more."""


class AnswerKind(StrEnum):
    """What a customer was asked on a page."""

    REVIEW = "review"
    """What was ordered, from 1 to 5."""
    SURVEY = "survey"
    """How likely somebody is to recommend the shop, from 0 to 10."""
    SATISFACTION = "satisfaction"
    """How content somebody is with an order, from 1 to 5."""
    CART = "cart"
    """Why somebody left what they had begun to buy; see `CartReason`."""


class CartReason(StrEnum):
    """Why somebody left what they had begun to buy."""

    SHIPPING = "shipping"
    PRICE = "price"
    QUESTION = "question"
    TROUBLE = "trouble"
    LOOKING = "looking"
    ELSEWHERE = "elsewhere"
    OTHER = "other"


class MessageState(StrEnum):
    """The life of a message in the outbox."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
