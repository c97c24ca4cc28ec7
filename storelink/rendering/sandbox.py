"""The environment in which templates run: a short list of what they may do, and a limit to it.

Jinja's sandbox keeps templates away from Python's inside, but not from the machine: `'a' * 10**9`
is one expression. Here everything that makes, compares or repeats values is counted as `Work`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from jinja2 import BaseLoader, StrictUndefined, Template, filters, nodes, pass_context, tests
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplateSyntaxError
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

from storelink.models.base import Value
from storelink.rendering import allowed
from storelink.rendering.asking_blocks import ASKING_BLOCKS
from storelink.rendering.blocks import BLOCKS
from storelink.rendering.checking import mistake_in
from storelink.rendering.compiled import COMPILED
from storelink.rendering.filters import FILTERS, OVERRIDES, concatenate, shown
from storelink.rendering.instrument import CONCATENATE, STEP, WEIGH, Instrument
from storelink.rendering.session import current
from storelink.rendering.shop_blocks import SHOP_BLOCKS
from storelink.rendering.structure import Others
from storelink.rendering.terms import Terms
from storelink.rendering.words import GETTEXT
from storelink.rendering.work import MAX_ARGUMENT, TEXTS, Work, size

MAX_SOURCE: Final = 100_000
"""The longest template, in characters."""

INLINE: Final = 64
"""How many templates that stand in messages are kept ready."""

FILTER_COST: Final = 20
"""What a filter costs, however short its value: some format dates."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Runs templates that a shop wrote; HTML templates escape every value.

    Args:
        loader: finds the templates.
        watched: whether their files may change while this runs.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, loader: BaseLoader, *, watched: bool) -> None:
        super().__init__(
            loader=loader,
            auto_reload=watched,
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            finalize=_printed,
            trim_blocks=True,
            lstrip_blocks=True,
            # A constant would be folded once for all messages, but filters know the language.
            optimized=False,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=COMPILED,
        )
        self._files = loader
        self.newstyle_gettext = True
        self.policies["ext.i18n.trimmed"] = True
        self.filters = {name: _weighing(name, run) for name, run in _filters()}
        self.filters |= {WEIGH: _weigh, STEP: _step}
        self.tests = {
            name: run if name in allowed.IDENTITY else _weighing(name, run)
            for name, run in tests.TESTS.items()
        }
        self._inline = functools.lru_cache(INLINE)(self._from_text)
        self.globals |= {**GETTEXT, **BLOCKS, **ASKING_BLOCKS, **SHOP_BLOCKS, "range": _range}
        del self.globals["lipsum"]

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """Join what a template, a macro or a block put out."""
        return current().work.join(parts)

    def get_template(
        self,
        name: Any,
        parent: str | None = None,
        globals: Any = None,  # noqa: A002
    ) -> Template:
        """Return the template called *name*; it stays the same while one message is written."""
        loaded = current().loaded
        if name not in loaded:
            loaded[name] = super().get_template(name, parent, globals)
        return loaded[name]

    def inline(self, source: str, where: str) -> Template:
        """Return the template that *source* is; mistakes in it are told to be at *where*."""
        return self._inline(source, where)

    def _from_text(self, source: str, where: str) -> Template:
        code = self.compile(source, filename=where)
        return Template.from_code(self, code, self.make_globals(None))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return *attribute* of *obj*, or else its item of that name."""
        kind: type = type(obj)
        if allowed.may_see(kind, attribute):
            try:
                return getattr(obj, attribute)
            except AttributeError:
                pass
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return the item *argument* of *obj*, or else its attribute of that name."""
        if isinstance(obj, Value) and isinstance(argument, str):
            return self.getattr(obj, argument)  # a model has no items: to ask costs an exception
        return super().getitem(obj, argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Say whether a template may see *attr* of *obj*."""
        kind: type = type(obj)
        return allowed.may_see(kind, attr)

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
        if isinstance(__obj, Macro):
            # What it is given it only passes on; what it makes is counted in `concat`.
            current().work.spend(len(args) + len(kwargs))
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return __obj(__context.eval_ctx, *args, **kwargs)
        work = current().work
        for value in (*args, *kwargs.values()):
            work.weigh(value)
        return work.weigh(super().call(__context, __obj, *args, **kwargs))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if len(source) > MAX_SOURCE:
            raise TemplateSyntaxError(f"over {MAX_SOURCE} characters long", 1, name, filename)
        tree = super()._parse(source, name, filename)
        terms = Terms(self.globals, {**BLOCKS, **SHOP_BLOCKS}, self.filters, self.tests)
        others = Others(name, functools.cache(self._parsed), self._files.list_templates)
        mistake = mistake_in(tree, terms, others)
        if mistake:
            raise TemplateSyntaxError(*mistake, name, filename)
        Instrument().visit(tree)
        tree.set_environment(self)
        return tree

    def check(self, name: str) -> None:
        """Look at a template anew: what it needs may be gone since it was used.

        Raises:
            TemplateSyntaxError: it is broken, or asks for what does not exist.
        """
        source, place, _ = self._files.get_source(self, name)
        self.compile(source, name, place)

    def _parsed(self, name: str) -> nodes.Template | None:
        """Return another template as it is written."""
        try:
            source, place, _ = self._files.get_source(self, name)
        except TemplateNotFound:
            return None
        return super()._parse(source, name, place)


def _filters() -> Iterator[tuple[str, Callable[..., Any]]]:
    yield from ((name, filters.FILTERS[name]) for name in allowed.FILTERS)
    yield from FILTERS.items()
    yield CONCATENATE, concatenate


def _weigh(value: Any) -> Any:
    return current().work.weigh(value)


def _step(cost: int) -> bool:
    current().work.spend(cost)
    return True


def _weighing(name: str, run: Any) -> Any:
    """Return *run* as a filter or test whose values and result are counted."""
    admit, is_linear = _admission(name), name in allowed.LINEAR

    @functools.wraps(run)
    def weighing(value: Any, /, *options: Any, **named: Any) -> Any:
        work = current().work
        result = run(admit(work, value, options, named), *options, **named)
        return result if is_linear else work.weigh(result)

    @functools.wraps(run)
    def knowing(context: Any, value: Any, /, *options: Any, **named: Any) -> Any:
        work = current().work
        result = run(context, admit(work, value, options, named), *options, **named)
        return result if is_linear else work.weigh(result)

    return knowing if hasattr(run, "jinja_pass_arg") else weighing


def _admission(name: str) -> Callable[..., Any]:
    """Return what counts the values of the filter or test *name*, and returns the first of them."""
    is_textual, is_growing = name in allowed.TEXTUAL, name in allowed.GROWING

    def admit(work: Work, value: Any, options: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if options or named:
            options = (*options, *named.values())
            if is_growing:
                _check_options(name, options)
            for option in options:
                work.weigh(option)
        return work.feed(shown(value) if is_textual else value, FILTER_COST)

    return admit


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
    text = value if type(value) in TEXTS else shown(value)
    current().work.weigh(text)
    if type(text) is not str or text.isprintable():
        return text
    told = OVERRIDES.sub("", text)
    return told.replace("\0", "") if context.eval_ctx.autoescape else told
