"""What templates may use: these filters, and these attributes of these types. Nothing else."""

from __future__ import annotations

import functools
from datetime import date
from enum import Enum
from typing import Any, Final

from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, Macro
from jinja2.utils import Cycler, Namespace

from storelink.events.types import Event
from storelink.models.base import Value
from storelink.models.money import Money

# fmt: off
FILTERS: Final = frozenset({
    "abs", "batch", "capitalize", "center", "count", "dictsort", "e", "escape", "first", "float",
    "groupby", "indent", "int", "items", "last", "length", "list", "lower", "map", "max",
    "min", "reject", "rejectattr", "replace", "reverse", "round", "select", "selectattr", "slice",
    "sort", "string", "title", "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
})
"""Jinja's own filters that a message can need.

`safe` is not among them: what customers typed never becomes markup. `attr`, `format`, `pprint`,
`random`, `sum`, `tojson`, `wordwrap` and the like are not needed, or make values of any size.
"""

GROWING: Final = frozenset({
    "batch", "center", "indent", "join", "replace", "round", "slice", "truncate",
})
"""Filters whose options say how much they make."""

TEXTUAL: Final = frozenset({
    "capitalize", "center", "e", "escape", "indent", "lower", "replace", "string", "title", "trim",
    "truncate", "upper", "urlencode", "wordcount",
})
"""Filters that work on a text: on what would be printed of their value."""

LINEAR: Final = frozenset({
    "capitalize", "d", "date", "datetime", "day", "default", "e", "escape", "isolate", "lower",
    "money", "number", "one_line", "prose", "rich", "safe_url", "string", "title", "trim",
    "upper", "urlencode",
})
"""Filters whose result is of the order of their value, which is counted."""

IDENTITY: Final = frozenset({"defined", "false", "none", "sameas", "true", "undefined"})
"""Tests that ask what a value is, and do not look into it: they cost no more than their node."""

_TEXT = frozenset({
    "capitalize", "casefold", "count", "endswith", "find", "isalpha", "isdecimal", "isdigit",
    "islower", "isspace", "istitle", "isupper", "lower", "lstrip", "partition", "removeprefix",
    "removesuffix", "rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines",
    "startswith", "strip", "title", "upper",
})
# fmt: on

_ATTRIBUTES: tuple[tuple[Any, frozenset[str]], ...] = (
    (Enum, _TEXT | {"name", "value"}),
    (str, _TEXT),
    (Money, frozenset({"amount", "currency"})),
    (date, frozenset({"year", "month", "day", "hour", "minute", "second"})),
    (dict, frozenset({"get", "items", "keys", "values"})),
    ((list, tuple), frozenset({"count", "index"})),
    (BlockReference, frozenset({"super"})),
    (Cycler, frozenset({"current", "next", "reset"})),
    (Macro, frozenset({"arguments", "caller", "name"})),
)
"""The first type that fits decides."""

_NAMED_BY_TEMPLATES = (LoopContext, Namespace, TemplateModule)
_METHODS_OF_MODELS = frozenset({"line", "shipment"})


@functools.lru_cache(maxsize=4096)
def may_see(kind: type, name: str) -> bool:
    """Say whether a template may ask a value of this *kind* for its attribute *name*.

    Of a model it may ask for every field and property except `raw`: the platform's own words can
    hold what nobody checked.
    """
    if name.startswith("_"):
        return False
    if issubclass(kind, Value):
        return _is_told(kind, name)
    if issubclass(kind, _NAMED_BY_TEMPLATES) or name in getattr(kind, "_fields", ()):
        return True
    allowed = (names for kinds, names in _ATTRIBUTES if issubclass(kind, kinds))
    return name in next(allowed, ())


def _is_told(kind: type[Value], name: str) -> bool:
    if name == "raw" or name.startswith("model_"):
        return False
    if name in kind.model_fields or name in _METHODS_OF_MODELS:
        return True
    is_event_type = issubclass(kind, Event) and name == "type"
    return is_event_type or isinstance(getattr(kind, name, None), property)
