"""How much one rendering may do: shops write templates, and none may stall or fill the machine."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from jinja2.exceptions import SecurityError

MAX_WORK: Final = 500_000
"""What one message may cost, in units of about a microsecond."""

MAX_VALUE: Final = 250_000
"""How large one value may be: characters of a text, items of a list at all depths."""

MAX_BITS: Final = 128
"""How large a whole number may be; a `Decimal` may be of the same order."""

MAX_DIGITS: Final = 40

MAX_ARGUMENT: Final = 1_000
"""The largest number, and the longest text, that may tell a filter how much to make."""


COPIED: Final = 8
"""How many characters or items are copied or compared for one unit."""


class Work:
    """Counts what one rendering costs.

    A unit is a node of a template that runs, a character that a filter works on, or `COPIED`
    characters that are copied or compared.
    """

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
        if isinstance(value, Iterator):
            return self._counted(value)
        self.spend(1 + size(value) // COPIED)
        return value

    def _counted(self, values: Iterator[Any]) -> Iterator[Any]:
        for value in values:
            yield self.weigh(value)


def size(value: Any) -> int:
    """Return the size of *value*: characters, items at all depths, otherwise 1.

    Raises:
        SecurityError: it is larger than any value of a message.
    """
    total, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        total += _own_size(one)
        waiting.extend(_parts(one))
        if total + len(waiting) > MAX_VALUE:
            raise SecurityError("a value is larger than a message needs")
    return total


def _own_size(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value) + 1
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise SecurityError("a number is larger than a message needs")
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) > MAX_DIGITS:
        raise SecurityError("a number is larger than a message needs")
    return 1


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return itertools.chain.from_iterable(value.items())
    return value if isinstance(value, list | tuple | set | frozenset) else ()
