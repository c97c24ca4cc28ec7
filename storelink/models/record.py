"""What one payload says: the records it carries, each with the fields it carries.

A platform sends parts: a whole order, one parcel, one scan, sometimes only an id. A `Record` holds
exactly what one payload says of one object. A field that the payload does not carry is *unset*:
it is simply not among `fields`, and is never confused with a field that the store says is empty.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from storelink.errors import PayloadError
from storelink.models.base import Instant
from storelink.models.checkout import Checkout
from storelink.models.consent import Consent
from storelink.models.coupon import Coupon
from storelink.models.customer import Customer
from storelink.models.order import Order
from storelink.models.product import Product, ProductReview
from storelink.models.ref import Kind, Ref
from storelink.models.returns import Refund, Return
from storelink.models.shipment import Scan, Shipment

MODELS: Mapping[Kind, type[BaseModel]] = {
    Kind.ORDER: Order,
    Kind.SHIPMENT: Shipment,
    Kind.REFUND: Refund,
    Kind.RETURN: Return,
    Kind.CUSTOMER: Customer,
    Kind.CONSENT: Consent,
    Kind.PRODUCT: Product,
    Kind.CHECKOUT: Checkout,
    Kind.COUPON: Coupon,
    Kind.REVIEW: ProductReview,
}
"""The model whose fields a record of each kind may carry."""

_NOT_FIELDS = {
    "id",
    "store",
    "order_id",
    "shipments",
    "refunds",
    "returns",
    "consents",
    "scans",
    "raw",
}


@dataclass(frozen=True, slots=True)
class FailedPayment:
    """One attempt to pay that failed, where the platform reports attempts one by one."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What one payload says of one object.

    Attributes:
        kind: what the object is.
        id: the platform's id.
        order_id: the order it belongs to, if it is a part of one.
        updated_at: the platform's time of this state; `None` if the payload has none.
        fields: the fields of the model that the payload carries, by name.
        children: lists that the payload carries whole, by name: a child of that list that is not
            named here is gone. A list that is not carried whole is not a key.
        within: the name of its parent's list that this record belongs to.
        scans: reports of the carrier, for a shipment; they add up.
        failed_payments: attempts to pay an order that failed; they add up.
        deleted: the payload says that the object is gone.
        needs_read: why this payload is not enough and the platform should be read; `None` if it is.
        readable: whether the platform can be asked about the object. What another source told of
            one that it does not know stands, and so does its deletion.
        raw: the payload's own words.

    Raises:
        PayloadError: a field is unknown or has a value of the wrong type.
    """

    kind: Kind
    id: str
    order_id: str | None = None
    updated_at: datetime | None = None
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    within: str | None = None
    scans: tuple[Scan, ...] = ()
    failed_payments: tuple[FailedPayment, ...] = ()
    deleted: bool = False
    needs_read: str | None = None
    readable: bool = True
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.kind not in MODELS:
            raise PayloadError(f"a {self.kind} is not something that a payload tells of")
        object.__setattr__(self, "fields", _checked(self.kind, self.fields))
        if not self.id:
            raise PayloadError(f"a {self.kind} without an id")
        if self.updated_at is not None:
            object.__setattr__(self, "updated_at", _instant(self.kind, self.updated_at))

    @property
    def ref(self) -> Ref:
        """The object's name."""
        return Ref(kind=self.kind, id=self.id)

    def json_fields(self) -> dict[str, Any]:
        """Return `fields` as JSON has them."""
        json_fields: dict[str, Any] = _fields(self.kind).dump_python(self.fields, mode="json")
        return json_fields


class NoticeKind(StrEnum):
    """What a platform tells that is the state of nothing: it happened, and is to be known."""

    CUSTOMER_DATA_REQUESTED = "customer_data_requested"
    CUSTOMER_REDACTED = "customer_redacted"
    STORE_REDACTED = "store_redacted"
    STORE_UNINSTALLED = "store_uninstalled"


@dataclass(frozen=True, slots=True)
class Notice:
    """One such telling.

    Attributes:
        id: the same for a repeated telling, and for nothing else.
        at: when it happened; `None` if the platform does not say.
        customer_id: the account it is about, if it is about one.
        order_ids: the orders it is about.
        email: whom it is about, where it says so; `phone`, too. No event keeps them.
    """

    kind: NoticeKind
    id: str
    at: datetime | None = None
    customer_id: str | None = None
    order_ids: tuple[str, ...] = ()
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that one payload, or one read, says.

    Attributes:
        records: one for each object it speaks of, parents first.
        notices: what it tells that is the state of nothing.
        note: why there is nothing to absorb, if there is neither: shown in the inbox.
    """

    records: tuple[Record, ...] = ()
    note: str | None = None
    notices: tuple[Notice, ...] = ()


_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


def _instant(kind: Kind, value: datetime) -> datetime:
    try:
        return _INSTANT.validate_python(value)
    except ValidationError:
        raise PayloadError(f"{kind}.updated_at: expected a time with an offset") from None


def _checked(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    known = _known(kind)
    for name in fields:
        if name in _NOT_FIELDS:
            raise PayloadError(f"{kind}.{name} is not a field of a record")
        if name not in known:
            raise PayloadError(f"{kind} has no field {name!r}")
    try:
        checked: dict[str, Any] = _fields(kind).validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in (kind, *first["loc"]))
        raise PayloadError(f"{where}: {first['msg']}") from None
    return checked


@functools.cache
def _known(kind: Kind) -> Mapping[str, FieldInfo]:
    """Return the fields that a record of *kind* may carry."""
    fields = MODELS[kind].model_fields.items()
    return {name: info for name, info in fields if name not in _NOT_FIELDS}


@functools.cache
def _fields(kind: Kind) -> TypeAdapter[Any]:
    """Return what checks and (de)serializes all fields of a record at once."""
    carried: Any = Annotated[dict[str, Any], _Carried(kind)]
    return TypeAdapter(carried)


@dataclass(frozen=True, slots=True)
class _Carried:
    """The type of a `dict` with any of the fields of *kind*."""

    kind: Kind

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        fields = {}
        for name, info in _known(self.kind).items():
            annotation: Any = info.annotation
            for extra in info.metadata:
                annotation = Annotated[annotation, extra]
            fields[name] = core_schema.typed_dict_field(
                handler.generate_schema(annotation), required=False
            )
        return core_schema.typed_dict_schema(fields)
