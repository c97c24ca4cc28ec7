"""What hooks are asked about: subjects with their facts, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from storelink.contracts.hook import Facts, SentMessage
from storelink.mirror import event_of, load
from storelink.models.enums import MessageState
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.outbox.reconcile import FOR_GOOD, STOPPED
from storelink.storage import EventRow, MessageRow, Transaction

Subject = Order | Person | None
"""What hooks are asked about; `None` while its order is not known well enough."""

Name = tuple[str, Ref]
"""A subject's store, and what it is called there."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class View:
    """A subject at one moment.

    Attributes:
        connected_at: since when its store is connected; what happened before is silent.
    """

    subject: Order | Person
    facts: Facts
    connected_at: datetime


def subjects(tx: Transaction, names: Collection[Name]) -> dict[Name, Subject]:
    """Return orders and people by name."""
    found: dict[Name, Subject] = dict.fromkeys(names)
    for store, refs in _by_store(names).items():
        ids = {kind: [ref.id for ref in refs if ref.kind is kind] for kind in Kind}
        orders = load.orders(tx, store, ids[Kind.ORDER])
        people = load.people(tx, store, ids[Kind.PERSON])
        known: Mapping[Kind, Mapping[str, Subject]] = {Kind.ORDER: orders, Kind.PERSON: people}
        found |= {(store, ref): known[ref.kind].get(ref.id) for ref in refs if ref.kind in known}
    return found


def views(tx: Transaction, known: Mapping[Name, Subject]) -> dict[Name, View]:
    """Return what is known around each subject: events, messages, products and reviews."""
    found: dict[Name, View] = {}
    connected = tx.stores.connected_at()
    for store, refs in _by_store(known).items():
        some = {ref: one for ref in refs if (one := known[store, ref]) is not None}
        around = _Around(tx, store, list(some.values()), connected[store])
        found |= {
            (store, ref): View(one, around.facts(one), connected[store])
            for ref, one in some.items()
        }
    return found


class _Around:
    """What is known around some subjects of one store."""

    def __init__(
        self, tx: Transaction, store: str, some: Sequence[Order | Person], connected_at: datetime
    ) -> None:
        orders = [order for one in some for order in _orders(one)]
        ids = [order.id for order in orders]
        self._connected_at = connected_at
        self._events = _grouped(tx.events.of_orders(store, ids), _order_of)
        self._messages = _grouped(tx.messages.of_orders(store, ids), _order_of)
        self._products = load.products(tx, store, sorted(set(_products(orders))))
        self._reviews = load.reviews_of(tx, store, sorted(set(filter(None, map(_person, some)))))

    def facts(self, subject: Order | Person) -> Facts:
        orders = _orders(subject)
        rows = [row for order in orders for row in self._messages.get(order.id, ())]
        products = set(_products(orders))
        return Facts(
            (
                event_of(row, historic=row.at < self._connected_at)
                for order in orders
                for row in self._events.get(order.id, ())
            ),
            (_sent(row) for row in rows if row.state in _MAYBE_SENT),
            ((row.hook, Ref.parse(row.subject), row.step) for row in rows if _is_closed(row)),
            products={key: one for key, one in self._products.items() if key in products},
            reviews=self._reviews.get(_person(subject) or "", ()),
        )


def _by_store(names: Iterable[Name]) -> dict[str, list[Ref]]:
    found: dict[str, list[Ref]] = defaultdict(list)
    for store, ref in names:
        found[store].append(ref)
    return found


def _grouped(rows: Iterable[T], key: Callable[[T], str | None]) -> dict[str | None, list[T]]:
    found: dict[str | None, list[T]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _order_of(row: EventRow | MessageRow) -> str | None:
    return row.order_id


def _orders(subject: Order | Person) -> Sequence[Order]:
    return (subject,) if isinstance(subject, Order) else subject.orders


def _person(subject: Order | Person) -> str | None:
    return subject.person if isinstance(subject, Order) else subject.key


def _products(orders: Iterable[Order]) -> Iterable[str]:
    return (line.product_id for one in orders for line in one.lines if line.product_id)


_MAYBE_SENT = {MessageState.SENT, MessageState.IN_DOUBT, MessageState.SENDING}


def _sent(row: MessageRow) -> SentMessage:
    data: Mapping[str, Any] = row.message.get("data", {})
    return SentMessage(
        hook=row.hook,
        subject=Ref.parse(row.subject),
        step=row.step,
        order_id=row.order_id,
        sent_at=row.sent_at or row.updated_at,
        data=data,
        attachments=tuple(row.message.get("attachments", ())),
    )


_OVER = {MessageState.FAILED, MessageState.EXPIRED}


def _is_closed(row: MessageRow) -> bool:
    """Say whether a message will not be sent, unless something changes."""
    is_stopped = row.reason in STOPPED or row.reason in FOR_GOOD
    return row.state in _OVER or (row.state is MessageState.CANCELLED and is_stopped)
