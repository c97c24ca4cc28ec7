"""The life of a message after planning: claimed, attempted, settled.

```text
            ┌────────── retry, repeat ◀──────────┐
            ▼                                    │
planned ▶ WAITING ──claim, begin──▶ SENDING ──┬──┴─▶ SENT
            │                                 ├────▶ FAILED
            ├─▶ CANCELLED (and back, if       └────▶ IN_DOUBT
            └─▶ EXPIRED    the hook asks again)
```
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from storelink.contracts.channel import Accepted
from storelink.contracts.hook import Decision, Reason
from storelink.errors import Conflict
from storelink.models.enums import MessageClass, MessageState
from storelink.models.message import Message
from storelink.models.order import Order
from storelink.models.ref import Ref
from storelink.storage import Database, MessageRow, Transaction
from storelink.storage.plans import Mark

FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=1)
MAX_ATTEMPTS = 30
MAX_DOUBTS = 3


Basis = frozenset[Mark | datetime]
"""Marks of what is to be planned, and times of open questions."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on messages, and for how long nobody else may."""

    owner: str
    duration: timedelta = timedelta(minutes=5)


class Decided(NamedTuple):
    """What a hook says of a message now.

    Attributes:
        order: the order that the message is about.
        basis: what was `unsettled` when the hook was asked.
    """

    decision: Decision
    order: Order | None
    basis: Basis


