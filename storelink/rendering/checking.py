"""Finds what a template asks for and will never get, when it is loaded and before it is used."""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from jinja2 import meta, nodes

from storelink.models.base import Value
from storelink.models.contact import Contact
from storelink.models.order import Order
from storelink.models.shipment import Shipment
from storelink.rendering.allowed import may_see
from storelink.rendering.brand import Brand
from storelink.rendering.content import Content
from storelink.rendering.sums import Sums

Types = Mapping[str, Any]

VALUES: Final[Types] = {
    "order": Order,
    "contact": Contact,
    "first_name": str,
    "name": str,
    "shipment": Shipment,
    "event": None,
    "data": None,
    "items": None,
    "sums": Sums,
    "attached": bool,
    "brand": Brand,
    "pages": None,
    "locale": str,
    "dir": str,
    "start": str,
    "end": str,
    "subject": str,
    "content": Content,
    "footer": None,
    "cards": None,
    "caller": None,
    "loop": None,
    "self": None,
    "super": None,
    "varargs": None,
    "kwargs": None,
}
"""The names that templates may use, with the kind of value where every template gets the same."""

_FORGIVING: Final = frozenset({"default", "d"})
_ASKING: Final = frozenset({"defined", "undefined"})


Mistake = tuple[str, int]
"""What is wrong, and in which line."""


def mistake_in(tree: nodes.Template, known: Collection[str], *, is_part: bool) -> Mistake | None:
    """Return what is wrong with a template: a name or an attribute that does not exist.

    Args:
        tree: the parsed template.
        known: what there is beside the values of a message.
        is_part: it is included by others, which may give it more names.
    """
    bound = set(_bound(tree))
    kinds = {name: kind for name, kind in VALUES.items() if name not in bound}
    named = None if is_part else _unknown_name(tree, bound.union(known))
    return named or next(_unknown_attributes(tree, kinds), None)


def _unknown_name(tree: nodes.Template, known: Collection[str]) -> Mistake | None:
    used = meta.find_undeclared_variables(tree) - set(VALUES) - set(known) - _asked_for(tree)
    for node in tree.find_all(nodes.Name):
        if node.name in used and node.ctx == "load":
            return f"{node.name!r} is undefined", node.lineno
    return None


def _bound(tree: nodes.Template) -> Iterator[str]:
    """Return the names that a template gives itself."""
    for node in tree.find_all(nodes.Name):
        if node.ctx != "load":
            yield node.name
    for imported in tree.find_all(nodes.Import):
        yield imported.target
    for macro in tree.find_all(nodes.Macro):
        yield macro.name
    for taken in tree.find_all(nodes.FromImport):
        yield from (one if isinstance(one, str) else one[1] for one in taken.names)


def _asked_for(tree: nodes.Template) -> set[str]:
    """Return the names that a template takes care of itself: `x is defined`, `x|default("")`."""
    tests = (node.node for node in tree.find_all(nodes.Test) if node.name in _ASKING)
    filters = (node.node for node in tree.find_all(nodes.Filter) if node.name in _FORGIVING)
    return {node.name for node in (*tests, *filters) if isinstance(node, nodes.Name)}


def _unknown_attributes(node: nodes.Node, kinds: Types) -> Iterator[Mistake]:
    """Look at every attribute below *node*; a loop's turn knows the kind of what it goes over."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Test | nodes.Filter) and child.name in _ASKING | _FORGIVING:
            continue  # it takes care of what does not exist
        inside = kinds
        if isinstance(child, nodes.For) and isinstance(child.target, nodes.Name):
            inside = {**kinds, child.target.name: _item(_kind(child.iter, kinds))}
        if isinstance(child, nodes.Getattr):
            kind = _kind(child.node, kinds)
            if _is_model(kind) and not may_see(kind, child.attr):
                yield f"{kind.__name__} has no attribute {child.attr!r}", child.lineno
        yield from _unknown_attributes(child, inside)


def _kind(node: nodes.Node, kinds: Types) -> Any:
    """Return the kind of value that an expression has; `None` if it is not known."""
    if isinstance(node, nodes.Name):
        return kinds.get(node.name)
    if isinstance(node, nodes.Getattr):
        owner = _kind(node.node, kinds)
        field = owner.model_fields.get(node.attr) if _is_model(owner) else None
        return _plain(field.annotation) if field else None
    return None


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
