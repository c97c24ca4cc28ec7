"""The page on which a shop's owner grants keys: `/wc-auth/v1/authorize`.

Facts: WooCommerce REST API docs, "Authentication endpoint"; `WC_Auth`.
"""

from __future__ import annotations

import html
import logging
from urllib.parse import urlencode

import requests
from werkzeug import Request, Response

from storelink.toolkit.signing import digest
from storelink_woocommerce.sandbox.auth import Doorkeeper, Key
from storelink_woocommerce.sandbox.oddities import page

log = logging.getLogger(__name__)

PATH = "/wc-auth/v1/authorize"
_SCOPES = ("read", "write", "read_write")
_DEMANDS = ("app_name", "user_id", "return_url", "callback_url", "scope")
_TIMEOUT = 10.0


class GrantingPage:
    """Grants keys to whoever asks in the right way.

    Args:
        doorkeeper: learns the new key.
        grants_at_once: the owner agrees without being asked; otherwise a page asks.
        demands_https: refuse a callback that is not https, as WooCommerce does.
    """

    def __init__(
        self, doorkeeper: Doorkeeper, *, grants_at_once: bool, demands_https: bool
    ) -> None:
        self._doorkeeper = doorkeeper
        self._grants_at_once, self._demands_https = grants_at_once, demands_https
        self._granted = 0

    def answer(self, request: Request) -> Response:
        """Answer `GET` with the page, and a granted one with the way back."""
        query = {name: request.args.get(name, "") for name in _DEMANDS}
        fault = self._fault(query)
        if fault:
            return page(401, fault)
        answered = request.args.get("answer") or ("grant" if self._grants_at_once else "")
        if answered == "deny":
            return _back(query, success=False)
        if answered == "grant":
            return self._grant(query)
        here = f"{request.base_url}?{urlencode(query)}"
        return page(200, f"{query['app_name']} would like to connect", {"X-Grant": here})

    def _fault(self, query: dict[str, str]) -> str:
        missing = next((name for name in _DEMANDS if not query[name]), None)
        if missing:
            return f"Error: Missing parameter {missing}"
        if query["scope"] not in _SCOPES:
            return f"Error: Invalid scope {html.escape(query['scope'])}"
        if self._demands_https and not query["callback_url"].startswith("https://"):
            return "Error: The callback_url needs to be over SSL"
        return ""

    def _grant(self, query: dict[str, str]) -> Response:
        """Post the key to the callback; the owner goes back whatever becomes of it."""
        self._granted += 1
        mark = digest("granted", str(self._granted), query["user_id"])
        key = Key(f"ck_{mark}", f"cs_{digest(mark)}", query["scope"])
        self._doorkeeper.add(key)
        body = {
            "key_id": self._granted,
            "user_id": query["user_id"],
            "consumer_key": key.consumer_key,
            "consumer_secret": key.consumer_secret,
            "key_permissions": key.permissions,
        }
        try:
            posted = requests.post(query["callback_url"], json=body, timeout=_TIMEOUT)
        except requests.RequestException:
            return page(
                401,
                "Error: An error occurred in the request and at the time were unable "
                "to send the consumer data",
            )
        if not posted.ok:
            return page(401, "Error: The consumer data could not be sent")
        return _back(query, success=True)


def _back(query: dict[str, str], *, success: bool) -> Response:
    glue = "&" if "?" in query["return_url"] else "?"
    told = urlencode({"success": int(success), "user_id": query["user_id"]})
    return page(302, "Back to the app", {"Location": f"{query['return_url']}{glue}{told}"})
