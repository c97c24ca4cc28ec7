"""Forgetting a person: everywhere, for good, and without sending anything twice afterwards.

First the erasure itself is written down: a seal of the person's keys, so that from then on nothing
of the person is taken in any more (`storelink.mirror.muting`), and the names under which the person
is to be found. Then what is known is taken out, in short transactions; last of all the names. So
whatever interrupts it, the worker goes on with it (`storelink.operations.resuming`), and so does
the next erasure in that store, whomever it is about.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from storelink.clock import Clock
from storelink.consent import Addresses, Why
from storelink.consent.suppression import suppress
from storelink.contracts.store import Delivery, StoreAdapter
from storelink.delivery.batch import pieces
from storelink.mirror.forgetting import PREFIX, erasing, forgotten, keys_of
from storelink.mirror.muting import made_seal, remember, seal_of
from storelink.mirror.notices import notice_id
from storelink.mirror.rows import held_of
from storelink.models.enums import MessageState
from storelink.models.record import Notice, Snapshot
from storelink.models.ref import Kind
from storelink.operations import requests
from storelink.operations.exporting import export
from storelink.operations.people import Found, Names, Who, answered_about, find, row_keys
from storelink.operations.wiping import Wiping, says_something
from storelink.storage import Database, InboxRow, RecordRow
from storelink.toolkit.contact import mail_address

log = logging.getLogger(__name__)

STEP = 100
"""How many objects, messages or deliveries one transaction changes."""
BEGUN = "erasing/"
"""How the positions begin that say what is being erased."""


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
        return self._find(store, who.names)

    def _find(self, store: str, names: Names) -> Found:
        with self.database.read() as tx:
            return find(tx, store, names, seal_of(tx))

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
        orders = found.names.order_ids
        with self.database.read() as tx:
            told = tx.erasing.messages(store, order_ids=orders, scopes=found.scopes)
            seal = seal_of(tx)
            answers = tx.answers.of_orders(store, answered_about(found))
        rows = [row for row in told if says_something(row, seal)]
        return Erased(
            store=store,
            objects=sum(forgotten(held_of(row), _name(row)) != held_of(row) for row in found.rows),
            messages=len(rows),
            cancelled=sum(row.state is MessageState.WAITING for row in rows),
            webhooks=sum(len(some) for some in self.deliveries(store, found)),
            answers=len(answers),
            dry_run=True,
        )

    def erase(self, store: str, who: Who, *, request: str | None = None) -> Erased:
        """Erase a person; to do it again erases what came in meanwhile, and nothing else.

        Args:
            store: the store's name.
            who: the person.
            request: the platform's request that is done with it.

        Raises:
            StorageUnavailable: the database is away; what was erased is erased.
        """
        self._write_down(store, who.names, request)
        return self.resume(store)

    def resume(self, store: str) -> Erased:
        """Go on with what was begun to be erased.

        Raises:
            StorageUnavailable: the database is away; what was erased is erased.
        """
        with self.database.read() as tx:
            rows = tx.positions.all(store)
        begun = {name: row.value for name, row in rows.items() if name.startswith(BEGUN)}
        report, failed = Erased(store=store), list[Exception]()
        for name, job in begun.items():
            try:
                report = self._resume_one(report, store, name, job)
            except Exception as error:  # noqa: BLE001  one that fails holds up no other
                failed.append(error)
        if failed:
            raise failed[0]
        return report

    def _resume_one(self, report: Erased, store: str, name: str, job: Mapping[str, Any]) -> Erased:
        report = self._forget(report, Names.from_dict(job["names"]))
        with self.database.write() as tx:
            tx.erasing.overwrite()
            tx.positions.delete(store, name)
            if job["request"]:
                requests.done(tx, store, job["request"], now=self.clock.now())
        log.info("a person was erased", extra={"stage": "erase", "store": store})
        return report

    def erase_store(self, store: str, *, request: str | None = None) -> Erased:
        """Erase every person of a store; *request* as in `erase`.

        Raises:
            StorageUnavailable: the database is away; what was erased is erased.
        """
        report, place = self.resume(store), ("", "")
        while rows := self._personal(store, place):
            place = rows[-1].kind.value, rows[-1].id
            report = self._forget_page(report, rows)
        for some in self._walk(store):
            report = report.plus(webhooks=self._empty([row.id for row in some]))
        if request:
            with self.database.write() as tx:
                requests.done(tx, store, request, now=self.clock.now())
        log.info("every person of a store was erased", extra={"stage": "erase", "store": store})
        return report

    # -- the mirror and the outbox -----------------------------------------------------------------

    def _write_down(self, store: str, names: Names, request: str | None) -> None:
        """Say that a person is erased, and where everything is that is theirs.

        What was on its way in at that moment is in afterwards, and may tell more names.
        """
        now, name = self.clock.now(), f"{BEGUN}{self.make_key()[:32]}"
        found, written = self._find(store, names), None
        while found.names != written:
            with self.database.write() as tx:
                tx.lock(erasing(store))
                seal = made_seal(tx, self.make_key, now=now)
                remember(tx, store, map(seal.of, found.names.keys), now=now)
                whom = sorted(found.addresses)
                suppress(tx, self.addresses, store, whom, Why.ERASED, "erasure", now)
                job = {"names": found.names.to_dict(), "request": request}
                tx.positions.put(store, name, job, now=now)
            written = found.names
            found = self._find(store, written)

    def _forget(self, report: Erased, names: Names) -> Erased:
        store, found = report.store, self._find(report.store, names)
        wiping = self._wiping(store)
        principal = min(map(wiping.seal.of, names.keys), default=wiping.seal.of(store))
        report = self._wipe(report, wiping, found, principal)
        for some in self.deliveries(store, found):
            report = report.plus(webhooks=self._empty(some))
        return report

    def _wiping(self, store: str) -> Wiping:
        now = self.clock.now()
        with self.database.write() as tx:
            return Wiping(store, made_seal(tx, self.make_key, now=now), now)

    def _wipe(self, report: Erased, wiping: Wiping, found: Found, principal: str) -> Erased:
        """Take a person out of the mirror, then out of what was said on that ground."""
        for rows in pieces(found.rows, STEP):
            with self.database.write() as tx:
                counted = wiping.objects(tx, rows, principal)
            report = report.plus(**counted)
        for orders in pieces(sorted(found.names.order_ids), STEP):
            with self.database.write() as tx:
                counted = wiping.orders(tx, orders)
            report = report.plus(**counted)
        checkouts = [row.id for row in found.rows if row.kind is Kind.CHECKOUT]
        with self.database.write() as tx:
            accounts = found.names.accounts
            counted = wiping.people(tx, found.scopes, checkouts=checkouts, accounts=accounts)
        return report.plus(**counted)

    def _forget_page(self, report: Erased, rows: Sequence[RecordRow]) -> Erased:
        """Forget whoever is named in some objects of a store."""
        store, wiping = report.store, self._wiping(report.store)
        orders = frozenset(row.id for row in rows if row.kind is Kind.ORDER)
        keys = frozenset[str]().union(*map(row_keys, rows))
        names = Names(
            keys=keys,
            accounts=frozenset(row.id for row in rows if row.kind is Kind.CUSTOMER),
            order_ids=orders,
            people=keys.union(row.person for row in rows if row.person),
        )
        with self.database.write() as tx:
            tx.lock(erasing(store))
            remember(tx, store, map(wiping.seal.of, keys), now=wiping.now)
        with self.database.read() as tx:
            found = Found(names, [*rows, *tx.records.parts(store, orders)])
        principal = min(map(wiping.seal.of, keys), default=wiping.seal.of(store))
        return self._wipe(report, wiping, found, principal)

    def _personal(self, store: str, after: tuple[str, str]) -> list[RecordRow]:
        with self.database.read() as tx:
            return tx.erasing.personal(store, after=after, limit=STEP)

    # -- the inbox ---------------------------------------------------------------------------------

    def who(
        self, store: str, request: str, customer_id: str | None, order_ids: tuple[str, ...]
    ) -> Who:
        """Return whom a request is about: no event keeps an address, but the delivery tells it.

        Raises:
            ConfigError: nobody is named.
        """
        told = [notice for _, notice in self._requested(store, request)]
        email = next((mail for one in told if (mail := mail_address(one.email))), None)
        # A phone may be several people's: it counts where nothing else is known.
        is_known = email or customer_id or order_ids
        phone = None if is_known else next((one.phone for one in told if one.phone), None)
        return Who(email=email, phone=phone, customer_id=customer_id, order_ids=order_ids)

    def _requested(self, store: str, request: str) -> list[tuple[int, Notice]]:
        """Return what a platform told with a request, by the rows of the deliveries."""
        return [
            (row.id, notice)
            for some in self._walk(store)
            for row in some
            for notice in self._understood(row).notices
            if notice_id(store, notice) == request
        ]

    def forget_request(self, store: str, request: str) -> None:
        """Leave of the deliveries of a request that they came."""
        ids = [row_id for row_id, _ in self._requested(store, request)]
        for some in pieces(ids, STEP):
            self._empty(some)

    def deliveries(self, store: str, found: Found) -> Iterator[list[int]]:
        """Return the rows of deliveries that speak of a person, some at a time."""
        for some in self._walk(store):
            ids = [row.id for row in some if self._speaks(row, found)]
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

    def _speaks(self, row: InboxRow, found: Found) -> bool:
        """Say whether a delivery is about a person, or at least names one."""
        told = self._understood(row)
        is_theirs = _is_noticed(told, found.names) or any(
            (one.kind, one.id) in found.refs
            or one.order_id in found.names.order_ids
            or not found.names.keys.isdisjoint(keys_of(one.kind, one.id, one.json_fields()))
            for one in told.records
        )
        texts = (row.body, json.dumps(row.headers).encode())
        return is_theirs or any(map(found.traces.are_in, texts))

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


def _name(row: RecordRow) -> str:
    """Return some key of an erased person, to see whether there is anything to erase."""
    return row.person if row.person and row.person.startswith(PREFIX) else PREFIX


def _is_noticed(told: Snapshot, names: Names) -> bool:
    return any(
        one.customer_id in names.accounts or not names.order_ids.isdisjoint(one.order_ids)
        for one in told.notices
    )
