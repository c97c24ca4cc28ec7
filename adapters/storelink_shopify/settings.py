"""What a Shopify store must be told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Required, TypedDict

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from storelink.toolkit.settings import Secret, Secrets

_DOMAIN = ".myshopify.com"
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com")
_BASE = re.compile(r"https?://[^/?#@\s]+")


def shop_domain(name: str) -> str:
    """Return a shop's own domain; raise `ValueError` if *name* is none."""
    shop = name.strip().lower()
    shop = shop if "." in shop else shop + _DOMAIN
    if not _SHOP.fullmatch(shop):
        raise ValueError("must be the shop's own domain, for example acme.myshopify.com")
    return shop


def base_address(address: str) -> str:
    """Return an address without its last slash; raise `ValueError` if it has a path."""
    base = address.strip().rstrip("/")
    if not _BASE.fullmatch(base):
        raise ValueError("must be an address without a path, for example https://127.0.0.1:8080")
    return base


def _unless_empty(value: Any) -> Any:
    return None if value == "" else value


class ShopifyOptions(TypedDict, total=False):
    """The options of `Shopify`, as they are written; `ShopifySettings` explains them."""

    shop: Required[str]
    webhook_secret: str | SecretStr | Iterable[str | SecretStr] | None
    access_token: str | SecretStr | None
    client_id: str | None
    client_secret: str | SecretStr | None
    refresh_token: str | SecretStr | None
    token_expires_at: datetime | str | None
    base_url: str | None
    api_version: str
    birthday_metafield: str | None


class ShopifySettings(BaseModel):
    """The options of `Shopify`.

    Attributes:
        shop: the shop's own domain, `"acme.myshopify.com"` or just `"acme"`; not the domain that
            customers see, for webhooks name their shop by its own.
        webhook_secret: the app's client secret, one or several: while it is rotated, Shopify
            signs with the old one for up to an hour. An empty one is refused: anybody could sign
            with it. Left out, it is the `client_secret`; without either, no webhook is accepted.
        client_id: of the app.
        client_secret: of the app. With the id alone, a token is asked for whenever one is needed:
            the client credentials grant, for the own store.
        access_token: of the Admin API.
        refresh_token: gives the next access token, when the present one expires.
        token_expires_at: when the access token expires.
        base_url: where the Admin API is; by default the shop itself.
        api_version: of the Admin API.
        birthday_metafield: the namespace and key of the customers' metafield that has the
            birthday; Shopify's own is `"facts.birth_date"` (shopify.dev, "Standard metafield
            definitions"). `None`: no birthday is kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    shop: Annotated[str, AfterValidator(shop_domain)]
    webhook_secret: Secrets | None = None
    client_id: Annotated[str, Field(min_length=1)] | None = None
    client_secret: Secret | None = None
    access_token: Secret | None = None
    refresh_token: Annotated[Secret | None, BeforeValidator(_unless_empty)] = None
    token_expires_at: Annotated[AwareDatetime | None, BeforeValidator(_unless_empty)] = None
    base_url: Annotated[str, AfterValidator(base_address)] | None = None
    api_version: Annotated[str, Field(pattern=r"^(\d{4}-\d{2}|unstable)$")] = "2026-10"
    birthday_metafield: Annotated[str, Field(pattern=r"^[\w-]+\.[\w-]+$")] | None = None

    @model_validator(mode="before")
    @classmethod
    def _sign_with_the_client_secret(cls, options: Any) -> Any:
        if isinstance(options, dict) and options.get("webhook_secret") is None:
            options = {name: value for name, value in options.items() if name != "webhook_secret"}
            if options.get("client_secret"):
                options["webhook_secret"] = options["client_secret"]
        return options

    @field_validator("refresh_token")
    @classmethod
    def _refreshable(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if token and not (info.data.get("client_id") and info.data.get("client_secret")):
            raise ValueError("needs client_id and client_secret")
        return token

    @property
    def address(self) -> str:
        """Where the shop is reached, without a slash at its end."""
        return self.base_url or f"https://{self.shop}"
