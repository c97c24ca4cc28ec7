"""Reading platform payloads: strict JSON, and small readers that name the field they refuse."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from storelink.errors import PayloadError
from storelink.models.money import Money

MAX_DEPTH = 64
MAX_ID = 255
MAX_TIME = 64
MAX_NUMBER = Decimal(10) ** 18
MIN_EXPONENT = -100
MAX_PLAIN_EXPONENT = 30
FIRST_YEAR, LAST_YEAR = 1970, 2100
"""What a store can have lived through; a time outside of it is a mistake of somebody's clock."""


_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*, as `parse_json` reads it.

    Raises:
        PayloadError: it is no JSON object, or `parse_json` refuses it.
    """
    data = parse_json(body)
    if not isinstance(data, dict):
        raise PayloadError(f"the body is a JSON {_kind(data)}, not an object")
    return data


def parse_json(body: bytes) -> Any:
    """Return the JSON value in *body*; numbers with a fraction become `Decimal`.

    NUL, which not every database keeps, is replaced by the sign for what cannot be shown.

    Raises:
        PayloadError: it is no JSON, is nested deeper than any platform nests, has `NaN` or
            infinities, or text that is not valid Unicode (a lone surrogate).
    """
    try:
        text = _text(body)
        data = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(data, default=str, ensure_ascii=False).encode()
    except PayloadError:
        raise
    except UnicodeError:
        raise PayloadError("the body is not valid Unicode text") from None
    except RecursionError:
        raise PayloadError("the body is nested too deeply") from None
    except InvalidOperation:
        raise PayloadError("the body has a number that is too large") from None
    except ValueError as error:
        raise PayloadError(f"the body is not JSON: {str(error)[:80]}") from None
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(data)
    return data


def _text(body: bytes) -> str:
    text = body.decode("utf-8-sig")
    return _NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text


def exact_json(value: Any) -> Any:
    """Return *value* as JSON can keep it exactly: numbers with a fraction become text.

    Raises:
        PayloadError: a number is not finite.
    """
    if isinstance(value, _OBJECT):
        return {
            str(key): item if type(item) in _EXACT else exact_json(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [item if type(item) in _EXACT else exact_json(item) for item in value]
    return number_text(value) if isinstance(value, _INEXACT) else value


# What is asked for each value of a payload is asked of sets and tuples of types: a union is slower.
_EXACT = frozenset({str, int, bool, type(None)})
_NESTING = frozenset({dict, list})
_OBJECT = (dict, Mapping)
_INEXACT = (Decimal, float)
_NUMERIC = (str, int, Decimal, float)


def number_text(number: Decimal | float) -> str:
    """Return a number as text; the same whether JSON was parsed into `Decimal` or into `float`.

    >>> number_text(Decimal("2.50")), number_text(2.5), number_text(719.2800000000001)
    ('2.5', '2.5', '719.2800000000001')

    Raises:
        PayloadError: it is not finite.
    """
    sign, digits, exponent = _as_decimal(number).as_tuple()
    if not isinstance(exponent, int):
        raise PayloadError("a number is not finite")
    significant = "".join(map(str, digits)).rstrip("0")
    if not significant:
        return "0"
    exponent += len(digits) - len(significant)
    exact = Decimal((sign, tuple(map(int, significant)), exponent))
    return f"{exact:f}" if abs(exponent) <= MAX_PLAIN_EXPONENT else str(exact)


def _as_decimal(number: Decimal | float | str) -> Decimal:
    """Return *number* exactly; a float as the shortest decimal that stands for it."""
    return Decimal(repr(number) if isinstance(number, float) else number)


def _no_constant(name: str) -> NoReturn:
    raise PayloadError(f"the body has the number {name}, which JSON does not know")


def _check_depth(data: Any) -> None:
    level, depth = [data] if type(data) in _NESTING else [], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise PayloadError("the body is nested too deeply")
        level = [
            child
            for item in level
            for child in (item.values() if type(item) is dict else item)
            if type(child) in _NESTING
        ]


class Reader:
    """Reads one JSON object field by field; every refusal names the path.

    An absent field is told from an empty one by `has`; `None` and a missing key both read as
    `None`.

    >>> reader = Reader({"id": 7, "total": "19.90", "tags": ["a"]}, "order")
    >>> reader.id("id"), reader.money("total", "EUR")
    ('7', Money('19.90', 'EUR'))
    >>> reader.text("tags")
    Traceback (most recent call last):
    ...
    storelink.errors.PayloadError: order.tags: expected text, got list
    """

    def __init__(self, data: Any, path: str) -> None:
        if not isinstance(data, _OBJECT):
            raise PayloadError(f"{path}: expected an object, got {_kind(data)}")
        self.data: Mapping[str, Any] = data
        self.path = path

    def has(self, *names: str) -> bool:
        """Say whether the payload carries all these fields, be they null or not."""
        return self.data.keys() >= set(names)

    def refuse(self, name: str, wanted: str) -> NoReturn:
        """Raise the error that *name* is not what was *wanted*."""
        raise PayloadError(f"{self.path}.{name}: expected {wanted}, got {_kind(self.data[name])}")

    def text(self, name: str) -> str | None:
        """Return a text; empty text is kept."""
        value = self.data.get(name)
        if value is None or isinstance(value, str):
            return value
        return self.refuse(name, "text")

    def filled(self, name: str) -> str | None:
        """Return a text without surrounding blanks; an empty one reads as `None`."""
        value = self.text(name)
        return value.strip() or None if value is not None else None

    def id(self, name: str = "id") -> str:
        """Return an id as text, from a whole number or a text."""
        value = self.optional_id(name)
        if value is None:
            raise PayloadError(f"{self.path}.{name}: missing")
        return value

    def optional_id(self, name: str) -> str | None:
        """Return an id as text; a missing one, `0` and `""` read as `None`."""
        value = self.data.get(name)
        if value is None or (value in (0, "") and not isinstance(value, bool)):
            return None
        if isinstance(value, bool) or not isinstance(value, int | str):
            return self.refuse(name, "an id")
        text = str(value)
        return text if text.isprintable() and len(text) <= MAX_ID else self.refuse(name, "an id")

    def integer(self, name: str) -> int | None:
        """Return a whole number, also from text."""
        number = self._number(name, "a whole number")
        if number is None:
            return None
        is_whole = number == number.to_integral_value()
        return int(number) if is_whole else self.refuse(name, "a whole number")

    def flag(self, name: str) -> bool | None:
        """Return a truth value."""
        value = self.data.get(name)
        return value if value is None or isinstance(value, bool) else self.refuse(name, "a flag")

    def decimal(self, name: str) -> Decimal | None:
        """Return an exact number, also from text; a float as the shortest text that gives it."""
        return self._number(name, "an amount")

    def _number(self, name: str, wanted: str) -> Decimal | None:
        value = self.data.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, _NUMERIC):
            return self.refuse(name, wanted)
        try:
            number = _as_decimal(value)
        except (InvalidOperation, ValueError):
            return self.refuse(name, wanted)
        return number if _is_sane(number) else self.refuse(name, wanted)

    def money(self, name: str, currency: str) -> Money | None:
        """Return an amount of *currency*, which is refused together with the amount."""
        amount = self.decimal(name)
        try:
            return None if amount is None else Money(amount, currency)
        except ValueError as error:
            raise PayloadError(f"{self.path}.{name}: {error}") from None

    def time(self, name: str, *, naive_is_utc: bool = False) -> datetime | None:
        """Return an instant in UTC, from 1970 to 2100.

        Args:
            name: the field.
            naive_is_utc: a time without an offset is UTC; otherwise it is refused.
        """
        value = self.filled(name)
        if value is None:
            return None
        instant = _instant(value, naive_is_utc) if len(value) <= MAX_TIME else _WITH_OFFSET
        return self.refuse(name, instant) if isinstance(instant, str) else instant

    def object(self, name: str) -> Reader | None:
        """Return a reader of the object under *name*."""
        value = self.data.get(name)
        return None if value is None else Reader(value, f"{self.path}.{name}")

    def objects(self, name: str) -> list[Reader]:
        """Return readers of the list of objects under *name*; a missing list is empty."""
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            return self.refuse(name, "a list")
        return [Reader(item, f"{self.path}.{name}[{index}]") for index, item in enumerate(value)]

    def texts(self, name: str) -> list[str]:
        """Return the list of texts under *name*; a missing list is empty."""
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return self.refuse(name, "a list of texts")
        return list(value)


@functools.lru_cache(maxsize=1024)  # a payload tells of one time in many places
def _instant(text: str, naive_is_utc: bool) -> datetime | str:
    """Return the instant in UTC, or what a time has to be."""
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None and naive_is_utc:
            instant = instant.replace(tzinfo=UTC)
    except ValueError:
        return _WITH_OFFSET
    if instant.tzinfo is None:
        return _WITH_OFFSET
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:
        return _IN_RANGE
    return instant if FIRST_YEAR <= instant.year <= LAST_YEAR else _IN_RANGE


_WITH_OFFSET = "a time with an offset"
_IN_RANGE = f"a time between {FIRST_YEAR} and {LAST_YEAR}"


def _is_sane(number: Decimal) -> bool:
    """Say whether arithmetic on *number* can neither overflow nor fill the memory."""
    exponent = number.as_tuple().exponent
    return (
        isinstance(exponent, int)  # not so for NaN and infinities
        and exponent >= MIN_EXPONENT
        and -MAX_NUMBER < number < MAX_NUMBER
    )


def _kind(value: Any) -> str:
    names = {dict: "object", list: "list", str: "text", bool: "flag", type(None): "null"}
    return names.get(type(value), "number")
