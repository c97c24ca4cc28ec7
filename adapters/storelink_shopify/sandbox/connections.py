"""Pages of lists, as GraphQL connections have them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from graphql import GraphQLError

from storelink_shopify.sandbox.graph import Node
from storelink_shopify.sandbox.listing import Dated, Key, Listing, T
from storelink_shopify.sandbox.search import Query

LARGEST = 250
"""The most that one page can have."""


def page(
    listing: Listing[T],
    query: Query,
    sort: Sequence[str],
    args: Mapping[str, Any],
    make: Callable[[T], Node],
) -> Node:
    """Return one page of all objects of a kind."""
    size, is_last = _size(args)
    back = bool(args.get("reverse")) != is_last
    beyond = args.get("before" if is_last else "after")
    after = _decoded(beyond, len(sort)) if beyond else None
    found = list(islice(listing.rows(query, sort, after=after, back=back), size + 1))
    kept, has_more = found[:size], len(found) > size
    if is_last:
        kept.reverse()
    cursors = [_encoded(one, sort) for one in kept]
    has_before = bool(args.get("after"))
    return _connection(
        [make(one) for one in kept],
        cursors,
        has_next=bool(args.get("before")) if is_last else has_more,
        has_previous=has_more if is_last else has_before,
    )


def cut(nodes: Sequence[Any], args: Mapping[str, Any]) -> Node:
    """Return a page of a list that an object has."""
    places = list(range(len(nodes)))
    if args.get("reverse") and "sortKey" not in args:
        places.reverse()
    cursors = {place: base64.b64encode(f"[{place}]".encode()).decode() for place in places}
    every = len(places)
    if args.get("after") in cursors.values():
        start = [cursors[place] for place in places].index(args["after"]) + 1
        places = places[start:]
    size = args.get("first")
    size = size if size is not None else args.get("last")
    kept = places[:size] if args.get("last") is None else places[-(size or every) :]
    return _connection(
        [nodes[place] for place in kept],
        [cursors[place] for place in kept],
        has_next=args.get("last") is None and len(kept) < len(places),
        has_previous=len(places) < every,
    )


def _connection(
    nodes: Sequence[Any], cursors: Sequence[str], *, has_next: bool, has_previous: bool
) -> Node:
    return {
        "nodes": nodes,
        "edges": [
            {"node": node, "cursor": cursor} for node, cursor in zip(nodes, cursors, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": has_next,
            "hasPreviousPage": has_previous,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _size(args: Mapping[str, Any]) -> tuple[int, bool]:
    first, last = args.get("first"), args.get("last")
    size = first if first is not None else last
    if size is None:
        raise GraphQLError("you must provide one of first or last", extensions=_BAD)
    if not 0 <= size <= LARGEST:
        raise GraphQLError(f"a page has at most {LARGEST} objects", extensions=_BAD)
    return size, first is None


_BAD = {"code": "BAD_REQUEST"}


def _encoded(one: Dated, sort: Sequence[str]) -> str:
    key = [getattr(one, name) for name in sort]
    parts = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.b64encode(json.dumps(parts).encode()).decode()


def _decoded(cursor: str, length: int) -> Key:
    try:
        parts = json.loads(base64.b64decode(cursor, validate=True))
        key = tuple(datetime.fromisoformat(one) if isinstance(one, str) else one for one in parts)
    except (ValueError, TypeError, binascii.Error):
        key = ()
    if len(key) != length:
        raise GraphQLError("Invalid cursor for current pagination sort.", extensions=_BAD)
    return key
