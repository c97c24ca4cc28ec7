"""What people bought and kept, from what is held: light enough to look at all of a store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from storelink.mirror.assemble import stands
from storelink.mirror.merge import Held
from storelink.mirror.rows import held_of
from storelink.models.enums import OrderStatus, PaymentStatus, ReturnStatus
from storelink.models.ref import Kind
from storelink.storage import Database, RecordRow, Transaction

PAGE: Final = 200
"""How many orders one transaction looks at."""

_BOUGHT = frozenset({OrderStatus.OPEN, OrderStatus.ON_HOLD, OrderStatus.COMPLETED})
_NOT_PAID = frozenset({PaymentStatus.VOIDED, PaymentStatus.EXPIRED, PaymentStatus.REFUNDED})
_KEPT_AFTER_ALL = frozenset({ReturnStatus.DECLINED, ReturnStatus.CANCELLED})


class Purchases(NamedTuple):
    """What one person bought of a store.

    Attributes:
        kept: the products of good orders of which nothing came back, the newest first.
        named: every product of any of their orders, whatever became of it.
    """

    kept: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()


def of_person(tx: Transaction, store: str, person: str) -> Purchases:
    """Return what a person bought (see `storelink.models.contact.person_key`)."""
    return _purchases(tx, store, tx.records.of_people(store, [Kind.ORDER], [person]))


def of_everybody(database: Database, store: str, *, page: int = PAGE) -> Iterator[Purchases]:
    """Return what each person bought, one after the other; nobody is in memory for longer.

    Orders are read a page at a time, each page in a transaction of its own. Orders of which
    nobody knows whose they are (sales over a counter) are nobody's, and left out.
    """
    for _, orders in groupby(_orders(database, store, page), key=attrgetter("person")):
        yield _joined(orders)


@dataclass(frozen=True, slots=True)
class _Order:
    """What one order says."""

    person: str | None = field(repr=False)
    placed_at: str
    kept: tuple[str, ...]
    named: frozenset[str]


def _orders(database: Database, store: str, page: int) -> Iterator[_Order]:
    after = ("", "")
    while True:
        with database.read() as tx:
            rows = tx.records.page_of_people(store, Kind.ORDER, after=after, limit=page)
            found = _read(tx, store, rows)
        yield from found
        if len(rows) < page:
            return
        after = (rows[-1].person or "", rows[-1].id)


def _purchases(tx: Transaction, store: str, rows: Sequence[RecordRow]) -> Purchases:
    return _joined(iter(_read(tx, store, rows)))


def _joined(orders: Iterator[_Order]) -> Purchases:
    newest_first = sorted(orders, key=attrgetter("placed_at"), reverse=True)
    kept = dict.fromkeys(product for order in newest_first for product in order.kept)
    return Purchases(tuple(kept), frozenset().union(*(order.named for order in newest_first)))


def _read(tx: Transaction, store: str, rows: Sequence[RecordRow]) -> list[_Order]:
    parts: Mapping[str, list[Held]] = defaultdict(list)
    for part in tx.records.came_back(store, [row.id for row in rows]) if rows else ():
        parts[part.order_id or ""].append(held_of(part))
    return [_order(row.person, held_of(row), parts[row.id]) for row in rows]


def _order(person: str | None, header: Held, parts: Sequence[Held]) -> _Order:
    lines = [line for line in header.value("lines") or () if line.get("product_id")]
    returned = _returned(header, parts) if _is_good(header) else frozenset()
    kept = tuple(
        line["product_id"]
        for line in lines
        if _is_good(header) and line["id"] not in returned and _is_goods(line)
    )
    placed_at = header.value("placed_at") or header.value("created_at") or ""
    return _Order(person, placed_at, kept, frozenset(line["product_id"] for line in lines))


def _is_good(header: Held) -> bool:
    """Say whether the order stands, and was not paid back."""
    is_gone = header.is_deleted or header.value("deleted_at") or header.value("cancelled_at")
    is_paid_back = header.value("payment_status") in _NOT_PAID
    return not is_gone and not is_paid_back and header.value("status") in _BOUGHT


def _is_goods(line: Mapping[str, object]) -> bool:
    """Say whether there is something of the line left; a gift card says nothing of taste."""
    left = line.get("current_quantity")
    return bool(line["quantity"] if left is None else left) and not line.get("gift_card")


def _returned(header: Held, parts: Sequence[Held]) -> frozenset[str]:
    """Return the lines of which something came back, or is on its way."""
    return frozenset(
        line["line_id"]
        for part in parts
        if stands(header, part) and part.value("status") not in _KEPT_AFTER_ALL
        for line in part.value("lines") or ()
        if line["quantity"]
    )
