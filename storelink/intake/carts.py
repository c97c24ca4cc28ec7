"""Carts from any source: who may tell of them, and what they say in the terms of the model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from storelink.contracts.cart import FORMAT, SIGNATURE, TIMESTAMP, Cart, CartLine
from storelink.contracts.store import Delivery
from storelink.errors import BadSignature, PayloadError
from storelink.models.contact import Contact
from storelink.models.money import Money
from storelink.models.order import LineItem
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import e164, locale_tag, mail_address
from storelink.toolkit.payload import FIRST_YEAR
from storelink.toolkit.signing import digest, is_signed

TOPIC = FORMAT
"""What the inbox calls such a delivery; no platform has a topic of that name."""
WINDOW = timedelta(minutes=5)
"""How far a request's time may be from ours: a recorded one cannot be sent again later."""

_AHEAD = timedelta(days=1)
"""A clock that is further ahead is wrong; no zone is."""
_TIMES = ("created_at", "updated_at", "completed_at")
_DIGITS = 12
"""Seconds since 1970 have ten for another 250 years."""


def verify(
    headers: Mapping[str, str], body: bytes, *, secrets: Collection[str], now: datetime
) -> Delivery:
    """Check that *body* comes from the store's own source of carts, just now.

    The same document has the same key, whenever it is sent.

    Args:
        headers: as received; names in any case.
        body: the raw bytes as received.
        secrets: any of which may have signed it; without one, no cart is taken.
        now: the present instant.

    Raises:
        BadSignature: there is no secret, or the signature or its time is missing, old or wrong.
    """
    told = {name.lower(): value for name, value in headers.items()}
    timestamp, given = told.get(TIMESTAMP.lower(), ""), told.get(SIGNATURE.lower(), "")
    if not secrets:
        raise BadSignature("the store has no cart_secret")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _DIGITS):
        raise BadSignature(f"the header {TIMESTAMP} is missing or no number of seconds")
    if not is_signed(timestamp.encode() + b"." + body, given, secrets):
        raise BadSignature("the cart is signed with another secret")
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise BadSignature("the cart was signed more than five minutes ago; are the clocks right?")
    return Delivery(key=f"cart/{digest(body)}", topic=TOPIC, headers={}, body=body)


def normalize(body: bytes, received_at: datetime) -> Snapshot:
    """Return what a document says of a cart.

    Nobody changes a cart after it was told: a clock that is well ahead is not believed.

    Args:
        body: the raw bytes.
        received_at: when they came.

    Raises:
        PayloadError: it is no cart, or its clock is more than a day ahead; the message names the
            field, and no value.
    """
    try:
        cart = Cart.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, ("cart", *first["loc"])))
        raise PayloadError(f"{where}: {first['msg']}") from None
    times = _times(cart, received_at)
    record = Record(
        kind=Kind.CHECKOUT,
        id=cart.id,
        updated_at=min(cart.updated_at, received_at + _AHEAD),
        fields={} if cart.deleted else _fields(cart.model_copy(update=times)),
        deleted=cart.deleted,
        readable=False,
        raw=cart.model_dump(mode="json", exclude_unset=True) | {"format": FORMAT},
    )
    return Snapshot((record,))


def _times(cart: Cart, received_at: datetime) -> dict[str, datetime]:
    """Return the times of a cart that somebody has lived through; a no is heard from any clock."""
    found = {name: getattr(cart, name) for name in _TIMES}
    is_no = cart.deleted or ("consent" in cart.model_fields_set and not cart.consent.marketing)
    times = {**found, "consent.at": cart.consent.at}
    for name, at in times.items():
        if at is None:
            continue
        if at.year < FIRST_YEAR or (at - received_at > _AHEAD and not is_no):
            raise PayloadError(f"cart.{name}: nobody has lived through it; is it in UTC?")
    ahead = received_at + WINDOW
    return {name: received_at for name, at in found.items() if at is not None and at > ahead}


def _fields(cart: Cart) -> dict[str, Any]:
    """Return what a document carries: what it leaves out stays as it was told before."""
    told = {name: getattr(cart, name) for name in _AS_TOLD if name in cart.model_fields_set}
    made = {
        field: make(cart) for name, (field, make) in _MADE.items() if name in cart.model_fields_set
    }
    return told | made


def _completed_at(cart: Cart) -> datetime | None:
    """Return when a cart became the order that it names."""
    return cart.completed_at or (cart.updated_at if cart.order_id else None)


def _contact(cart: Cart) -> Contact:
    told = cart.contact
    return Contact(
        email=mail_address(told.email),
        phone=e164(told.phone),
        first_name=told.first_name,
        last_name=told.last_name,
        locale=locale_tag(told.locale),
    )


def _line(cart: Cart, index: int, line: CartLine) -> LineItem:
    price = _money(cart, line.price)
    return LineItem(
        id=str(index),
        title=line.title,
        variant_title=line.variant_title,
        product_id=line.product,
        variant_id=line.variant,
        quantity=line.quantity,
        unit_price=price,
        total=price * line.quantity if price else None,
        image_url=line.image,
    )


def _money(cart: Cart, amount: Any) -> Money | None:
    return None if amount is None or cart.currency is None else Money(amount, cart.currency)


_AS_TOLD = ("url", "currency", "customer_id", *_TIMES)
_MADE: Mapping[str, tuple[str, Callable[[Cart], Any]]] = {
    "order_id": ("completed_at", _completed_at),
    "total": ("total", lambda cart: _money(cart, cart.total)),
    "contact": ("contact", _contact),
    "lines": (
        "lines",
        lambda cart: tuple(_line(cart, index, one) for index, one in enumerate(cart.lines, 1)),
    ),
    "consent": ("accepts_marketing", lambda cart: cart.consent.marketing),
}
"""By the name in the document: the field of the model, and how it is made."""
