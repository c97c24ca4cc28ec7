"""Who is sent which webhooks, and what becomes of those who do not answer.

Facts: shopify.dev, "Subscribe to webhooks" and "Troubleshooting webhooks": a delivery is repeated
eight times over four hours, and a subscription made by the API is deleted after eight failures in
a row.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from storelink.clock import Clock
from storelink.contracts.sandbox import Faults, Webhook
from storelink.toolkit.sandbox import Address, Courier, Parcel
from storelink.toolkit.signing import hmac_sha256_base64
from storelink_shopify.sandbox.execution import Root
from storelink_shopify.sandbox.graph import Node, stamp
from storelink_shopify.sandbox.ledger import Ledger
from storelink_shopify.sandbox.notice_acts import APP_TOPICS
from storelink_shopify.sandbox.queries import short_list
from storelink_shopify.sandbox.spelling import gid

REPEATS = tuple(timedelta(minutes=one) for one in (1, 2, 4, 8, 15, 30, 60, 120))
"""How long after a failure the next attempt is made: four hours in all."""

_FAILURES = 8
_APP = "app configuration"


@dataclass(slots=True)
class SubscriptionState:
    """One subscription that was made by the API."""

    id: int
    topic: str
    uri: str
    version: str
    created_at: datetime
    updated_at: datetime
    fields: list[str] = field(default_factory=list)
    filter: str | None = None
    name: str | None = None
    failures: int = 0

    def node(self) -> Node:
        """Return its node."""
        return {
            "__typename": "WebhookSubscription",
            "id": gid("WebhookSubscription", self.id),
            "legacyResourceId": str(self.id),
            "topic": self.topic,
            "uri": self.uri,
            "callbackUrl": self.uri,
            "format": "JSON",
            "includeFields": self.fields,
            "filter": self.filter,
            "name": self.name,
            "metafieldNamespaces": [],
            "apiVersion": {"handle": self.version, "displayName": self.version, "supported": True},
            "createdAt": stamp(self.created_at),
            "updatedAt": stamp(self.updated_at),
        }


class Subscriptions:
    """The subscriptions of one app, and the courier who serves them.

    Args:
        secret: what webhooks are signed with.
        lock: held while something is changed.
        app_url: where the topics of the app's configuration are sent; `None` for nowhere.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        faults: Faults,
        *,
        secret: str,
        lock: threading.RLock,
        app_url: str | None = None,
    ) -> None:
        self._ledger, self._secret, self._app_url = ledger, secret, app_url
        self._lock = lock
        self.version = ""
        self._held: dict[int, SubscriptionState] = {}
        self.courier = Courier(
            clock,
            faults,
            succeeded=lambda status: 200 <= status < 300,  # noqa: PLR2004
            settled=self._settle,
            repeats=REPEATS,
        )

    def root(self, version: str) -> tuple[Root, Root]:
        """Return the root fields of queries and of mutations, by name, for one *version*."""
        self.version = version
        return (
            {"webhookSubscriptions": self._list, "webhookSubscription": self._find},
            {
                "webhookSubscriptionCreate": self._create,
                "webhookSubscriptionUpdate": self._update,
                "webhookSubscriptionDelete": self._delete,
            },
        )

    def clear(self) -> None:
        """Delete all: the app was removed. What is under way still arrives."""
        self._held.clear()

    def hear(self, webhook: Webhook) -> None:
        """Send a webhook to everybody who subscribed to its topic."""
        if webhook.topic in APP_TOPICS:
            if self._app_url:
                self.courier.take(Address(_APP, self._app_url), webhook.headers, webhook.body)
            return
        topic = spelled(webhook.topic)
        for one in self._held.values():
            if one.topic == topic:
                headers, body = self._labeled(one, webhook)
                self.courier.take(Address(str(one.id), one.uri), headers, body)

    def _labeled(self, to: SubscriptionState, webhook: Webhook) -> tuple[Mapping[str, str], bytes]:
        """Return a webhook as one subscription gets it."""
        number = webhook.headers["X-Shopify-Webhook-Id"]
        headers = {
            **webhook.headers,
            "X-Shopify-Webhook-Id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{to.id}/{number}")),
            "X-Shopify-API-Version": to.version,
            **({"X-Shopify-Name": to.name} if to.name else {}),
        }
        if not to.fields:
            return headers, webhook.body
        whole = json.loads(webhook.body)
        kept = {name: value for name, value in whole.items() if name in to.fields}
        body = json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode()
        headers["X-Shopify-Hmac-Sha256"] = hmac_sha256_base64(self._secret, body)
        return headers, body

    def _settle(self, parcel: Parcel, arrived: bool) -> None:
        """Count what came of an attempt; whoever failed too often is no longer served."""
        name = parcel.address.subscription
        with self._lock:
            one = self._held.get(int(name)) if name.isdecimal() else None
            if one is None:
                return
            one.failures = 0 if arrived else one.failures + 1
            if one.failures >= _FAILURES:
                del self._held[one.id]
                self.courier.forget(name)

    def _list(self, **args: Any) -> Node:
        topics, uri = args.get("topics"), args.get("uri") or args.get("callbackUrl")
        found = [
            one.node()
            for one in self._held.values()
            if (not topics or one.topic in topics) and (not uri or one.uri == uri)
        ]
        return short_list(found, args)

    def _find(self, id: str) -> Node | None:  # noqa: A002  the API's name
        found = self._held.get(_number(id))
        return found.node() if found else None

    def _create(self, *, topic: str, webhookSubscription: Mapping[str, Any]) -> Node:  # noqa: N803
        given, uri = webhookSubscription, _uri(webhookSubscription)
        error = self._error(topic, uri, self._held.values())
        if error:
            return _refused(error)
        now = self._ledger.now()
        made = SubscriptionState(
            self._ledger.new_id(), topic, uri, self.version, created_at=now, updated_at=now
        )
        self._held[made.id] = made
        return self._change(made, given)

    def _update(self, *, id: str, webhookSubscription: Mapping[str, Any]) -> Node:  # noqa: A002, N803
        known = self._held.get(_number(id))
        if known is None:
            return _refused("Webhook subscription does not exist")
        uri = _uri(webhookSubscription) or known.uri
        others = (one for one in self._held.values() if one is not known)
        error = self._error(known.topic, uri, others)
        return _refused(error) if error else self._change(known, webhookSubscription)

    def _change(self, one: SubscriptionState, given: Mapping[str, Any]) -> Node:
        one.uri = _uri(given) or one.uri
        one.fields = list(given.get("includeFields", one.fields) or [])
        one.filter = given.get("filter", one.filter)
        one.name = given.get("name", one.name)
        one.updated_at = self._ledger.now()
        return {"webhookSubscription": one.node(), "userErrors": []}

    def _error(self, topic: str, uri: str, others: Iterable[SubscriptionState]) -> str | None:
        if not uri.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            return "Address is invalid"  # Shopify takes only https; this machine has none
        if any(one.topic == topic and one.uri == uri for one in others):
            return "Address for this topic has already been taken"
        return None

    def _delete(self, id: str) -> Node:  # noqa: A002  the API's name
        known = self._held.pop(_number(id), None)
        if known is None:
            error = {"field": ["id"], "message": "Webhook subscription does not exist"}
            return {"deletedWebhookSubscriptionId": None, "userErrors": [error]}
        self.courier.forget(str(known.id))
        return {"deletedWebhookSubscriptionId": id, "userErrors": []}


def spelled(topic: str) -> str:
    """Return a topic as GraphQL spells it: `orders/create` is `ORDERS_CREATE`."""
    return topic.replace("/", "_").replace(".", "_").upper()


def _uri(given: Mapping[str, Any]) -> str:
    return str(given.get("uri") or given.get("callbackUrl") or "")


def _number(node_id: str) -> int:
    key = node_id.rpartition("/")[2]
    return int(key) if key.isdecimal() else 0


def _refused(message: str) -> Node:
    error = {"field": ["webhookSubscription", "callbackUrl"], "message": message}
    return {"webhookSubscription": None, "userErrors": [error]}
