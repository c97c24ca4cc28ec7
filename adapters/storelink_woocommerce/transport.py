"""The `woocommerce` package's client, on a pooled session.

The package builds a connection for every call and takes no session. Its one method that makes
requests is replaced; what it knows of a shop, and its OAuth 1.0a, are used as they are.
Facts: `woocommerce/api.py` and `oauth.py` of version 3.0.0; `WC_REST_Authentication`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import requests
import urllib3
from requests.auth import AuthBase, HTTPBasicAuth

from storelink.errors import MissingExtra
from storelink.toolkit.http import Wire

try:
    from woocommerce import API
    from woocommerce.oauth import OAuth
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("WooCommerce", "woocommerce") from None

AGENT = "storelink"

MOST_BYTES = 64 * 1024 * 1024
"""An answer that is longer is none of a shop's: a hundred orders are some hundred kilobytes."""

MOST_SECONDS = 120.0
"""How long an answer may take from its first byte to its last."""

_PART = 65_536


@dataclass(frozen=True, slots=True)
class Mode:
    """How a shop wants to be asked; a client learns it from the first answers.

    Attributes:
        plain: with `?rest_route=`, as a shop without pretty permalinks needs it.
        query_auth: over https with the key in the query, for a server that drops the
            Authorization header.
        signed_for: scheme and host that WordPress believes to have, if they are others than those
            that it is asked at; signatures are made for them, over https, too.
    """

    plain: bool = False
    query_auth: bool = False
    signed_for: str = ""


class Connection(API):  # type: ignore[misc]  # the package has no types
    """The package's client with its requests made by a `Wire`."""

    def __init__(self, url: str, key: str, secret: str, *, version: str, wire: Wire) -> None:
        super().__init__(url, key, secret, version=version, user_agent=AGENT)
        self._wire = wire

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def _API__request(  # noqa: N802  the name that Python makes of the package's __request
        self,
        method: str,
        endpoint: str,
        data: object,
        params: Mapping[str, Any] | None = None,
        *,
        mode: Mode | None = None,
        namespace: str | None = None,
    ) -> requests.Response:
        """Make one request; redirects are answers, because they would lose the credentials."""
        mode = mode or Mode()
        route = "/".join(part for part in (namespace or "", endpoint) if part)
        if namespace is None:
            route = f"{self.version}/{endpoint}"
        address, query = _address(self.url, route, plain=mode.plain)
        query |= {name: _text(value) for name, value in (params or {}).items()}
        url, auth = self._authenticated(method, address, query, mode)
        headers = {"User-Agent": self.user_agent, "Accept": "application/json"}
        body = None
        if method == "GET":
            headers["Cache-Control"] = "no-cache"
        if data is not None:
            body = json.dumps(data, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json;charset=utf-8"
        response = self._wire.session.request(
            method,
            url,
            data=body,
            headers=headers,
            auth=auth,
            timeout=self._wire.timeout,
            # Named here, because requests prefers the environment to what a session says.
            verify=self._wire.session.verify,
            allow_redirects=False,
            stream=True,
        )
        with response:
            response._content = self._read(response)  # noqa: SLF001  as `content` does it
        return response

    def _read(self, response: requests.Response) -> bytes:
        """Read a body, unless it is endless, or comes so slowly that it is as good as that.

        The timeout of `requests` is for each byte only.
        """
        begun = self._wire.monotonic()
        body = bytearray()
        for part in _parts(response):
            body += part
            if len(body) > MOST_BYTES:
                raise requests.exceptions.ContentDecodingError("too long")
            if self._wire.monotonic() - begun > MOST_SECONDS:
                raise requests.exceptions.ReadTimeout("too slow")
        return bytes(body)

    def _authenticated(
        self, method: str, address: str, query: dict[str, str], mode: Mode
    ) -> tuple[str, AuthBase]:
        """Return the whole address, and what else proves the key.

        Over plain http WooCommerce takes nothing but a signature (`WC_REST_Authentication::
        authenticate`): a password could be read by anybody on the way.
        """
        if mode.signed_for or not self.is_ssl:
            return self._signed(method, _joined(address, query), mode.signed_for), _Nothing()
        if mode.query_auth:
            query["consumer_key"] = self.consumer_key
            query["consumer_secret"] = self.consumer_secret
            return _joined(address, query), _Nothing()
        return _joined(address, query), HTTPBasicAuth(self.consumer_key, self.consumer_secret)

    def _signed(self, method: str, url: str, signed_for: str) -> str:
        here = "/".join(url.split("/", 3)[:3])
        there = signed_for or here
        signature = _Signature(
            f"{there}{url[len(here) :]}",
            self.consumer_key,
            self.consumer_secret,
            version=self.version,
            method=method,
            oauth_timestamp=int(self._wire.now().timestamp()),
        )
        signed = str(signature.get_oauth_url())[len(there) :]
        # Slashes stay readable for WordPress, see `_address`.
        return here + signed.replace("%2F", "/")


def _parts(response: requests.Response) -> Iterator[bytes]:
    """Read a body as it arrives; what goes wrong is told as `requests` tells it."""
    try:
        while part := response.raw.read1(_PART, decode_content=True):
            yield part
    except urllib3.exceptions.DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout(error) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error


class _Signature(OAuth):  # type: ignore[misc]  # the package has no types
    """The package's signature, made as WooCommerce makes it.

    The package decodes values before it signs them and leaves slashes as they are: a text with
    either would be refused. Its nonce is one of 10^8, and none may come twice in 15 minutes.
    """

    @staticmethod
    def normalize_parameters(params: Mapping[str, Any]) -> dict[str, str]:
        """Encode names and values twice, as `join_with_equals_sign` does it in WooCommerce."""
        return {_twice(name): _twice(value) for name, value in params.items()}

    @staticmethod
    def generate_nonce() -> str:
        """Return a text that was never used."""
        return secrets.token_hex(16)


class _Nothing(AuthBase):
    """Adds nothing; without it `requests` would look for a password in `~/.netrc`."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        return r


def _address(url: str, route: str, *, plain: bool) -> tuple[str, dict[str, str]]:
    """Return where *route* is, and the parameters that it needs.

    Without pretty permalinks WordPress takes the route as a parameter of `index.php`
    (`get_rest_url`). Before 11.1 WooCommerce looks at keys only if the address has `wp-json/wc/`
    somewhere (woocommerce issue 41191), so that it is put there, where nobody reads it.
    """
    base = url.rstrip("/")
    if not plain:
        return f"{base}/wp-json/{route}", {}
    return f"{base}/index.php", {"rest_route": f"/{route}", "_for": "wp-json/wc/"}


def _joined(address: str, query: Mapping[str, str]) -> str:
    return f"{address}?{urlencode(query, safe='/')}" if query else address


def _text(value: object) -> str:
    """Return a parameter as WordPress reads it; lists are taken with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(map(str, value))
    return str(value)


def _twice(value: object) -> str:
    return quote(quote(str(value), safe=""), safe="")
