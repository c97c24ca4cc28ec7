"""How much one rendering may do: shops write templates, and none may stall or fill the machine."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from jinja2.exceptions import SecurityError
from markupsafe import Markup

MAX_WORK: Final = 500_000
"""What one message may cost, in units of about a microsecond."""

MAX_VALUE: Final = 250_000
"""How large one value may be: characters of a text, items of a list at all depths."""

MAX_BITS: Final = 128
"""How large a whole number may be; a `Decimal` may be of the same order."""

MAX_DIGITS: Final = 40

MAX_ARGUMENT: Final = 1_000
"""The largest number, and the longest text, that may tell a filter how much to make."""


TEXTS: Final = (str, Markup)
"""Nearly every value of a template is one of these: they are told apart first."""

COPIED: Final = 8
"""How many characters or items are copied or compared for one unit."""


class Work:
    """Counts what one rendering costs.

    A unit is a node of a template that runs, a character that a filter works on, or `COPIED`
    characters that are copied or compared.
    """

    __slots__ = ("_left",)

    def __init__(self, limit: int = MAX_WORK) -> None:
        self._left = limit

    def spend(self, units: int) -> None:
        """Take *units* off.

        Raises:
            SecurityError: there are not so many left.
        """
        self._left -= units
        if self._left < 0:
            raise SecurityError("the template does more work than a message needs")

    def weigh(self, value: Any) -> Any:
        """Return *value* after the copying of it was taken off; an iterator's items as they come.

        Raises:
            SecurityError: it is too large, or there are not enough units left.
        """
        kind: type = type(value)
        if kind not in TEXTS and _measure(kind) is _iterator:
            return self._counted(value)
        self.spend(1 + size(value) // COPIED)
        return value

    def feed(self, value: Any, cost: int) -> Any:
        """Return *value* after *cost* and each of its characters or items were taken off.

        Raises:
            SecurityError: it is too large, or there are not enough units left.
        """
        self.spend(cost + size(value))
        kind: type = type(value)
        is_iterator = kind not in TEXTS and _measure(kind) is _iterator
        return self._counted(value) if is_iterator else value

    def join(self, parts: Iterable[str]) -> str:
        """Return *parts* as one text, whose length is taken off before it is made.

        Raises:
            SecurityError: there are not enough units left.
        """
        listed = list(parts)
        self.spend(len(listed) + sum(map(len, listed)) // COPIED)
        return "".join(listed)

    def _counted(self, values: Iterator[Any]) -> Iterator[Any]:
        for value in values:
            yield self.weigh(value)


def size(value: Any) -> int:
    """Return the size of *value*: characters, items at all depths, otherwise 1.

    Raises:
        SecurityError: it is larger than any value of a message.
    """
    kind: type = type(value)
    total = len(value) if kind in TEXTS else _measure(kind)(value)
    if total > MAX_VALUE:
        raise SecurityError("a value is larger than a message needs")
    return total


@functools.lru_cache(maxsize=1024)
def _measure(kind: type) -> Callable[[Any], int]:
    """Return what tells the size of a *kind* of value."""
    return next(measure for kinds, measure in _MEASURES if issubclass(kind, kinds))


def _text(value: str | bytes) -> int:
    return len(value) + 1


def _whole(value: int) -> int:
    if value.bit_length() > MAX_BITS:
        raise SecurityError("a number is larger than a message needs")
    return 1


def _decimal(value: Decimal) -> int:
    if value.is_finite() and abs(value.adjusted()) > MAX_DIGITS:
        raise SecurityError("a number is larger than a message needs")
    return 1


def _collection(value: Any) -> int:
    total, waiting = 0, [value]
    while waiting and total + len(waiting) <= MAX_VALUE:
        one = waiting.pop()
        kind: type = type(one)
        measure = _measure(kind)
        if measure is _collection:
            total += 1
            waiting.extend(_parts(one))
        else:
            total += measure(one)
    return total + len(waiting)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return itertools.chain.from_iterable(value.items())
    return value  # type: ignore[no-any-return]


def _iterator(_: Iterator[Any]) -> int:
    return 1


def _single(_: object) -> int:
    return 1


_MEASURES: Final[tuple[tuple[Any, Callable[[Any], int]], ...]] = (
    ((str, bytes), _text),
    (int, _whole),
    (Decimal, _decimal),
    ((Mapping, list, tuple, set, frozenset), _collection),
    (Iterator, _iterator),
    (object, _single),
)
"""The first type that fits decides."""
