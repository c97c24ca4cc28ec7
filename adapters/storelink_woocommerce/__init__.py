"""WooCommerce for storelink: signed webhooks become the platform-neutral model."""

from __future__ import annotations

from storelink_woocommerce.adapter import PLUGIN, WooCommerce

__all__ = ["PLUGIN", "WooCommerce"]
