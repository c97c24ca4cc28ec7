"""Receiving webhooks: verify, store, absorb, answer."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from storelink.clock import Clock
from storelink.contracts.store import Delivery, StoreAdapter
from storelink.errors import (
    BodyTooLarge,
    PayloadError,
    StorageError,
    UnknownStore,
    WebhookRefused,
)
from storelink.intake import carts
from storelink.intake.taking import Taking
from storelink.mirror import Source
from storelink.models.record import Snapshot
from storelink.storage import Database, InboxRow, InboxState, Transaction, Undone
from storelink.storage.erase import ERASED
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 32 * 1024 * 1024
MAX_CART_BYTES = 1024 * 1024
MAX_ATTEMPTS = 5
PATIENCE = timedelta(seconds=3)
"""How long to wait for a busy database: Shopify waits five seconds for its answer."""
_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one webhook. Whatever it says, answer the platform with 200.

    Attributes:
        inbox_id: the row in the inbox; `None` for a ping, which is not stored.
        duplicate: it had been received before, and nothing was changed.
        state: absorbed, kept (not understood), ignored, or new (the worker will absorb it).
        reason: why it was not absorbed, in words.
        events: the ids of the events that became known with it.
    """

    store: str
    topic: str
    inbox_id: int | None = None
    duplicate: bool = False
    state: InboxState = InboxState.IGNORED
    reason: str | None = None
    events: tuple[str, ...] = ()


Headers = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]
"""A request's headers, as a mapping or as pairs."""


class Receiver:
    """Takes webhooks. Nothing of a user's runs in here."""

    def __init__(
        self,
        database: Database,
        adapters: Mapping[str, StoreAdapter],
        clock: Clock,
        taking: Taking,
        cart_secrets: Mapping[str, Collection[str]] = {},
    ) -> None:
        self._database, self._adapters = database, adapters
        self._clock, self._taking, self._cart_secrets = clock, taking, cart_secrets

    def receive(self, store: str, *, headers: Headers, body: bytes) -> Receipt:
        """Verify, store, absorb: one commit, and then the platform may be answered."""
        adapter = self._adapter(store)
        delivery = adapter.verify(_plain(headers), _sized(body, MAX_BODY_BYTES))
        if delivery.is_ping:
            return Receipt(store, delivery.topic, reason="a ping, nothing to store")
        return self._keep(store, delivery)

    def receive_cart(self, store: str, *, headers: Headers, body: bytes) -> Receipt:
        """Take a cart of the store's own source as a webhook is taken."""
        self._adapter(store)
        secrets, now = self._cart_secrets.get(store, ()), self._clock.now()
        told = _sized(body, MAX_CART_BYTES)
        return self._keep(store, carts.verify(_plain(headers), told, secrets=secrets, now=now))

    def _keep(self, store: str, delivery: Delivery) -> Receipt:
        """Store a genuine delivery and absorb it."""
        now = self._clock.now()
        told = self._understand(store, delivery, now)
        state, reason = _outcome(told, attempts=1)
        with self._database.write(patience=PATIENCE, rings=True) as tx:
            inbox_id = tx.inbox.add(
                store, _without_secrets(delivery), received_at=now, state=state, reason=reason
            )
            if inbox_id is None:
                return self._repeated(tx, store, delivery)
            done = Receipt(store, delivery.topic, inbox_id, False, state, reason)
            return self._absorb(tx, done, told, received_at=now, attempts=1)

    def absorb_waiting(self, *, limit: int = 100, stores: Collection[str] | None = None) -> int:
        """Absorb deliveries whose first absorbing failed, and return how many were tried.

        Args:
            limit: at most so many.
            stores: only those of these stores; by default of all.
        """
        known = [one for one in self._adapters if stores is None or one in stores]
        with self._database.read() as tx:
            waiting = tx.inbox.waiting(limit=limit, stores=known)
            if len(waiting) == limit:  # one store's flood must not delay the others
                open_ones = tx.due.open(known, self._clock.now(), handlers=())
                waiting = _shared(tx, [one.store for one in open_ones if one.absorb], limit)
        return sum(self._absorb_waiting(inbox_id) for inbox_id in waiting)

    def replay(self, inbox_id: int) -> Receipt:
        """Absorb a stored delivery again, for example after a repair or an update.

        Raises:
            LookupError: there is no such row.
        """
        with self._database.write(rings=True) as tx:
            row = tx.inbox.hold(inbox_id)
            if row is None:
                raise LookupError(f"the inbox has no row {inbox_id}")
            return self._again(tx, row)

    def _adapter(self, store: str) -> StoreAdapter:
        try:
            return self._adapters[store]
        except KeyError:
            raise UnknownStore(store, tuple(self._adapters)) from None

    def _absorb_waiting(self, inbox_id: int) -> bool:
        """Absorb a delivery, unless somebody else does or did."""
        with self._database.write(rings=True) as tx:
            row = tx.inbox.hold_waiting(inbox_id)
            if row is not None:
                self._again(tx, row)
        return row is not None

    def _repeated(self, tx: Transaction, store: str, delivery: Delivery) -> Receipt:
        """Say what became of a delivery that was received before."""
        row = tx.inbox.find(store, delivery.key)
        if row is None:
            raise RuntimeError("the inbox lost a row that was just there")
        return Receipt(store, row.topic, row.id, True, row.state, row.reason)

    def _again(self, tx: Transaction, row: InboxRow) -> Receipt:
        if row.reason == ERASED:
            return Receipt(row.store, row.topic, row.id, False, row.state, row.reason)
        told = self._understand(row.store, _delivery(row), row.received_at)
        state, reason = _outcome(told, attempts=row.attempts + 1)
        tx.inbox.settle(row.id, state, reason, attempts=row.attempts + 1)
        done = Receipt(row.store, row.topic, row.id, False, state, reason)
        return self._absorb(tx, done, told, received_at=row.received_at, attempts=row.attempts + 1)

    def _understand(
        self, store: str, delivery: Delivery, received_at: datetime
    ) -> Snapshot | Exception:
        """Return what a delivery says, or why nobody knows; nobody waits for this."""
        try:
            if delivery.topic == carts.TOPIC:
                return carts.normalize(delivery.body, received_at)
            return self._adapter(store).normalize(delivery)
        except Exception as error:  # noqa: BLE001  the delivery itself must be kept
            return error

    def _absorb(
        self,
        tx: Transaction,
        done: Receipt,
        told: Snapshot | Exception,
        *,
        received_at: datetime,
        attempts: int,
    ) -> Receipt:
        """Do what the inbox says already, or let it say otherwise.

        A savepoint is behind it: whatever goes wrong, the delivery itself is kept.
        """
        is_new = attempts == 1
        if done.state is InboxState.ABSORBED and isinstance(told, Snapshot):
            try:
                with tx.savepoint():
                    taken = self._take(tx, done, told, received_at)
                    if is_new and _is_echo(told, taken["events"]):
                        tx.erasing.empty([done.inbox_id or 0])
                    return replace(done, **taken)
            except Exception as error:
                if isinstance(error, StorageError) and not (is_new and isinstance(error, Undone)):
                    raise  # it is kept already, or cannot be
                told = error
                state, reason = _outcome(error, attempts=attempts)
                tx.inbox.settle(done.inbox_id or 0, state, reason, attempts=attempts)
                done = replace(done, state=state, reason=reason)
        if isinstance(told, Exception) and not isinstance(told, PayloadError):
            about = {"stage": "absorb", "store": done.store, "topic": done.topic}
            what = "inbox row %s could not be absorbed: %s"
            log.error(what, done.inbox_id, trace(told), extra=about)
        return done

    def _take(
        self, tx: Transaction, done: Receipt, told: Snapshot, received_at: datetime
    ) -> dict[str, Any]:
        """Take what was told into the mirror, and return what that makes of the receipt.

        What is about somebody who was erased is not kept as it came.
        """
        source, now = Source(received_at), self._clock.now()
        known = self._taking(tx, done.store, told, source, now=now)
        events = {"events": tuple(event.id for event in known.events)}
        if not known.muted or done.inbox_id is None:
            return events
        tx.erasing.empty([done.inbox_id])
        return {**events, "state": InboxState.IGNORED, "reason": ERASED}


