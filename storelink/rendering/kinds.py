"""What kind of value an expression in a template has, and the attributes that it does not have."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from jinja2 import nodes

from storelink.models.base import Value
from storelink.rendering.allowed import may_see
from storelink.rendering.nearest import meant
from storelink.rendering.structure import Mistake

Types = Mapping[str, Any]
"""The kinds of the values that have names; `None` is one that is not known."""

FORGIVING: Final = frozenset({"default", "d"})
ASKING: Final = frozenset({"defined", "undefined"})
"""Filters and tests that take care of what does not exist."""

_ONE_OF: Final = frozenset({"first", "last", "max", "min"})
_SOME_OF: Final = frozenset(
    {"list", "reject", "rejectattr", "reverse", "select", "selectattr", "sort", "unique"}
)
_BY_PLACE: Final = frozenset({"groupby", "rejectattr", "selectattr"})
"""Filters whose first argument is an attribute of each item; others take it as `attribute`."""
_BY_NAME: Final = frozenset({"groupby", "map", "max", "min", "sort", "unique"})


def unknown_attributes(node: nodes.Node, kinds: Types) -> Iterator[Mistake]:
    """Look at every attribute below *node*; a loop's turn knows the kind of what it goes over."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Test | nodes.Filter) and child.name in ASKING | FORGIVING:
            continue  # it takes care of what does not exist
        inside = kinds
        if isinstance(child, nodes.For) and isinstance(child.target, nodes.Name):
            inside = {**kinds, child.target.name: _item(_kind(child.iter, kinds))}
        for owner, path in _asked(child, kinds):
            for mistake in _missed(owner, path):
                yield mistake, child.lineno
        yield from unknown_attributes(child, inside)


def _asked(node: nodes.Node, kinds: Types) -> Iterator[tuple[Any, str]]:
    """Yield what a node asks for: the kind of the value, and the path to the attribute."""
    if isinstance(node, nodes.Getattr):
        yield _kind(node.node, kinds), node.attr
    elif isinstance(node, nodes.Getitem):
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            yield _kind(node.node, kinds), node.arg.value
    elif isinstance(node, nodes.Filter) and node.node is not None:
        yield from ((_item(_kind(node.node, kinds)), path) for path in _paths(node))


def _paths(node: nodes.Filter) -> list[str]:
    """Return the attributes that a filter asks every item for, as far as they are written."""
    named: dict[Any, nodes.Expr] = {one.key: one.value for one in node.kwargs}
    path = named.get("attribute") if node.name in _BY_NAME else None
    if node.name in _BY_PLACE and node.args:
        path = node.args[0]
    test = node.args[1] if len(node.args) > 1 and node.name != "groupby" else None
    is_forgiving = "default" in named or (isinstance(test, nodes.Const) and test.value in ASKING)
    if is_forgiving or not isinstance(path, nodes.Const) or not isinstance(path.value, str):
        return []
    return path.value.split(",") if node.name == "sort" else [path.value]


def _missed(kind: Any, path: str) -> Iterator[str]:
    """Yield what is wrong with a path such as `"image.url"`, if its first kind is known."""
    for name in path.split("."):
        if not _is_model(kind):
            return
        if not may_see(kind, name):
            known = (one for one in {*kind.model_fields, *dir(kind)} if may_see(kind, one))
            yield f"{kind.__name__} has no attribute {name!r}{meant(name, known)}"
            return
        kind = _field(kind, name)


def _kind(node: nodes.Node, kinds: Types) -> Any:
    """Return the kind of value that an expression has; `None` if it is not known."""
    if isinstance(node, nodes.Name):
        return kinds.get(node.name)
    if isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Filter) and node.node is not None:
        return _taken(_kind(node.node, kinds), node)
    return None


def _taken(kind: Any, node: nodes.Getattr | nodes.Getitem | nodes.Filter) -> Any:
    """Return the kind of what is taken out of a value of this *kind*."""
    match node:
        case nodes.Getattr(attr=name) | nodes.Getitem(arg=nodes.Const(value=str(name))):
            return _field(kind, name)
        case nodes.Getitem(arg=nodes.Slice()):
            return kind
        case nodes.Filter(name=name) if name not in _ONE_OF:
            return kind if name in _SOME_OF else None
    return _item(kind)


def _field(owner: Any, name: str) -> Any:
    field = owner.model_fields.get(name) if _is_model(owner) else None
    return _plain(field.annotation) if field else None


def _plain(annotation: Any) -> Any:
    """Return the one kind of a field that may be empty, or `None` if there are several."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        some = [one for one in typing.get_args(annotation) if one is not type(None)]
        return some[0] if len(some) == 1 else None
    return annotation


def _item(kind: Any) -> Any:
    args = typing.get_args(kind)
    is_many = typing.get_origin(kind) in (tuple, list, Sequence)
    return args[0] if is_many and args else None


def _is_model(kind: Any) -> typing.TypeGuard[type[Value]]:
    return isinstance(kind, type) and issubclass(kind, Value)
