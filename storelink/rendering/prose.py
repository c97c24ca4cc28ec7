"""Finds what a message says outside `{% trans %}` and `_()`: it is told so in every language."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from jinja2 import TemplateSyntaxError, nodes

from storelink.rendering.blocks import BLOCKS
from storelink.rendering.loader import (
    EXTRACTING,
    PACKAGED_PLACE,
    TemplateFolders,
    content_name,
    texts_of,
)

_LABELS: Final = frozenset({"label", "text"})
"""What the parameters of blocks are called that take words."""
_FORGIVING: Final = frozenset({"default", "d"})
_ADDRESS: Final = re.compile(r"\S+://\S+|\S+@\S+|www\.\S+")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")

_Heard = nodes.Block | nodes.Macro | nodes.AssignBlock
"""What of a template is heard that extends another."""


class Prose(NamedTuple):
    """Words that no catalog can have.

    Attributes:
        place: the file and the line.
        text: how they begin.
        is_packaged: they come with storelink.
    """

    place: str
    text: str
    is_packaged: bool


def prose_of(template: str, folders: TemplateFolders) -> Iterator[Prose]:
    """Yield what the message *template* says outside `{% trans %}`, with what it is made from.

    A file in one language, such as `en/gift_note/body.txt`, may say what it likes.
    """
    waiting, seen = [content_name(template)], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name.endswith(".html") or not folders.has(name):
            continue
        seen.add(name)
        source, place, _ = folders.get_source(EXTRACTING, name)
        waiting += texts_of(source)[1]
        for text, line in _prose_in(source):
            yield Prose(f"{place}, line {line}", text, place.endswith(PACKAGED_PLACE))


def _prose_in(source: str) -> Iterator[tuple[str, int]]:
    try:
        tree = EXTRACTING.parse(source)
    except TemplateSyntaxError:
        return  # whoever loads it says what is wrong
    extends = tree.find(nodes.Extends) is not None
    for part in _outermost(tree) if extends else [tree]:
        for node in part.find_all((nodes.Output, nodes.CallBlock)):
            for one in node.iter_child_nodes(only=["nodes", "call"]):
                yield from ((text, line) for text, line in _told(one) if _is_prose(text))


def _outermost(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        if isinstance(child, _Heard):
            yield child
        else:
            yield from _outermost(child)


def _told(node: nodes.Node) -> Iterator[tuple[str, int]]:
    """Yield the texts that an expression may put out as they stand there, with their lines."""
    if isinstance(node, nodes.TemplateData):
        text = node.data.lstrip()
        above = node.data[: len(node.data) - len(text)].count("\n")
        yield " ".join(text.split()), node.lineno + above
    elif isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value, node.lineno
    for part in _parts(node):
        yield from _told(part)


def _parts(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield the parts of an expression that are told as they are."""
    match node:
        case nodes.CondExpr() | nodes.BinExpr() | nodes.Concat():
            yield from node.iter_child_nodes(exclude=["test"])
        case nodes.Filter(name=name) if name in _FORGIVING:
            yield from node.iter_child_nodes(only=["node", "args"])
        case nodes.Call(node=nodes.Name(name=name)) if name in BLOCKS:
            yield from _labels(node, name)


def _labels(call: nodes.Call, block: str) -> Iterator[nodes.Node]:
    """Yield what a block is given to say; a call that does not fit is found when it is loaded."""
    parameters = list(inspect.signature(BLOCKS[block]).parameters)
    if hasattr(BLOCKS[block], "jinja_pass_arg"):  # the first is Jinja's own
        parameters = parameters[1:]
    given = {**dict(zip(parameters, call.args, strict=False)),
             **{one.key: one.value for one in call.kwargs}}  # fmt: skip
    yield from (node for name, node in given.items() if name in _LABELS)


def _is_prose(text: str) -> bool:
    return _WORD.search(_ADDRESS.sub("", text)) is not None
