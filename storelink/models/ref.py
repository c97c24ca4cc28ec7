"""Names of things: which object of which store."""

from __future__ import annotations

from enum import StrEnum

from storelink.models.base import Value


class Kind(StrEnum):
    """What can be named: the records of the mirror, and a person."""

    ORDER = "order"
    SHIPMENT = "shipment"
    REFUND = "refund"
    RETURN = "return"
    CUSTOMER = "customer"
    CONSENT = "consent"
    PRODUCT = "product"
    CHECKOUT = "checkout"
    COUPON = "coupon"
    REVIEW = "review"
    PERSON = "person"


class Ref(Value):
    """One object inside a store, by the platform's own id (as text)."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    def __repr__(self) -> str:
        shown = "…" if self.kind is Kind.PERSON else self.id  # a person's id is an address
        return f"Ref({self.kind.value!r}, {shown!r})"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Read what `str(ref)` wrote."""
        kind, _, key = text.partition(":")
        return cls(kind=Kind(kind), id=key)

    @classmethod
    def order(cls, order_id: str) -> Ref:
        """Name an order."""
        return cls(kind=Kind.ORDER, id=order_id)

    @classmethod
    def shipment(cls, shipment_id: str) -> Ref:
        """Name a shipment."""
        return cls(kind=Kind.SHIPMENT, id=shipment_id)
