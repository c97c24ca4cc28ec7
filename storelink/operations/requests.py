"""What platforms ask for a person's sake, and what was done about it.

Shopify asks every app by three webhooks (`customers/data_request`, `customers/redact`,
`shop/redact`) and expects that it is done within 30 days:
https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance. What is to be erased is
erased by the worker. What a person wants to see goes to the merchant, who knows the person: the
request is listed until it is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from storelink.events.types import CustomerDataRequested, CustomerRedacted, Event, StoreRedacted
from storelink.hooks.function import Handler
from storelink.mirror import event_of
from storelink.storage import Database, EventRow, Transaction

WITHIN = timedelta(days=30)
"""How soon a platform, and the law (GDPR art. 12(3): one month), expect it to be done."""
ERASES_PERSON, ERASES_STORE = "storelink.erase_person", "storelink.erase_store"
"""The names of the handlers that erase."""
DONE = "answered/"
"""How the positions begin that say which requests are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    Attributes:
        id: the event's.
        what: `"customer.data_requested"`, `"customer.redacted"` or `"store.redacted"`.
        due_at: when it has to be done.
        done: it is. A person who wanted to see something was answered when somebody said so.
    """

    id: str
    store: str
    what: str
    at: datetime
    due_at: datetime
    customer_id: str | None
    order_ids: tuple[str, ...]
    done: bool


def handlers(
    erase_person: Callable[[CustomerRedacted], Any], erase_store: Callable[[StoreRedacted], Any]
) -> tuple[Handler, Handler]:
    """Return what is called, in the worker and at least once, with requests to erase."""

    def person(event: Event) -> None:
        if isinstance(event, CustomerRedacted):
            erase_person(event)

    def store(event: Event) -> None:
        if isinstance(event, StoreRedacted):
            erase_store(event)

    return (
        Handler(ERASES_PERSON, CustomerRedacted, person),
        Handler(ERASES_STORE, StoreRedacted, store),
    )


def requests(tx: Transaction, store: str | None = None) -> list[Request]:
    """Return every request, of *store* or of all, oldest first."""
    rows = tx.erasing.notices(store, _WHAT)
    done = {
        name.removeprefix(DONE)
        for of_store in {row.store for row in rows}
        for name in tx.positions.all(of_store)
        if name.startswith(DONE)
    }
    return [_request(row, is_done=row.id in done) for row in rows]


def is_done(tx: Transaction, store: str, request_id: str) -> bool:
    """Say whether a request is done."""
    return tx.positions.get(store, f"{DONE}{request_id}") is not None


def done(tx: Transaction, store: str, request_id: str, *, now: datetime) -> None:
    """Write down that a request is done: what became of its calls is deleted one day."""
    tx.positions.put(store, f"{DONE}{request_id}", {"at": now.isoformat()}, now=now)


def answer(database: Database, request_id: str, *, now: datetime) -> Request:
    """Write down that a person was told what is stored about them.

    Raises:
        LookupError: there is no such request.
    """
    with database.write() as tx:
        found = {one.id: one for one in requests(tx)}
        one = found.get(request_id)
        if one is None or one.what != CustomerDataRequested.type:
            raise LookupError(f"nobody asked for data under {request_id!r}")
        done(tx, one.store, one.id, now=now)
    return replace(one, done=True)


_WHAT = (CustomerDataRequested.type, CustomerRedacted.type, StoreRedacted.type)


def _request(row: EventRow, *, is_done: bool) -> Request:
    event = event_of(row)
    orders = getattr(event, "order_ids", ())
    return Request(
        id=row.id,
        store=row.store,
        what=row.type,
        at=row.at,
        due_at=row.at + WITHIN,
        customer_id=row.customer_id,
        order_ids=tuple(orders),
        done=is_done,
    )
