"""Column types: instants as integer microseconds UTC, JSON and words that any database keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json
from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Return *instant* as whole microseconds since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the instant of `to_micros`."""
    return _EPOCH + micros * _MICROSECOND


def _write_micros(value: datetime | None) -> int | None:
    return None if value is None else to_micros(value)


def _read_micros(value: int | None) -> datetime | None:
    return None if value is None else from_micros(value)


def _write_json(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return to_json(value, ensure_ascii=True).decode()
    except PydanticSerializationError:  # half a character, which only the slow way can write
        return json.dumps(value, separators=(",", ":"))


def _read_json(value: str | None) -> Any:
    if value is None:
        return None
    try:
        return from_json(value)
    except ValueError:
        return json.loads(value)


def _write_words(value: object) -> str | None:
    if value is None:
        return None
    words = str(value)  # a provider's id may be a number
    if words.isprintable():
        return words
    return words.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class Micros(TypeDecorator[datetime]):
    """An aware datetime, stored as integer microseconds UTC; to write a naive one is an error."""

    impl = BigInteger
    cache_ok = True
    write, read = staticmethod(_write_micros), staticmethod(_read_micros)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Write an instant; a naive one is an error."""
        return self.write(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Read an instant in UTC."""
        return self.read(value)


class Json(TypeDecorator[Any]):
    """A JSON value, stored as ASCII text, so that no character of it can trouble a database."""

    impl = Text
    cache_ok = True
    write, read = staticmethod(_write_json), staticmethod(_read_json)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write a value."""
        return self.write(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read a value."""
        return self.read(value)


class Words(TypeDecorator[str]):
    """What somebody else says. NUL and halves of characters, which no database keeps, are marked.

    They must not stop the rest: a provider's answer is to be settled, whatever it says.
    """

    impl = Text
    cache_ok = True
    write, read = staticmethod(_write_words), None

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write a text."""
        return self.write(value)
