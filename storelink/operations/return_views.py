"""What was asked to be sent back, as it is kept, and as people see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from storelink.mirror import load
from storelink.mirror.rows import held_of
from storelink.models.enums import ReturnStatus
from storelink.models.order import Order
from storelink.models.ref import Kind
from storelink.models.returns import Return, ReturnRequest
from storelink.storage import AnswerRow, Transaction

KIND: Final = "return"
"""The kind of answer that a request is kept as."""
REFUSED: Final = "refused"
"""What a request keeps that the store refused: the store's code."""
TAKEN: Final = "taken"
"""What a request keeps that the store took."""
_PAGE: Final = 500
_OPEN: Final = {ReturnStatus.REQUESTED, ReturnStatus.OPEN}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    Attributes:
        refused: the code with which the store refused it, if it did.
        taken: whether the store took it: from then on, the return says how it stands.
    """

    request: ReturnRequest
    at: datetime
    refused: str | None = None
    taken: bool = False

    @property
    def waits(self) -> bool:
        """Whether the store knows nothing of it yet."""
        return not self.refused and not self.taken


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnView:
    """A return, or a request that no store has taken yet, for people.

    Attributes:
        number: the order's number, as the customer knows it.
        id: what `settle` takes; `None` while the store has none.
        state: `"asked"` (on its way to the store), `"refused"` (by the store), `"gone"` (the store
            has it no more), or where it stands.
        lines: how many of what, and why.
        problem: the store's code, if it refused.
    """

    store: str
    order_id: str
    number: str
    id: str | None
    state: str
    at: datetime | None
    lines: tuple[tuple[int, str, str], ...]
    wish: str | None = None
    note: str | None = field(default=None, repr=False)
    problem: str | None = None


def asked_of(tx: Transaction, order: Order) -> list[Asked]:
    """Return what was asked of an order, the oldest first."""
    rows = tx.answers.of_orders(order.store, [order.id])
    return [read_row(row) for row in rows if row.kind == KIND]


def read_row(row: AnswerRow) -> Asked:
    """Return the request that a row holds."""
    told: dict[str, Any] = {**row.value, "order_id": row.order_id}
    refused, taken = told.pop(REFUSED, None), told.pop(TAKEN, False)
    return Asked(ReturnRequest.model_validate(told), row.at, refused, taken)


def views(tx: Transaction, store: str, *, every: bool) -> Iterator[ReturnView]:
    """Yield what comes back to a store, and what it has not taken yet.

    Args:
        tx: the transaction.
        store: the store's name.
        every: also what is over.
    """
    asked: dict[str, dict[str, Asked]] = defaultdict(dict)
    orders, taken = _of_returns(tx, store, every=every)
    for row in tx.answers.of_kind(store, KIND):
        one = read_row(row)
        asked[row.order_id][one.request.key] = one
        if one.request.key not in taken:
            orders.add(row.order_id)
    for order in load.orders(tx, store, sorted(orders)).values():
        if order.deleted_at is None or every:
            yield from _of_order(order, asked.get(order.id, {}), every=every)


def _of_order(order: Order, asked: Mapping[str, Asked], *, every: bool) -> Iterator[ReturnView]:
    for back in order.returns if every else order.open_returns:
        yield view_of(order, back, asked.get(back.key or ""))
    known, newest = {one.key for one in order.returns}, [*asked][-1:]
    for key, one in asked.items():
        # What was refused and asked anew needs nobody any more, nor what the store let go.
        is_over = one.taken or (one.refused and key not in newest)
        if key not in known and (every or not is_over):
            yield view_of(order, None, one)


def _of_returns(tx: Transaction, store: str, *, every: bool) -> tuple[set[str], set[Any]]:
    """Return the orders of which anything comes back, or came, and the keys of all returns."""
    orders, keys, after = set[str](), set[Any](), ""
    while rows := tx.records.page(store, Kind.RETURN, after=after, limit=_PAGE):
        for row in rows:
            held = held_of(row)
            keys.add(held.value("key"))
            if row.order_id and (every or held.value("status") in _OPEN):
                orders.add(row.order_id)
        after = rows[-1].id
    return orders, keys


def view_of(order: Order, known: Return | None, asked: Asked | None) -> ReturnView:
    """Return how a return stands, or a request that no store has taken."""
    lines = (known.lines if known else asked.request.lines if asked else ()) or ()
    state = str(known.status) if known else _state(asked)
    told = ((one.quantity, one.line_id, str(one.reason or "")) for one in lines)
    titles = {line.id: line.title for line in order.lines}
    return ReturnView(
        store=order.store,
        order_id=order.id,
        number=order.number,
        id=known.id if known else None,
        state=state,
        at=(known.requested_at if known else None) or (asked.at if asked else None),
        lines=tuple((many, titles.get(key, key), why) for many, key, why in told),
        wish=str(asked.request.wish) if asked else None,
        note=asked.request.note if asked else None,
        problem=asked.refused if asked else None,
    )


def _state(asked: Asked | None) -> str:
    if asked and asked.refused:
        return "refused"
    return "gone" if asked and asked.taken else "asked"
