"""What a document will cost, about: asked for before Shopify has told.

Facts: shopify.dev, "Shopify API rate limits": an object costs 1 point, a value nothing, a mutation
10; connections are sized by how many are asked for. Shopify says only that they scale by the
logarithm (community.shopify.dev); three costs of live shops fit the formula here, and the first
answer corrects it.
"""

from __future__ import annotations

import functools
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from storelink_shopify.documents import Document, inline

SINGLE_QUERY_LIMIT = 1000.0
_MUTATION = 10.0
_TOKEN = re.compile(r"\.\.\.\s*on\s+\w+|(?P<name>\w+)\s*(?P<args>\([^()]*\))?|[{}]")
_FIRST = re.compile(r"\b(?:first|last): (\d+)")
_FREE = {"pageInfo", "edges", "nodes", "node"}
"""What a connection consists of costs nothing of its own."""


@functools.cache
def estimate(document: Document, first: int | None) -> float:
    """Return what *document* costs with *first* as its variable, in points."""
    if document.is_mutation:
        return _MUTATION
    variables: defaultdict[str, Any] = defaultdict(lambda: 1, dict.fromkeys(document.gates, True))
    variables["first"] = first or 1
    tokens = _TOKEN.finditer(inline(document, variables))
    next(tokens)
    return min(_selection(tokens), SINGLE_QUERY_LIMIT)


def _selection(tokens: Iterator[re.Match[str]]) -> float:
    """Return what the fields cost up to the brace that closes their selection."""
    total, before = 0.0, None
    for token in tokens:
        if token[0] == "}":
            break
        if token[0] == "{":
            total += _field(before, _selection(tokens))
        else:
            before = token
    return total


def _field(token: re.Match[str] | None, inside: float) -> float:
    if token is None or token["name"] is None or token["name"] in _FREE:
        return inside
    size = _FIRST.search(token["args"] or "")
    if size:
        return 2 + (1 + inside) * weight(int(size[1]))
    return 1 + inside


def weight(size: int) -> int:
    """Return how many times a connection's node counts, if *size* of them are asked for."""
    return math.floor(2 * math.log(max(2, size)))
