"""Reading the mirror: orders, people and customers as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from storelink.mirror import assemble
from storelink.mirror.absorb import held_of
from storelink.mirror.merge import Held
from storelink.models.customer import Customer
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.storage import RecordRow, Transaction


def order(tx: Transaction, store: str, order_id: str) -> Order | None:
    """Return the order of that id, or `None` while its header is not known."""
    row = tx.records.get(store, Ref.order(order_id))
    return next(iter(_orders(tx, store, [row])), None) if row else None


def find_order(tx: Transaction, store: str, name: str) -> Order | None:
    """Return the order of that id, or else of that number (`1042` finds `#1042`)."""
    by_id = order(tx, store, name)
    if by_id is not None:
        return by_id
    return next(iter(_orders(tx, store, tx.records.by_number(store, name))), None)


def orders(tx: Transaction, store: str, order_ids: Sequence[str]) -> dict[str, Order]:
    """Return those of the orders that are known, by id."""
    rows = tx.records.orders(store, order_ids)
    return {one.id: one for one in _orders(tx, store, rows)}


def person(tx: Transaction, store: str, key: str) -> Person:
    """Return a person with every known order, oldest first."""
    found = _orders(tx, store, tx.records.orders_of(store, key))
    found.sort(key=lambda one: (one.placed_at is None, one.placed_at, len(one.id), one.id))
    return Person(store=store, key=key, orders=tuple(found))


def customer(tx: Transaction, store: str, customer_id: str) -> Customer | None:
    """Return the account of that id, with what it agreed to."""
    row = tx.records.get(store, Ref(kind=Kind.CUSTOMER, id=customer_id))
    if row is None:
        return None
    consents = [held_of(one) for one in tx.records.consents(store, customer_id)]
    return assemble.customer(store, held_of(row), consents)


def _orders(tx: Transaction, store: str, rows: Sequence[RecordRow]) -> list[Order]:
    parts: dict[str, list[Held]] = defaultdict(list)
    for row in tx.records.parts(store, [row.id for row in rows]):
        parts[row.order_id or ""].append(held_of(row))
    whole = [assemble.order(store, held_of(row), parts[row.id]) for row in rows]
    return [one for one in whole if one is not None]
