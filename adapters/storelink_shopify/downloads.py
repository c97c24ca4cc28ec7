"""Files that Shopify hands out, such as the results of bulk operations."""

from __future__ import annotations

from pathlib import Path

import requests

from storelink.errors import NotFound, StoreUnavailable
from storelink.toolkit.http import Wire
from storelink_shopify.transport import lost

_CHUNK = 1 << 16
"""So many bytes may be lost when it breaks off."""


def resume(wire: Wire, url: str, path: Path) -> None:
    """Write what is at *url* to the end of *path*, from where that ends.

    No credentials are sent: the address itself is the right to read, and it is somebody else's.

    Raises:
        NotFound: the address has expired.
        StoreUnavailable: it broke off; what came is kept.
    """
    done = path.stat().st_size if path.exists() else 0
    asked = {"Range": f"bytes={done}-"} if done else {}
    # Packed on the way, a range would count packed bytes.
    headers = {**asked, "Accept-Encoding": "identity"}
    try:
        with wire.session.get(url, headers=headers, stream=True, timeout=wire.timeout) as response:
            _write(response, path, done)
    except requests.RequestException as error:
        raise lost(error) from None


def _write(response: requests.Response, path: Path, done: int) -> None:
    if response.status_code == 416:  # noqa: PLR2004  nothing follows: it was complete
        return
    if response.status_code in {400, 403, 404, 410}:
        # The storage answers an expired signature with 400 or 403, a removed file with 404.
        raise NotFound(f"Shopify: the result is there no more (HTTP {response.status_code})")
    if response.status_code not in {200, 206}:
        raise StoreUnavailable(f"Shopify: no result (HTTP {response.status_code})")
    going_on = response.status_code == 206 and done > 0  # noqa: PLR2004
    with path.open("ab" if going_on else "wb") as file:
        for chunk in response.iter_content(_CHUNK):
            file.write(chunk)
