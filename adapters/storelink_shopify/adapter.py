"""One Shopify store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import SecretStr

from storelink.contracts.manifest import Capability, Manifest
from storelink.contracts.sandbox import ScriptedStore
from storelink.contracts.store import Delivery, StoreAdapter
from storelink.models.record import Snapshot
from storelink.toolkit.settings import checked
from storelink_shopify import normalize
from storelink_shopify.deliveries import delivery
from storelink_shopify.settings import ShopifySettings


class Shopify(StoreAdapter):
    """One store on Shopify.

    >>> Shopify(shop="acme", webhook_secret="hush")
    Shopify('acme.myshopify.com')

    Args:
        shop: the shop's own domain, `"acme.myshopify.com"` or just `"acme"`.
        webhook_secret: the app's client secret; several while it is rotated.
        access_token: of the Admin API; used by what reads.
        api_version: of the Admin API; used by what reads.

    Raises:
        ConfigError: an option is wrong; the message names it and never shows its value.
    """

    def __init__(
        self,
        *,
        shop: str,
        webhook_secret: str | SecretStr | Iterable[str | SecretStr],
        access_token: str | SecretStr | None = None,
        api_version: str = "2026-10",
    ) -> None:
        options = {
            "shop": shop,
            "webhook_secret": webhook_secret,
            "access_token": access_token,
            "api_version": api_version,
        }
        self.settings = checked(ShopifySettings, "Shopify", options)
        self._secrets = tuple(one.get_secret_value() for one in self.settings.webhook_secret)

    def __repr__(self) -> str:
        return f"Shopify({self.settings.shop!r})"

    @property
    def manifest(self) -> Manifest[StoreAdapter]:
        """What this plugin is and can do."""
        return PLUGIN

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Check that *body* comes from this shop, and say what delivery it is.

        Only the body is signed (shopify.dev, "Verify webhook deliveries"): the topic is a hint,
        the shop's name keeps apart the shops that share an app and its secret.

        Raises:
            BadSignature: the signature is missing, malformed or made with another secret.
            WrongStore: it is signed, but names another shop, or none.
        """
        return delivery(headers, body, shop=self.settings.shop, secrets=self._secrets)

    def normalize(self, delivery: Delivery) -> Snapshot:
        """Say what *delivery* says, in the terms of the model.

        An unknown topic gives an empty snapshot with a note.

        Raises:
            PayloadError: the body cannot be understood; the message names the field.
        """
        return normalize.webhook(delivery.topic, delivery.body, delivery.triggered_at)


def _sandbox(**options: Any) -> ScriptedStore:
    from storelink_shopify.sandbox import ScriptedShopify

    return ScriptedShopify(**options)


PLUGIN: Manifest[StoreAdapter] = Manifest(
    name="shopify",
    title="Shopify",
    factory=Shopify,
    settings=ShopifySettings,
    capabilities=frozenset({Capability.WEBHOOKS}),
    sandbox=_sandbox,
)
"""What the entry point `shopify` names."""
