"""The search syntax of `query` arguments: `updated_at:>='2026-11-20T00:00:00Z' AND status:open`.

Facts: shopify.dev, "Shopify API search syntax". A field that is not known is ignored, as there.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

Test = Callable[[Any], bool]
Getters = Mapping[str, Callable[[Any], Any]]
"""How to get what a field of the syntax is compared with, for one kind of object."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>AND|OR|NOT)(?=[\s(]|$)|(?P<minus>-)(?=\w+:)
    |(?P<name>[A-Za-z_.]+):(?P<op>>=|<=|>|<|=)?(?P<value>"[^"]*"|'[^']*'|[^\s()]+)
    |(?P<text>"[^"]*"|'[^']*'|[^\s()]+))""",
    re.VERBOSE,
)
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
BOUNDED = ("created_at", "updated_at", "id")
"""What old objects are in order of, so that a bound on it need not look at each."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a search asks.

    Attributes:
        matches: says of an object whether it belongs to the answer.
        lower: what every answer reaches at least, by `BOUNDED` attribute.
        upper: what no answer exceeds.
        is_exact: whether the bounds say it all.
    """

    matches: Test
    lower: Mapping[str, Any] = field(default_factory=dict)
    upper: Mapping[str, Any] = field(default_factory=dict)
    is_exact: bool = True

    def since(self, instant: datetime | None) -> Query:
        """Return the same search among what was created from *instant* on."""
        if instant is None:
            return self
        earliest = max(instant, self.lower.get("created_at", instant))
        lower = {**self.lower, "created_at": earliest}
        return Query(
            lambda one: bool(one.created_at >= instant) and self.matches(one),
            lower,
            self.upper,
            self.is_exact,
        )


def parse(text: str | None, getters: Getters) -> Query:
    """Read a search; without text it finds everything."""
    reader = _Parser(text or "", getters)
    test = reader.either()
    return Query(test, reader.lower, reader.upper, reader.is_exact)


class _Parser:
    """Reads tokens from left to right; `OR` binds less than standing beside each other."""

    def __init__(self, text: str, getters: Getters) -> None:
        self._tokens = [found for found in _TOKEN.finditer(text) if found.group().strip()]
        self._getters = getters
        self._depth = 0
        self.lower: dict[str, Any] = {}
        self.upper: dict[str, Any] = {}
        self.is_exact = True

    def either(self) -> Test:
        """Read alternatives."""
        tests = [self._all()]
        while self._takes("word", "OR"):
            tests.append(self._all())
        if len(tests) == 1:
            return tests[0]
        # What bounds one alternative does not bound the others.
        self.lower, self.upper, self.is_exact = {}, {}, False
        return lambda one: any(test(one) for test in tests)

    def _all(self) -> Test:
        tests: list[Test] = []
        while self._tokens and not self._next_ends():
            self._takes("word", "AND")
            if self._tokens:
                tests.append(self._one())
        return lambda one: all(test(one) for test in tests)

    def _next_ends(self) -> bool:
        found = self._tokens[0]
        return bool(found["close"]) or found["word"] == "OR"

    def _takes(self, group: str, value: str) -> bool:
        if self._tokens and self._tokens[0][group] == value:
            self._tokens.pop(0)
            return True
        return False

    def _one(self) -> Test:
        if self._takes("word", "NOT") or self._takes("minus", "-"):
            self._depth += 1
            test = self._one()
            self._depth -= 1
            return lambda one: not test(one)
        if self._takes("open", "("):
            self._depth += 1
            test = self.either()
            self._depth -= 1
            self._takes("close", ")")
            return test
        found = self._tokens.pop(0)
        return self._term(found["name"], found["op"] or "=", (found["value"] or "").strip("'\""))

    def _term(self, name: str | None, op: str, text: str) -> Test:
        get = self._getters.get(name or "")
        if get is None or name is None:
            return lambda _: True
        if self._depth == 0:
            self._bound(name, op, text)
        else:
            self.is_exact = False
        return lambda one: _holds(get(one), op, text)

    def _bound(self, name: str, op: str, text: str) -> None:
        value: Any = _number(text) if name == "id" else _instant(text)
        if name not in BOUNDED or value is None or op == "=":
            self.is_exact = False
            return
        if name == "updated_at":
            # Of some kinds it is compared by whole days: a bound that is too wide does no harm.
            self.is_exact = False
            midnight = value.replace(hour=0, minute=0, second=0, microsecond=0)
            value = midnight if op.startswith(">") else midnight + timedelta(days=1)
        if op.startswith(">"):
            self.lower[name] = max(value, self.lower.get(name, value))
        else:
            self.upper[name] = min(value, self.upper.get(name, value))
        self.is_exact = self.is_exact and len(op) == len(">=")


def _holds(value: Any, op: str, text: str) -> bool:
    """Compare what an object has with what is asked, by the type of what it has."""
    if isinstance(value, datetime):
        return _compares(value, op, _instant(text), is_day="T" not in text)
    if isinstance(value, date):
        asked = _instant(text)
        return _compares(value, op, asked and asked.date())
    if isinstance(value, int):
        return _compares(value, op, _number(text))
    if isinstance(value, list | tuple | set | frozenset):
        return text.casefold() in {str(one).casefold() for one in value}
    return value is not None and str(value).casefold() == text.casefold()


def _compares(value: Any, op: str, asked: Any, *, is_day: bool = False) -> bool:
    if asked is None:
        return False
    if op == "=":
        return bool(asked <= value < asked + timedelta(days=1) if is_day else value == asked)
    return _OPERATORS[op](value, asked)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
