"""Products, checkouts and coupons in the words of the model, from either shape.

Facts: shopify.dev, the enums `ProductStatus` and `DiscountStatus`, the unions `DiscountCode` and
`DiscountCustomerGetsValue`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from storelink.models.enums import CouponKind, ProductStatus

_PRODUCT: Mapping[str, ProductStatus] = {
    "active": ProductStatus.ACTIVE,
    "unlisted": ProductStatus.ACTIVE,  # whoever has the link can see and buy it
    "draft": ProductStatus.DRAFT,
    "archived": ProductStatus.ARCHIVED,
}

_TAKES_OFF: Mapping[str, CouponKind] = {
    "DiscountPercentage": CouponKind.PERCENT,
    "DiscountAmount": CouponKind.AMOUNT,
    "DiscountCodeFreeShipping": CouponKind.FREE_SHIPPING,
}

_CHECKOUT_NUMBER = re.compile(r"#?(\d{1,32})")


def product_status(word: str | None) -> ProductStatus:
    """Translate the status of a product."""
    return _PRODUCT.get((word or "").strip().lower(), ProductStatus.UNKNOWN)


def is_listed(word: str | None) -> bool | None:
    """Say whether the shop shows a product among the others, from its status."""
    return word.strip().lower() != "unlisted" if word else None


def coupon_kind(*types: str | None) -> CouponKind:
    """Return what a discount takes off, from the names of its GraphQL types."""
    known = (_TAKES_OFF.get(name or "") for name in types)
    return next((kind for kind in known if kind), CouponKind.UNKNOWN)


def is_active(status: str | None) -> bool | None:
    """Say whether a discount can be used now; `None` if that is not told."""
    return status.strip().lower() == "active" if status else None


def checkout_number(name: str | None) -> str | None:
    """Return the number in a checkout's name: `"#981820079255243537"`.

    A checkout's name is its number, whereas an order's is counted by the shop. The number is the
    one identity that all shapes share: webhooks of `checkouts/create` have a token and this name,
    `checkouts/delete` has only the number, and a GraphQL node has no token (shopify.dev,
    "Webhooks", examples of `checkouts/*`; GraphQL Admin API, the object AbandonedCheckout).
    """
    found = _CHECKOUT_NUMBER.fullmatch(name or "")
    return found[1] if found else None
