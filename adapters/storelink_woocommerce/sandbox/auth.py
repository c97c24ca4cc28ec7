"""Who asks: keys of the REST API, as WooCommerce's `WC_REST_Authentication` finds them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote

from storelink_woocommerce.sandbox.refusals import UNAUTHORIZED, Refusal

_OAUTH = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)
_WINDOW = 15 * 60
_KEPT_NONCES = 10_000
_HASHES = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the REST API.

    Attributes:
        permissions: `"read"`, `"write"` or `"read_write"`.
    """

    consumer_key: str = field(repr=False)
    consumer_secret: str = field(repr=False)
    permissions: str = "read_write"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows of itself.

    Attributes:
        address: without the query, as the site knows it.
        authorization: the header.
    """

    method: str
    address: str
    query: str = field(repr=False)
    authorization: str = field(repr=False)
    is_https: bool


class Doorkeeper:
    """Knows the keys.

    Args:
        keys: all of them.
        clocks: timestamps are held against each of these; near one of them is good enough, since a
            store's clock may stand still while clients sign with the machine's.
    """

    def __init__(self, keys: Sequence[Key], clocks: Sequence[Callable[[], datetime]]) -> None:
        self._keys = {key.consumer_key: key for key in keys}
        self._clocks = clocks
        self._nonces: dict[str, None] = {}

    def add(self, key: Key) -> None:
        """Let one more key in."""
        self._keys[key.consumer_key] = key

    def identify(self, shown: Credentials) -> Key | None:
        """Return the key that is used; `None` for nobody, which an unknown key is, too.

        Basic authentication and keys in the query count over https only, OAuth 1.0a always.

        Raises:
            Refusal: the secret or the signature is wrong.
        """
        query = dict(parse_qsl(shown.query, keep_blank_values=True))
        key = self._https(shown, query) if shown.is_https else None
        return key or self._oauth(shown, query)

    def _https(self, shown: Credentials, query: Mapping[str, str]) -> Key | None:
        name, secret = _basic(shown.authorization)
        if "consumer_key" in query and "consumer_secret" in query:
            name, secret = query["consumer_key"], query["consumer_secret"]
        key = self._keys.get(name)
        if key and not hmac.compare_digest(key.consumer_secret.encode(), secret.encode()):
            raise _denied("Consumer secret is invalid.")
        return key

    def _oauth(self, shown: Credentials, query: Mapping[str, str]) -> Key | None:
        if not any(name in query for name in _OAUTH):
            return None
        missing = [name for name in _OAUTH if not query.get(name)]
        if missing:
            raise _denied(
                f"Missing OAuth parameter{'s' if missing[1:] else ''} {', '.join(missing)}"
            )
        key = self._keys.get(query["oauth_consumer_key"])
        if key is None:
            raise _denied("Consumer key is invalid.")
        made_with = _HASHES.get(query["oauth_signature_method"])
        if made_with is None:
            raise _denied("Invalid signature - signature method is invalid.")
        text = base_string(shown).encode()
        made = hmac.new(f"{key.consumer_secret}&".encode(), text, made_with).digest()
        given = query["oauth_signature"].replace(" ", "+")
        if not hmac.compare_digest(base64.b64encode(made), given.encode()):
            raise _denied("Invalid signature - provided signature does not match.")
        self._check_once(query["oauth_timestamp"], query["oauth_nonce"])
        return key

    def _check_once(self, timestamp: str, nonce: str) -> None:
        at = int(timestamp) if timestamp.isdecimal() else 0
        if all(abs(now().timestamp() - at) > _WINDOW for now in self._clocks):
            raise _denied("Invalid timestamp.")
        if nonce in self._nonces:
            raise _denied("Invalid nonce - nonce has already been used.")
        self._nonces[nonce] = None
        if len(self._nonces) > _KEPT_NONCES:
            del self._nonces[next(iter(self._nonces))]


def base_string(shown: Credentials) -> str:
    """Return what is signed: method, address, and the query sorted by its names.

    Everything is encoded twice as PHP's `rawurlencode` does, slashes included.
    """
    pairs = parse_qsl(shown.query, keep_blank_values=True)
    signed = [(name, value) for name, value in pairs if name != "oauth_signature"]
    signed.sort(key=lambda pair: pair[0].partition("[")[0])
    joined = "%26".join(f"{_twice(name)}%3D{_twice(value)}" for name, value in signed)
    return f"{shown.method}&{quote(shown.address, safe='')}&{joined}"


def _twice(text: str) -> str:
    return quote(text, safe="").replace("%", "%25")


def _basic(header: str) -> tuple[str, str]:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def check_right(key: Key, method: str) -> None:
    """Let a key do only what it may.

    Raises:
        Refusal: it may not.
    """
    needed = "read" if method in {"GET", "HEAD"} else "write"
    if needed not in key.permissions and method != "OPTIONS":
        raise _denied(f"The API key provided does not have {needed} permissions.")


def _denied(message: str) -> Refusal:
    return Refusal(UNAUTHORIZED, "woocommerce_rest_authentication_error", message)
