"""Discounts, of which only those with a code are coupons.

Facts: shopify.dev, "Webhooks", topics `discounts/*`. The bodies have a title, a status and times:
neither the code nor what it takes off.
"""

from __future__ import annotations

from datetime import datetime

from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import commerce, values
from storelink_shopify.values import Fields

_WITH_CODE = "gid://shopify/DiscountCodeNode/"
_AUTOMATIC = Snapshot(note="a discount without a code is no coupon")


def coupon(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what little is known of a coupon, and that it has to be read."""
    if not _has_code(body):
        return _AUTOMATIC
    record = Record(
        kind=Kind.COUPON,
        id=values.node_id(body, "admin_graphql_api_id"),
        updated_at=body.time("updated_at"),
        fields={**values.carried(body, _COUPON), "deleted_at": None},
        needs_read="webhooks of discounts have neither the code nor what it takes off",
        raw=exact_json(body.data),
    )
    return Snapshot((record,))


def codes_changed(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that a code was added or taken away, and that the coupon has to be read."""
    if not _has_code(body):
        return _AUTOMATIC
    why = "codes were changed, and the webhook has only the difference"
    coupon_id = values.node_id(body, "admin_graphql_api_id")
    return Snapshot((Record(kind=Kind.COUPON, id=coupon_id, needs_read=why),))


def deleted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that a coupon is gone."""
    if not _has_code(body):
        return _AUTOMATIC
    why = "Shopify says that the coupon was deleted"
    coupon_id = values.node_id(body, "admin_graphql_api_id")
    return Snapshot((Record(kind=Kind.COUPON, id=coupon_id, deleted=True, needs_read=why),))


def _has_code(body: Reader) -> bool:
    gid = body.text("admin_graphql_api_id") or ""
    if not gid:
        values.missing(body, "admin_graphql_api_id", "a GID")
    return gid.startswith(_WITH_CODE)


_COUPON: Fields = {
    "active": (("status",), lambda body: commerce.is_active(body.text("status"))),
    "created_at": (("created_at",), lambda body: body.time("created_at")),
    "updated_at": (("updated_at",), lambda body: body.time("updated_at")),
}
