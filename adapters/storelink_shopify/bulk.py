"""The whole history of a shop by bulk operations: Shopify prepares a file that is handed out.

Facts: shopify.dev, "Perform bulk operations with the GraphQL Admin API". Not everything can be
asked for in this way: no connection inside of a list, so that a parcel comes without its lines and
scans, and a refund without its lines.
"""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from storelink.contracts.store import Page
from storelink.errors import NotFound, PayloadError, WriteInDoubt, WriteRefused
from storelink.models.enums import OrderStatus
from storelink.models.record import Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.payload import Reader
from storelink_shopify.client import Client
from storelink_shopify.lists import changed, not_understood
from storelink_shopify.reads import READINGS
from storelink_shopify.spool import Damaged, Line, Root, Spool
from storelink_shopify.values import gid_number, gid_type

_log = logging.getLogger(__name__)

QUERIES: Mapping[Kind, str] = {
    Kind.ORDER: "bulk_orders_backfill.inner",
    Kind.CUSTOMER: "bulk_customers_backfill.inner",
    Kind.PRODUCT: "bulk_products_backfill.inner",
    Kind.CHECKOUT: "bulk_checkouts_backfill.inner",
}
"""What is asked for. Other kinds are listed."""

_CONNECTIONS: Mapping[str, Mapping[str, str]] = {
    "Order": {"LineItem": "lineItems", "Return": "returns"},
    "Return": {
        "ReturnLineItem": "returnLineItems",
        "UnverifiedReturnLineItem": "returnLineItems",
    },
    "Product": {"ProductVariant": "variants", "Collection": "collections"},
    "AbandonedCheckout": {"AbandonedCheckoutLineItem": "lineItems"},
}
"""In which connection of a parent a child stood, by their types: the result does not say."""

