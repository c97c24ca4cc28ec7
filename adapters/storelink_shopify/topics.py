"""What is done with each webhook topic. A topic is a hint: it is not signed.

Facts: shopify.dev, "Webhooks", the list of topics for 2026-07.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from storelink.models.record import Snapshot
from storelink.toolkit.payload import Reader
from storelink_shopify.webhooks import (
    checkouts,
    coupons,
    customers,
    orders,
    privacy,
    products,
    refunds,
    returns,
    shipments,
)

Normalize = Callable[[Reader, datetime | None], Snapshot]
"""Says what a body says; the time of the trigger comes in a header, which is not signed."""

NORMALIZERS: Mapping[str, Normalize] = {
    "orders/create": orders.order,
    "orders/updated": orders.order,
    "orders/paid": orders.order,
    "orders/cancelled": orders.order,
    "orders/fulfilled": orders.order,
    "orders/partially_fulfilled": orders.order,
    "orders/edited": orders.edited,
    "orders/delete": orders.deleted,
    "order_transactions/create": orders.transaction,
    "fulfillments/create": shipments.fulfillment,
    "fulfillments/update": shipments.fulfillment,
    "fulfillment_events/create": shipments.event,
    "fulfillment_events/delete": shipments.event_deleted,
    "refunds/create": refunds.created,
    "returns/request": returns.returned,
    "returns/approve": returns.returned,
    "returns/decline": returns.returned,
    "returns/cancel": returns.returned,
    "returns/close": returns.returned,
    "returns/reopen": returns.returned,
    "returns/update": returns.returned,
    "returns/process": returns.returned,
    "customers/create": customers.customer,
    "customers/update": customers.customer,
    "customers/enable": customers.customer,
    "customers/disable": customers.customer,
    "customers/delete": customers.deleted,
    "customers/merge": customers.merged,
    "customers/purchasing_summary": customers.purchases,
    "customer.tags_added": customers.tagged,
    "customer.tags_removed": customers.tagged,
    "customers_email_marketing_consent/update": customers.email_consent,
    "customers_marketing_consent/update": customers.sms_consent,
    "customers_whats_app_marketing_consent/update": customers.whatsapp_consent,
    "products/create": products.product,
    "products/update": products.product,
    "products/delete": products.deleted,
    "checkouts/create": checkouts.checkout,
    "checkouts/update": checkouts.checkout,
    "checkouts/delete": checkouts.deleted,
    "discounts/create": coupons.coupon,
    "discounts/update": coupons.coupon,
    "discounts/delete": coupons.deleted,
    "discounts/redeemcode_added": coupons.codes_changed,
    "discounts/redeemcode_removed": coupons.codes_changed,
    "customers/data_request": privacy.data_requested,
    "customers/redact": privacy.customer_redacted,
    "shop/redact": privacy.shop_redacted,
    "app/uninstalled": privacy.uninstalled,
}
"""The topics that storelink uses, as webhooks name them."""

LATER: Mapping[str, str] = {
    "carts": "carts",
    "draft_orders": "draft orders",
}
"""What else Shopify sends and this version does not use: topics, or all topics of an object."""
