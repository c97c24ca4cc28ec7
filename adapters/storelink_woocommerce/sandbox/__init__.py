"""A WooCommerce store that lives its recorded life again."""

from __future__ import annotations

from storelink_woocommerce.sandbox.recorded import RecordedStore

__all__ = ["RecordedStore"]
