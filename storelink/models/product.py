"""What a store sells, and what customers say of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from storelink.models.base import Instant, Value, personal, raw_payload
from storelink.models.enums import ProductStatus, ReviewStatus
from storelink.models.money import Money


class Product(Value):
    """A product with all its variants.

    Attributes:
        title: plain text.
        url: its page in the shop; `None` while customers cannot see it.
        price: the lowest price of a variant, in the store's currency; `price_to` the highest.
            Unset when a payload names no currency (WooCommerce's webhooks do not).
        in_stock: whether at least one variant can be bought; `None` when the store does not say.
        listed: whether the store shows it among its products; `False` for one that only those find
            who have its address. `None` when the store does not say.
        reviews_allowed: whether the store itself takes reviews of it; `None` when it has none.
        categories: names of its categories or collections.
    """

    id: str
    store: str
    title: str = ""
    handle: str | None = None
    status: ProductStatus = ProductStatus.UNKNOWN
    url: str | None = None
    image_url: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sku: str | None = None
    price: Money | None = None
    price_to: Money | None = None
    in_stock: bool | None = None
    listed: bool | None = None
    reviews_allowed: bool | None = None
    rating: Decimal | None = None
    rating_count: int | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    deleted_at: Instant | None = None
    raw: dict[str, Any] = raw_payload()


class ProductReview(Value):
    """What a customer wrote about a product, in the store itself.

    Attributes:
        rating: from 1 to 5; `None` for a comment without stars.
        verified: whether the store knows that the author bought it.
    """

    id: str
    store: str
    product_id: str | None = None
    status: ReviewStatus = ReviewStatus.UNKNOWN
    rating: int | None = None
    text: str | None = personal()
    author: str | None = personal()
    email: str | None = personal()
    verified: bool | None = None
    created_at: Instant | None = None
    deleted_at: Instant | None = None
    raw: dict[str, Any] = raw_payload()


class NewReview(Value):
    """What a customer wrote, for the store to take: what `StoreAdapter.post_review` is given.

    >>> NewReview(product_id="7", text="Lovely.", rating=5, email="ada@example.com")
    NewReview(product_id='7', rating=5)

    Attributes:
        product_id: the product, not one of its variants.
        rating: from 1 to 5; `None` for words without stars.
        text: the words, as plain text.
        author: the name that others see; empty for somebody who gave none.
        email: the address that the order has; it tells the store who bought.
    """

    product_id: str = Field(min_length=1)
    rating: int | None = Field(None, ge=1, le=5)
    text: str = Field(repr=False, min_length=1, max_length=5000)
    author: str = personal("")
    email: str = Field(repr=False, min_length=3)
