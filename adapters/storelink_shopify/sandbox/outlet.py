"""The requests that deliver webhooks: a body, its signature, and what Shopify says beside it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from storelink.contracts.sandbox import Webhook
from storelink.toolkit.signing import hmac_sha256_base64

_API_VERSION = "2026-07"


class Outlet:
    """Makes the requests of one shop. Ids are made from what was sent before, never at random."""

    def __init__(self, domain: str, secret: str) -> None:
        self._domain, self._secret = domain, secret
        self._acts = self._sent = 0

    def act(self, now: datetime, *deliveries: tuple[str, Mapping[str, Any]]) -> list[Webhook]:
        """Return the requests of one action of the merchant, which share an event id."""
        self._acts += 1
        return [self._request(now, topic, body) for topic, body in deliveries]

    def _request(self, now: datetime, topic: str, payload: Mapping[str, Any]) -> Webhook:
        self._sent += 1
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": hmac_sha256_base64(self._secret, body),
            "X-Shopify-Shop-Domain": self._domain,
            "X-Shopify-API-Version": _API_VERSION,
            "X-Shopify-Webhook-Id": self._uuid("webhook", self._sent),
            "X-Shopify-Event-Id": self._uuid("event", self._acts),
            "X-Shopify-Triggered-At": f"{now:%Y-%m-%dT%H:%M:%S.%f}{self._sent % 1000:03}Z",
        }
        return Webhook(topic=topic, headers=headers, body=body)

    def _uuid(self, kind: str, number: int) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://{self._domain}/{kind}/{number}"))
