"""The operator's desk: looking at messages, and putting right what only a person can."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storelink.contracts.hook import Reason
from storelink.errors import Conflict
from storelink.models.enums import MessageState
from storelink.models.ref import Ref
from storelink.outbox.reconcile import cancel
from storelink.outbox.steps import FREE
from storelink.storage import Database, MessageRow, Transaction


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of the outbox, without personal data.

    Attributes:
        key: the idempotency key.
        subject: the order or the parcel that it is about; `step` tells several apart.
        reason: the reason's code, if there is one; `link.explain` has the sentence.
        due_at: when it is, or was, to be sent (UTC).
        attempts: how often it was handed to a channel.
        doubts: how often it was not known whether the channel took it.
        data: what the hook gave the template.
    """

    key: str
    store: str
    hook: str
    subject: Ref
    step: str
    order_id: str | None
    template: str
    channel: str | None
    state: MessageState
    reason: Reason | None
    due_at: datetime
    expires_at: datetime | None
    sent_at: datetime | None
    attempts: int
    doubts: int
    data: dict[str, Any] = field(repr=False)


class Desk:
    """Looks at messages and changes them by hand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def messages(
        self,
        *,
        store: str | None = None,
        order: str | None = None,
        state: MessageState | str | None = None,
    ) -> list[MessageView]:
        """Return messages, by the time that they are due."""
        wanted = MessageState(state) if state else None
        with self._database.read() as tx:
            if store is not None and order is not None:
                some = tx.messages.of_orders(store, [order])
                rows = sorted(
                    (row for row in some if wanted in (None, row.state)),
                    key=lambda row: (row.due_at, row.key),
                )
            else:
                rows = tx.messages.all(store=store, state=wanted)
        return [_view(row) for row in rows if order is None or row.order_id == order]

    def message(self, key: str) -> MessageView:
        """Return one message.

        Raises:
            LookupError: there is no such message.
        """
        with self._database.read() as tx:
            return _view(_get(tx, key))

    def attempts(self, key: str) -> list[dict[str, Any]]:
        """Return the attempts at one message, oldest first."""
        with self._database.read() as tx:
            return tx.messages.attempts_of(_get(tx, key).id)

    def cancel(self, key: str, *, now: datetime) -> MessageView:
        """Cancel a waiting message for good.

        Raises:
            LookupError: there is no such message.
            Conflict: it does not wait any more.
        """
        with self._database.write() as tx:
            row = _get(tx, key, alone=True)
            if not cancel(tx, row, Reason.BY_HAND, now=now):
                raise Conflict(f"{key} is {row.state}; only a waiting message can be cancelled")
            tx.plans.mark(row.store, row.scope, due_at=now)
            return _view(_get(tx, key))

    def retry(self, key: str, *, now: datetime) -> MessageView:
        """Let a message be sent as soon as its hook and the policy agree.

        Raises:
            LookupError: there is no such message.
            Conflict: it was sent, or is being sent.
        """
        with self._database.write(rings=True) as tx:
            row = _get(tx, key, alone=True)
            if row.state in (MessageState.SENT, MessageState.SENDING):
                raise Conflict(f"{key} is {row.state}; it is not sent again")
            change = {"state": MessageState.WAITING, "reason": None, "detail": None, **FREE}
            tx.messages.change(row, now=now, due_at=min(row.due_at, now), **change)
            return _view(_get(tx, key))

    def settle(self, key: str, *, sent: bool, now: datetime) -> MessageView:
        """Say whether a message in doubt was sent.

        Raises:
            LookupError: there is no such message.
            Conflict: it is not in doubt.
        """
        with self._database.write(rings=True) as tx:
            row = _get(tx, key, alone=True)
            if row.state is not MessageState.IN_DOUBT:
                raise Conflict(f"{key} is {row.state}, not in doubt")
            _settle(tx, row, sent=sent, now=now)
            return _view(_get(tx, key))

    def settle_all(self, *, sent: bool, store: str | None, now: datetime) -> list[MessageView]:
        """Say of every message in doubt, of *store* or of all, whether it was sent."""
        with self._database.write(rings=True) as tx:
            doubtful = tx.messages.all(store=store, state=MessageState.IN_DOUBT)
            rows = tx.messages.by_keys((row.key for row in doubtful), alone=True).values()
            settled = [row for row in rows if row.state is MessageState.IN_DOUBT]
            for row in sorted(settled, key=lambda row: (row.store, row.scope)):
                _settle(tx, row, sent=sent, now=now)
            found = tx.messages.by_keys(row.key for row in settled)
            return [_view(found[row.key]) for row in settled]


def _settle(tx: Transaction, row: MessageRow, *, sent: bool, now: datetime) -> None:
    change: dict[str, Any] = (
        {"state": MessageState.SENT, "sent_at": row.updated_at, "reason": None}
        if sent
        else {"state": MessageState.FAILED, "reason": Reason.BY_HAND}
    )
    tx.messages.change(row, now=now, **change)
    tx.plans.mark(row.store, row.scope, due_at=now)


def _get(tx: Transaction, key: str, *, alone: bool = False) -> MessageRow:
    row = tx.messages.by_keys([key], alone=alone).get(key)
    if row is None:
        raise LookupError(f"the outbox has no message {key!r}")
    return row


def _view(row: MessageRow) -> MessageView:
    return MessageView(
        key=row.key,
        store=row.store,
        hook=row.hook,
        subject=Ref.parse(row.subject),
        step=row.step,
        order_id=row.order_id,
        template=row.message["template"],
        channel=row.channel,
        state=row.state,
        reason=Reason(row.reason) if row.reason else None,
        due_at=row.due_at,
        expires_at=row.expires_at,
        sent_at=row.sent_at,
        attempts=row.attempts,
        doubts=row.doubts,
        data=dict(row.message.get("data", {})),
    )
