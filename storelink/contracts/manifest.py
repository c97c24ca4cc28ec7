"""A plugin is a value: its manifest says what it is called, how it is built, what it can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel

from storelink.errors import Unsupported

if TYPE_CHECKING:
    from storelink.contracts.sandbox import PlayedStore, ScriptedStore

T = TypeVar("T")


class Capability(StrEnum):
    """What a plugin can do beyond what its contract demands. Ask the manifest, never `hasattr`."""

    WEBHOOKS = "webhooks"
    READ = "read"
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
        sandbox: builds a store of this platform whose life is scripted, where there is one.
        recorded: builds a store that lives its recorded life again, where there is one: of a
            `Recording`, and of the `clock` it lives by.
    """

    name: str
    title: str
    factory: Callable[..., T]
    settings: type[BaseModel]
    capabilities: frozenset[Capability] = frozenset()
    sandbox: Callable[..., ScriptedStore] | None = None
    recorded: Callable[..., PlayedStore] | None = None

    def require(self, capability: Capability) -> None:
        """Raise `Unsupported` unless the plugin has *capability*."""
        if capability not in self.capabilities:
            raise Unsupported(self.title, capability)
