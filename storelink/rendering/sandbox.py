"""The environment in which templates run: a short list of what they may do, and a limit to it.

Jinja's sandbox keeps templates away from Python's inside, but not from the machine: `'a' * 10**9`
is one expression. Here everything that makes, compares or repeats values is counted as `Work`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from jinja2 import BaseLoader, StrictUndefined, filters, nodes, pass_context, tests
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from storelink.rendering import allowed
from storelink.rendering.filters import FILTERS, concatenate, shown
from storelink.rendering.instrument import CONCATENATE, STEP, WEIGH, Instrument
from storelink.rendering.session import current
from storelink.rendering.work import MAX_ARGUMENT, size

MAX_SOURCE: Final = 100_000
"""The longest template, in characters."""

FILTER_COST: Final = 20
"""What a filter costs, however short its value: some format dates."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Runs templates that a shop wrote; HTML templates escape every value."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            finalize=_printed,
            trim_blocks=True,
            lstrip_blocks=True,
            # A constant would be folded once for all messages, but filters know the language.
            optimized=False,
        )
        self.filters = {name: _weighing(name, run) for name, run in _filters()}
        self.tests = {name: _weighing(name, run) for name, run in tests.TESTS.items()}
        self.globals["range"] = _range
        del self.globals["lipsum"]

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """Join what a template, a macro or a block put out."""
        return "".join(map(current().work.weigh, parts))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Say whether a template may see *attr* of *obj*."""
        return allowed.may_see(obj, attr)

    def wrap_str_format(self, value: Any) -> None:
        """Leave `str.format` to `is_safe_attribute`, which refuses it: it makes any length."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate, if the result cannot be huge."""
        if operator == "**" or (operator == "%" and isinstance(left, str)):
            raise SecurityError(f"the operator {operator!r} is not available here")
        if operator == "*":
            _check_product(left, right)
        current().work.weigh((left, right))
        return current().work.weigh(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """Call a method or a macro."""
        work = current().work
        work.weigh((args, kwargs))
        return work.weigh(super().call(__context, __obj, *args, **kwargs))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if len(source) > MAX_SOURCE:
            raise TemplateSyntaxError(f"over {MAX_SOURCE} characters long", 1, name, filename)
        tree = super()._parse(source, name, filename)
        Instrument().visit(tree)
        tree.set_environment(self)
        return tree


def _filters() -> Iterator[tuple[str, Callable[..., Any]]]:
    yield from ((name, filters.FILTERS[name]) for name in allowed.FILTERS)
    yield from FILTERS.items()
    yield CONCATENATE, concatenate
    yield WEIGH, _same
    yield STEP, _step


def _same(value: Any) -> Any:
    return value


def _step(cost: int) -> bool:
    current().work.spend(cost)
    return True


def _weighing(name: str, run: Any) -> Any:
    """Return *run* as a filter or test whose values and result are counted."""
    first = 1 if hasattr(run, "jinja_pass_arg") else 0

    @functools.wraps(run)
    def weighing(*args: Any, **kwargs: Any) -> Any:
        work = current().work
        value, *options = args[first:]
        value = shown(value) if name in allowed.TEXTUAL else value
        if name in allowed.GROWING:
            _check_options(name, [*options, *kwargs.values()])
        work.spend(FILTER_COST + size(value))
        work.weigh((options, kwargs))
        return work.weigh(run(*args[:first], work.weigh(value), *options, **kwargs))

    return weighing


def _check_options(name: str, options: Iterable[Any]) -> None:
    for option in options:
        amount = len(option) if isinstance(option, str) else option
        if isinstance(amount, int) and abs(amount) > MAX_ARGUMENT:
            raise SecurityError(f"{name}: {MAX_ARGUMENT} is the most it may be asked for")


def _check_product(left: Any, right: Any) -> None:
    for repeated, times in ((left, right), (right, left)):
        if isinstance(repeated, str | list | tuple) and isinstance(times, int):
            current().work.spend(size(repeated) * max(times, 0))


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_ARGUMENT:
        raise SecurityError(f"range: {MAX_ARGUMENT} steps are the most")
    return numbers


@pass_context
def _printed(context: Context, value: Any) -> str:
    text = shown(value)
    current().work.weigh(text)
    return text
