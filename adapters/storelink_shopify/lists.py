"""Lists of what changed, of what was made when, and how many there are.

A list is asked for as ids, which is cheap, and the objects are read by these: so each is whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storelink.contracts.manifest import Capability
from storelink.contracts.store import Page
from storelink.errors import NotFound, PayloadError, Unsupported
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import is_order_of
from storelink.toolkit.payload import Reader
from storelink_shopify.answers import NotUnderstood
from storelink_shopify.client import Client
from storelink_shopify.reads import read_ids
from storelink_shopify.values import node_id, stamp

Search = Callable[[datetime | None], str]

_UNDER_WAY = ("return_requested", "in_progress", "inspection_complete")
_SETTLED = ("returned", "return_failed")
"""What the returns of an order can be at (shopify.dev, the query `orders`, `return_status`)."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How objects of one kind are listed.

    Attributes:
        document: asks for a page of ids.
        root: the answer's field.
        since: the search for what changed.
        made: the search for what was made from some time on and before another.
        counted: the document that counts, and the answer's field.
        by_update: the list is sorted by the time of the change.
        by_day: the search may find what changed before, too.
        page: how many are asked for at once.
    """

    document: str
    root: str
    since: Search
    made: str = "created_at"
    counted: tuple[str, str] | None = None
    by_update: bool = True
    by_day: bool = False
    page: int = 50


def _updated(since: datetime | None) -> str:
    return f"updated_at:>='{stamp(since)}'" if since else ""


def _updated_that_day(since: datetime | None) -> str:
    # Matches whole days, and does not say of which time zone (shopify.dev, the query `customers`).
    return f"updated_at:>='{(since - timedelta(days=1)).date()}'" if since else ""


def _updated_with_code(since: datetime | None) -> str:
    return " AND ".join(filter(None, ["method:code", _updated(since)]))


def _coming_back(since: datetime | None) -> str:
    # Shopify does not say whether a return moves its order's `updatedAt`: every order with a
    # return under way counts as changed.
    under_way = [f"return_status:{one}" for one in _UNDER_WAY]
    settled = [f"return_status:{one} {_updated(since)}".strip() for one in _SETTLED]
    return " OR ".join([*under_way, *(f"({one})" for one in settled)])


LISTINGS: Mapping[Kind, Listing] = {
    Kind.ORDER: Listing("order_ids", "orders", _updated, counted=("orders_count", "ordersCount")),
    Kind.RETURN: Listing("order_ids", "orders", _coming_back, by_update=False),
    Kind.CUSTOMER: Listing(
        "customer_ids",
        "customers",
        _updated_that_day,
        made="customer_date",
        by_day=True,
        counted=("customers_count", "customersCount"),
    ),
    Kind.PRODUCT: Listing(
        "product_ids", "products", _updated, counted=("products_count", "productsCount")
    ),
    Kind.CHECKOUT: Listing(
        "checkout_ids",
        "abandonedCheckouts",
        _updated,
        counted=("checkouts_count", "abandonedCheckoutsCount"),
        by_update=False,  # AbandonedCheckoutSortKeys has no UPDATED_AT
    ),
    Kind.COUPON: Listing(
        "coupon_ids",
        "discountNodes",
        _updated_with_code,
        counted=("coupons_count", "discountNodesCount"),
    ),
}
"""What can be listed."""

_READ_AS = {Kind.RETURN: Kind.ORDER}
_IDS_AT_ONCE = 250
_OVERLAP = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on.

    Attributes:
        since: what was asked for.
        after: Shopify's cursor; without one the list begins at *since*.
        seen: the time of the last change that was handed out.
    """

    since: datetime | None = None
    after: str | None = None
    seen: datetime | None = None

    def text(self) -> str:
        """Return what a later process understands."""
        since, seen = (one and one.isoformat() for one in (self.since, self.seen))
        return json.dumps({"since": since, "after": self.after, "seen": seen})

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read what `text` wrote.

        Raises:
            PayloadError: it is something else.
        """
        try:
            told = Reader(json.loads(text), "cursor")
        except ValueError:
            raise PayloadError("the cursor is not one of Shopify's lists") from None
        return cls(told.time("since"), told.text("after"), told.time("seen"))


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    created_at: datetime | None
    updated_at: datetime | None


def changed(client: Client, kind: Kind, since: datetime | None, cursor: str | None) -> Page:
    """List what changed at or after *since*, each object whole.

    The list is stable under changes: what changes meanwhile moves to its end. Checkouts come in
    the order of their making; one that changes after its place has passed belongs to a later list.
    """
    listing = _listing(kind)
    place = Place.parse(cursor) if cursor else Place(since)
    rows, info, place = _page_at(client, listing, place)
    earliest = place.since if listing.by_day else None
    wanted = [row.id for row in rows if _is_wanted(row, earliest)]
    last = max((row.updated_at for row in rows if row.updated_at), default=place.seen)
    going_on = Place(place.since, info.text("endCursor"), last if listing.by_update else None)
    return Page(
        snapshots=tuple(_snapshots(client, _READ_AS.get(kind, kind), wanted)),
        cursor=going_on.text() if info.flag("hasNextPage") else None,
    )


def orders_of(client: Client, email: str) -> list[Snapshot]:
    """Return the newest orders of an e-mail address, of those that the app is shown.

    The search compares without regard to case, and finds by parts of the address, too (shopify.dev,
    "Shopify API search syntax"; the query `orders`, `email`): what only resembles it is left out.
    """
    quoted = email.replace("\\", "\\\\").replace('"', '\\"')
    asked = _asked(f'email:"{quoted}"', None, sortKey="CREATED_AT", reverse=True)
    listing = LISTINGS[Kind.ORDER]
    rows, _ = _page(client, listing, asked)
    found = _snapshots(client, Kind.ORDER, [row.id for row in rows])
    return [one for one in found if is_order_of(one, email)]


def _snapshots(client: Client, kind: Kind, wanted: Sequence[str]) -> Iterator[Snapshot]:
    for one, outcome in read_ids(client, kind, wanted):
        if isinstance(outcome, PayloadError):
            yield not_understood(kind, one, outcome)
        elif isinstance(outcome, Snapshot):
            yield outcome
        elif not isinstance(outcome, NotFound):  # that one went away since the list was made
            yield _left_open(kind, one, str(outcome))


def not_understood(kind: Kind, object_id: str, error: PayloadError) -> Snapshot:
    """Return what can be said of an object that cannot be understood: it must not stop a list."""
    return _left_open(kind, object_id, f"what Shopify says is not understood: {error}")


def _left_open(kind: Kind, object_id: str, why: str) -> Snapshot:
    return Snapshot((Record(kind=kind, id=object_id, needs_read=why),))


def _page_at(client: Client, listing: Listing, place: Place) -> tuple[list[_Row], Reader, Place]:
    """Return the rows at *place*, and where they really are: a cursor can be refused."""
    try:
        return *_page(client, listing, _asked(listing.since(place.since), place.after)), place
    except NotUnderstood:
        if place.after is None:
            raise
    restart = Place(place.seen - _OVERLAP if place.seen else place.since)
    return *_page(client, listing, _asked(listing.since(restart.since), None)), restart


def _asked(query: str, after: str | None, **more: Any) -> dict[str, Any]:
    return {"query": query or None, "after": after, **more}


def _page(
    client: Client, listing: Listing, asked: Mapping[str, Any], size: int | None = None
) -> tuple[list[_Row], Reader]:
    data = client.page(listing.document, asked, first=size or listing.page)
    connection = Reader(data[listing.root], listing.root)
    rows = [_row(one) for one in connection.objects("nodes")]
    return rows, Reader(connection.data["pageInfo"], "pageInfo")


def _row(node: Reader) -> _Row:
    times = node.object("discount") or node
    return _Row(node_id(node), times.time("createdAt"), times.time("updatedAt"))


def _is_wanted(row: _Row, since: datetime | None) -> bool:
    return since is None or row.updated_at is None or row.updated_at >= since


def count(client: Client, kind: Kind, start: datetime | None, end: datetime | None) -> int | None:
    """Count what was made from *start* on and before *end*; `None` if Shopify only estimates."""
    counted = _listing(kind).counted
    if counted is None:
        return None
    document, root = counted
    query = _made(kind, "created_at", start, end)
    told = client.query(document, {"query": query or None})[root]
    return int(told["count"]) if told and told["precision"] == "EXACT" else None


def ids(client: Client, kind: Kind, start: datetime | None, end: datetime | None) -> list[str]:
    """Return the ids of what was made from *start* on and before *end*."""
    listing = _listing(kind)
    if listing.counted is None:
        raise Unsupported("Shopify", f"{Capability.LIST} the ids of a {kind}")
    query = _made(kind, listing.made, start, end)
    found: dict[str, None] = {}
    after: str | None = None
    while True:
        asked = _asked(query, after, sortKey="CREATED_AT")
        rows, info = _page(client, listing, asked, _IDS_AT_ONCE)
        found |= dict.fromkeys(row.id for row in rows if _was_made(row, start, end))
        after = info.text("endCursor")
        if not info.flag("hasNextPage"):
            return list(found)


def _was_made(row: _Row, start: datetime | None, end: datetime | None) -> bool:
    at = row.created_at
    if at is None:
        return True
    return (start is None or at >= start) and (end is None or at < end)


def _made(kind: Kind, field: str, start: datetime | None, end: datetime | None) -> str:
    terms = ["method:code"] if kind is Kind.COUPON else []
    terms += [f"{field}:>='{stamp(_next_second(start))}'"] if start else []
    terms += [f"{field}:<'{stamp(_next_second(end))}'"] if end else []
    return " AND ".join(terms)


def _next_second(instant: datetime) -> datetime:
    """Return the first whole second from *instant* on: Shopify counts no parts of seconds."""
    return (instant + timedelta(microseconds=999_999)).replace(microsecond=0)


def _listing(kind: Kind) -> Listing:
    if kind not in LISTINGS:
        raise Unsupported("Shopify", f"{Capability.LIST} {kind}s")
    return LISTINGS[kind]
