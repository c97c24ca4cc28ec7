"""Checking what an app is made of, before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from storelink.contracts.channel import Channel
from storelink.contracts.store import StoreAdapter
from storelink.errors import ConfigError


def checked_stores(stores: Mapping[str, StoreAdapter]) -> dict[str, StoreAdapter]:
    """Return the stores, or raise `ConfigError` naming the one that is none."""
    for name, adapter in stores.items():
        if not name or "/" in name or not name.isprintable():
            raise ConfigError(f"a store's name is printable and has no slash: {name!r}")
        if not isinstance(adapter, StoreAdapter):
            raise ConfigError(f"store {name!r} is no StoreAdapter but {type(adapter).__name__}")
    return dict(stores)


def by_name(channels: Iterable[Channel]) -> dict[str, Channel]:
    """Return the channels by name, in their order, or raise `ConfigError`."""
    named: dict[str, Channel] = {}
    for channel in channels:
        if not isinstance(channel, Channel):
            raise ConfigError(f"not a Channel: {type(channel).__name__}")
        name = channel.manifest.name
        if name in named:
            raise ConfigError(f"two channels are called {name!r}")
        named[name] = channel
    return named


def shop_name(stores: Mapping[str, StoreAdapter]) -> str:
    """Return a name for the shop whose brand was not given: `my_shop` becomes `My shop`."""
    name = next(iter(stores), "our shop")
    return name.replace("_", " ").replace("-", " ").capitalize()


def aware(since: datetime | None) -> datetime | None:
    """Return *since*, or raise `ConfigError` if it has no time zone."""
    if since is not None and since.tzinfo is None:
        raise ConfigError("since needs a time zone, for example tzinfo=UTC")
    return since
