"""Reading objects by their ids, whole and many at once.

`nodes(ids:)` costs as much as its dearest object, however many ids it names, which makes it the
cheapest way to whole objects (shopify.dev, "Shopify API rate limits"). What does not fit into the
first page of a connection is asked for until nothing is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storelink.errors import NotFound, PayloadError, StoreError, StoreUnavailable, Unsupported
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink_shopify import nodes
from storelink_shopify.answers import TooCostly
from storelink_shopify.client import Client
from storelink_shopify.values import gid_number, gid_type

Node = Mapping[str, Any]
Outcome = Snapshot | StoreError | PayloadError


@dataclass(frozen=True, slots=True)
class Reading:
    """How objects of one kind are read.

    Attributes:
        type: of the GIDs.
        document: asks for several by their ids.
        normalize: says what a node says.
        batch: how many are asked for at once.
    """

    type: str
    document: str
    normalize: Callable[[Node], Snapshot]
    batch: int = 50


READINGS: Mapping[Kind, Reading] = {
    Kind.ORDER: Reading("Order", "orders_by_ids", nodes.order),
    Kind.RETURN: Reading("Return", "returns_by_ids", nodes.return_),
    Kind.CUSTOMER: Reading("Customer", "customers_by_ids", nodes.customer),
    Kind.PRODUCT: Reading("Product", "products_by_ids", nodes.product),
    Kind.CHECKOUT: Reading("AbandonedCheckout", "checkouts_by_ids", nodes.checkout),
    Kind.COUPON: Reading("DiscountCodeNode", "coupons_by_ids", nodes.coupon),
}
"""What can be read. Parcels and refunds are read with their order, consents with the account."""

_REST: Mapping[tuple[str, str], str] = {
    ("Order", "lineItems"): "order_line_items",
    ("Order", "returns"): "order_returns",
    ("Fulfillment", "events"): "fulfillment_events",
    ("Fulfillment", "fulfillmentLineItems"): "fulfillment_line_items",
    ("Refund", "refundLineItems"): "refund_line_items",
    ("Return", "returnLineItems"): "return_line_items",
    ("ReturnableFulfillment", "returnableFulfillmentLineItems"): "returnable_lines",
    ("AbandonedCheckout", "lineItems"): "checkout_line_items",
    ("Product", "variants"): "product_variants",
    ("Product", "collections"): "product_collections",
}
"""Which document asks for the rest of a connection."""

_REST_AT_ONCE = 100
_ID, _LARGEST_ID = re.compile(r"[0-9]{1,19}"), (1 << 63) - 1
"""One id that cannot be makes Shopify refuse to read all the others with it."""
_NO_SUCH = "Shopify has no such {}"


class _Moved(StoreUnavailable):
    """A part went away while the rest of it was read, which says nothing of the whole."""


def read(client: Client, ref: Ref) -> Snapshot:
    """Read one object.

    Raises:
        NotFound: it does not exist (any more).
        Unsupported: objects of its kind are not read by themselves.
    """
    answer = read_many(client, [ref])[ref]
    if isinstance(answer, Snapshot):
        return answer
    raise answer


def read_many(client: Client, refs: Sequence[Ref]) -> dict[Ref, Outcome]:
    """Read several objects, each with its own outcome.

    Raises:
        Unsupported: objects of a kind are not read by themselves.
    """
    answers: dict[Ref, Outcome] = {}
    for kind in dict.fromkeys(ref.kind for ref in refs):
        if kind not in READINGS:
            raise Unsupported("Shopify", f"reading a {kind} by itself")
        ids = list(dict.fromkeys(ref.id for ref in refs if ref.kind is kind))
        for found_id, outcome in read_ids(client, kind, ids):
            answers[Ref(kind=kind, id=found_id)] = outcome
    return answers


def read_ids(client: Client, kind: Kind, ids: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
    """Read objects of one kind, and give what became of each."""
    reading = READINGS[kind]
    askable = [one for one in ids if _ID.fullmatch(one) and int(one) <= _LARGEST_ID]
    found: dict[str, Node] = {}
    for start in range(0, len(askable), reading.batch):
        found |= _nodes(client, reading, askable[start : start + reading.batch])
    for one in ids:
        yield one, _outcome(client, kind, found.get(one))


def _nodes(client: Client, reading: Reading, ids: Sequence[str]) -> dict[str, Node]:
    """Ask for several; for half of them at a time, if so many cost too much at once."""
    try:
        gids = [f"gid://shopify/{reading.type}/{one}" for one in ids]
        data = client.query(reading.document, {"ids": gids})
    except TooCostly:
        if len(ids) == 1:
            raise
        half = len(ids) // 2
        return _nodes(client, reading, ids[:half]) | _nodes(client, reading, ids[half:])
    return {gid_number(node["id"]) or "": node for node in data["nodes"] if node and "id" in node}


def _outcome(client: Client, kind: Kind, node: Node | None) -> Outcome:
    if node is None:
        return NotFound(_NO_SUCH.format(kind))
    try:
        return READINGS[kind].normalize(whole(client, node))
    except (_Moved, PayloadError) as error:
        return error


def whole(client: Client, node: Node) -> Node:
    """Return a node with every connection that was cut off read to its end."""
    return {name: _whole_value(client, node, name, value) for name, value in node.items()}


def _whole_value(client: Client, node: Node, name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [whole(client, one) if isinstance(one, Mapping) else one for one in value]
    if not isinstance(value, Mapping):
        return value
    document = _REST.get((gid_type(node.get("id")), name))
    if document is None or "nodes" not in value:
        return whole(client, value)
    known = [*value["nodes"], *_rest(client, document, node["id"], name, value.get("pageInfo"))]
    return {"nodes": [whole(client, one) for one in known], "pageInfo": {"hasNextPage": False}}


def _rest(
    client: Client, document: str, gid: str, name: str, page: Mapping[str, Any] | None
) -> Iterable[Node]:
    while page and page.get("hasNextPage"):
        asked = {"id": gid, "after": page.get("endCursor")}
        node = client.page(document, asked, first=_REST_AT_ONCE)["node"]
        if not node:
            raise _Moved("Shopify: the object changed while it was read")
        yield from node[name]["nodes"]
        page = node[name]["pageInfo"]
