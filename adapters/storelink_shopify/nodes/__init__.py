"""What GraphQL nodes say, as the Admin API answers. Pure functions.

They agree with what webhooks say on every field that both carry. A connection that was cut off at
its page's size is not carried as whole.
"""

from __future__ import annotations

from storelink_shopify.nodes.checkouts import checkout
from storelink_shopify.nodes.coupons import coupon
from storelink_shopify.nodes.customers import customer
from storelink_shopify.nodes.orders import order
from storelink_shopify.nodes.products import product
from storelink_shopify.nodes.returns import return_

__all__ = ["checkout", "coupon", "customer", "order", "product", "return_"]
