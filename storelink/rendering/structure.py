"""What templates are to each other: which extend and use which, and what they find there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple

from jinja2 import TemplateSyntaxError, nodes
from jinja2.meta import find_referenced_templates

from storelink.rendering.loader import ORIGINAL
from storelink.rendering.nearest import meant, meant_file, nearest_first

Mistake = tuple[str, int]
"""What is wrong, and in which line."""

_Using = nodes.Extends | nodes.Include | nodes.Import | nodes.FromImport
_USING: Final = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)


class Others(NamedTuple):
    """The templates beside the one that is looked at.

    Attributes:
        name: the name of the one that is looked at; `None` if it stands in a message.
        parsed: returns another one by its name; `None` if there is none.
        names: returns the names of all.
    """

    name: str | None
    parsed: Callable[[str], nodes.Template | None]
    names: Callable[[], Collection[str]]

    def readable(self, name: str) -> nodes.Template | None:
        """Return another template; `None` if there is none, or if it is broken itself."""
        try:
            return self.parsed(name)
        except (TemplateSyntaxError, OSError, UnicodeDecodeError):
            return None


class Parents(NamedTuple):
    """What a template extends, and what that extends.

    Attributes:
        trees: those that are named where it is written.
        is_all: it always extends them, and nothing else.
    """

    trees: tuple[nodes.Template, ...]
    is_all: bool


def parents_of(tree: nodes.Template, others: Others) -> Parents:
    """Return what a template extends.

    A packaged template counts as well where the shop has one of its name: a shop's own frame may
    leave out a block, and the messages that fill it stay right.
    """
    found: dict[str, nodes.Template] = {}
    waiting, is_all = [tree], True
    while waiting:
        one = waiting.pop()
        for extends in one.find_all(nodes.Extends):
            names = _written(extends.template)
            is_all = is_all and extends in one.body and bool(names)
            for parent in (both for name in names for both in _both(name)):
                read = others.parsed(parent) if parent not in found else None
                if read is not None:
                    found[parent] = read
                    waiting.append(read)
    return Parents(tuple(found.values()), is_all)


def bound(tree: nodes.Template) -> Iterator[str]:
    """Yield the names that a template gives itself, and those that it uses."""
    for node in tree.find_all(nodes.Name):
        if node.ctx != "load":
            yield node.name
    for imported in tree.find_all(nodes.Import):
        yield imported.target
    for macro in tree.find_all(nodes.Macro):
        yield macro.name
    for taken in tree.find_all(nodes.FromImport):
        yield from (one if isinstance(one, str) else one[1] for one in taken.names)


def given_by(others: Others) -> set[str]:
    """Return the names that a template may get from those that use it, and from their parents.

    One that finds out later which template it uses may use any.
    """
    if others.name is None:
        return set()
    trees = {one: tree for one in others.names() if (tree := others.readable(one)) is not None}
    used = {one: set(find_referenced_templates(tree)) for one, tree in trees.items()}
    users, waiting = dict[str, nodes.Template](), [others.name]
    while waiting:
        wanted = {None, *_both(waiting.pop())}
        new = [one for one in trees if one not in users and used[one] & wanted]
        users |= {one: trees[one] for one in new}
        waiting += new
    kin = [tree for one in users.values() for tree in (one, *parents_of(one, others).trees)]
    return {given for tree in kin for given in bound(tree)}


def misplaced(tree: nodes.Template, parents: Parents, others: Others) -> Iterator[Mistake]:
    """Find files, what is imported from them, and blocks that do not exist."""
    yield from _unknown_files(tree, others)
    yield from _unknown_imports(tree, others)
    yield from _unknown_blocks(tree, parents)


def _unknown_files(tree: nodes.Template, others: Others) -> Iterator[Mistake]:
    """Of several names in a list, one that exists is enough."""
    for node in tree.find_all(_USING):
        assert isinstance(node, _Using)  # noqa: S101  for mypy
        is_optional = isinstance(node, nodes.Include) and node.ignore_missing
        for choice in () if is_optional else _choices(node.template):
            names = _written(choice)
            if names and all(others.parsed(name) is None for name in names):
                told = " or ".join(map(repr, names))
                near = meant_file(names[0], {*others.names()} - {others.name})
                yield f"there is no template {told}{near}", node.lineno


def _unknown_imports(tree: nodes.Template, others: Others) -> Iterator[Mistake]:
    for node in tree.find_all(nodes.FromImport):
        names = _written(node.template)
        source = others.readable(names[0]) if len(names) == 1 else None
        if source is None or source.find(nodes.Extends) is not None:
            continue
        known = set(bound(source))
        for one in node.names:
            name = one if isinstance(one, str) else one[0]
            if name not in known:
                yield f"{names[0]!r} has no {name!r}{meant(name, known)}", node.lineno


def _unknown_blocks(tree: nodes.Template, parents: Parents) -> Iterator[Mistake]:
    """What stands in a block that no parent has, and that nobody calls, is never said."""
    if not parents.trees or not parents.is_all:
        return
    known = {block.name for parent in parents.trees for block in parent.find_all(nodes.Block)}
    called = {name for one in (tree, *parents.trees) for name in _called(one)}
    for node in tree.body:
        if isinstance(node, nodes.Block) and node.name not in known | called:
            told = ", ".join(nearest_first(node.name, known))
            yield f"there is no block {node.name!r} to replace; there are {told}", node.lineno


def _called(tree: nodes.Template) -> Iterator[str]:
    """Yield the blocks that are called as `self.name()`."""
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name == "self":
            yield node.attr


def _choices(name: nodes.Expr) -> Iterator[nodes.Expr]:
    """Yield the names that it may be, by a condition: `"a.txt" if x else "b.txt"`."""
    if isinstance(name, nodes.CondExpr):
        yield from _choices(name.expr1)
        if name.expr2 is not None:
            yield from _choices(name.expr2)
    else:
        yield name


def _written(name: nodes.Node) -> list[str]:
    """Return the names that stand there; nothing if they are found out when it is used."""
    items = name.items if isinstance(name, nodes.Tuple | nodes.List) else [name]
    texts = [one.value for one in items if isinstance(one, nodes.Const)]
    return texts if len(texts) == len(items) and all(isinstance(t, str) for t in texts) else []


def _both(name: str) -> tuple[str, str]:
    """Return a name, and that of the packaged file of this name, which the shop's may hide."""
    return name, ORIGINAL + name.removeprefix(ORIGINAL)
