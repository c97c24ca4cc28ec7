"""A Shopify store whose life is scripted: it raises real, signed webhooks and can be read.

`ScriptedShopify` is the store alone; `server.ShopifySandbox` serves it over HTTP.
"""

from __future__ import annotations

from storelink_shopify.sandbox.script import ScriptedShopify

__all__ = ["ScriptedShopify"]