def _is_echo(told: Snapshot, events: Sequence[str]) -> bool:
    """Say whether all that is told are requests that are known: their bodies name people."""
    return bool(told.notices) and not told.records and not events


def _outcome(told: Snapshot | Exception, *, attempts: int) -> tuple[InboxState, str | None]:
    """Return what becomes of a delivery that says so, or that failed after so many *attempts*."""
    if isinstance(told, Snapshot):
        is_empty = not told.records and not told.notices
        return (InboxState.IGNORED, told.note) if is_empty else (InboxState.ABSORBED, None)
    if isinstance(told, PayloadError):
        return InboxState.KEPT, str(told)
    state = InboxState.KEPT if attempts >= MAX_ATTEMPTS else InboxState.NEW
    return state, f"absorbing failed: {type(told).__name__}"


def _delivery(row: InboxRow) -> Delivery:
    return Delivery(
        key=row.key,
        topic=row.topic,
        headers=row.headers,
        body=row.body,
        triggered_at=row.triggered_at,
    )


def _shared(tx: Transaction, stores: Sequence[str], limit: int) -> list[int]:
    """Return an equal share of what waits for each store: *limit* in all, and at least one."""
    share = -(-limit // max(len(stores), 1))
    return [one for store in stores for one in tx.inbox.waiting(limit=share, stores=[store])]


def _sized(body: bytes, most: int) -> bytes:
    """Return *body*, if it is raw bytes and not too many."""
    if not isinstance(body, bytes):
        raise WebhookRefused("the body must be the raw bytes of the request, not text")
    if len(body) > most:
        raise BodyTooLarge(f"{len(body)} bytes; the largest accepted is {most}")
    return body


def _plain(headers: Headers) -> dict[str, str]:
    """Return headers as text, from a mapping or from pairs, of text or of bytes."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    try:
        return {_text(name): _text(value) for name, value in pairs}
    except (TypeError, ValueError):
        raise WebhookRefused("headers are a mapping, or pairs, of names and values") from None


def _text(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")  # as HTTP servers do
    if not isinstance(value, str):
        raise TypeError("neither text nor bytes")
    return value


def _without_secrets(delivery: Delivery) -> Delivery:
    kept = {name: value for name, value in delivery.headers.items() if name not in _SECRET_HEADERS}
    return Delivery(
        key=delivery.key,
        topic=delivery.topic,
        headers=kept,
        body=delivery.body,
        triggered_at=delivery.triggered_at,
    )
