"""Reading what WordPress makes of values: meta lists, HTML entities, PHP arrays.

Any plugin can write any type into an order. What only decorates a message is read leniently here:
a value that cannot be read is none, and does not cost the order. What decides something is read
with the `Reader` itself, which refuses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit

from storelink.errors import PayloadError
from storelink.models.money import Money
from storelink.toolkit.contact import plain
from storelink.toolkit.payload import FIRST_YEAR, LAST_YEAR, Reader, number_text, parse_json

T = TypeVar("T")

_NO_DATE = "0000-00-00"
"""How MySQL writes a date that is not there, with a time or without."""


def lenient(read: Callable[[], T]) -> T | None:
    """Return what *read* returns, or `None` if the value cannot be read."""
    try:
        return read()
    except PayloadError:
        return None


def meta(reader: Reader) -> Reader:
    """Return a reader of `meta_data`, by key; of a repeated key the last value counts.

    Entries that have no key are left out.

    Raises:
        PayloadError: it is no list.
    """
    entries = reader.data.get("meta_data")
    if not isinstance(entries, list | None):
        reader.refuse("meta_data", "a list")
    readers = [Reader(entry, "entry") for entry in entries or () if isinstance(entry, Mapping)]
    values = {key: entry.data.get("value") for entry in readers if (key := text(entry, "key"))}
    return Reader(values, f"{reader.path}.meta_data")


def text(reader: Reader, name: str) -> str | None:
    """Return a text without outer blanks, also from a number; `None` for whatever else it is."""
    value = reader.data.get(name)
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return lenient(lambda: number_text(value))
    return None


def words(reader: Reader, name: str) -> str | None:
    """Return text for people, read as `text` does, with its HTML entities decoded."""
    return (plain(text(reader, name)) or "").strip() or None


def money(reader: Reader, name: str, currency: str) -> Money | None:
    """Return an amount that only decorates; `None` if it cannot be read."""
    return lenient(lambda: reader.money(name, currency))


def total(parts: Sequence[Reader], names: Sequence[str], currency: str) -> Money:
    """Return the sum of the amounts *names* of all *parts*; a missing one is nothing.

    Raises:
        PayloadError: one of them cannot be read.
    """
    amounts = [part.decimal(name) for part in parts for name in names]
    known = (amount for amount in amounts if amount is not None)
    return Money(sum(known, start=Decimal(0)), currency)


def known_total(parts: Sequence[Reader], names: Sequence[str], currency: str) -> Money | None:
    """Return a `total` that only decorates; `None` if a part of it cannot be read."""
    return lenient(lambda: total(parts, names, currency))


def quantity(reader: Reader, name: str) -> int | None:
    """Return how many, as a whole number without a sign, which refunds have.

    Plugins sell by weight and length, while the model counts pieces: half a metre is one piece.
    """
    amount = reader.decimal(name)
    return None if amount is None else math.ceil(abs(amount))


def place(reader: Reader, name: str) -> Reader | None:
    """Return a reader of an object; PHP writes an empty one as an empty list."""
    return (
        Reader({}, f"{reader.path}.{name}") if reader.data.get(name) == [] else reader.object(name)
    )


def gmt(reader: Reader, name: str) -> datetime | None:
    """Return one of WooCommerce's `*_gmt` times, which are UTC and do not say so."""
    return None if is_no_date(reader.data.get(name)) else reader.time(name, naive_is_utc=True)


def gmt_or_none(reader: Reader, name: str) -> datetime | None:
    """Return a `*_gmt` time that only decorates; `None` if it cannot be read."""
    return lenient(lambda: gmt(reader, name))


def is_no_date(value: Any) -> bool:
    """Say whether *value* is how a database writes a date that is not there."""
    return isinstance(value, str) and value.strip().startswith(_NO_DATE)


def unix_time(reader: Reader, name: str) -> datetime | None:
    """Return an instant from unix seconds, also from text; `0` is no time."""
    seconds = reader.integer(name)
    if not seconds:
        return None
    try:
        instant = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return reader.refuse(name, "a unix time")
    is_sane = FIRST_YEAR <= instant.year <= LAST_YEAR
    return instant if is_sane else reader.refuse(name, "a unix time")


def php_list(reader: Reader, name: str) -> list[Reader]:
    """Return readers of a list of objects that PHP stored.

    PHP has one type for lists and maps, so that a list from which something was removed arrives
    as an object with the positions as names; some plugins store JSON text, and some the only
    object without a list. An empty one may be `""`, `false` or missing, and so may an entry.

    Raises:
        PayloadError: it is none of these.
    """
    value = reader.data.get(name)
    if isinstance(value, str):
        value = _from_json(reader, name, value)
    if isinstance(value, Mapping):
        value = list(value.values()) if _is_list(value) else [value]
    if not value:
        return []
    if not isinstance(value, list):
        reader.refuse(name, "a list of objects")
    path = f"{reader.path}.{name}"
    return [Reader(item, f"{path}[{index}]") for index, item in enumerate(value) if item]


def _is_list(value: Mapping[str, Any]) -> bool:
    """Say whether *value* is a list that has the positions as names."""
    return all(name.isdecimal() for name in value)


def _from_json(reader: Reader, name: str, text: str) -> Any:
    if not text.strip():
        return None
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"))
    except PayloadError:
        return reader.refuse(name, "a list of objects")


def web_link(url: str | None) -> str | None:
    """Return *url* if it can be put into a message: an `http` or `https` address.

    WordPress escapes the ampersand when it saves an address. Other entities are left alone: in
    `?n=1&lang=en` they are none.
    """
    link = (url or "").strip().replace("&amp;", "&").replace("&#038;", "&")
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc)
    return link if is_web and link.isprintable() else None
