"""Asking hooks once more, just before their messages are sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from storelink.contracts.hook import Reason, Skip
from storelink.errors import StorageUnavailable
from storelink.hooks.planner import Asked, Planner, ask_of
from storelink.hooks.views import Name, Subject, View, subjects, views
from storelink.mirror import load
from storelink.models.checkout import Checkout
from storelink.models.customer import Customer
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.recipient import Recipient, home_of
from storelink.models.ref import Kind, Ref
from storelink.outbox import key_of
from storelink.outbox.life import Basis, Decided, unsettled
from storelink.storage import Database, MessageRow, Transaction


class AskAgain:
    """Decides at send time, on fresh state.

    Args:
        database: where the mirror is.
        planner: knows the hooks.
        read: asks a store what became of an order, or of whoever began a checkout; `can_read` says
            whether it can.
        can_read: says whether a store can be asked about an object.
        fresh_for: a store is asked again before sending if that was longer ago.
    """

    def __init__(
        self,
        database: Database,
        planner: Planner,
        *,
        read: Callable[[str, Ref], None],
        can_read: Callable[[str, Ref], bool],
        fresh_for: timedelta,
    ) -> None:
        self._database, self._planner = database, planner
        self._read, self._can_read, self._fresh_for = read, can_read, fresh_for
        # The mirror knows when an order was read, and of no question that found nothing.
        self._asked_at: dict[Name, datetime] = {}

    def refresh(self, rows: Sequence[MessageRow], now: datetime) -> dict[int, Exception]:
        """Ask the platforms what the messages are about, where the mirror may be out of date.

        An order is read; of a checkout, the orders of its address are asked for.

        Returns:
            why a store did not say, by the id of the message's row.
        """
        names = {row.id: (row.store, Ref.parse(row.about)) for row in rows}
        asked = {name for name in names.values() if self._can_read(*name)}
        if asked:
            with self._database.read() as tx:
                asked -= self._fresh(tx, asked, now)
        told = {name: self._error_of_reading(name, now) for name in sorted(asked, key=str)}
        found = {row_id: told.get(name) for row_id, name in names.items()}
        return {row_id: error for row_id, error in found.items() if error is not None}

    def _fresh(self, tx: Transaction, names: Collection[Name], now: datetime) -> set[Name]:
        """Return those of which enough is known."""
        fresh: set[Name] = set()
        for store in {store for store, _ in names}:
            orders = [ref.id for name, ref in names if name == store and ref.kind is Kind.ORDER]
            times = tx.records.orders_read(store, orders) if orders else {}
            fresh |= {
                (store, Ref.order(order_id))
                for order_id, (read_at, open_since) in times.items()
                if open_since is None and read_at and self._is_fresh(read_at, now)
            }
        known = self._asked_at.items()
        self._asked_at = {name: at for name, at in known if self._is_fresh(at, now)}
        return fresh | self._asked_at.keys()

    def _is_fresh(self, at: datetime, now: datetime) -> bool:
        return now - at <= self._fresh_for

    def _error_of_reading(self, name: Name, now: datetime) -> Exception | None:
        store, ref = name
        try:
            self._read(store, ref)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  an adapter is somebody else's code
            return error
        if ref.kind is Kind.CHECKOUT:
            self._asked_at[name] = now
        return None

    def decide(
        self, rows: Sequence[MessageRow], now: datetime
    ) -> Mapping[int, Decided | Exception]:
        """Return what each message's hook decides, or raised, by the id of the message's row.

        Should anything be wrong with one of the orders, each message is decided on its own.
        """
        try:
            return self._decide(rows, now)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one order must not stop the shop
            if len(rows) == 1:
                return {rows[0].id: error}
        found: dict[int, Decided | Exception] = {}
        for row in rows:
            found.update(self.decide([row], now))
        return found

    def _decide(self, rows: Sequence[MessageRow], now: datetime) -> dict[int, Decided | Exception]:
        if not rows:
            return {}
        names = {row.id: (row.store, Ref.parse(row.scope)) for row in rows}
        with self._database.read() as tx:
            known = subjects(tx, set(names.values()))
            seen = views(tx, known)
            reached = recipients(tx, rows, known, names)
            bases = unsettled(tx, rows)
        asked: dict[tuple[Name, str], Asked] = {}
        for row in rows:
            question = (names[row.id], row.hook)
            if question not in asked:
                asked[question] = self._ask(row.hook, seen.get(names[row.id]), now)
        return {
            row.id: _decided(row, asked[names[row.id], row.hook], reached[row.id], bases[row.id])
            for row in rows
        }

    def _ask(self, name: str, view: View | None, now: datetime) -> Asked:
        hook = self._planner.hook(name)
        return Asked() if hook is None or view is None else ask_of({name: hook}, view, now)


def _decided(
    row: MessageRow, asked: Asked, to: Recipient | None, basis: Basis
) -> Decided | Exception:
    """Find what was said of the message among all that its hook said."""
    if row.hook in asked.errors:
        return asked.errors[row.hook]
    for decision in asked.decisions.get(row.hook, ()):
        if key_of(row.store, row.hook, decision.subject, decision.step) == row.key:
            return Decided(decision, to, basis)
    skip = Skip(Ref.parse(row.subject), Reason.WITHDRAWN, step=row.step)
    return Decided(skip, to, basis)


def recipients(
    tx: Transaction,
    rows: Sequence[MessageRow],
    known: Mapping[Name, Subject],
    names: Mapping[int, Name],
) -> dict[int, Recipient | None]:
    """Return who receives each message: by its subject, or else by what it is about."""
    found = {row.id: _theirs(known[names[row.id]], row.about) for row in rows}
    strays = {row.id: (row.store, Ref.parse(row.about)) for row in rows if not found[row.id]}
    loaded = _loaded(tx, set(strays.values()))
    found |= {row_id: loaded.get(name) for row_id, name in strays.items()}
    homes = {name: home_of(one) for name, one in known.items() if isinstance(one, Person)}
    return {
        row_id: Recipient(one, homes.get(names[row_id])) if one else None
        for row_id, one in found.items()
    }


_About = Order | Checkout | Customer


def recipient_of(tx: Transaction, row: MessageRow) -> Recipient | None:
    """Return who would receive a message as things stand, if that is known."""
    name = (row.store, Ref.parse(row.about))
    found = _loaded(tx, {name}).get(name)
    return Recipient(found) if found else None


def _theirs(subject: Subject, about: str) -> _About | None:
    """Return what a message is about, if it is the subject or belongs to it."""
    some: Iterable[_About] = ()
    if isinstance(subject, Person):
        account = (subject.account,) if subject.account else ()
        some = (*subject.orders, *subject.checkouts, *account)
    elif subject is not None:
        some = (subject,)
    kind, _, key = about.partition(":")
    return next((one for one in some if one.id == key and isinstance(one, _KINDS[kind])), None)


_KINDS: Mapping[str, type[_About]] = {
    Kind.ORDER: Order,
    Kind.CHECKOUT: Checkout,
    Kind.CUSTOMER: Customer,
}


def _loaded(tx: Transaction, names: Iterable[Name]) -> dict[Name, _About]:
    """Return orders, checkouts and accounts by name, of whatever person they are now."""
    loads: Mapping[Kind, Callable[..., Mapping[str, _About]]] = {
        Kind.ORDER: load.orders,
        Kind.CHECKOUT: load.checkouts,
        Kind.CUSTOMER: load.customers,
    }
    found: dict[Name, _About] = {}
    for store, kind in {(store, ref.kind) for store, ref in names}:
        ids = [ref.id for name, ref in names if (name, ref.kind) == (store, kind)]
        some = loads[kind](tx, store, ids) if kind in loads else {}
        found |= {(store, Ref(kind=kind, id=key)): one for key, one in some.items()}
    return found
