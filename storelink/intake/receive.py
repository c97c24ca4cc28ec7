"""Receiving webhooks: verify, store, absorb, answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from storelink.clock import Clock
from storelink.contracts.store import Delivery, StoreAdapter
from storelink.errors import BodyTooLarge, PayloadError, UnknownStore, WebhookRefused
from storelink.mirror import Listeners, Source, absorb
from storelink.storage import Database, InboxRow, InboxState, Transaction
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 32 * 1024 * 1024
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
        listeners: Listeners,
    ) -> None:
        self._database, self._adapters = database, adapters
        self._clock, self._listeners = clock, listeners

    def receive(self, store: str, *, headers: Headers, body: bytes) -> Receipt:
        """Verify, store, absorb: one commit, and then the platform may be answered."""
        adapter = self._adapter(store)
        if not isinstance(body, bytes):
            raise WebhookRefused("the body must be the raw bytes of the request, not text")
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge(f"{len(body)} bytes; the largest accepted is {MAX_BODY_BYTES}")
        delivery = adapter.verify(_plain(headers), body)
        if delivery.is_ping:
            return Receipt(store, delivery.topic, reason="a ping, nothing to store")
        with self._database.write(patience=PATIENCE) as tx:
            row = self._store(tx, store, delivery)
            if row.attempts or row.state is not InboxState.NEW:
                return Receipt(store, row.topic, row.id, True, row.state, row.reason)
            return self._absorb(tx, row)

    def absorb_waiting(self, *, limit: int = 100) -> int:
        """Absorb deliveries whose first absorbing failed, and return how many were tried."""
        with self._database.read() as tx:
            waiting = tx.inbox.waiting(limit=limit, stores=list(self._adapters))
        for row in waiting:
            self.replay(row.id)
        return len(waiting)

    def replay(self, inbox_id: int) -> Receipt:
        """Absorb a stored delivery again, for example after a repair or an update.

        Raises:
            LookupError: there is no such row.
        """
        with self._database.write() as tx:
            row = tx.inbox.get(inbox_id)
            if row is None:
                raise LookupError(f"the inbox has no row {inbox_id}")
            return self._absorb(tx, row)

    def _adapter(self, store: str) -> StoreAdapter:
        try:
            return self._adapters[store]
        except KeyError:
            raise UnknownStore(store, tuple(self._adapters)) from None

    def _store(self, tx: Transaction, store: str, delivery: Delivery) -> InboxRow:
        tx.inbox.add(store, _without_secrets(delivery), received_at=self._clock.now())
        row = tx.inbox.find(store, delivery.key)
        if row is None:
            raise RuntimeError("the inbox lost the row that was just stored")
        return row

    def _absorb(self, tx: Transaction, row: InboxRow) -> Receipt:
        """Absorb behind a savepoint: whatever goes wrong, the delivery itself is kept."""
        events: tuple[str, ...] = ()
        try:
            with tx.savepoint():
                state, reason, events = self._understand(tx, row)
        except PayloadError as error:
            state, reason = InboxState.KEPT, str(error)
        except Exception as error:  # noqa: BLE001  the delivery itself must be kept
            log.error("inbox row %s could not be absorbed: %s", row.id, trace(error))
            state = InboxState.KEPT if row.attempts + 1 >= MAX_ATTEMPTS else InboxState.NEW
            reason = f"absorbing failed: {type(error).__name__}"
        tx.inbox.settle(row.id, state, reason)
        return Receipt(row.store, row.topic, row.id, False, state, reason, events)

    def _understand(
        self, tx: Transaction, row: InboxRow
    ) -> tuple[InboxState, str | None, tuple[str, ...]]:
        snapshot = self._adapter(row.store).normalize(_delivery(row))
        if not snapshot.records and not snapshot.notices:
            return InboxState.IGNORED, snapshot.note, ()
        done = absorb(
            tx,
            row.store,
            snapshot,
            Source(row.received_at),
            now=self._clock.now(),
            listeners=self._listeners,
        )
        return InboxState.ABSORBED, None, tuple(event.id for event in done.events)


def _delivery(row: InboxRow) -> Delivery:
    return Delivery(
        key=row.key,
        topic=row.topic,
        headers=row.headers,
        body=row.body,
        triggered_at=row.triggered_at,
    )


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
