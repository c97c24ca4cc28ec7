"""Whether a webhook is genuine, and what tells it from others.

Facts: WooCommerce docs, "Webhooks"; `WC_Webhook::deliver` and `::generate_signature`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping

from storelink.contracts.store import Delivery
from storelink.errors import BadSignature
from storelink.toolkit.signing import digest, is_signed

SIGNATURE = "x-wc-webhook-signature"
TOPIC = "x-wc-webhook-topic"
WEBHOOK_ID = "x-wc-webhook-id"
DELIVERY_ID = "x-wc-webhook-delivery-id"

_PING = re.compile(rb"webhook_id=(\d{1,20})")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,200}")
# What wp_specialchars_decode( $secret, ENT_QUOTES ) decodes, in one pass.
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#0*(?:34|38|39|60|62)|#[xX]0*(?:22|26|27));")


def signing_secrets(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return every text that WooCommerce may sign with when a webhook has one of *secrets*.

    WooCommerce decodes HTML entities in the secret before it signs (`WC_Webhook::
    generate_signature`), so that `a&amp;b` signs as `a&b`; other texts sign as they are.
    """
    forms = [form for secret in secrets for form in (secret, _decoded(secret))]
    return tuple(dict.fromkeys(forms))


def _decoded(secret: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), secret)


def delivery(headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> Delivery:
    """Return the genuine delivery that *headers* and *body* are.

    Only the body is signed. The source header is not checked: it proves nothing, and it changes
    when a shop moves.

    Args:
        headers: names in any case.
        body: the raw bytes as received.
        secrets: from `signing_secrets`.

    Raises:
        BadSignature: no secret made the signature, or a header that every webhook has is missing
            or malformed.
    """
    received = {str(name).lower(): str(value) for name, value in headers.items()}
    ping = _ping(received, body)
    if ping:
        return ping
    _check_signature(received, body, secrets)
    topic, webhook, number = (_named(received, name) for name in (TOPIC, WEBHOOK_ID, DELIVERY_ID))
    # The delivery id is a hash of the webhook's id and the second: different bodies share one.
    key = f"{webhook}/{number}/{digest(body)}"
    return Delivery(key=key, topic=topic, headers=received, body=body)


def _ping(headers: Mapping[str, str], body: bytes) -> Delivery | None:
    """Return the unsigned call with which WooCommerce tries a new address, if this is one."""
    ping = _PING.fullmatch(body)
    if not ping or any(name.startswith("x-wc-") for name in headers):
        return None
    key = f"ping/{ping[1].decode()}"
    return Delivery(key=key, topic="ping", headers=headers, body=body, is_ping=True)


def _check_signature(headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> None:
    signature = headers.get(SIGNATURE, "")
    if not signature:
        raise BadSignature("the request has no X-WC-Webhook-Signature header")
    if not is_signed(body, signature, secrets):
        raise BadSignature(
            "not signed with a secret of this store; each WooCommerce webhook has its own: "
            "name them all in webhook_secret"
        )


def _named(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip()
    if not _NAME.fullmatch(value):
        raise BadSignature(f"the request has no usable {name} header")
    return value
