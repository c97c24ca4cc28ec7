"""Whether a webhook is genuine, and what tells it from others.

Facts: shopify.dev, "Verify webhook deliveries", "Ignore duplicate webhooks", "Events".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from storelink.contracts.store import Delivery
from storelink.errors import BadSignature, WrongStore
from storelink.toolkit.signing import digest, is_signed

WEBHOOKS = "x-shopify-"
EVENTS = "shopify-"

_SIGNATURE = "hmac-sha256"
_USABLE = re.compile(r"[\x21-\x7e]{1,200}")


def delivery(
    headers: Mapping[str, str], body: bytes, *, shop: str, secrets: Iterable[str]
) -> Delivery:
    """Return the genuine delivery that *headers* and *body* are.

    Args:
        headers: names in any case.
        body: the raw bytes as received.
        shop: the shop's own domain, in lower case.
        secrets: every secret that may have signed.

    Raises:
        BadSignature: the signature is missing, malformed or made with another secret.
        WrongStore: it is signed, but names another shop, or none.
    """
    received = {_printable(name).lower(): _printable(value) for name, value in headers.items()}
    # The official clients, too, tell the kind by which signature is present: webhooks have
    # X-Shopify-…, the newer events have Shopify-… headers.
    family = WEBHOOKS if WEBHOOKS + _SIGNATURE in received else EVENTS
    signature = received.get(family + _SIGNATURE, "")
    if not signature:
        raise BadSignature("the request has no X-Shopify-Hmac-Sha256 header")
    if not is_signed(body, signature, secrets):
        raise BadSignature("not signed with a secret of this store; is webhook_secret the app's?")
    _check_shop(received.get(family + "shop-domain", ""), shop)
    topic = received.get(family + "topic", "").strip()[:200]
    return Delivery(
        key=_key(received.get(family + "webhook-id", ""), topic, body),
        topic=topic,
        headers=received,
        body=body,
        triggered_at=_instant(received.get(family + "triggered-at", "")),
    )


def _printable(text: str) -> str:
    """Return header text that can be stored: a lone surrogate becomes replacement characters."""
    return str(text).encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _check_shop(named: str, shop: str) -> None:
    if named.strip().lower() != shop:
        raise WrongStore(f"the webhook is signed, but is not addressed to {shop}")


def _key(webhook_id: str, topic: str, body: bytes) -> str:
    # Shopify's pages disagree on which header tells a repeat: "Verify webhook deliveries" says
    # the webhook id, "Ignore duplicate webhooks" the event id. One action of a merchant fires
    # several topics under one event id, so that only the webhook id can be dropped blindly.
    if _USABLE.fullmatch(webhook_id):
        return webhook_id
    return f"{topic}/{digest(topic, body)}"


def _instant(text: str) -> datetime | None:
    """Return the time of the trigger; Shopify gives nanoseconds, which are cut off."""
    try:
        instant = datetime.fromisoformat(text.strip())
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None
