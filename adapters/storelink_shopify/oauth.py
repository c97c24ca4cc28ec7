"""Installing the app in a shop: the owner agrees on Shopify's page, and the shop grants a token.

Facts: shopify.dev, "Implement authorization code grant manually".
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from storelink.contracts.connect import Connector, Grant, Request
from storelink.errors import AccessDenied, ConfigError, MissingExtra, StoreError
from storelink.toolkit.http import Wire
from storelink.toolkit.settings import Secret, checked
from storelink_shopify.scopes import ASKED
from storelink_shopify.settings import base_address, shop_domain
from storelink_shopify.tokens import as_options, granted

if TYPE_CHECKING:
    import shopify

_VALID = timedelta(days=1)
"""How old a redirect may be: shopifyapi allows as much."""


class InstallationSettings(BaseModel):
    """What an installation must be told: some of the options of `Shopify`."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    shop: Annotated[str, AfterValidator(shop_domain)]
    base_url: Annotated[str, AfterValidator(base_address)] | None = None
    client_id: Annotated[str, Field(min_length=1)] | None = None
    client_secret: Secret | None = None


class Installation(Connector):
    """Lets the owner of a shop install the app, and obtains tokens that expire and are refreshed.

    Args:
        callback: where Shopify sends the owner back to; it must be one of the app's redirect URLs.
        scopes: the rights that are asked for.
        wire: how the shop is reached.
        options: those of `Shopify`; `shop`, `client_id` and `client_secret` are needed.

    Raises:
        ConfigError: an option is missing or malformed.
    """

    by_hand = MappingProxyType(
        {
            "access_token": "Admin API access token (shpat_…)",
            "webhook_secret": "API secret key, which signs webhooks",
        }
    )
    by_hand_hint = (
        "An app that was made in the shop's admin shows them under Settings > Apps > "
        "Develop apps > API credentials."
    )

    def __init__(
        self,
        *,
        callback: str,
        scopes: Iterable[str] = ASKED,
        wire: Wire | None = None,
        **options: Any,
    ) -> None:
        self.settings = checked(InstallationSettings, "Shopify", options)
        self._callback, self._scopes = callback, tuple(scopes)
        self._wire = wire or Wire()
        self._state = secrets.token_urlsafe(24)
        self._grant: Grant | None = None

    def __repr__(self) -> str:
        return f"Installation({self.settings.shop!r})"

    @property
    def page(self) -> str:
        """The page of the shop on which the owner agrees.

        Raises:
            ConfigError: the app's id or its secret is not known.
        """
        session = self._session()
        address: str = session.create_permission_url(self._scopes, self._callback, self._state)
        return address.replace(f"https://{self.settings.shop}", self._address, 1)

    def receive(self, request: Request) -> Grant | None:
        """Take the owner who comes back from Shopify's page.

        Raises:
            AccessDenied: the owner refused, or the shop does not grant.
            StoreError: it is not the answer to what was asked here.
        """
        query = request.query
        if self._grant is None and ("code" in query or "error" in query):
            self._check(query)
            self._grant = self._granted(query["code"])
        return self._grant

    def _check(self, query: Mapping[str, str]) -> None:
        state = query.get("state", "")
        if not hmac.compare_digest(state.encode(), self._state.encode()):
            raise StoreError("the answer is not to what was asked here; begin again")
        if "code" not in query:
            raise AccessDenied("the owner of the shop refused")
        if not self._is_signed(query):
            raise StoreError("the answer is not signed by Shopify; is client_secret the app's?")
        if query.get("shop") != self.settings.shop:
            raise StoreError(f"another shop answers than {self.settings.shop}; begin again")

    def _is_signed(self, query: Mapping[str, str]) -> bool:
        try:
            age = self._wire.now().timestamp() - float(query["timestamp"])
        except (KeyError, ValueError):
            return False
        signed: bool = type(self._session()).validate_hmac(dict(query))
        return signed and age < _VALID.total_seconds()

    def _granted(self, code: str) -> Grant:
        form = {**self._app(), "code": code, "expiring": "1"}
        token = granted(self._wire, self._address, form)
        options = {"shop": self.settings.shop, "client_id": form["client_id"]}
        return Grant(secrets=as_options(token), options=options)

    @property
    def _address(self) -> str:
        return self.settings.base_url or f"https://{self.settings.shop}"

    def _app(self) -> dict[str, str]:
        settings = self.settings
        if not settings.client_id or not settings.client_secret:
            raise ConfigError(
                "Shopify: an installation needs client_id and client_secret: see the app's "
                "settings in the Dev Dashboard"
            )
        return {
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.get_secret_value(),
        }

    def _session(self) -> shopify.Session:
        """Return a session of shopifyapi for this app alone.

        The library keeps the app's id and secret on the class, for all threads and shops: hence a
        class of its own for each installation.
        """
        try:
            from shopify import Session
        except ImportError:
            raise MissingExtra("ShopifyAPI", "shopify") from None
        app = self._app()
        own = {"api_key": app["client_id"], "secret": app["client_secret"]}
        return type("AppSession", (Session,), own)(self.settings.shop, "unstable")
