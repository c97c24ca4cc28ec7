"""Obtaining a key from the shop's own page.

Facts: WooCommerce REST API docs, "Authentication endpoint"; `WC_Auth`.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

from storelink.contracts.connect import Connector, Grant, Request
from storelink.errors import AccessDenied, ConfigError, PayloadError, StoreError
from storelink.toolkit.payload import parse_object
from storelink.toolkit.settings import checked
from storelink_woocommerce.settings import Address

APP_NAME = "storelink"
SCOPE = "read_write"
BACK = "/back"
"""Below the callback: where the shop sends its owner afterwards."""


class WooCommerceConnector(Connector):
    """Lets the owner of a shop grant a key on the shop's page.

    The shop itself posts the key to *callback*, and only over https: it must be an address that
    the shop can reach, and not this machine's own.

    Args:
        url: the address of the shop.
        callback: a public https address that leads to the local page.
        webhook_secret: if one is configured already; otherwise one is made.
        options: the adapter's others; they are not needed here.

    Raises:
        ConfigError: *url* is missing or malformed.
    """

    by_hand = MappingProxyType(
        {"consumer_key": "Consumer key (ck_…)", "consumer_secret": "Consumer secret (cs_…)"}
    )
    by_hand_hint = (
        "Add a key with the permission Read/Write in WooCommerce > Settings > Advanced > REST API."
    )

    def __init__(
        self, *, url: str = "", callback: str, webhook_secret: Any = None, **options: Any
    ) -> None:
        self._url = checked(Address, "WooCommerce", {"url": url}).url
        self._callback = callback.rstrip("/")
        self._has_secret = bool(webhook_secret)
        self._state = secrets.token_urlsafe(24)
        self._grant: Grant | None = None

    def __repr__(self) -> str:
        return f"WooCommerceConnector({self._url!r})"

    @property
    def page(self) -> str:
        """The page on which the owner agrees.

        Raises:
            ConfigError: *callback* is not https, and WooCommerce would refuse it.
        """
        if urlsplit(self._callback).scheme != "https":
            raise ConfigError(
                "WooCommerce sends keys to an https address only; pass the public https address "
                "of a tunnel to this machine as the callback, or make a key by hand in "
                "WooCommerce > Settings > Advanced > REST API"
            )
        query = {
            "app_name": APP_NAME,
            "scope": SCOPE,
            "user_id": self._state,
            "return_url": self._callback + BACK,
            "callback_url": self._callback,
        }
        return f"{self._url}/wc-auth/v1/authorize?{urlencode(query)}"

    def receive(self, request: Request) -> Grant | None:
        """Take the key that the shop posts, or the owner who comes back.

        Raises:
            AccessDenied: the owner refused.
            StoreError: it is not the key that was asked for.
        """
        if request.method == "POST":
            self._grant = self._granted(request.body)
        elif request.query.get("success") == "0" and self._is_ours(request.query.get("user_id")):
            raise AccessDenied("the owner of the shop refused", needs=SCOPE)
        return self._grant

    def entered(self, values: Mapping[str, str]) -> Grant:
        """Return what a key that was made by hand grants."""
        return self._with_secret({name: values[name].strip() for name in self.by_hand})

    def _granted(self, body: bytes) -> Grant:
        try:
            told = parse_object(body)
        except PayloadError as error:
            raise StoreError(f"what was sent is no key: {error}") from None
        if not self._is_ours(told.get("user_id")):
            raise StoreError("a key was sent that was not asked for here; begin again")
        key, secret = told.get("consumer_key"), told.get("consumer_secret")
        if not isinstance(key, str) or not isinstance(secret, str) or not key or not secret:
            raise StoreError("the shop sent no key; begin again")
        if told.get("key_permissions") != SCOPE:
            raise AccessDenied("the key that was granted may not read and write", needs=SCOPE)
        return self._with_secret({"consumer_key": key, "consumer_secret": secret})

    def _is_ours(self, state: object) -> bool:
        return hmac.compare_digest(str(state).encode(), self._state.encode())

    def _with_secret(self, found: Mapping[str, str]) -> Grant:
        """Add what the webhooks that storelink makes are to be signed with."""
        kept = {} if self._has_secret else {"webhook_secret": secrets.token_urlsafe(32)}
        return Grant(secrets={**found, **kept}, options={"url": self._url})
