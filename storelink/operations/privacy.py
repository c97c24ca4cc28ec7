"""Forgetting a person: everywhere, for good, and without sending anything twice afterwards.

First the erasure itself is written down, as a seal of the person's keys, so that from then on
nothing of the person is taken in any more (`storelink.mirror.muting`). Then what is known is taken
out, object by object, in short transactions. Whatever interrupts it, doing it again goes on.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from storelink.clock import Clock
from storelink.consent import Addresses, Why
from storelink.consent.suppression import suppress
from storelink.contracts.hook import Reason
from storelink.contracts.store import Delivery, StoreAdapter
from storelink.delivery.batch import pieces
from storelink.events.types import (
    EVENT_TYPES,
    CustomerDataRequested,
    CustomerRedacted,
    StoreRedacted,
    StoreUninstalled,
)
from storelink.mirror.forgetting import PREFIX, Seal, forgotten, keys_of
from storelink.mirror.muting import made_seal, remember, seal_of
from storelink.mirror.rows import held_of, record_row
from storelink.models.enums import MessageState
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink.operations.exporting import export
from storelink.operations.people import Found, Who, find
from storelink.operations.traces import Traces
from storelink.outbox.reconcile import key_of
from storelink.outbox.steps import FREE
from storelink.storage import Database, InboxRow, MessageRow, RecordRow, Transaction
from storelink.storage.messages import Change

log = logging.getLogger(__name__)

STEP = 100
"""How many objects, messages or deliveries one transaction changes."""
NOTICES = tuple(
    kind.type for kind in (CustomerDataRequested, CustomerRedacted, StoreRedacted, StoreUninstalled)
)
"""Facts that keep the account's id: they prove what was asked for, and what was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was erased, or would be.

    Attributes:
        objects: orders, accounts, consents, checkouts, reviews, and parts of orders.
        messages: those of which only is left that there was one.
        cancelled: those among them that were waiting.
        webhooks: deliveries that were emptied.
        answers: what was answered on the pages.
        dry_run: nothing was changed.
    """

    store: str
    objects: int = 0
    messages: int = 0
    cancelled: int = 0
    webhooks: int = 0
    answers: int = 0
    dry_run: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    def plus(self, **more: int) -> Erased:
        """Return it with so many more of each."""
        return replace(self, **{name: getattr(self, name) + one for name, one in more.items()})


@dataclass(frozen=True)
class Privacy:
    """Erases people.

    Attributes:
        database: where everything is.
        stores: the stores' adapters, which can read what platforms once sent.
        clock: the clock.
        addresses: makes what is left of an address that must not be written to.
        make_key: makes 64 hex digits, once for each database.
    """

    database: Database
    stores: Mapping[str, StoreAdapter]
    clock: Clock
    addresses: Addresses
    make_key: Callable[[], str] = lambda: secrets.token_hex(32)

    def find(self, store: str, who: Who) -> Found:
        """Return what the mirror has of a person.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        with self.database.read() as tx:
            return find(tx, store, who, seal_of(tx))

    def export(self, store: str, found: Found) -> dict[str, Any]:
        """Return everything that is known of a person, as JSON has it.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        ids = {one for some in self.deliveries(store, found) for one in some}
        webhooks = [row for some in self._walk(store) for row in some if row.id in ids]
        with self.database.read() as tx:
            return export(
                tx,
                store,
                found,
                addresses=self.addresses,
                webhooks=webhooks,
                now=self.clock.now(),
            )

    def count(self, store: str, who: Who) -> Erased:
        """Say what `erase` would erase, and change nothing."""
        found = self.find(store, who)
        with self.database.read() as tx:
            told = tx.erasing.messages(store, order_ids=found.order_ids, scopes=found.scopes)
            seal = seal_of(tx)
            answers = tx.answers.of_orders(store, found.order_ids)
        rows = [row for row in told if _says_something(row, seal)]
        return Erased(
            store=store,
            objects=sum(forgotten(held_of(row), _name(row)) != held_of(row) for row in found.rows),
            messages=len(rows),
            cancelled=sum(row.state is MessageState.WAITING for row in rows),
            webhooks=sum(len(some) for some in self.deliveries(store, found)),
            answers=len(answers),
            dry_run=True,
        )

    def erase(self, store: str, who: Who) -> Erased:
        """Erase a person; to do it again erases what came in meanwhile, and nothing else.

        Raises:
            StorageUnavailable: the database is away; what was erased is erased.
        """
        now, found = self.clock.now(), self.find(store, who)
        with self.database.write() as tx:
            seal = made_seal(tx, self.make_key, now=now)
            remember(tx, store, map(seal.of, found.keys), now=now)
            whom = [one for some in found.addresses() for one in sorted(some)]
            suppress(tx, self.addresses, store, whom, Why.ERASED, "erasure", now)
        # What was on its way in at that moment is in now; what comes later is muted.
        found = self.find(store, who)
        report = self._forget(store, found, seal, now)
        with self.database.write() as tx:
            tx.erasing.overwrite()
            tx.erasing.unmark(store, found.scopes)
            accounts = found.accounts
            tx.erasing.anonymize_events(store, customer_ids=accounts, keep=NOTICES)
        for some in self.deliveries(store, found):
            report = report.plus(webhooks=self._empty(some))
        log.info("a person was erased", extra={"stage": "erase", "store": store})
        return report

    def erase_store(self, store: str) -> Erased:
        """Erase every person of a store.

        Raises:
            StorageUnavailable: the database is away; what was erased is erased.
        """
        now = self.clock.now()
        with self.database.write() as tx:
            seal = made_seal(tx, self.make_key, now=now)
        report, place = Erased(store=store), ("", "")
        while rows := self._personal(store, place):
            place = rows[-1].kind.value, rows[-1].id
            orders = [row.id for row in rows if row.kind is Kind.ORDER]
            with self.database.read() as tx:
                parts = tx.records.parts(store, orders)
            told = [_keys(row) for row in rows]
            accounts = frozenset(row.id for row in rows if row.kind is Kind.CUSTOMER)
            found = Found(frozenset().union(*told), accounts, [*rows, *parts])
            with self.database.write() as tx:
                remember(tx, store, map(seal.of, found.keys), now=now)
                tx.erasing.anonymize_events(store, customer_ids=accounts, keep=NOTICES)
                tx.erasing.unmark(store, found.scopes)
            done = self._forget(store, found, seal, now)
            report = report.plus(**{name: getattr(done, name) for name in _COUNTED})
        for some in self._walk(store):
            report = report.plus(webhooks=self._empty([row.id for row in some]))
        log.info("every person of a store was erased", extra={"stage": "erase", "store": store})
        return report

    # -- the mirror and the outbox -----------------------------------------------------------------

    def _forget(self, store: str, found: Found, seal: Seal, now: datetime) -> Erased:
        report = self._forget_said(Erased(store=store), store, found, seal, now)
        principal = min(map(seal.of, found.keys), default=seal.of(store))
        # Accounts lead to the rest: they go last, so that whoever does it again finds the rest.
        rows = sorted(found.rows, key=lambda row: (row.kind is Kind.CUSTOMER, not row.order_id))
        for some in pieces(rows, STEP):
            with self.database.write() as tx:
                changed = _forget_objects(tx, store, some, seal, principal)
            report = report.plus(objects=changed)
        # Once more: what was planned meanwhile still saw the person.
        return self._forget_said(report, store, found, seal, now)

    def _forget_said(
        self, report: Erased, store: str, found: Found, seal: Seal, now: datetime
    ) -> Erased:
        """Take the person out of messages, answers and calls."""
        for some_orders in pieces(sorted(found.order_ids), STEP):
            with self.database.write() as tx:
                tx.erasing.overwrite()
                tx.erasing.unsay(store, order_ids=some_orders, known=tuple(EVENT_TYPES))
                answers = tx.answers.forget(store, some_orders)
                done, cancelled = _forget_messages(tx, store, some_orders, (), seal, now)
            report = report.plus(answers=answers, messages=done, cancelled=cancelled)
        with self.database.write() as tx:
            done, cancelled = _forget_messages(tx, store, (), found.scopes, seal, now)
        return report.plus(messages=done, cancelled=cancelled)

    def _personal(self, store: str, after: tuple[str, str]) -> list[RecordRow]:
        with self.database.read() as tx:
            return tx.erasing.personal(store, after=after, limit=STEP)

    # -- the inbox ---------------------------------------------------------------------------------

    def deliveries(self, store: str, found: Found) -> Iterator[list[int]]:
        """Return the rows of deliveries that speak of a person, some at a time."""
        traces = found.traces()
        for some in self._walk(store):
            ids = [row.id for row in some if self._speaks(row, found, traces)]
            if ids:
                yield ids

    def _walk(self, store: str) -> Iterator[Sequence[InboxRow]]:
        after = 0
        while True:
            with self.database.read() as tx:
                some = tx.erasing.deliveries(store, after=after, limit=STEP)
            if not some:
                return
            yield some
            after = some[-1].id

    def _speaks(self, row: InboxRow, found: Found, traces: Traces) -> bool:
        """Say whether a delivery is about a person, or at least names one."""
        told = self._understood(row)
        if not told.records or told.notices:
            texts = (row.body, json.dumps(row.headers).encode())
            return _is_noticed(told, found) or any(map(traces.are_in, texts))
        return any(
            (one.kind, one.id) in found.refs
            or one.order_id in found.order_ids
            or not found.keys.isdisjoint(keys_of(one.kind, one.id, one.json_fields()))
            for one in told.records
        )

    def _understood(self, row: InboxRow) -> Snapshot:
        delivery = Delivery(row.key, row.topic, row.headers, row.body, row.triggered_at)
        try:
            return self.stores[row.store].normalize(delivery)
        except Exception:  # noqa: BLE001  it is kept because nobody understands it
            return Snapshot()

    def _empty(self, ids: Sequence[int]) -> int:
        with self.database.write() as tx:
            tx.erasing.overwrite()
            return tx.erasing.empty(ids)


_COUNTED = ("objects", "messages", "cancelled", "answers")


def _keys(row: RecordRow) -> frozenset[str]:
    held = held_of(row)
    return keys_of(row.kind, row.id, {name: cell.value for name, cell in held.cells.items()})


def _name(row: RecordRow) -> str:
    """Return some key of an erased person, to see whether there is anything to erase."""
    return row.person if row.person and row.person.startswith(PREFIX) else PREFIX


def _is_noticed(told: Snapshot, found: Found) -> bool:
    return any(
        one.customer_id in found.accounts or not found.order_ids.isdisjoint(one.order_ids)
        for one in told.notices
    )


def _forget_objects(
    tx: Transaction, store: str, rows: Iterable[RecordRow], seal: Seal, principal: str
) -> int:
    """Take the person out of objects, and return how many that changed."""
    refs = [Ref(kind=row.kind, id=row.id) for row in rows]
    orders = {row.order_id for row in rows if row.order_id}
    tx.erasing.overwrite()
    tx.lock(*(f"{store}/{ref}" for ref in [*refs, *map(Ref.order, orders)]))
    changed: list[tuple[None, RecordRow]] = []
    for row in tx.records.many(store, refs):
        held = held_of(row)
        left = forgotten(held, seal.of(row.person) if row.person else principal)
        if left != held:
            changed.append((None, record_row(store, left, row.absorbed_at)))
    tx.records.put(changed)
    return len(changed)


def _forget_messages(
    tx: Transaction,
    store: str,
    order_ids: Sequence[str],
    scopes: Iterable[str],
    seal: Seal,
    now: datetime,
) -> tuple[int, int]:
    """Leave of messages that there was one; return how many there are, and how many waited."""
    tx.erasing.overwrite()
    tx.lock(*(f"{store}/{name}" for name in [*map(Ref.order, order_ids), *scopes]))
    found = tx.erasing.messages(store, order_ids=order_ids, scopes=tuple(scopes), alone=True)
    rows = [row for row in found if _says_something(row, seal)]
    waiting = [row for row in rows if row.state is MessageState.WAITING]
    told = {"state": MessageState.CANCELLED, "reason": Reason.ERASED, **FREE}
    cancelled = tx.messages.change_all([Change(row, told) for row in waiting], now=now)
    names = {row.id: _names(row, seal) for row in rows}
    taken = tx.messages.by_keys(one["key"] for one in names.values())
    for row in rows:
        new = names[row.id]
        if new["key"] in taken and taken[new["key"]].id != row.id:
            new["key"] = f"{new['key']}/{row.id}"
        tx.erasing.rename(row, content=_content(row), **new)
    return len(rows), cancelled


def _says_something(row: MessageRow, seal: Seal | None) -> bool:
    """Say whether there is more in a message than that there was one."""
    is_named = seal is not None and (row.scope, row.subject) != tuple(
        _names(row, seal)[one] for one in ("scope", "subject")
    )
    told = row.detail or row.provider_id or row.message != _content(row)
    return bool(told) or is_named or row.state is MessageState.WAITING


def _content(row: MessageRow) -> dict[str, Any]:
    return {
        name: row.message[name] for name in ("template", "message_class") if name in row.message
    }


def _names(row: MessageRow, seal: Seal) -> dict[str, str]:
    """Return a message's names with the person's key sealed, wherever it stands."""
    scope, subject = (_sealed(Ref.parse(name), seal) for name in (row.scope, row.subject))
    key = row.key if str(subject) == row.subject else key_of(row.store, row.hook, subject, row.step)
    return {"key": key, "scope": str(scope), "subject": str(subject)}


def _sealed(name: Ref, seal: Seal) -> Ref:
    return Ref(kind=name.kind, id=seal.of(name.id)) if name.kind is Kind.PERSON else name
