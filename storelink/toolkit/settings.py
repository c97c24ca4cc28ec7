"""Checking a plugin's options: errors that name the option and show no value."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, ValidationError

from storelink.errors import ConfigError

M = TypeVar("M", bound=BaseModel)


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str | SecretStr) else value


Secret = Annotated[SecretStr, Field(min_length=1)]
"""A secret; an empty one is refused, because anybody could sign with it."""

Secrets = Annotated[tuple[Secret, ...], BeforeValidator(_several), Field(min_length=1)]
"""One secret or several, as text, kept as a tuple."""


def plain(secrets: tuple[SecretStr, ...] | None) -> tuple[str, ...]:
    """Return secrets as text, for what signs and verifies; none if there are none."""
    return tuple(one.get_secret_value() for one in secrets or ())


def checked(model: type[M], title: str, options: dict[str, Any]) -> M:
    """Return the settings that *options* make.

    Args:
        model: the plugin's settings.
        title: the plugin's name for people.
        options: the keyword arguments that it was given.

    Raises:
        ConfigError: an option is missing, unknown or malformed; the message names it.
    """
    try:
        return model.model_validate(options)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise ConfigError(": ".join(filter(None, (title, where, what)))) from None
