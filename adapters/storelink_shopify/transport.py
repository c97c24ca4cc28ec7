"""One request to a shop: what came back, or that nothing did."""

from __future__ import annotations

import requests
from urllib3.exceptions import NewConnectionError

from storelink.errors import StoreUnavailable
from storelink.toolkit.http import Wire, clock_skew, network_fault, retry_after
from storelink_shopify.answers import Reply, Unreached


def send(wire: Wire, request: requests.Request) -> Reply:
    """Send *request* and return what came back, whatever its status.

    Redirects are not followed: they would carry the credentials somewhere else.

    Raises:
        StoreUnavailable: nothing came back; `Unreached`, if the request surely did not arrive.
    """
    try:
        prepared = wire.session.prepare_request(request)
        settings = wire.session.merge_environment_settings(prepared.url, {}, False, None, None)
        response = wire.session.send(
            prepared, timeout=wire.timeout, allow_redirects=False, **settings
        )
    except requests.RequestException as error:
        raise lost(error) from None
    now = wire.now()
    headers = {name.lower(): value for name, value in response.headers.items()}
    ahead = clock_skew(response, now)
    at = None if ahead is None else now + ahead
    return Reply(response.status_code, headers, response.content, retry_after(response, now), at)


def lost(error: requests.RequestException) -> StoreUnavailable:
    """Return the error for a request without an answer."""
    text = f"Shopify: {network_fault(error)}"
    return Unreached(text) if _never_connected(error) else StoreUnavailable(text)


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)