_PAGE = 250
_TRIES = 2
_LOOK_AGAIN = timedelta(seconds=5)
_OTHERS_RUN = timedelta(seconds=30)
_UNDER_WAY = {"CREATED", "RUNNING", "CANCELING"}
_BUSY = {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}
_PARTS_OPEN = "the history tells of parcels and refunds without their lines and scans"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a history is.

    Attributes:
        operation: its GID; `None` while it could not be started.
        at: the place of the last object that was handed out.
        failed: how many operations before came to nothing.
    """

    operation: str | None = None
    at: int = 0
    failed: int = 0

    def text(self) -> str:
        """Return what a later process understands."""
        return json.dumps({"bulk": self.operation, "at": self.at, "failed": self.failed})

    @classmethod
    def parse(cls, text: str) -> Progress | None:
        """Read what `text` wrote; `None` if it is the cursor of a list."""
        try:
            told = Reader(json.loads(text), "cursor")
        except ValueError:
            raise PayloadError("the cursor is not one of a history") from None
        if not told.has("bulk"):
            return None
        return cls(told.text("bulk"), told.integer("at") or 0, told.integer("failed") or 0)


@dataclass(frozen=True, slots=True)
class Histories:
    """Hands out the histories of one shop, page by page."""

    client: Client
    shop: str
    folder: Path

    def page(self, kind: Kind, cursor: str | None) -> Page:
        """Return the next page, or how long Shopify still needs."""
        progress = Progress.parse(cursor) if cursor else Progress()
        if progress is None or kind not in QUERIES:
            return changed(self.client, kind, None, cursor)
        if progress.operation is None:
            return self._start(kind, progress)
        spool = Spool(self.folder, self.shop, progress.operation)
        if spool.is_ready:
            return self._hand_out(kind, progress, spool)
        return self._look(kind, progress, spool)

    def _start(self, kind: Kind, progress: Progress) -> Page:
        """Let Shopify prepare it; one of the same query that is under way will do."""
        if progress.failed >= _TRIES:
            return changed(self.client, kind, None, None)
        query = self.client.inner(QUERIES[kind])
        operation = self._running(query)
        if operation is None:
            try:
                operation = self._run(query)
            except WriteInDoubt:
                operation = self._running(query)
            except WriteRefused as error:
                if error.code not in _BUSY:
                    _log.warning("%s; listing the %ss instead", error, kind)
                    return changed(self.client, kind, None, None)
        if operation is None:
            note = "waiting until Shopify has finished other bulk operations"
            return Page(cursor=progress.text(), wait=_OTHERS_RUN, note=note)
        # What is there of that name is of another shop's life, such as an earlier sandbox.
        Spool(self.folder, self.shop, operation).remove()
        started = replace(progress, operation=operation, at=0)
        return Page(cursor=started.text(), wait=_LOOK_AGAIN, note=f"Shopify collects the {kind}s")

    def _run(self, query: str) -> str:
        answer = self.client.mutate(
            "bulk_operation_run_query", {"query": query}, answer="bulkOperationRunQuery"
        )
        return str(answer["bulkOperation"]["id"])

    def _running(self, query: str) -> str | None:
        found = self.client.query("bulk_operations_running")["bulkOperations"]["nodes"]
        same = (one["id"] for one in found if _bare(one.get("query") or "") == _bare(query))
        return next(same, None)

    def _look(self, kind: Kind, progress: Progress, spool: Spool) -> Page:
        """Ask how far the operation is, and fetch what it gave."""
        told = self.client.query("bulk_operation", {"id": progress.operation})["bulkOperation"]
        if not told:
            return self._again(kind, progress)
        if told["status"] in _UNDER_WAY:
            note = f"Shopify collects the {kind}s: {told['objectCount']} objects so far"
            return Page(cursor=progress.text(), wait=_LOOK_AGAIN, note=note)
        is_whole = told["status"] == "COMPLETED"
        url = told["url"] if is_whole else told["partialDataUrl"]
        if not url:
            return Page(total=0) if is_whole else self._again(kind, progress)
        try:
            self.client.download(url, spool.download)
            total = str(told["rootObjectCount"]) if is_whole else ""
            spool.fill(is_whole=is_whole, query=told["query"], total=total)
        except (NotFound, Damaged):
            spool.remove()
            return self._again(kind, progress)
        return self._hand_out(kind, progress, spool)

    def _again(self, kind: Kind, progress: Progress) -> Page:
        """Start anew: the operation failed, or its result is there no more."""
        return self._start(kind, Progress(failed=progress.failed + 1))

    def _hand_out(self, kind: Kind, progress: Progress, spool: Spool) -> Page:
        roots, total, query = (
            spool.roots(progress.at, _PAGE),
            spool.fact("total"),
            spool.fact("query"),
        )
        page = Page(
            snapshots=tuple(_snapshots(kind, spool, roots, query)),
            total=int(total) if total else None,
        )
        if len(roots) == _PAGE:
            return replace(page, cursor=replace(progress, at=roots[-1].place).text())
        spool.remove()
        if total:
            return page
        # What an operation gave before it failed is only a part: the list tells the rest.
        listed = replace(progress, operation=None, at=0, failed=_TRIES)
        return replace(page, cursor=listed.text())


def _bare(query: str) -> str:
    return re.sub(r"\s+", " ", query).strip()


def _snapshots(kind: Kind, spool: Spool, roots: Sequence[Root], query: str) -> Iterator[Snapshot]:
    asked = frozenset(re.findall(r"\w+", query))
    for node in _nodes(spool, [root.line for root in roots], asked):
        try:
            yield _open_parts(READINGS[kind].normalize(node))
        except PayloadError as error:
            yield not_understood(kind, gid_number(node.get("id")) or "unknown", error)


def _nodes(spool: Spool, lines: Sequence[Line], asked: frozenset[str]) -> list[Line]:
    """Return lines with their children in the connections where they stood."""
    parents = [line["id"] for line in lines if gid_type(line.get("id")) in _CONNECTIONS]
    if not parents:
        return list(lines)
    by_parent: Mapping[str, list[Line]] = defaultdict(list)
    for child in _nodes(spool, spool.children(parents), asked):
        by_parent[child["__parentId"]].append(child)
    return [{**line, **_connections(line, by_parent[line["id"]], asked)} for line in lines]


def _connections(line: Line, children: Sequence[Line], asked: frozenset[str]) -> dict[str, Any]:
    names = _CONNECTIONS.get(gid_type(line.get("id")), {})
    # One that was not asked for, for want of a right, is not empty: nothing is known of it.
    found: dict[str, list[Line]] = {name: [] for name in names.values() if name in asked}
    for child in children:
        name = names.get(gid_type(child.get("id")))
        if name in found:
            found[name].append(child)
    return {
        name: {"nodes": nodes, "pageInfo": {"hasNextPage": False}} for name, nodes in found.items()
    }


def _open_parts(snapshot: Snapshot) -> Snapshot:
    """Mark an order that is under way to be read: of one that is done the rest does not matter."""
    header, *parts = snapshot.records
    is_open = header.kind is Kind.ORDER and header.fields.get("status") is OrderStatus.OPEN
    if not is_open or not any(part.kind in (Kind.SHIPMENT, Kind.REFUND) for part in parts):
        return snapshot
    return replace(snapshot, records=(replace(header, needs_read=_PARTS_OPEN), *parts))
