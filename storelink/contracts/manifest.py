"""A plugin is a value: its manifest says what it is called, how it is built, what it can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel

from storelink.errors import Unsupported

if TYPE_CHECKING:
    from storelink.contracts.connect import Connector
    from storelink.contracts.sandbox import Sandbox
    from storelink.models.ref import Kind

T = TypeVar("T")


class Capability(StrEnum):
    """What a plugin can do beyond what its contract demands. Ask the manifest, never `hasattr`."""

    WEBHOOKS = "webhooks"
    READ = "read"
    LIST = "list"
    FIND_ORDERS = "find_orders"
    SUBSCRIBE = "subscribe"
    COUPONS = "coupons"
    REVIEWS = "reviews"
    SHIPPING = "shipping"
    RETURNS = "returns"
    DEDUPLICATES = "deduplicates"
    HTML = "html"
    ATTACHMENTS = "attachments"


@dataclass(frozen=True, slots=True)
class Manifest(Generic[T]):
    """What a plugin is.

    The entry point of a plugin (group `storelink.stores` or `storelink.channels`) names one.

    Attributes:
        name: short and unique in its group, for example `"shopify"`.
        title: for people, for example `"Shopify"`.
        factory: builds the plugin from keyword options.
        settings: a pydantic model of these options; the configuration file is checked against it.
        capabilities: what it can do beyond the contract.
        lists: the kinds of objects whose changes a store adapter can list.
        facts: the types of events that a store of this platform can show.
        connect: builds what obtains the credentials of a store, where the platform grants them.
        sandbox: builds a store of this platform on this machine, where there is one.
    """

    name: str
    title: str
    factory: Callable[..., T]
    settings: type[BaseModel]
    capabilities: frozenset[Capability] = frozenset()
    lists: tuple[Kind, ...] = ()
    facts: frozenset[str] = frozenset()
    connect: Callable[..., Connector] | None = None
    sandbox: Callable[..., Sandbox] | None = None

    def require(self, capability: Capability) -> None:
        """Raise `Unsupported` unless the plugin has *capability*."""
        if capability not in self.capabilities:
            raise Unsupported(self.title, capability)
