"""A WooCommerce store on this machine: scripted, and served over HTTP.

`storelink_woocommerce.sandbox.server` has the server; it needs the extra `sandbox`.
"""

from __future__ import annotations
