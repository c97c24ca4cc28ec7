"""Asking hooks once more, just before their messages are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from storelink.contracts.hook import Reason, Skip
from storelink.errors import StorageUnavailable
from storelink.hooks.planner import Asked, Planner, ask_of
from storelink.hooks.views import Name, Subject, View, subjects, views
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.ref import Ref
from storelink.outbox import key_of
from storelink.outbox.life import Basis, Decided, unsettled
from storelink.storage import Database, MessageRow, Transaction


class AskAgain:
    """Decides at send time, on fresh state.

    Args:
        database: where the mirror is.
        planner: knows the hooks.
        read: reads an object of a store; `can_read` says whether it can.
        can_read: says whether a store can be read.
        fresh_for: the mirror is read again before sending if it is older than this.
    """

    def __init__(
        self,
        database: Database,
        planner: Planner,
        *,
        read: Callable[[str, Ref], None],
        can_read: Callable[[str], bool],
        fresh_for: timedelta,
    ) -> None:
        self._database, self._planner = database, planner
        self._read, self._can_read, self._fresh_for = read, can_read, fresh_for

    def refresh(self, rows: Sequence[MessageRow], now: datetime) -> dict[int, Exception]:
        """Read the messages' orders from the platforms, where the mirror may be out of date.

        Returns:
            why an order could not be read, by the id of the message's row.
        """
        readable = [row for row in rows if self._can_read(row.store)]
        with self._database.read() as tx:
            old = self._old(tx, readable, now) if readable else set()
        told = {name: self._error_of_reading(*name) for name in sorted(old)}
        found = {row.id: told.get((row.store, row.order_id)) for row in readable}
        return {row_id: error for row_id, error in found.items() if error is not None}

    def _old(
        self, tx: Transaction, rows: Sequence[MessageRow], now: datetime
    ) -> set[tuple[str, str]]:
        """Return the orders, with their stores, that are not known well enough."""
        orders = {(row.store, row.order_id) for row in rows}
        fresh: set[tuple[str, str]] = set()
        for store in {store for store, _ in orders}:
            times = tx.records.orders_read(store, [one for name, one in orders if name == store])
            fresh |= {
                (store, order_id)
                for order_id, (read_at, open_since) in times.items()
                if open_since is None and read_at and now - read_at <= self._fresh_for
            }
        return orders - fresh

    def _error_of_reading(self, store: str, order_id: str) -> Exception | None:
        try:
            self._read(store, Ref.order(order_id))
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  an adapter is somebody else's code
            return error
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
            orders = _orders(tx, rows, known, names)
            bases = unsettled(tx, rows)
        asked: dict[tuple[Name, str], Asked] = {}
        for row in rows:
            question = (names[row.id], row.hook)
            if question not in asked:
                asked[question] = self._ask(row.hook, seen.get(names[row.id]), now)
        return {
            row.id: _decided(row, asked[names[row.id], row.hook], orders[row.id], bases[row.id])
            for row in rows
        }

    def _ask(self, name: str, view: View | None, now: datetime) -> Asked:
        hook = self._planner.hook(name)
        return Asked() if hook is None or view is None else ask_of({name: hook}, view, now)


def _decided(
    row: MessageRow, asked: Asked, order: Order | None, basis: Basis
) -> Decided | Exception:
    """Find what was said of the message among all that its hook said."""
    if row.hook in asked.errors:
        return asked.errors[row.hook]
    for decision in asked.decisions.get(row.hook, ()):
        if key_of(row.store, row.hook, decision.subject, decision.step) == row.key:
            return Decided(decision, order, basis)
    skip = Skip(Ref.parse(row.subject), Reason.WITHDRAWN, step=row.step)
    return Decided(skip, order, basis)


def _orders(
    tx: Transaction,
    rows: Sequence[MessageRow],
    known: Mapping[Name, Subject],
    names: Mapping[int, Name],
) -> dict[int, Order | None]:
    """Return the order that each message is about: of its subject, or else of whoever has it."""
    found = {row.id: _order_of(known[names[row.id]], row.order_id) for row in rows}
    strays = {row.id: (row.store, Ref.order(row.order_id)) for row in rows if not found[row.id]}
    loaded = subjects(tx, set(strays.values()))
    for row_id, name in strays.items():
        one = loaded[name]
        found[row_id] = one if isinstance(one, Order) else None
    return found


def _order_of(subject: Subject, order_id: str) -> Order | None:
    orders: Sequence[Order] = ()
    if isinstance(subject, Person):
        orders = subject.orders
    elif subject is not None:
        orders = (subject,)
    return next((order for order in orders if order.id == order_id), None)
