"""Reading a payload: the fields it carries, ids, and what must be there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from storelink.errors import PayloadError
from storelink.toolkit.payload import Reader

Fields = Mapping[str, tuple[tuple[str, ...], Callable[[Reader], Any]]]
"""How to read each field of a record, and which keys of the payload carry it."""

UNSET: Final = object()
"""What a function in `Fields` returns when the payload does not carry the field after all."""

NO_TIME = "the payload has no time"

_GID = re.compile(r"gid://shopify/[A-Za-z]{1,64}/([0-9]{1,32})(?:\?.{0,200})?")


def carried(reader: Reader, fields: Fields) -> dict[str, Any]:
    """Return the fields that the payload carries: all the keys that one needs are there."""
    values = {name: read(reader) for name, (keys, read) in fields.items() if reader.has(*keys)}
    return {name: value for name, value in values.items() if value is not UNSET}


def gid_number(text: str | None) -> str | None:
    """Return the number in a GID: `"gid://shopify/Order/42"` gives `"42"`."""
    match = _GID.fullmatch(text or "")
    return match[1] if match else None


def gid_type(text: Any) -> str:
    """Return the type in a GID, `"Order"` for example; empty if there is none."""
    return text.split("/")[3] if isinstance(text, str) and text.count("/") > 3 else ""  # noqa: PLR2004


def webhook_id(reader: Reader) -> str:
    """Return the id of an object in a webhook body.

    Numbers of 64 bits lose their last digits in tools that read JSON numbers as floating point,
    as Shopify's own example payloads show. The GID beside them is text, and is right.
    """
    return gid_number(reader.text("admin_graphql_api_id")) or reader.id("id")


def node_id(reader: Reader, name: str = "id") -> str:
    """Return the number of a GID that must be there."""
    return gid_number(reader.text(name)) or missing(reader, name, "a GID")


def count(reader: Reader, name: str) -> int:
    """Return a whole number that must be there."""
    value = reader.integer(name)
    return missing(reader, name, "a whole number") if value is None else value


def instant(reader: Reader, name: str) -> datetime:
    """Return a time that must be there."""
    return reader.time(name) or missing(reader, name, "a time")


def child(reader: Reader, name: str) -> Reader:
    """Return a reader of an object that must be there."""
    return reader.object(name) or missing(reader, name, "an object")


def missing(reader: Reader, name: str, wanted: str) -> NoReturn:
    """Raise the error that *name*, which must be there, is not."""
    raise PayloadError(f"{reader.path}.{name}: {wanted} is missing")


def node_id_of(reader: Reader, name: str) -> str | None:
    """Return the number of the GID of the object under *name*, if there is one."""
    thing = reader.object(name)
    return node_id(thing) if thing else None


def stamp(instant: datetime) -> str:
    """Return an instant as Shopify takes it: in UTC, without parts of seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def lower(reader: Reader, name: str) -> str | None:
    """Return a word in small letters."""
    word = reader.filled(name)
    return word.lower() if word else None
