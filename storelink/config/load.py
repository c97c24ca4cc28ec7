"""From settings to the arguments of `Storelink`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from storelink import plugins
from storelink.config.rules import BoxSettings
from storelink.config.settings import (
    AnyStore,
    ChannelPacing,
    HookSettings,
    RetrySettings,
    ReturnWindow,
    Settings,
    read_settings,
)
from storelink.config.vault import vault
from storelink.contracts.channel import Channel, Retry
from storelink.contracts.connect import Vault
from storelink.contracts.hook import Hook
from storelink.contracts.invoice import InvoiceSource
from storelink.contracts.manifest import Manifest
from storelink.contracts.store import StoreAdapter
from storelink.errors import ConfigError
from storelink.hooks import (
    AbandonedCheckout,
    CareTips,
    CommunityInvite,
    Greetings,
    NextPurchaseReward,
    ProactiveCare,
    ReturnsUpdates,
    ReviewRequest,
    Survey,
    ThankYou,
    TrackingUpdates,
    WinBack,
)
from storelink.policy.returning import Returns
from storelink.toolkit.settings import plain

_SQLITE = "sqlite:///"


def load_config(path: Path) -> dict[str, Any]:
    """Return the arguments of `Storelink` that the file at *path* asks for.

    Raises:
        ConfigError: the file is missing or wrong; the message names the setting and no secret.
        PluginError: a platform or channel is not installed.
    """
    settings = settings_of(path)
    folder = path.resolve().parent
    common = {
        name: _common(AnyStore, table, f"stores.{name}") for name, table in settings.stores.items()
    }
    return {
        "database": _database(settings.database, folder),
        "stores": {
            name: _store(name, table, vault(settings.secrets, folder, name))
            for name, table in settings.stores.items()
        },
        "cart_secrets": {
            name: plain(one.cart_secret) for name, one in common.items() if one.cart_secret
        },
        "store_rates": {name: one.message_rate for name, one in common.items() if one.message_rate},
        "channels": [_channel(name, table) for name, table in settings.channels.items()],
        "hooks": _hooks(settings),
        "templates": folder / settings.templates if settings.templates else None,
        "brand": settings.brand,
        "since": settings.since,
        "webhook_url": settings.webhook_url,
        "sweep_every": settings.sweep_every or None,
        "attempts_per_commit": settings.attempts_per_commit,
        "site_url": settings.site_url,
        "link_keys": settings.link_keys,
        "policy": _made("policy", lambda: settings.policy.rules(_boxes(common))),
        "safety": _made("safety", settings.safety.safety),
        "returns": _made("returns", lambda: _returns(settings.returns)),
        "invoices": _made("invoice", lambda: _invoices(settings, folder)),
    }


def _invoices(settings: Settings, folder: Path) -> InvoiceSource | None:
    zone = settings.brand.time_zone if settings.brand else "UTC"
    return settings.invoice.source(folder, time_zone=zone) if settings.invoice else None


def _returns(table: ReturnWindow | None) -> Returns | None:
    return None if table is None else Returns(**_given(table))


T = TypeVar("T")


def _made(where: str, make: Callable[[], T]) -> T:
    """Make something of a table; what is wrong with it is told with the table's name."""
    try:
        return make()
    except (ConfigError, ValueError) as error:
        raise ConfigError(f"{where}: {error}") from None


def settings_of(path: Path) -> Settings:
    """Return what the file at *path* and the environment say.

    Raises:
        ConfigError: the file is missing or wrong; the message names the setting and no secret.
    """
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; `storelink init` writes one to start from")
    try:
        return read_settings(path)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    except SettingsError as error:
        raise ConfigError(f"the environment: {error}") from None
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first(error)}") from None


def _store(name: str, table: Mapping[str, Any], kept: Vault) -> StoreAdapter:
    options = _without(table, AnyStore)
    platform = options.pop("platform", None)
    if not isinstance(platform, str):
        raise ConfigError(f"stores.{name}.platform is missing, for example 'woocommerce'")
    adapter: StoreAdapter = _build(plugins.store(platform), options, f"stores.{name}")
    adapter.vault = kept
    return adapter


def _channel(name: str, table: Mapping[str, Any]) -> Channel:
    options = _without(table, ChannelPacing)
    channel: Channel = _build(plugins.channel(name), options, f"channels.{name}")
    pacing = _common(ChannelPacing, table, f"channels.{name}")
    channel.rate = pacing.rate
    if "retry" in table:
        channel.retry = _retry(pacing.retry, f"channels.{name}.retry")
    return channel


def _retry(settings: RetrySettings, where: str) -> Retry:
    try:
        return Retry(settings.first, settings.longest, settings.attempts)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


def _boxes(stores: Mapping[str, AnyStore]) -> dict[str, tuple[BoxSettings, ...]]:
    return {name: one.boxes for name, one in stores.items() if one.boxes}


P = TypeVar("P", ChannelPacing, AnyStore)


def _common(kind: type[P], table: Mapping[str, Any], where: str) -> P:
    """Read what a table says besides the options of its plugin."""
    given = {name: value for name, value in table.items() if name in kind.model_fields}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise ConfigError(_first(error, within=where)) from None


def _without(table: Mapping[str, Any], kind: type[BaseModel]) -> dict[str, Any]:
    """Return what a table says of anything else."""
    return {name: value for name, value in table.items() if name not in kind.model_fields}


def _build(manifest: Manifest[Any], options: dict[str, Any], where: str) -> Any:
    try:
        manifest.settings.model_validate(options)
    except ValidationError as error:
        raise ConfigError(_first(error, within=where)) from None
    return manifest.factory(**options)


def _hooks(settings: Settings) -> list[Hook[Any]]:
    tables: tuple[tuple[HookSettings | None, type[Hook[Any]]], ...] = (
        (settings.hooks.thank_you, ThankYou),
        (settings.hooks.tracking, TrackingUpdates),
        (settings.hooks.review_request, ReviewRequest),
        (settings.hooks.proactive_care, ProactiveCare),
        (settings.hooks.care_tips, CareTips),
        (settings.hooks.community_invite, CommunityInvite),
        (settings.hooks.returns, ReturnsUpdates),
        (settings.hooks.survey, Survey),
        (settings.hooks.abandoned_checkout, AbandonedCheckout),
        (settings.hooks.greetings, Greetings),
        (settings.hooks.win_back, WinBack),
        (settings.hooks.next_purchase, NextPurchaseReward),
    )
    return [
        _made(f"hooks.{hook.name}", partial(hook, **_given(table)))
        for table, hook in tables
        if table is not None
    ]


def _given(table: BaseModel) -> dict[str, Any]:
    """Return what the file says; what it does not say keeps the hook's own default."""
    return {name: getattr(table, name) for name in table.model_fields_set}


def _database(url: str, folder: Path) -> str:
    """Let a relative path start at the folder of the configuration."""
    path = url.removeprefix(_SQLITE)
    if path == url or not path or path.startswith((":", "/")):
        return url
    return f"{_SQLITE}{folder / path}"


def _first(error: ValidationError, *, within: str = "") -> str:
    """Name the first wrong setting and what is wrong, without its value."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(filter(None, (within, *map(str, first["loc"]))))
    return f"{place}: {first['msg'].removeprefix('Value error, ')}"
