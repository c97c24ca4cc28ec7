"""What `storelink.toml` may say, and `STORELINK_…` in the environment instead of it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from storelink.rendering import Brand

_DURATION = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(value: Any) -> Any:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""A time span: `"90s"`, `"30m"`, `"2h"`, `"7d"`, `"2w"`, ISO 8601 (`"P7D"`), or seconds."""


class HookSettings(BaseModel):
    """What is common to the settings of the built-in hooks."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ThankYouSettings(HookSettings):
    """`[hooks.thank_you]`; see `storelink.hooks.ThankYou`."""

    after: Duration = timedelta()
    good_when_placed: tuple[str, ...] = ()
    expires_after: Duration = timedelta()


class TrackingSettings(HookSettings):
    """`[hooks.tracking]`; see `storelink.hooks.TrackingUpdates`."""

    created_expires_after: Duration = timedelta()
    delivered_expires_after: Duration = timedelta()
    news_expires_after: Duration = timedelta()


class ReviewRequestSettings(HookSettings):
    """`[hooks.review_request]`; see `storelink.hooks.ReviewRequest`."""

    after: Duration = timedelta()
    transit: Duration = timedelta()
    expires_after: Duration = timedelta()


class Hooks(BaseModel):
    """`[hooks]`: a hook is on if it has a table, be it empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    thank_you: ThankYouSettings | None = None
    tracking: TrackingSettings | None = None
    review_request: ReviewRequestSettings | None = None


class Settings(BaseSettings):
    """The whole configuration.

    A value in the environment goes before the file: `STORELINK_DATABASE`, and for tables with two
    underscores between the names, `STORELINK_STORES__ATELIER__WEBHOOK_SECRET`.

    Attributes:
        database: a database URL; a relative SQLite path starts at the file's folder.
        templates: a folder, relative to the file's folder.
        since: what happened before sends no messages.
        stores: by name; `platform` says which adapter, the rest are its options.
        channels: by the plugin's name, with its options.
    """

    model_config = SettingsConfigDict(
        env_prefix="STORELINK_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    database: str = Field("sqlite:///storelink.db", repr=False)
    templates: Path | None = None
    since: AwareDatetime | None = None
    brand: Brand | None = None
    stores: dict[str, dict[str, Any]] = Field(repr=False)
    channels: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)
    hooks: Hooks = Hooks()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the environment first, then the file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))


def read_settings(path: Path) -> Settings:
    """Read the file at *path* and the environment."""

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    return FromFile()
