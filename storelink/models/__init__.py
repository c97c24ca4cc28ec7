"""The platform-neutral model: frozen values without input or output."""

from __future__ import annotations

from storelink.models.answer import Answer
from storelink.models.base import Instant, Value
from storelink.models.birthday import Birthday
from storelink.models.checkout import Checkout
from storelink.models.consent import Consent
from storelink.models.contact import Address, Contact, person_key
from storelink.models.coupon import Coupon, Offer
from storelink.models.customer import Customer
from storelink.models.enums import (
    AnswerKind,
    CartReason,
    ConsentChannel,
    ConsentState,
    CouponKind,
    FulfillmentStatus,
    MessageClass,
    MessageState,
    OrderStatus,
    PaymentStatus,
    ProductStatus,
    ReturnReason,
    ReturnStatus,
    ReturnStep,
    ReturnWish,
    ReviewStatus,
    ShipmentStatus,
)
from storelink.models.message import Attachment, Message, Outgoing, Person
from storelink.models.money import Money
from storelink.models.order import Discount, Fee, LineItem, Order, ShippingLine, TaxLine, Totals
from storelink.models.product import NewReview, Product, ProductReview
from storelink.models.record import Notice, NoticeKind, Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.models.returns import (
    Refund,
    RefundLine,
    Return,
    ReturnLine,
    ReturnRequest,
    WantedLine,
)
from storelink.models.shipment import Scan, Shipment, ShipmentLine, Tracking

__all__ = [
    "Address",
    "Answer",
    "AnswerKind",
    "Attachment",
    "Birthday",
    "CartReason",
    "Checkout",
    "Consent",
    "ConsentChannel",
    "ConsentState",
    "Contact",
    "Coupon",
    "CouponKind",
    "Customer",
    "Discount",
    "Fee",
    "FulfillmentStatus",
    "Instant",
    "Kind",
    "LineItem",
    "Message",
    "MessageClass",
    "MessageState",
    "Money",
    "NewReview",
    "Notice",
    "NoticeKind",
    "Offer",
    "Order",
    "OrderStatus",
    "Outgoing",
    "PaymentStatus",
    "Person",
    "Product",
    "ProductReview",
    "ProductStatus",
    "Record",
    "Ref",
    "Refund",
    "RefundLine",
    "Return",
    "ReturnLine",
    "ReturnReason",
    "ReturnRequest",
    "ReturnStatus",
    "ReturnStep",
    "ReturnWish",
    "ReviewStatus",
    "Scan",
    "Shipment",
    "ShipmentLine",
    "ShipmentStatus",
    "ShippingLine",
    "Snapshot",
    "TaxLine",
    "Totals",
    "Tracking",
    "Value",
    "WantedLine",
    "person_key",
]
