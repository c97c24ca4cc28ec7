"""The demo's two stores: real adapters, with a played platform behind each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from storelink import plugins
from storelink.clock import Clock
from storelink.contracts.sandbox import PlayedStore, ScriptedStore
from storelink.contracts.store import StoreAdapter
from storelink.errors import PluginError
from storelink.testing import AnsweringStore
from storelink.testing.journeys import Journeys

RECORDED, SCRIPTED = "atelier", "boutique"
"""What the two stores are called: the recorded one, and the scripted one."""

_DOMAIN = "atelier-boutique.myshopify.com"
_SECRET = "the boutique signs with this"  # noqa: S105  invented

P = TypeVar("P", bound=PlayedStore)


@dataclass(frozen=True, slots=True)
class Shop(Generic[P]):
    """One store of the demo.

    Attributes:
        adapter: knows the store by its webhooks only.
    """

    name: str
    adapter: StoreAdapter
    played: P

    @property
    def platform(self) -> str:
        """The name of the platform's plugin."""
        return self.adapter.manifest.name

    @property
    def title(self) -> str:
        """The platform's name, for people."""
        return self.adapter.manifest.title

    @property
    def readable(self) -> StoreAdapter:
        """The adapter once it may read the store, too."""
        return AnsweringStore(self.adapter, self.played.read)


def recorded_shop(journeys: Journeys, clock: Clock) -> Shop[PlayedStore]:
    """Return the WooCommerce store whose recorded life is played again.

    Raises:
        PluginError: the adapter is not installed, or plays no recordings.
    """
    manifest = plugins.store("woocommerce")
    if manifest.recorded is None:
        raise PluginError(f"the plugin {manifest.name!r} plays no recordings")
    adapter = manifest.factory(url="https://atelier.example", webhook_secret=list(journeys.secrets))
    return Shop(RECORDED, adapter, manifest.recorded(journeys, clock=clock))


def scripted_shop(clock: Clock) -> Shop[ScriptedStore]:
    """Return the Shopify store that does what the demo's scenes say.

    Raises:
        PluginError: the adapter is not installed, or cannot be scripted.
    """
    manifest = plugins.store("shopify")
    if manifest.sandbox is None:
        raise PluginError(f"the plugin {manifest.name!r} cannot be scripted")
    adapter = manifest.factory(shop=_DOMAIN, webhook_secret=_SECRET)
    played = manifest.sandbox(clock=clock, shop=_DOMAIN, secret=_SECRET)
    return Shop(SCRIPTED, adapter, played)
