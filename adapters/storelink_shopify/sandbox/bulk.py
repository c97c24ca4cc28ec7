"""Bulk operations: a query over everything, whose answer is a file of lines.

Facts: shopify.dev, "Perform bulk operations with the GraphQL Admin API". An operation gets on
whenever somebody asks how far it is, so that no time has to pass for it.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import IO, Any

from graphql import GraphQLError

from storelink_shopify.sandbox import execution
from storelink_shopify.sandbox.access import Access
from storelink_shopify.sandbox.bulk_rules import asked
from storelink_shopify.sandbox.execution import Root
from storelink_shopify.sandbox.graph import Node, stamp
from storelink_shopify.sandbox.ledger import Ledger
from storelink_shopify.sandbox.projection import Projection
from storelink_shopify.sandbox.queries import Queries, short_list
from storelink_shopify.sandbox.spelling import gid
from storelink_shopify.sandbox.spelling import stamp as webhook_stamp

URL_LASTS = timedelta(days=7)
"""How long a file can be fetched."""

_AT_ONCE = 5
_BATCH = 250
_HELD_BACK = 40
_RUNNING = ("CREATED", "RUNNING", "CANCELING")


@dataclass(slots=True)
class Operation:
    """One bulk operation.

    Attributes:
        rows: what is not yet written.
        held: lines that are written later, so that children are far from their parents.
    """

    id: int
    query: str
    created_at: datetime
    root: str
    projection: Projection
    rows: Iterator[Any]
    file: IO[bytes] = field(repr=False)
    status: str = "CREATED"
    error: str | None = None
    completed_at: datetime | None = None
    objects: int = 0
    roots: int = 0
    held: list[bytes] = field(default_factory=list, repr=False)
    chance: random.Random = field(default_factory=random.Random, repr=False)


class BulkOperations:
    """The bulk operations of one app.

    Args:
        step: how many objects of the root are written whenever somebody asks.

    Attributes:
        failing: the error code with which the next operation fails after its first step.
    """

    def __init__(self, ledger: Ledger, queries: Queries, access: Access, *, step: int) -> None:
        self._ledger, self._queries, self._access = ledger, queries, access
        self._step = step
        self._held: dict[int, Operation] = {}
        self._base = ""
        self.failing: str | None = None

    def root(self, base: str) -> tuple[Root, Root]:
        """Return the root fields of queries and of mutations; files are below *base*."""
        self._base = base
        return (
            {
                "bulkOperation": self._find,
                "bulkOperations": self._list,
                "currentBulkOperation": self._current,
            },
            {"bulkOperationRunQuery": self._run, "bulkOperationCancel": self._cancel},
        )

    def read(self, number: int) -> IO[bytes] | None:
        """Return the file of an operation; `None` if there is none, or its address has expired."""
        found = self._held.get(number)
        if found is None or found.completed_at is None:
            return None
        has_expired = self._ledger.now() - found.completed_at > URL_LASTS
        return None if has_expired else found.file

    def close(self) -> None:
        """Throw away all files."""
        for one in self._held.values():
            one.file.close()
        self._held.clear()

    # -- asking ----------------------------------------------------------------------------------

    def _run(self, *, query: str, groupObjects: bool = False) -> Node:  # noqa: N803
        if sum(one.status in _RUNNING for one in self._held.values()) >= _AT_ONCE:
            text = "A bulk query operation for this app and shop is already in progress"
            return _refused(text, "OPERATION_IN_PROGRESS")
        document, errors = execution.understood(query)
        if document is None:
            return _refused(f"Invalid bulk query: {errors[0].message}", "INVALID")
        try:
            name, args = asked(document)
            search = self._queries.search(name, args.get("query"))
            projection = Projection(document, self._access)
        except KeyError:
            return _refused("Invalid bulk query: it cannot be run in bulk", "INVALID")
        except GraphQLError as error:
            return _refused(f"Invalid bulk query: {error.message}", "INVALID")
        number = self._ledger.new_id()
        made = Operation(
            id=number,
            query=query,
            created_at=self._ledger.now(),
            root=name,
            projection=projection,
            rows=self._queries.shelves[name].listing().frozen().rows(search),
            file=tempfile.TemporaryFile(),  # noqa: SIM115  it lives as long as the operation
            chance=random.Random(number),  # noqa: S311  no secret
        )
        self._held[number] = made
        return {"bulkOperation": self._node(made), "userErrors": []}

    def _cancel(self, id: str) -> Node:  # noqa: A002  the API's name
        found = self._held.get(_number(id))
        if found is None:
            return _refused("Bulk operation does not exist", None, "id")
        if found.status in _RUNNING:
            self._end(found, "CANCELED")
        return {"bulkOperation": self._node(found), "userErrors": []}

    def _find(self, id: str) -> Node | None:  # noqa: A002  the API's name
        found = self._held.get(_number(id))
        if found is None:
            return None
        self._get_on(found)
        return self._node(found)

    def _current(self, **_: Any) -> Node | None:
        newest = next(reversed(self._held), None)
        return self._find(gid("BulkOperation", newest)) if newest is not None else None

    def _list(self, **args: Any) -> Node:
        text = args.get("query") or ""
        wanted = {one.partition(":")[2].upper() for one in text.split() if "status:" in one}
        found = [one for one in self._held.values() if not wanted or one.status in wanted]
        return short_list([self._node(one) for one in found], args)

    # -- getting on ------------------------------------------------------------------------------

    def _get_on(self, one: Operation) -> None:
        if one.status == "CREATED":
            one.status = "RUNNING"
        elif one.status == "RUNNING":
            self._write(one)

    def _write(self, one: Operation) -> None:
        for _ in range(-(-self._step // _BATCH)):
            batch = list(islice(one.rows, _BATCH))
            if not batch or not self._write_batch(one, batch):
                break
        else:
            batch = [None]
        if self.failing:
            one.error, self.failing = self.failing, None
        if one.error:
            self._end(one, "FAILED")
        elif not batch:
            self._end(one, "COMPLETED")

    def _write_batch(self, one: Operation, batch: list[Any]) -> bool:
        """Write some objects; say whether it could be done."""
        make = self._queries.shelves[one.root].make
        try:
            new = one.projection.lines(make(state) for state in batch)
        except GraphQLError:
            one.error = "ACCESS_DENIED"
            return False
        one.roots += len(batch)
        one.objects += len(new)
        mixed = one.held + new
        one.chance.shuffle(mixed)
        one.held, written = mixed[:_HELD_BACK], mixed[_HELD_BACK:]
        one.file.writelines(written)
        return True

    def _end(self, one: Operation, status: str) -> None:
        one.file.writelines(one.held)
        one.file.flush()
        one.held.clear()
        one.status, one.completed_at = status, self._ledger.now()
        body = {
            "admin_graphql_api_id": gid("BulkOperation", one.id),
            "completed_at": webhook_stamp(one.completed_at),
            "created_at": webhook_stamp(one.created_at),
            "error_code": one.error.lower() if one.error else None,
            "status": status.lower(),
            "type": "query",
        }
        self._ledger.tell(("bulk_operations/finish", body))

    def _node(self, one: Operation) -> Node:
        has_file = one.completed_at is not None and one.objects > 0
        url = f"{self._base}/_bulk/{one.id}.jsonl" if has_file else None
        is_whole = one.status == "COMPLETED"
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", one.id),
            "type": "QUERY",
            "query": one.query,
            "status": one.status,
            "errorCode": one.error,
            "createdAt": stamp(one.created_at),
            "completedAt": stamp(one.completed_at),
            "objectCount": str(one.objects),
            "rootObjectCount": str(one.roots),
            "fileSize": str(one.file.tell()) if has_file else None,
            "url": url if is_whole else None,
            "partialDataUrl": None if is_whole else url,
        }


def _number(node_id: str) -> int:
    key = node_id.rpartition("/")[2]
    return int(key) if key.isdecimal() else 0


def _refused(message: str, code: str | None, field: str = "query") -> Node:
    errors: list[Mapping[str, Any]] = [{"field": [field], "message": message, "code": code}]
    return {"bulkOperation": None, "userErrors": errors}
