"""What hooks are asked about: subjects with their facts, many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from storelink.contracts.hook import Facts, SentMessage
from storelink.mirror import event_of, load
from storelink.mirror.usual import usual
from storelink.models.checkout import Checkout
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
        begun = [checkout for one in some for checkout in _checkouts(one)]
        self._connected_at = connected_at
        happened = tx.events.of_orders(store, ids)
        happened += tx.events.of_checkouts(store, [one.id for one in begun]) if begun else []
        accounts = [one.account.id for one in some if isinstance(one, Person) and one.account]
        happened += tx.events.of_accounts(store, accounts) if accounts else []
        self._events = _grouped({row.id: row for row in happened}.values(), _subject_of)
        self._messages = _grouped(tx.messages.of_orders(store, ids), _order_of)
        scopes = [_scope(one) for one in some if isinstance(one, Person)]
        planned = tx.messages.of_scopes(store, scopes) if scopes else []
        self._others = _grouped((row for row in planned if row.order_id is None), _scope_of)
        named = {*_products(orders), *_products(begun)}
        self._products = load.products(tx, store, sorted(named))
        self._reviews = load.reviews_of(tx, store, sorted(set(filter(None, map(_person, some)))))
        self._usual = usual(tx, store, orders)

    def facts(self, subject: Order | Person) -> Facts:
        orders, checkouts = _orders(subject), _checkouts(subject)
        rows = [row for order in orders for row in self._messages.get(order.id, ())]
        rows += self._others.get(_scope(subject), ()) if isinstance(subject, Person) else ()
        products = set(_products((*orders, *checkouts)))
        return Facts(
            (
                event_of(row, historic=row.at < self._connected_at)
                for name in _names(subject)
                for row in self._events.get(name, ())
            ),
            (_sent(row) for row in rows if row.state in _MAYBE_SENT),
            ((row.hook, Ref.parse(row.subject), row.step) for row in rows if _is_closed(row)),
            products={key: one for key, one in self._products.items() if key in products},
            reviews=self._reviews.get(_person(subject) or "", ()),
            usual=self._usual,
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


def _order_of(row: MessageRow) -> str | None:
    return row.order_id


def _scope_of(row: MessageRow) -> str | None:
    return row.scope


def _scope(person: Person) -> str:
    return str(Ref(kind=Kind.PERSON, id=person.key))


def _subject_of(row: EventRow) -> str | None:
    """Return what an event is about: an order in the first place, for a checkout became one."""
    if row.order_id:
        return f"{Kind.ORDER}:{row.order_id}"
    if row.checkout_id:
        return f"{Kind.CHECKOUT}:{row.checkout_id}"
    return f"{Kind.CUSTOMER}:{row.customer_id}" if row.customer_id else None


def _names(subject: Order | Person) -> Iterator[str]:
    """Name all that events are about which concern a subject."""
    yield from (f"{Kind.ORDER}:{one.id}" for one in _orders(subject))
    yield from (f"{Kind.CHECKOUT}:{one.id}" for one in _checkouts(subject))
    if isinstance(subject, Person) and subject.account:
        yield f"{Kind.CUSTOMER}:{subject.account.id}"


def _orders(subject: Order | Person) -> Sequence[Order]:
    return (subject,) if isinstance(subject, Order) else subject.orders


def _checkouts(subject: Order | Person) -> Sequence[Checkout]:
    return () if isinstance(subject, Order) else subject.checkouts


def _person(subject: Order | Person) -> str | None:
    return subject.person if isinstance(subject, Order) else subject.key


def _products(some: Iterable[Order | Checkout]) -> Iterable[str]:
    return (line.product_id for one in some for line in one.lines if line.product_id)


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
