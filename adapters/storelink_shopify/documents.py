"""The GraphQL documents of this package, each with the fragments that it names."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

SUPPORTED = ("2026-01", "2026-04", "2026-07", "2026-10")
"""The versions of the Admin API that the documents are valid on, oldest first."""

NEWEST = SUPPORTED[-1]

_COMMENT = re.compile(r"^\s*#.*\n?", re.MULTILINE)
_FRAGMENT = re.compile(r"^fragment (\w+) on \w+ \{\n(.*?)^\}\n", re.MULTILINE | re.DOTALL)
_SPREAD = re.compile(r"\.\.\.(\w+)")
_GATE = re.compile(r"\$(with\w+): Boolean")
_GATED = re.compile(r"(\w+)(\([^()]*\))? @include\(if: \$(\w+)\)")
_VARIABLE = re.compile(r"\$(\w+)")
_CUSTOMER = "fragment CustomerFields on Customer {\n"


@dataclass(frozen=True, slots=True)
class Document:
    """One operation.

    Attributes:
        name: of its file, without the ending.
        text: what is sent.
        gates: its variables that say whether a part is asked for.
        gated: the fields that have a gate, each with its gate.
        is_mutation: whether it writes.
    """

    name: str
    text: str = field(repr=False)
    gates: frozenset[str]
    gated: Mapping[str, str] = field(hash=False)
    is_mutation: bool


@functools.cache
def load(name: str, version: str = NEWEST, *, birthday: str | None = None) -> Document:
    """Return the document that is called *name*, for a *version* of the API.

    Args:
        name: of its file, without the ending.
        version: of the API.
        birthday: the namespace and key of the metafield that has the birthday of customers.

    Raises:
        FileNotFoundError: there is none.
    """
    own = _read(f"{name}.graphql")
    known = fragments(version)
    text = own + "".join(known[one] for one in _needed(own, known))
    if birthday:
        text = text.replace(_CUSTOMER, f"{_CUSTOMER}  {_metafield('birthday', birthday)}\n")
    return Document(
        name=name,
        text=text,
        gates=frozenset(_GATE.findall(own)),
        gated={match[1]: match[3] for match in _GATED.finditer(text)},
        is_mutation=own.lstrip().startswith("mutation"),
    )


def names() -> list[str]:
    """Return the names of all documents."""
    files = (one.name for one in (resources.files("storelink_shopify") / "documents").iterdir())
    return sorted(one.removesuffix(".graphql") for one in files if not one.startswith("_"))


@functools.cache
def fragments(version: str = NEWEST) -> Mapping[str, str]:
    """Return the shared fragments by name, as a *version* of the API has them."""
    texts = [_read("_fragments.graphql")]
    if version in SUPPORTED and version < "2026-10":
        texts.append(_read("_fragments_before_2026_10.graphql"))
    return {match[1]: match[0] for text in texts for match in _FRAGMENT.finditer(text)}


def inline(document: Document, variables: Mapping[str, Any]) -> str:
    """Return a query that stands alone: no variables, no fragments, no parts that are left out.

    A bulk operation takes its query as text, without variables (shopify.dev, "Perform bulk
    operations with the GraphQL Admin API").
    """
    own = re.sub(r"\n(?=fragment ).*", "\n", document.text, flags=re.DOTALL)
    bodies = {match[1]: match[2] for match in _FRAGMENT.finditer(document.text)}
    while _SPREAD.search(own):
        own = _SPREAD.sub(lambda match: bodies[match[1]], own)
    selection = own[_body_start(own) :]
    while gate := _GATED.search(selection):
        if variables[gate[3]]:
            kept = f"{gate[1]}{gate[2] or ''}"
            selection = selection[: gate.start()] + kept + selection[gate.end() :]
        else:
            selection = selection[: gate.start()] + selection[_field_end(selection, gate.end()) :]
    return _VARIABLE.sub(lambda match: json.dumps(variables[match[1]]), selection)


def _body_start(text: str) -> int:
    """Return where the operation's selection begins, after its variables."""
    opening = re.match(r"\s*(query|mutation)?\s*\w*\s*(\([^()]*\))?\s*", text)
    return opening.end() if opening else 0


def _field_end(text: str, start: int) -> int:
    """Return where a field ends whose selection, if it has one, begins at *start*."""
    opening = re.compile(r"\s*\{").match(text, start)
    if not opening:
        return start
    depth, at = 1, opening.end()
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at


def _metafield(alias: str, name: str) -> str:
    """Return what asks for a metafield's value; *name* is its namespace, a dot, and its key."""
    namespace, _, key = name.partition(".")
    return f'{alias}: metafield(namespace: "{namespace}", key: "{key}") {{ value }}'


def _needed(text: str, known: Mapping[str, str]) -> list[str]:
    """Return the names of the fragments that *text* names, and that these name, sorted."""
    found: set[str] = set()
    waiting = set(_SPREAD.findall(text))
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(_SPREAD.findall(known[name])) - found
    return sorted(found)


def _read(file: str) -> str:
    folder = resources.files("storelink_shopify") / "documents"
    return _COMMENT.sub("", (folder / file).read_text(encoding="utf-8"))
