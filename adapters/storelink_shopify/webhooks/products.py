"""Products.

Facts: shopify.dev, "Webhooks", topics `products/*`. The bodies name no currency, no address in the
shop, and not whether stock is tracked at all.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import commerce, meaning, values
from storelink_shopify.values import UNSET, Fields


def product(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what a product says."""
    updated_at = body.time("updated_at")
    fields = values.carried(body, _PRODUCT)
    record = Record(
        kind=Kind.PRODUCT,
        id=values.webhook_id(body),
        updated_at=updated_at,
        fields={**fields, "deleted_at": None},
        needs_read=_open_question(fields, updated_at),
        raw=exact_json(body.data),
    )
    return Snapshot((record,))


def deleted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that a product is gone."""
    why = "Shopify says that the product was deleted"
    product_id = values.webhook_id(body)
    return Snapshot((Record(kind=Kind.PRODUCT, id=product_id, deleted=True, needs_read=why),))


def _open_question(fields: dict[str, Any], updated_at: datetime | None) -> str | None:
    if updated_at is None:
        return values.NO_TIME
    return None if "in_stock" in fields else "the payload does not tell whether it can be bought"


def _in_stock(body: Reader) -> Any:
    # With nothing left the variants may be sold all the same, for stock need not be tracked.
    return True if any(_can_be_bought(one) for one in body.objects("variants")) else UNSET


def _can_be_bought(variant: Reader) -> bool:
    goes_on = values.lower(variant, "inventory_policy") == "continue"
    return goes_on or (variant.integer("inventory_quantity") or 0) > 0


def _sku(body: Reader) -> str | None:
    variants = body.objects("variants")
    return variants[0].filled("sku") if len(variants) == 1 else None


_PRODUCT: Fields = {
    "title": (("title",), lambda body: body.filled("title") or ""),
    "handle": (("handle",), lambda body: body.filled("handle")),
    "status": (("status",), lambda body: commerce.product_status(body.text("status"))),
    "listed": (("status",), lambda body: commerce.is_listed(body.text("status"))),
    "vendor": (("vendor",), lambda body: body.filled("vendor")),
    "product_type": (("product_type",), lambda body: body.filled("product_type")),
    "tags": (("tags",), lambda body: meaning.tags((body.text("tags") or "").split(","))),
    "sku": (("variants",), _sku),
    "in_stock": (("variants",), _in_stock),
    "created_at": (("created_at",), lambda body: body.time("created_at")),
    "updated_at": (("updated_at",), lambda body: body.time("updated_at")),
}
