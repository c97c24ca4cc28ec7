"""What is done with each webhook topic. A topic is a hint: it is not signed.

Facts: WooCommerce docs, "Webhooks", and `wc_get_webhook_topics`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from storelink.models.record import Snapshot
from storelink_woocommerce import coupons, normalize, products
from storelink_woocommerce.settings import WooCommerceSettings

Read = Callable[[Mapping[str, Any]], Snapshot]
"""Says what a body says."""

ORDERS: Mapping[str, Callable[..., Snapshot]] = {
    "order.created": normalize.order,
    "order.updated": normalize.order,
    "order.restored": normalize.order,
    "order.deleted": normalize.deleted_order,
}
"""The topics of orders; what reads them wants to know the shop's own `statuses`."""

CUSTOMERS: Mapping[str, Callable[..., Snapshot]] = {
    "customer.created": normalize.customer,
    "customer.updated": normalize.customer,
    "customer.deleted": normalize.deleted_customer,
}
"""The topics of accounts; what reads them wants to know the shop's `birthday_meta`."""

GOODS: Mapping[str, Callable[..., Snapshot]] = {
    "product.created": products.product,
    "product.updated": products.product,
    "product.published": products.product,
    "product.restored": products.product,
    "product.deleted": products.deleted_product,
    "coupon.created": coupons.coupon,
    "coupon.updated": coupons.coupon,
    "coupon.restored": coupons.coupon,
    "coupon.deleted": coupons.deleted_coupon,
}
"""The topics of products and coupons; what reads them wants to know the shop's `currency`."""

ACTION = "action."
"""How the topics begin that a shop makes of any WordPress action."""


def reader(topic: str, settings: WooCommerceSettings) -> Read | None:
    """Return what reads the bodies of *topic* in a shop.

    Args:
        topic: as the webhook names it.
        settings: the shop's.
    """
    if topic in ORDERS:
        return functools.partial(ORDERS[topic], statuses=settings.statuses)
    if topic in GOODS:
        return functools.partial(GOODS[topic], currency=settings.currency)
    if topic in CUSTOMERS:
        return functools.partial(CUSTOMERS[topic], birthday_meta=settings.birthday_meta)
    return None


def is_known(topic: str) -> bool:
    """Say whether WooCommerce has *topic*."""
    is_used = topic in ORDERS or topic in CUSTOMERS or topic in GOODS
    return is_used or topic.startswith(ACTION)
