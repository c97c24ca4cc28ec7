"""One WooCommerce store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from storelink.contracts.manifest import Capability, Manifest
from storelink.contracts.sandbox import PlayedStore
from storelink.contracts.store import Delivery, StoreAdapter
from storelink.models.enums import OrderStatus
from storelink.models.record import Snapshot
from storelink.toolkit.payload import parse_object
from storelink.toolkit.settings import checked
from storelink_woocommerce import topics, webhooks
from storelink_woocommerce.error_bodies import refuse_error
from storelink_woocommerce.orders import NO_STATUSES
from storelink_woocommerce.settings import WooCommerceSettings


class WooCommerce(StoreAdapter):
    """A WooCommerce store, known through its webhooks.

    >>> WooCommerce(url="https://atelier.example", webhook_secret="a long secret")
    WooCommerce('https://atelier.example')

    Args:
        url: the address of the shop.
        webhook_secret: one secret or several: WooCommerce keeps one for each webhook, and while
            a secret is being changed the old one counts, too.
        consumer_key: of the REST API.
        consumer_secret: of the REST API.
        statuses: what the shop's own order statuses mean, for example `{"packed": "open"}`.

    Raises:
        ConfigError: an option is missing or malformed; the message names it and no secret.
    """

    def __init__(
        self,
        *,
        url: str,
        webhook_secret: str | SecretStr | Sequence[str | SecretStr],
        consumer_key: str | SecretStr | None = None,
        consumer_secret: str | SecretStr | None = None,
        statuses: Mapping[str, OrderStatus | str] = NO_STATUSES,
    ) -> None:
        options = {
            "url": url,
            "webhook_secret": webhook_secret,
            "consumer_key": consumer_key,
            "consumer_secret": consumer_secret,
            "statuses": statuses,
        }
        self.settings = checked(WooCommerceSettings, "WooCommerce", options)
        secrets = (secret.get_secret_value() for secret in self.settings.webhook_secret)
        self._secrets = webhooks.signing_secrets(secrets)

    def __repr__(self) -> str:
        return f"WooCommerce({self.settings.url!r})"

    @property
    def manifest(self) -> Manifest[StoreAdapter]:
        """What this plugin is and can do."""
        return PLUGIN

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Check the signature over *body*; see `StoreAdapter.verify`."""
        return webhooks.delivery(headers, body, self._secrets)

    def normalize(self, delivery: Delivery) -> Snapshot:
        """Say what *delivery* says; see `StoreAdapter.normalize`."""
        topic = delivery.topic
        if not topics.is_known(topic):
            return Snapshot(note=f"the topic {topic} is not known")
        body = parse_object(delivery.body)
        refuse_error(body)
        read = topics.reader(topic, self.settings.statuses)
        return read(body) if read else Snapshot(note=f"the topic {topic} is not used yet")


def _recorded(*args: Any, **options: Any) -> PlayedStore:
    from storelink_woocommerce.sandbox import RecordedStore

    return RecordedStore(*args, **options)


PLUGIN: Manifest[StoreAdapter] = Manifest(
    name="woocommerce",
    title="WooCommerce",
    factory=WooCommerce,
    settings=WooCommerceSettings,
    capabilities=frozenset({Capability.WEBHOOKS}),
    recorded=_recorded,
)
"""What the entry point `woocommerce` names."""
