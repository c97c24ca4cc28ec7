"""Checking what an app is made of, before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from storelink.contracts.channel import Channel, Rate
from storelink.contracts.store import StoreAdapter
from storelink.delivery.gate import Pacing
from storelink.errors import ConfigError, UnknownStore


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


def pacing(
    attempts_per_commit: int,
    store_rates: Mapping[str, Rate | str],
    stores: Collection[str],
    chance: Callable[[], float],
) -> Pacing:
    """Return how fast messages go out, or raise `ConfigError`."""
    if attempts_per_commit < 1:
        raise ConfigError("attempts_per_commit is at least 1")
    for name in store_rates:
        if name not in stores:
            raise UnknownStore(name, tuple(stores))
    rates = {name: _rate(name, rate) for name, rate in store_rates.items()}
    return Pacing(attempts_per_commit=attempts_per_commit, store_rates=rates, chance=chance)


def _rate(name: str, rate: Rate | str) -> Rate:
    try:
        return Rate.parse(rate) if isinstance(rate, str) else rate
    except ValueError as error:
        raise ConfigError(f"the rate of store {name!r}: {error}") from None
