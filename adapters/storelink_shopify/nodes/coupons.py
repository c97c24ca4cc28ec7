"""Discounts that a code gives.

Facts: shopify.dev, GraphQL Admin API 2026-10, the objects DiscountCodeNode, DiscountCodeBasic and
its three sisters. A percentage is a share of one: 0.1 is ten percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from storelink.models.money import Money
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import commerce, values
from storelink_shopify.money import amount
from storelink_shopify.nodes import pages
from storelink_shopify.values import UNSET, Fields


def coupon(node: Mapping[str, Any]) -> Snapshot:
    """Say what a discount with a code says.

    Args:
        node: as JSON has it, with the fields of the document `CouponsByIds`, or some of them.

    Raises:
        PayloadError: the node cannot be understood; the message names the field.
    """
    reader = Reader(node, "coupon")
    discount = values.child(reader, "codeDiscount")
    record = Record(
        kind=Kind.COUPON,
        id=values.node_id(reader),
        updated_at=discount.time("updatedAt"),
        fields={**values.carried(discount, _COUPON), "deleted_at": None},
        raw=exact_json(reader.data),
    )
    return Snapshot((record,))


def _code(discount: Reader) -> Any:
    # A discount can have thousands of codes: then none of them is its name.
    codes = pages.nodes(discount, "codes")
    return codes[0].filled("code") or "" if len(codes) == 1 else UNSET


def _value(discount: Reader) -> Reader | None:
    gets = discount.object("customerGets")
    return gets.object("value") if gets else None


def _kind(discount: Reader) -> Any:
    value = _value(discount)
    types = (value.text("__typename") if value else None, discount.text("__typename"))
    return commerce.coupon_kind(*types)


def _percent(discount: Reader) -> Decimal | None:
    value = _value(discount)
    share = value.decimal("percentage") if value else None
    return None if share is None else Decimal(f"{(share * 100).normalize():f}")


def _amount(discount: Reader) -> Money | None:
    value = _value(discount)
    money = value.object("amount") if value else None
    return amount(money, "currencyCode") if money else None


def _minimum(discount: Reader) -> Money | None:
    wanted = discount.object("minimumRequirement")
    money = wanted.object("greaterThanOrEqualToSubtotal") if wanted else None
    return amount(money, "currencyCode") if money else None


def _customer_ids(discount: Reader) -> Any:
    buyers = values.child(discount, "context")
    if buyers.text("__typename") == "DiscountCustomers" and not buyers.has("customers"):
        return UNSET  # the app may not see accounts
    return tuple(values.node_id(one) for one in buyers.objects("customers"))


_COUPON: Fields = {
    "code": (("codes",), _code),
    "kind": (("__typename",), _kind),
    "percent": (("customerGets",), _percent),
    "amount": (("customerGets",), _amount),
    "minimum": (("minimumRequirement",), _minimum),
    "usage_limit": (("usageLimit",), lambda discount: discount.integer("usageLimit")),
    "usage_count": (("asyncUsageCount",), lambda discount: discount.integer("asyncUsageCount")),
    "customer_ids": (("context",), _customer_ids),
    "active": (("status",), lambda discount: commerce.is_active(discount.text("status"))),
    "starts_at": (("startsAt",), lambda discount: discount.time("startsAt")),
    "expires_at": (("endsAt",), lambda discount: discount.time("endsAt")),
    "created_at": (("createdAt",), lambda discount: discount.time("createdAt")),
    "updated_at": (("updatedAt",), lambda discount: discount.time("updatedAt")),
}
