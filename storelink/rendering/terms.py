"""Finds filters, tests and arguments in templates that do not exist."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

from jinja2 import nodes

from storelink.rendering.nearest import meant
from storelink.rendering.structure import Mistake

_PASSED_ON: Final = {
    "map": ("filter", 0),
    "select": ("test", 0),
    "reject": ("test", 0),
    "selectattr": ("test", 1),
    "rejectattr": ("test", 1),
}
"""Filters that get the name of another filter or test, and where it stands."""


class Terms(NamedTuple):
    """What templates can use.

    Attributes:
        names: beside the values of a message.
        functions: what they can call, by name.
        filters: by name.
        tests: by name.
    """

    names: Collection[str]
    functions: Mapping[str, Callable[..., Any]]
    filters: Collection[str]
    tests: Collection[str]


def unknown_terms(tree: nodes.Template, terms: Terms) -> Iterator[Mistake]:
    """Find filters and tests that do not exist, unless the template asks whether they do."""
    known = {"filter": terms.filters, "test": terms.tests}
    asked = {(test.name, test.node.value) for test in tree.find_all(nodes.Test)
             if test.name in known and isinstance(test.node, nodes.Const)}  # fmt: skip
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        assert isinstance(node, nodes.Filter | nodes.Test)  # noqa: S101  for mypy
        for kind, name in _named(node):
            if name not in known[kind] and (kind, name) not in asked:
                # What storelink adds itself has a blank in its name.
                near = meant(name, filter(str.isidentifier, known[kind]))
                yield f"there is no {kind} {name!r}{near}", node.lineno


def _named(node: nodes.Filter | nodes.Test) -> Iterator[tuple[str, str]]:
    yield "filter" if isinstance(node, nodes.Filter) else "test", node.name
    if isinstance(node, nodes.Filter) and node.name in _PASSED_ON:
        kind, place = _PASSED_ON[node.name]
        passed = node.args[place] if len(node.args) > place else None
        if isinstance(passed, nodes.Const) and isinstance(passed.value, str):
            yield kind, passed.value


def wrong_calls(
    tree: nodes.Template, functions: Mapping[str, Callable[..., Any]], own: Collection[str]
) -> Iterator[Mistake]:
    """Find calls of *functions* with what they do not take; *own* names mean something else."""
    with_body = [block.call for block in tree.find_all(nodes.CallBlock)]
    for call in tree.find_all(nodes.Call):
        name = call.node.name if isinstance(call.node, nodes.Name) else ""
        is_open = call.dyn_args is not None or call.dyn_kwargs is not None
        if name in functions and name not in own and not is_open:
            given = {one.key: one.value for one in call.kwargs}
            if any(call is one for one in with_body):
                given["caller"] = call
            wrong = _unfit(_signature(functions[name]), call.args, given)
            if wrong:
                yield f"{name}(): {wrong}", call.lineno


def _unfit(signature: inspect.Signature, args: list[Any], given: dict[str, Any]) -> str:
    """Return what is wrong with the arguments; `""` if they fit."""
    for name in given.keys() - signature.parameters:
        return f"got an unexpected keyword argument {name!r}{meant(name, signature.parameters)}"
    try:
        signature.bind(*args, **given)
    except TypeError as error:
        return str(error)
    return ""


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """Return what a template gives a function; the context it gets from Jinja."""
    signature = inspect.signature(function)
    given = list(signature.parameters.values())
    takes_context = hasattr(function, "jinja_pass_arg")
    return signature.replace(parameters=given[1:] if takes_context else given)
