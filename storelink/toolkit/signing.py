"""Signatures of webhooks: computed over the raw bytes, compared in constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable


def hmac_sha256_base64(secret: str, body: bytes) -> str:
    """Return the signature that Shopify and WooCommerce put into a header."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def is_signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Say whether *signature* was made over *body* with any of *secrets*.

    Every secret is tried, so that the time taken does not tell which one matched. A signature
    with characters that no signature has (non-ASCII ones, too) is simply wrong.
    """
    given = signature.strip().encode("utf-8", "surrogatepass")
    matches = [
        hmac.compare_digest(hmac_sha256_base64(secret, body).encode(), given) for secret in secrets
    ]
    return any(matches)


def digest(*parts: bytes | str) -> str:
    """Return a short, stable fingerprint of *parts* (128 bits, hexadecimal)."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "big") + data)
    return state.hexdigest()[:32]
