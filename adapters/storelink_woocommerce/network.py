"""What a request that got no answer means."""

from __future__ import annotations

import requests
from urllib3.exceptions import NewConnectionError

from storelink.errors import NotTheApi, StoreUnavailable
from storelink.toolkit.http import network_fault
from storelink_woocommerce.trouble import Trouble


def lost(error: requests.RequestException) -> Trouble:
    """Return why there is no answer, and whether the request may have been executed."""
    what = network_fault(error)
    if isinstance(error, requests.exceptions.SSLError):
        return Trouble(
            code="certificate",
            kind=NotTheApi,
            detail=f"the shop could not be reached safely: {what}",
            remedy="renew its certificate, or set url to the name that is in it",
        )
    return Trouble(
        code="store-not-found" if _never_left(error) else "unreachable",
        kind=StoreUnavailable,
        detail=f"the shop did not answer: {what}",
        remedy="look whether url is right and the shop is up",
        in_doubt=not _never_left(error),
    )


def _never_left(error: requests.RequestException) -> bool:
    """Say whether surely no byte of the request was sent: there was no connection."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    causes = [error.args[0] if error.args else None]
    causes.append(getattr(causes[0], "reason", None))
    return any(isinstance(cause, NewConnectionError) for cause in causes)
