"""From WooCommerce's products and their reviews to the model: pure functions of bodies.

A variation is no product of its own: its body asks for a read of its parent.

Facts: WooCommerce REST API docs, "Products" and "Product reviews"; the recordings named in
`docs/platforms/woocommerce.md`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from storelink.models.enums import ProductStatus, ReviewStatus
from storelink.models.money import Money
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import mail_address
from storelink.toolkit.payload import Reader, exact_json
from storelink_woocommerce import values
from storelink_woocommerce.normalize import ONLY_THE_ID, gone

VARIATION_CHANGED = "a variation of it changed"
NO_TIME = "the body does not say when the product changed"

TRASH = "trash"
VARIATION = "variation"

STATUSES: Mapping[str, ProductStatus] = {
    "publish": ProductStatus.ACTIVE,
    "auto-draft": ProductStatus.DRAFT,
    "draft": ProductStatus.DRAFT,
    "future": ProductStatus.DRAFT,
    "pending": ProductStatus.DRAFT,
    "private": ProductStatus.DRAFT,
    TRASH: ProductStatus.ARCHIVED,
}

REVIEW_STATUSES: Mapping[str, ReviewStatus] = {
    "approved": ReviewStatus.PUBLISHED,
    "hold": ReviewStatus.HELD,
    "spam": ReviewStatus.SPAM,
    TRASH: ReviewStatus.TRASH,
}

# The others have prices of their variations or members, of which the body tells only the lowest.
_ONE_PRICE = frozenset({"simple", "external"})
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class _Body:
    """A product as WooCommerce sends it, whole or in part."""

    reader: Reader
    currency: str | None

    @property
    def status(self) -> str | None:
        return values.text(self.reader, "status")


def product(body: Mapping[str, Any], *, currency: str | None = None) -> Snapshot:
    """Say what a product's body says.

    Args:
        body: a webhook's body, or an answer of the REST API.
        currency: what the store sells in; a body names none. Without it, prices stay unset.

    Raises:
        PayloadError: the id or the time of change cannot be read; the message names it.
    """
    reader = Reader(body, "product")
    parent = values.lenient(lambda: reader.optional_id("parent_id"))
    if values.text(reader, "type") == VARIATION and parent:
        return Snapshot((Record(Kind.PRODUCT, parent, needs_read=VARIATION_CHANGED),))
    carried = _Body(reader, currency)
    modified_at = values.gmt(reader, "date_modified_gmt")
    known = _product_fields(carried)
    record = Record(
        Kind.PRODUCT,
        reader.id("id"),
        updated_at=modified_at,
        fields=known,
        deleted=carried.status == TRASH and not known.get("deleted_at"),
        needs_read=NO_TIME if modified_at is None else None,
        raw=exact_json(body),
    )
    return Snapshot(records=(record,))


def deleted_product(body: Mapping[str, Any], *, currency: str | None = None) -> Snapshot:
    """Say that a product is gone, if a read agrees.

    Trashing a coupon sends `product.deleted` with the coupon's id, too (recorded: 0044, 0045).
    """
    if body.keys() != {"id"}:
        return product(body, currency=currency)
    return gone(Kind.PRODUCT, Reader(body, "product"), needs_read=ONLY_THE_ID)


def review(body: Mapping[str, Any]) -> Snapshot:
    """Say what an answer says of a review. No webhook tells of one, and none says when it changed.

    Raises:
        PayloadError: the id cannot be read.
    """
    reader = Reader(body, "review")
    known = {name: read(reader) for name, (key, read) in _REVIEW.items() if reader.has(key)}
    record = Record(Kind.REVIEW, reader.id("id"), fields=known, raw=exact_json(body))
    return Snapshot(records=(record,))


def _product_fields(body: _Body) -> dict[str, Any]:
    known = {
        name: read(body)
        for name, (needs, read) in _PRODUCT.items()
        if body.reader.has(*needs) and (name not in _PRICES or body.currency)
    }
    if not body.reader.has("status"):
        return known
    trashed_at = known.get("updated_at") if body.status == TRASH else None
    is_known = body.status != TRASH or trashed_at
    return {**known, "deleted_at": trashed_at} if is_known else known


def _status(body: _Body) -> ProductStatus:
    return STATUSES.get(body.status or "", ProductStatus.UNKNOWN)


def _url(body: _Body) -> str | None:
    is_shown = body.status == "publish" and not values.text(body.reader, "post_password")
    return values.web_link(values.text(body.reader, "permalink")) if is_shown else None


def _image(body: _Body) -> str | None:
    return next(
        (
            link
            for image in _listed(body.reader, "images")
            if (link := values.web_link(values.text(image, "src")))
        ),
        None,
    )


def _names(key: str) -> Callable[[_Body], tuple[str, ...]]:
    def read(body: _Body) -> tuple[str, ...]:
        named = (values.words(entry, "name") for entry in _listed(body.reader, key))
        return tuple(name for name in named if name)

    return read


def _listed(reader: Reader, key: str) -> list[Reader]:
    return values.lenient(lambda: reader.objects(key)) or []


def _price(body: _Body) -> Money | None:
    return values.money(body.reader, "price", body.currency or "")


def _price_to(body: _Body) -> Money | None:
    return _price(body) if values.text(body.reader, "type") in _ONE_PRICE else None


def _in_stock(body: _Body) -> bool | None:
    stock = values.text(body.reader, "stock_status")
    return None if stock is None else stock != "outofstock"


def _listed_in_shop(body: _Body) -> bool | None:
    visibility = values.text(body.reader, "catalog_visibility")
    return None if visibility is None else visibility != "hidden"


def _reviews_allowed(body: _Body) -> bool | None:
    return values.lenient(lambda: body.reader.flag("reviews_allowed"))


def _rating(body: _Body) -> Decimal | None:
    # without a rating it is "0.00"
    return values.lenient(lambda: body.reader.decimal("average_rating")) or None


def _rating_count(body: _Body) -> int | None:
    return values.lenient(lambda: body.reader.integer("rating_count"))


def _stars(reader: Reader) -> int | None:
    # without stars it is 0
    stars = values.lenient(lambda: reader.integer("rating"))
    return stars if stars and 1 <= stars <= 5 else None  # noqa: PLR2004  stars


def _plain_text(reader: Reader) -> str | None:
    """Return the text that a reader sees; WordPress wraps it in paragraphs."""
    return html.unescape(_TAG.sub("", values.text(reader, "review") or "")).strip() or None


_PRICES = frozenset({"price", "price_to"})

_PRODUCT: Mapping[str, tuple[tuple[str, ...], Callable[[_Body], Any]]] = {
    "title": (("name",), lambda body: values.words(body.reader, "name") or ""),
    "handle": (("slug",), lambda body: values.text(body.reader, "slug")),
    "status": (("status",), _status),
    "url": (("permalink", "status"), _url),
    "image_url": (("images",), _image),
    "vendor": (("brands",), lambda body: next(iter(_names("brands")(body)), None)),
    "product_type": (("type",), lambda body: values.text(body.reader, "type")),
    "categories": (("categories",), _names("categories")),
    "tags": (("tags",), _names("tags")),
    "sku": (("sku",), lambda body: values.text(body.reader, "sku")),
    "price": (("price",), _price),
    "price_to": (("price", "type"), _price_to),
    "in_stock": (("stock_status",), _in_stock),
    "listed": (("catalog_visibility",), _listed_in_shop),
    "reviews_allowed": (("reviews_allowed",), _reviews_allowed),
    "rating": (("average_rating",), _rating),
    "rating_count": (("rating_count",), _rating_count),
    "created_at": (
        ("date_created_gmt",),
        lambda body: values.gmt_or_none(body.reader, "date_created_gmt"),
    ),
    "updated_at": (
        ("date_modified_gmt",),
        lambda body: values.gmt(body.reader, "date_modified_gmt"),
    ),
}
"""Each field of a product: what the body must carry for it, and how it is read."""

_REVIEW: Mapping[str, tuple[str, Callable[[Reader], Any]]] = {
    "product_id": (
        "product_id",
        lambda reader: values.lenient(lambda: reader.optional_id("product_id")),
    ),
    "status": (
        "status",
        lambda reader: REVIEW_STATUSES.get(
            values.text(reader, "status") or "", ReviewStatus.UNKNOWN
        ),
    ),
    "rating": ("rating", _stars),
    "text": ("review", _plain_text),
    "author": ("reviewer", lambda reader: values.words(reader, "reviewer")),
    "email": ("reviewer_email", lambda reader: mail_address(values.text(reader, "reviewer_email"))),
    "verified": ("verified", lambda reader: values.lenient(lambda: reader.flag("verified"))),
    "created_at": (
        "date_created_gmt",
        lambda reader: values.gmt_or_none(reader, "date_created_gmt"),
    ),
}
"""Each field of a review: what the body must carry for it, and how it is read."""
