"""From settings to the arguments of `Storelink`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from storelink import plugins
from storelink.config.settings import HookSettings, Settings, read_settings
from storelink.config.vault import vault
from storelink.contracts.channel import Channel
from storelink.contracts.connect import Vault
from storelink.contracts.hook import Hook
from storelink.contracts.manifest import Manifest
from storelink.contracts.store import StoreAdapter
from storelink.errors import ConfigError
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates

_SQLITE = "sqlite:///"


def load_config(path: Path) -> dict[str, Any]:
    """Return the arguments of `Storelink` that the file at *path* asks for.

    Raises:
        ConfigError: the file is missing or wrong; the message names the setting and no secret.
        PluginError: a platform or channel is not installed.
    """
    settings = settings_of(path)
    folder = path.resolve().parent
    return {
        "database": _database(settings.database, folder),
        "stores": {
            name: _store(name, table, vault(settings.secrets, folder, name))
            for name, table in settings.stores.items()
        },
        "channels": [_channel(name, table) for name, table in settings.channels.items()],
        "hooks": _hooks(settings),
        "templates": folder / settings.templates if settings.templates else None,
        "brand": settings.brand,
        "since": settings.since,
        "webhook_url": settings.webhook_url,
        "sweep_every": settings.sweep_every or None,
    }


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
    options = dict(table)
    platform = options.pop("platform", None)
    if not isinstance(platform, str):
        raise ConfigError(f"stores.{name}.platform is missing, for example 'woocommerce'")
    adapter: StoreAdapter = _build(plugins.store(platform), options, f"stores.{name}")
    adapter.vault = kept
    return adapter


def _channel(name: str, table: Mapping[str, Any]) -> Channel:
    channel: Channel = _build(plugins.channel(name), dict(table), f"channels.{name}")
    return channel


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
    )
    return [hook(**_given(table)) for table, hook in tables if table is not None]


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
