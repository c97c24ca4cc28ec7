"""Products with their variants.

Facts: shopify.dev, GraphQL Admin API 2026-10, the objects Product and ProductVariant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storelink.models.money import Money
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import commerce, meaning, values
from storelink_shopify.money import amount
from storelink_shopify.nodes import pages
from storelink_shopify.values import UNSET, Fields


def product(node: Mapping[str, Any]) -> Snapshot:
    """Say what a product says.

    Args:
        node: as JSON has it, with the fields of the document `ProductsByIds`, or some of them.

    Raises:
        PayloadError: the node cannot be understood; the message names the field.
    """
    reader = Reader(node, "product")
    record = Record(
        kind=Kind.PRODUCT,
        id=values.node_id(reader),
        updated_at=reader.time("updatedAt"),
        fields={**values.carried(reader, _PRODUCT), "deleted_at": None},
        raw=exact_json(reader.data),
    )
    return Snapshot((record,))


def _image(node: Reader) -> str | None:
    media = node.object("featuredMedia")
    preview = media.object("preview") if media else None
    image = preview.object("image") if preview else None
    return meaning.web_link(image.filled("url")) if image else None


def _price(node: Reader, side: str) -> Money | None:
    prices = node.object("priceRangeV2")
    price = prices.object(side) if prices else None
    return amount(price, "currencyCode") if price else None


def _in_stock(node: Reader) -> Any:
    variants = pages.nodes(node, "variants")
    if any(one.flag("availableForSale") for one in variants):
        return True
    return False if pages.is_whole(node, "variants", pages.VARIANTS) else UNSET


def _sku(node: Reader) -> Any:
    variants = pages.nodes(node, "variants")
    if not pages.is_whole(node, "variants", pages.VARIANTS):
        return None  # more than one
    return variants[0].filled("sku") if len(variants) == 1 else None


def _categories(node: Reader) -> Any:
    if not pages.is_whole(node, "collections", pages.COLLECTIONS):
        return UNSET
    return meaning.tags(one.filled("title") or "" for one in pages.nodes(node, "collections"))


_PRODUCT: Fields = {
    "title": (("title",), lambda node: node.filled("title") or ""),
    "handle": (("handle",), lambda node: node.filled("handle")),
    "status": (("status",), lambda node: commerce.product_status(node.text("status"))),
    "listed": (("status",), lambda node: commerce.is_listed(node.text("status"))),
    "url": (("onlineStoreUrl",), lambda node: meaning.web_link(node.filled("onlineStoreUrl"))),
    "image_url": (("featuredMedia",), _image),
    "vendor": (("vendor",), lambda node: node.filled("vendor")),
    "product_type": (("productType",), lambda node: node.filled("productType")),
    "categories": (("collections",), _categories),
    "tags": (("tags",), lambda node: meaning.tags(node.texts("tags"))),
    "sku": (("variants",), _sku),
    "price": (("priceRangeV2",), lambda node: _price(node, "minVariantPrice")),
    "price_to": (("priceRangeV2",), lambda node: _price(node, "maxVariantPrice")),
    "in_stock": (("variants",), _in_stock),
    "created_at": (("createdAt",), lambda node: node.time("createdAt")),
    "updated_at": (("updatedAt",), lambda node: node.time("updatedAt")),
}
