"""Shopify for storelink: signed webhooks and GraphQL nodes become the platform-neutral model."""

from __future__ import annotations

from storelink_shopify.adapter import PLUGIN, Shopify

__all__ = ["PLUGIN", "Shopify"]
