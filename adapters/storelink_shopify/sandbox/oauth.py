"""How an app gets its tokens: the merchant's grant, client credentials, refreshed tokens.

Facts: shopify.dev, "Implement authorization code grant manually", "Using the client credentials
grant" and "About offline access tokens".
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from werkzeug import Request, Response

from storelink.clock import Clock

_DAY = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_REFRESH_LASTS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class App:
    """Who asks for tokens.

    Attributes:
        scopes: what a merchant grants it.
        auto_grant: whether the merchant agrees at once, without a page.
    """

    client_id: str
    client_secret: str
    shop: str
    scopes: frozenset[str]
    auto_grant: bool = False


class TokenOffice:
    """Gives tokens to one app, and knows which are good.

    Args:
        fixed: a token that is good until the app is removed.
    """

    def __init__(self, app: App, clock: Clock, *, fixed: str) -> None:
        self._app, self._clock = app, clock
        self._good: dict[str, datetime | None] = {fixed: None}
        self._refreshers: dict[str, datetime] = {}
        self._codes: set[str] = set()
        self._made = 0

    def is_good(self, token: str) -> bool:
        """Say whether a token opens the API."""
        until = self._good.get(token, self._clock.now())
        return token in self._good and (until is None or until > self._clock.now())

    def revoke_all(self) -> None:
        """Let no token be good: the app was removed."""
        self._good.clear()
        self._refreshers.clear()

    def authorize(self, request: Request) -> Response:
        """Show the merchant what the app asks for, or grant it at once."""
        asked = request.args
        if asked.get("client_id") != self._app.client_id or not asked.get("redirect_uri"):
            return Response("Oauth error invalid_request: unknown application", status=400)
        code = self._new("code")
        self._codes.add(code)
        told = {
            "code": code,
            "host": "YWRtaW4uc2hvcGlmeS5jb20",
            "shop": self._app.shop,
            "state": asked.get("state", ""),
            "timestamp": str(int(self._clock.now().timestamp())),
        }
        joined = "&".join(f"{name}={value}" for name, value in sorted(told.items()))
        told["hmac"] = self._sign(joined)
        back = f"{asked['redirect_uri']}?{urlencode(told)}"
        if self._app.auto_grant:
            return Response(status=302, headers={"Location": back})
        scopes = html.escape(asked.get("scope", ""))
        page = _PAGE.format(shop=html.escape(self._app.shop), scopes=scopes, back=html.escape(back))
        return Response(page, mimetype="text/html")

    def _sign(self, text: str) -> str:
        key = self._app.client_secret.encode()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    def token(self, request: Request) -> Response:
        """Answer a request for a token."""
        asked = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        asked = asked if isinstance(asked, dict) else {}
        known = (self._app.client_id, self._app.client_secret)
        if (asked.get("client_id"), asked.get("client_secret")) != known:
            return _error(401, "application_cannot_be_found")
        grants = {
            "client_credentials": self._by_credentials,
            "refresh_token": self._by_refresh,
            None: self._by_code,
        }
        answer = grants.get(asked.get("grant_type"), self._by_code)(asked)
        return _error(400, "invalid_request") if answer is None else _json(200, answer)

    def _by_credentials(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**self._grant(_DAY), "expires_in": int(_DAY.total_seconds()) - 1}

    def _by_code(self, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
        code = str(asked.get("code", ""))
        if code not in self._codes:
            return None
        self._codes.remove(code)
        return self._offline() if str(asked.get("expiring", "")) == "1" else self._grant(None)

    def _by_refresh(self, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
        until = self._refreshers.pop(str(asked.get("refresh_token", "")), None)
        return self._offline() if until is not None and until > self._clock.now() else None

    def _offline(self) -> Mapping[str, Any]:
        refresher = self._new("refresh")
        self._refreshers[refresher] = self._clock.now() + _REFRESH_LASTS
        return {
            **self._grant(_HOUR),
            "expires_in": int(_HOUR.total_seconds()),
            "refresh_token": refresher,
            "refresh_token_expires_in": int(_REFRESH_LASTS.total_seconds()),
        }

    def _grant(self, lasts: timedelta | None) -> dict[str, Any]:
        token = self._new("shpat")
        self._good[token] = None if lasts is None else self._clock.now() + lasts
        return {"access_token": token, "scope": ",".join(sorted(self._app.scopes))}

    def expiring(self) -> Mapping[str, Any]:
        """Return a new expiring token with the one that refreshes it, as the API gives them."""
        return self._offline()

    def _new(self, kind: str) -> str:
        self._made += 1
        return f"{kind}_{self._sign(f'{kind} {self._made}')[:32]}"


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")


def _error(status: int, code: str) -> Response:
    return _json(status, {"error": code, "error_description": "The request is not valid."})


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Install an app</title>
<h1>Install an app on {shop}</h1>
<p>It asks for: {scopes}</p>
<p><a href="{back}">Install</a></p>
</html>"""
