"""Finding plugins: entry points, and the reason for each that could not be loaded."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from storelink.contracts.channel import Channel
from storelink.contracts.manifest import Manifest
from storelink.contracts.store import StoreAdapter
from storelink.errors import ConfigError, PluginError

STORES = "storelink.stores"
CHANNELS = "storelink.channels"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point.

    Attributes:
        group: `storelink.stores` or `storelink.channels`.
        distribution: the installed distribution that brings it, with its version.
        manifest: `None` if it could not be loaded; then `error` says why.
    """

    group: str
    name: str
    distribution: str
    manifest: Manifest[Any] | None
    error: str | None = None


def plugins(group: str) -> Mapping[str, Plugin]:
    """Return every plugin of *group* by name; one that cannot be loaded does not stop the rest."""
    return {name: _load(group, point) for name, point in _points(group).items()}


def store(name: str) -> Manifest[StoreAdapter]:
    """Return the manifest of the store adapter of that name.

    Raises:
        PluginError: there is none, or it could not be loaded; the message says why.
    """
    return _manifest(STORES, name)


def channel(name: str) -> Manifest[Channel]:
    """Return the manifest of the channel of that name.

    Raises:
        PluginError: there is none, or it could not be loaded; the message says why.
    """
    return _manifest(CHANNELS, name)


def load_object(path: str) -> Any:
    """Return what `module:name` names.

    Raises:
        ConfigError: the module cannot be imported, or has no such name.
    """
    module, _, name = path.partition(":")
    if not module or not name:
        raise ConfigError(f"expected module:name, for example shop:link, got {path!r}")
    try:
        return getattr(importlib.import_module(module), name)  # noqa: TID251  the one place
    except ImportError as error:
        raise ConfigError(f"{module} cannot be imported: {error}") from error
    except AttributeError:
        raise ConfigError(f"{module} has no {name!r}") from None


def _manifest(group: str, name: str) -> Manifest[Any]:
    known = _points(group)
    kind = group.removeprefix("storelink.").removesuffix("s")
    if name not in known:
        names = ", ".join(known) or "none"
        raise PluginError(f"no {kind} plugin is called {name!r}; installed: {names}")
    plugin = _load(group, known[name])  # and no other: to load one takes a while
    if plugin.manifest is None:
        raise PluginError(f"the {kind} plugin {name!r} could not be loaded: {plugin.error}")
    return plugin.manifest


def _points(group: str) -> Mapping[str, EntryPoint]:
    found = sorted(entry_points(group=group), key=lambda point: point.name)
    return {point.name: point for point in found}


def _load(group: str, point: EntryPoint) -> Plugin:
    dist = f"{point.dist.name} {point.dist.version}" if point.dist else "unknown"
    try:
        manifest = point.load()
    except Exception as error:  # noqa: BLE001  a plugin is somebody else's code
        return Plugin(group, point.name, dist, None, f"{type(error).__name__}: {error}")
    if not isinstance(manifest, Manifest):
        return Plugin(group, point.name, dist, None, f"{point.value} is no Manifest")
    if manifest.name != point.name:
        why = f"its manifest is called {manifest.name!r}, its entry point {point.name!r}"
        return Plugin(group, point.name, dist, None, why)
    return Plugin(group, point.name, dist, manifest)
