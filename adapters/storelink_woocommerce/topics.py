"""What is done with each webhook topic. A topic is a hint: it is not signed.

Facts: WooCommerce docs, "Webhooks", and `wc_get_webhook_topics`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from storelink.models.enums import OrderStatus
from storelink.models.record import Snapshot
from storelink_woocommerce import normalize

Read = Callable[[Mapping[str, Any]], Snapshot]
"""Says what a body says."""


class ReadOrder(Protocol):
    """Says what an order's body says, in a shop with statuses of its own."""

    def __call__(self, body: Mapping[str, Any], *, statuses: Mapping[str, OrderStatus]) -> Snapshot:
        """Return what *body* says; *statuses* are the shop's own."""
        ...


ORDERS: Mapping[str, ReadOrder] = {
    "order.created": normalize.order,
    "order.updated": normalize.order,
    "order.restored": normalize.order,
    "order.deleted": normalize.deleted_order,
}
"""The topics of orders."""

CUSTOMERS: Mapping[str, Read] = {
    "customer.created": normalize.customer,
    "customer.updated": normalize.customer,
    "customer.deleted": normalize.deleted_customer,
}
"""The topics of accounts."""

NOT_USED = frozenset(
    {
        "product.created",
        "product.updated",
        "product.deleted",
        "product.restored",
        "product.published",
        "coupon.created",
        "coupon.updated",
        "coupon.deleted",
        "coupon.restored",
    }
)
"""The other topics of WooCommerce."""

ACTION = "action."
"""How the topics begin that a shop makes of any WordPress action."""


def reader(topic: str, statuses: Mapping[str, OrderStatus]) -> Read | None:
    """Return what reads the bodies of *topic* in a shop with these *statuses* of its own."""
    read_order = ORDERS.get(topic)
    if read_order:
        return functools.partial(read_order, statuses=statuses)
    return CUSTOMERS.get(topic)


def is_known(topic: str) -> bool:
    """Say whether WooCommerce has *topic*."""
    is_used = topic in ORDERS or topic in CUSTOMERS
    return is_used or topic in NOT_USED or topic.startswith(ACTION)