class Outbox:
    """The steps of a message's life, each one transaction.

    A step takes the row as it was claimed and does nothing but raise `Conflict` if it has changed
    meanwhile: a plan may have moved or cancelled it.
    """

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease

    def claim(self, now: datetime, *, limit: int, stores: Sequence[str]) -> list[MessageRow]:
        """Lease messages that are due, oldest first."""
        with self._database.write() as tx:
            return tx.messages.claim(
                now,
                owner=self._lease.owner,
                until=now + self._lease.duration,
                limit=limit,
                stores=stores,
            )

    def claim_doubtful(
        self, now: datetime, *, limit: int, stores: Sequence[str]
    ) -> list[MessageRow]:
        """Lease messages whose worker died between the attempt and its outcome."""
        with self._database.write() as tx:
            return tx.messages.claim_doubtful(
                now,
                owner=self._lease.owner,
                until=now + self._lease.duration,
                limit=limit,
                stores=stores,
            )

    def begin(
        self,
        row: MessageRow,
        message: Message,
        *,
        channel: str,
        basis: Basis,
        now: datetime,
    ) -> MessageRow:
        """Commit that an attempt begins, before the provider is called.

        Raises:
            Conflict: the row or its lease changed since the claim, or its order since the hook was
                asked (see `Decided.basis`); the message is not to be sent.
        """
        content = message.model_dump(mode="json", exclude_defaults=True)
        with self._database.write() as tx:
            if row.lease_until is None or row.lease_until <= now:
                raise Conflict(f"the lease on {row.key} has run out")
            if not unsettled(tx, row, now) <= basis:
                raise Conflict(f"what {row.key} is about changed since its hook was asked")
            self._step(
                tx,
                row,
                now,
                state=MessageState.SENDING,
                channel=channel,
                message=content,
                attempts=row.attempts + 1,
                reason=None,
                detail=None,
                lease_until=now + self._lease.duration,
            )
            tx.messages.begin_attempt(row, now=now)
        return replace(
            row,
            state=MessageState.SENDING,
            channel=channel,
            attempts=row.attempts + 1,
            version=row.version + 1,
        )

    def sent(self, row: MessageRow, accepted: Accepted, *, now: datetime) -> None:
        """Commit that the provider took the message; its subject is planned again.

        Nobody may have tried again meanwhile. That somebody took the message for doubtful, because
        the provider's answer came after the lease had run out, does not matter any more.
        """
        with self._database.write() as tx:
            current = tx.messages.get(row.key)
            self._end(
                tx,
                current if current and current.attempts == row.attempts else row,
                now,
                reason=None,
                detail=None,
                outcome="sent",
                why=accepted.detail,
                state=MessageState.SENT,
                provider_id=accepted.provider_id,
                sent_at=now,
            )
            tx.plans.mark(row.store, row.scope, due_at=now)

    def failed(self, row: MessageRow, reason: Reason, why: str, *, now: datetime) -> None:
        """Commit that this message will never be accepted."""
        with self._database.write() as tx:
            self._end(
                tx,
                row,
                now,
                outcome="failed",
                why=why,
                state=MessageState.FAILED,
                reason=reason,
                detail={"why": why},
            )
            tx.plans.mark(row.store, row.scope, due_at=now)

    def retry(
        self, row: MessageRow, why: str, *, now: datetime, after: timedelta | None = None
    ) -> None:
        """Commit a temporary failure: the message waits, longer each time, and not for ever."""
        if row.attempts >= MAX_ATTEMPTS:
            self.failed(row, Reason.GAVE_UP, why, now=now)
            return
        with self._database.write() as tx:
            self._end(
                tx,
                row,
                now,
                outcome="temporary",
                why=why,
                state=MessageState.WAITING,
                reason=Reason.TEMPORARY,
                detail={"why": why},
                due_at=now + max(after or timedelta(), delay(row.attempts)),
            )

    def doubt(self, row: MessageRow, why: str, *, repeat_is_safe: bool, now: datetime) -> None:
        """Settle that nobody knows whether the provider took the message.

        It is repeated under the same key where the provider drops repeats, or where the customer
        needs the message (transactional), but not more than `MAX_DOUBTS` times; otherwise it is
        left alone, counted and listed.
        """
        repeat = repeat_is_safe or row.message_class == MessageClass.TRANSACTIONAL
        if row.doubts >= MAX_DOUBTS or not repeat:
            change: dict[str, Any] = {"state": MessageState.IN_DOUBT, "reason": Reason.IN_DOUBT}
        else:
            change = {
                "state": MessageState.WAITING,
                "reason": Reason.REPEATED,
                "due_at": now + (delay(row.doubts) if row.doubts else timedelta()),
            }
        with self._database.write() as tx:
            self._end(
                tx,
                row,
                now,
                outcome="in doubt",
                why=why,
                doubts=row.doubts + 1,
                detail={"why": why},
                **change,
            )
            tx.plans.mark(row.store, row.scope, due_at=now)

    def expire(self, row: MessageRow, *, now: datetime) -> None:
        """Commit that it is too late for this message."""
        with self._database.write() as tx:
            self._step(tx, row, now, state=MessageState.EXPIRED, reason=Reason.EXPIRED, **FREE)
            tx.plans.mark(row.store, row.scope, due_at=now)

    def cancel(
        self,
        row: MessageRow,
        reason: Reason,
        *,
        now: datetime,
        detail: Mapping[str, Any] | None = None,
        replan: bool = False,
    ) -> None:
        """Commit that the message should not be sent; with *replan*, something else may be."""
        with self._database.write() as tx:
            self._step(
                tx,
                row,
                now,
                state=MessageState.CANCELLED,
                reason=reason,
                detail=dict(detail or {}),
                **FREE,
            )
            if replan:
                tx.plans.mark(row.store, row.scope, due_at=now)

    def postpone(
        self,
        row: MessageRow,
        until: datetime,
        *,
        now: datetime,
        reason: Reason | None = None,
        why: str = "",
    ) -> None:
        """Commit that the message waits until *until*; no attempt is counted."""
        with self._database.write() as tx:
            detail = {"why": why} if why else None
            self._step(tx, row, now, due_at=until, reason=reason, detail=detail, **FREE)

    def release(self, row: MessageRow, *, now: datetime) -> None:
        """Give the message back as it is."""
        with self._database.write() as tx:
            tx.messages.change(row, now=now, **FREE)

    def _end(
        self,
        tx: Transaction,
        row: MessageRow,
        now: datetime,
        *,
        outcome: str,
        why: str,
        **change: Any,
    ) -> None:
        self._step(tx, row, now, **change, **FREE)
        tx.messages.end_attempt(row, now=now, outcome=outcome, detail=why)

    def _step(self, tx: Transaction, row: MessageRow, now: datetime, **change: Any) -> None:
        if not tx.messages.change(row, now=now, **change):
            raise Conflict(f"{row.key} was changed by somebody else")


def unsettled(tx: Transaction, row: MessageRow, now: datetime) -> Basis:
    """Return what changed about a message's subject and is not planned, or not read, yet."""
    order = Ref.order(row.order_id)
    held = tx.records.get(row.store, order)
    questions = {held.needs_read_since} if held and held.needs_read_since else set()
    return tx.plans.due_for(row.store, {row.scope, str(order)}, now) | questions


FREE: dict[str, Any] = {"lease_owner": None, "lease_until": None}
"""What takes a lease off a row."""


def delay(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 1, 2, 4 … minutes, at most an hour."""
    doublings: int = min(max(attempts - 1, 0), 16)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)
