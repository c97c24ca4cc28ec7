"""Access tokens: fixed ones, ones that are asked for, ones that are refreshed.

Facts: shopify.dev, "About access tokens", "Client credentials grant" (24 hours) and "Offline access
tokens" (those that expire live for an hour, their refresh token for 90 days, and every refresh
gives new ones of both).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import requests

from storelink.contracts.connect import Vault
from storelink.toolkit.http import Wire
from storelink_shopify.answers import Denied, brief, decoded
from storelink_shopify.settings import ShopifySettings
from storelink_shopify.transport import send

_MARGIN = timedelta(minutes=1)
"""A token is renewed before it expires, so that it lasts for a call that is slow."""

_NONE = (
    "Shopify: no access token: give access_token, or client_id and client_secret, or install the "
    "app with: storelink connect shopify"
)
_LAPSED = "Shopify: the refresh token is refused: install the app again: storelink connect shopify"


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the Admin API.

    Attributes:
        refresh: what gives the next one; empty if nothing does.
        expires_at: `None`: never, or nobody knows.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False, default="")
    expires_at: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Say whether it can be used for a call."""
        return bool(self.access) and (self.expires_at is None or now + _MARGIN < self.expires_at)


class Tokens(Protocol):
    """Where a client gets its token."""

    def current(self) -> str:
        """Return a token to be used now."""

    def renewed(self, refused: str) -> str | None:
        """Return another token than the one that was *refused*; `None` if there is none."""


class ShopTokens:
    """The tokens of one shop, as its settings and its vault have them.

    What the vault holds wins: it is newer than the configuration.

    Args:
        vault: gives the vault, if there is one by now.
    """

    def __init__(
        self, settings: ShopifySettings, wire: Wire, vault: Callable[[], Vault | None]
    ) -> None:
        self._settings, self._wire, self._vault = settings, wire, vault
        self._lock = threading.Lock()
        self._token: Token | None = None

    def current(self) -> str:
        """Return a token that lasts for a call.

        Raises:
            AccessDenied: there is none, or Shopify gives none.
            StoreUnavailable: Shopify does not answer.
        """
        with self._lock:
            token = self._token or self._kept()
            if not token.lasts(self._wire.now()):
                token = self._next(token)
            self._token = token
            return token.access

    def renewed(self, refused: str) -> str | None:
        """Return another token than the one that was *refused*; `None` if there is none."""
        with self._lock:
            token = self._token or self._kept()
            if token.access == refused:
                token = self._vaulted() or token
            if token.access == refused:
                if not (token.refresh or self._asks):
                    return None
                token = self._next(token)
            self._token = token
            return token.access

    @property
    def _asks(self) -> bool:
        """Whether the app may ask for a token whenever it needs one."""
        settings = self._settings
        return bool(settings.client_id and settings.client_secret and not settings.access_token)

    def _kept(self) -> Token:
        settings = self._settings
        return self._vaulted() or Token(
            settings.access_token.get_secret_value() if settings.access_token else "",
            settings.refresh_token.get_secret_value() if settings.refresh_token else "",
            settings.token_expires_at,
        )

    def _vaulted(self) -> Token | None:
        vault = self._vault()
        kept = vault.load() if vault else {}
        access = kept.get("access_token")
        return Token(access, kept.get("refresh_token", ""), _instant(kept)) if access else None

    def _next(self, old: Token) -> Token:
        if old.refresh:
            return self._refreshed(old)
        if self._asks:
            return self._grant({"grant_type": "client_credentials"})
        if old.access:
            raise Denied("Shopify: the access token has expired", code="token-refused")
        raise Denied(_NONE, code="token-missing")

    def _refreshed(self, old: Token) -> Token:
        """Refresh, and keep the new tokens before one of them is used.

        Another process may have refreshed meanwhile: its tokens are taken then, for the old
        refresh token is spent.
        """
        vault = self._vault()
        if vault is None:
            return self._refresh(old)
        with vault.lock():
            kept = self._vaulted() or old
            if kept.access != old.access and kept.lasts(self._wire.now()):
                return kept
            new = self._refresh(kept if kept.refresh else old)
            vault.save(as_options(new))
        return new

    def _refresh(self, old: Token) -> Token:
        asked = {"grant_type": "refresh_token", "refresh_token": old.refresh}
        try:
            return self._grant(asked)
        except Denied as error:
            if error.code != "token-refused":
                raise  # the shop is frozen, or locked: a new installation is no help
            raise Denied(_LAPSED, code=error.code) from None

    def _grant(self, asked: Mapping[str, str]) -> Token:
        settings = self._settings
        secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
        form = {"client_id": settings.client_id or "", "client_secret": secret, **asked}
        # Asked once: the call that needs the token is repeated, and with it this.
        return _ask(self._wire, settings.address, form)


def as_options(token: Token) -> dict[str, str]:
    """Return a token as the adapter's options, for the vault."""
    expires = token.expires_at.isoformat() if token.expires_at else ""
    return {
        "access_token": token.access,
        "refresh_token": token.refresh,
        "token_expires_at": expires,
    }


def granted(wire: Wire, address: str, form: Mapping[str, str]) -> Token:
    """Ask a shop for a token.

    Repeating is harmless: until the new tokens are used, the old refresh token gives some again
    (shopify.dev, changelog, "More resilient refreshes for expiring offline access tokens").

    Args:
        wire: how the shop is reached.
        address: of the shop.
        form: what the grant needs; it holds secrets.

    Raises:
        AccessDenied: the shop does not grant.
        StoreUnavailable: it does not answer.
    """
    return wire.retrying()(_ask, wire, address, form)


def _ask(wire: Wire, address: str, form: Mapping[str, str]) -> Token:
    request = requests.Request(
        "POST",
        f"{address}/admin/oauth/access_token",
        data=dict(form),
        headers={"Accept": "application/json"},
    )
    reply = send(wire, request)
    if reply.status in {400, 401, 403}:  # OAuth's answers to a grant that is refused
        raise Denied(f"Shopify: no token is granted{_reason(reply.body)}", code="token-refused")
    body = decoded(reply)
    access = str(body.get("access_token") or "")
    if not access:
        raise Denied("Shopify: the answer holds no token", code="token-refused")
    return Token(access, str(body.get("refresh_token") or ""), _expiry(body, wire.now()))


def _reason(body: bytes) -> str:
    """Return OAuth's own code for a refusal, such as `invalid_client`."""
    text = body[:4000].decode("utf-8", "replace")
    known = ("invalid_client", "invalid_grant", "invalid_request", "application_cannot_be_found",
             "shop_not_permitted", "invalid_subject_token", "unsupported_grant_type")  # fmt: skip
    return "".join(f": {brief(word)}" for word in known if word in text)


def _expiry(body: Mapping[str, Any], now: datetime) -> datetime | None:
    try:
        return now + timedelta(seconds=float(body["expires_in"]))
    except (KeyError, TypeError, ValueError):
        return None


def _instant(kept: Mapping[str, str]) -> datetime | None:
    try:
        at = datetime.fromisoformat(kept.get("token_expires_at", ""))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
