"""The webhooks that Shopify is asked to send.

Facts: shopify.dev, the objects and mutations around `WebhookSubscription`. An app sees its own
subscriptions only, those of its configuration file not among them; one that fails eight times in a
row is deleted. The privacy topics can be asked for in the app's configuration only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from storelink.contracts.store import Subscription
from storelink.errors import WriteInDoubt, WriteRefused
from storelink.models.ref import Kind
from storelink_shopify.client import Client
from storelink_shopify.topics import NORMALIZERS
from storelink_shopify.values import gid_number

_ORDERS = (
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/fulfilled",
    "orders/partially_fulfilled",
    "orders/edited",
    "orders/delete",
    "order_transactions/create",
)
_PARCELS = (
    "fulfillments/create",
    "fulfillments/update",
    "fulfillment_events/create",
    "fulfillment_events/delete",
)
_REFUNDS = ("refunds/create",)
_RETURNS = tuple(topic for topic in NORMALIZERS if topic.startswith("returns/"))
_CONSENTS = tuple(topic for topic in NORMALIZERS if topic.endswith("_consent/update"))

TOPICS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ORDER: (*_ORDERS, *_PARCELS, *_REFUNDS, *_RETURNS),
    Kind.SHIPMENT: (*_ORDERS, *_PARCELS),
    Kind.REFUND: (*_ORDERS, *_REFUNDS),
    Kind.RETURN: (*_ORDERS, *_RETURNS),
    Kind.CUSTOMER: (
        "customers/create",
        "customers/update",
        "customers/enable",
        "customers/disable",
        "customers/delete",
        "customers/merge",
        "customers/purchasing_summary",
        "customer.tags_added",
        "customer.tags_removed",
        *_CONSENTS,
    ),
    Kind.CONSENT: _CONSENTS,
    Kind.PRODUCT: ("products/create", "products/update", "products/delete"),
    Kind.CHECKOUT: ("checkouts/create", "checkouts/update", "checkouts/delete"),
    Kind.COUPON: (
        "discounts/create",
        "discounts/update",
        "discounts/delete",
        "discounts/redeemcode_added",
        "discounts/redeemcode_removed",
    ),
}
"""What tells of each kind. Of an order that is without its parts little is known, so that its
topics are those of its parts, too."""

_SINCE: Mapping[str, str] = {"customers_whats_app_marketing_consent/update": "2026-07"}
"""From which version of the API on a topic can be asked for."""

_ALWAYS = ("app/uninstalled",)
_AT_ONCE = 100


def topics(kinds: Collection[Kind], version: str) -> tuple[str, ...]:
    """Return the topics that tell of *kinds*, and the one that tells that the app is off.

    Args:
        kinds: of objects.
        version: of the API; an older one does not know every topic.
    """
    told = [topic for kind in TOPICS if kind in kinds for topic in TOPICS[kind]]
    wanted = dict.fromkeys([*told, *_ALWAYS]) if told else ()
    return tuple(topic for topic in wanted if version >= _SINCE.get(topic, ""))


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The webhooks of one shop that this app has asked for."""

    client: Client

    def all(self) -> list[Subscription]:
        """Return every subscription."""
        found: list[Subscription] = []
        after: str | None = None
        while True:
            data = self.client.page("webhook_subscriptions_page", {"after": after}, first=_AT_ONCE)
            connection = data["webhookSubscriptions"]
            found += [_subscription(one) for one in connection["nodes"]]
            after = connection["pageInfo"]["endCursor"]
            if not connection["pageInfo"]["hasNextPage"]:
                return found

    def add(self, topic: str, address: str) -> Subscription:
        """Ask for the webhooks of *topic*; one that is there already is returned.

        Raises:
            WriteRefused: a right is missing, the address is no good, or the topic is unknown.
        """
        asked = {"topic": _enum(topic), "webhookSubscription": {"uri": address, "format": "JSON"}}
        try:
            answer = self.client.mutate(
                "webhook_subscription_create",
                asked,
                answer="webhookSubscriptionCreate",
                repeatable=True,
            )
        except (WriteRefused, WriteInDoubt):
            # Shopify refuses a second one of the same topic and address, without a code.
            same = (one for one in self.all() if (one.topic, one.address) == (topic, address))
            found = next(same, None)
            if found is None:
                raise
            return found
        return _subscription(answer["webhookSubscription"])

    def remove(self, subscription_id: str) -> None:
        """Ask for them no more; one that does not exist is fine."""
        gid = f"gid://shopify/WebhookSubscription/{subscription_id}"
        try:
            self.client.mutate(
                "webhook_subscription_delete",
                {"id": gid},
                answer="webhookSubscriptionDelete",
                repeatable=True,
            )
        except (WriteRefused, WriteInDoubt):
            if any(one.id == subscription_id for one in self.all()):
                raise


def _subscription(node: Mapping[str, Any]) -> Subscription:
    return Subscription(
        id=gid_number(node["id"]) or str(node["id"]),
        topic=_NAMES.get(node["topic"], str(node["topic"]).lower()),
        address=str(node["uri"]),
    )


def _enum(topic: str) -> str:
    """Return the topic's name in GraphQL: `"ORDERS_CREATE"` for `"orders/create"`."""
    return re.sub(r"[^A-Z0-9]+", "_", topic.upper())


_NAMES: Mapping[str, str] = {_enum(topic): topic for topic in NORMALIZERS}
