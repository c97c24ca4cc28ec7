"""What any source of carts must send: one JSON document for each state of a cart, signed.

A platform whose API shows no carts, a theme, an own shop: whoever knows a cart tells it with
`POST /carts/<store>`. The request's body is a `Cart` as JSON, and its headers are

- `X-Storelink-Timestamp`: when it is sent, in seconds since 1970;
- `X-Storelink-Signature`: the Base64 of the HMAC-SHA256, with the store's `cart_secret` as the key,
  over the timestamp, a dot, and the raw body.

The same document sent again changes nothing, so that whoever gets no answer sends it again with a
new timestamp.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from storelink.models.base import Instant

FORMAT: Final = "storelink.cart/1"
"""What a document says of its own form."""
TIMESTAMP: Final = "X-Storelink-Timestamp"
SIGNATURE: Final = "X-Storelink-Signature"

_Name = Annotated[str, Field(min_length=1, max_length=191, pattern=r"^\P{Cc}+$")]
_Url = Annotated[str, Field(max_length=2048, pattern=r"^https?://\S+$")]
_Amount = Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=6)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CartLine(_Part):
    """One thing in a cart.

    Attributes:
        price: what one costs, in the cart's currency, as the customer sees it.
        variant: the id of the variant; `variant_title` what it is called.
    """

    product: _Name | None = None
    variant: _Name | None = None
    title: str = Field(max_length=1000)
    variant_title: str | None = Field(None, max_length=1000)
    quantity: int = Field(1, ge=1, le=1_000_000)
    price: _Amount | None = None
    image: _Url | None = None


class CartContact(_Part):
    """Whose cart it is, as far as they said so.

    Attributes:
        locale: BCP 47, or as WordPress has it: `de_DE`.
    """

    email: str | None = Field(None, repr=False, max_length=320)
    phone: str | None = Field(None, repr=False, max_length=64)
    first_name: str | None = Field(None, repr=False, max_length=255)
    last_name: str | None = Field(None, repr=False, max_length=255)
    locale: str | None = Field(None, max_length=35)


class CartConsent(_Part):
    """What the customer ticked.

    Attributes:
        marketing: whether the box is ticked; it counts for messages about carts only. One that is
            not says nothing, unless it was ticked in this cart before: then that is taken back,
            also in a cart that is `deleted`.
        wording: what stood beside it.
        at: when it was ticked.
    """

    marketing: bool = False
    wording: str | None = Field(None, max_length=5000)
    at: Instant | None = None

    @model_validator(mode="after")
    def _is_proof(self) -> Self:
        if self.marketing and not (self.at and (self.wording or "").strip()):
            raise ValueError("a consent has its wording and its time")
        return self


class Cart(_Part):
    """A cart as it is at one moment. What is left out stays as it was told before.

    Attributes:
        id: the same for the same cart; no other cart of the store has it, and nobody can guess it.
        url: where the customer goes on with it, on any device.
        currency: ISO 4217.
        total: what everything in it comes to, as the customer sees it.
        customer_id: the customer's account, if they are signed in.
        updated_at: when the customer last changed it; of two documents about one cart, the later
            one counts. Two that differ do not have the same time: give fractions of a second.
        completed_at: when it became an order.
        order_id: the order that it became.
        deleted: the cart was emptied, or the customer wants no reminder. Nothing is sent about it,
            and nothing but its id and times is needed. It stays deleted, whatever is told of it
            before or after: what is filled again, or may be brought up after all, is a cart with
            another id.
    """

    format: Literal["storelink.cart/1"] = FORMAT
    id: _Name
    url: _Url | None = Field(None, repr=False)
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")
    lines: tuple[CartLine, ...] = Field((), max_length=500)
    total: _Amount | None = None
    contact: CartContact = CartContact()
    consent: CartConsent = CartConsent()
    customer_id: _Name | None = None
    created_at: Instant
    updated_at: Instant
    completed_at: Instant | None = None
    order_id: _Name | None = None
    deleted: bool = False

    @model_validator(mode="after")
    def _has_a_currency(self) -> Self:
        amounts = [self.total, *(one.price for one in self.lines)]
        if self.currency is None and any(one is not None for one in amounts):
            raise ValueError("amounts need a currency")
        return self


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a cart, for those who write a source in any language."""
    schema = Cart.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what goes into the header `X-Storelink-Signature`.

    >>> signature("secret", "1700000000", b"{}")
    'uFabeHmf+ePL/w/C1jozorV/MoKr0Hw3rl6OfXml8WM='
    """
    signed = timestamp.encode() + b"." + body
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()
