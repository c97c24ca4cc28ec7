"""What a Shopify store must be told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from storelink.toolkit.settings import Secret, Secrets

_DOMAIN = ".myshopify.com"
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com")


def _shop(name: str) -> str:
    shop = name.strip().lower()
    shop = shop if "." in shop else shop + _DOMAIN
    if not _SHOP.fullmatch(shop):
        raise ValueError("must be the shop's own domain, for example acme.myshopify.com")
    return shop


class ShopifySettings(BaseModel):
    """The options of `Shopify`.

    Attributes:
        shop: the shop's own domain, `"acme.myshopify.com"` or just `"acme"`; not the domain that
            customers see, for webhooks name their shop by its own.
        webhook_secret: the app's client secret, one or several: while it is rotated, Shopify
            signs with the old one for up to an hour. An empty one is refused: anybody could sign
            with it.
        access_token: of the Admin API, for reading.
        api_version: of the Admin API, for reading.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    shop: Annotated[str, AfterValidator(_shop)]
    webhook_secret: Secrets
    access_token: Secret | None = None
    api_version: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}|unstable)$")] = "2026-10"
