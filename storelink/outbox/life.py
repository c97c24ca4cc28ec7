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

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from storelink.contracts.hook import Decision
from storelink.errors import Conflict
from storelink.models.enums import MessageState
from storelink.models.message import Message
from storelink.models.recipient import Recipient
from storelink.models.ref import Ref
from storelink.outbox.shares import Shares
from storelink.outbox.steps import Step
from storelink.storage import Database, MessageRow, Transaction
from storelink.storage.messages import Change
from storelink.storage.plans import Mark

Basis = frozenset[Mark | datetime | int]
"""Marks of what is to be planned, times of open questions, and ids of messages being sent."""

SENT_TO: Final = "to"
"""Where a message's detail has what is kept of the address that it went to."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on messages, and for how long nobody else may."""

    owner: str
    duration: timedelta = timedelta(minutes=5)


class Decided(NamedTuple):
    """What a hook says of a message now.

    Attributes:
        to: who receives the message; `None` if nothing is known of them any more.
        basis: what was `unsettled` when the hook was asked.
    """

    decision: Decision
    to: Recipient | None
    basis: Basis


@dataclass(frozen=True)
class Attempt:
    """An attempt that is about to begin.

    Attributes:
        row: the message as it was claimed.
        message: what its hook says now.
        channel: the name of the channel that is to get it.
        basis: what the hook's decision rests on.
        rests_on: what the policy's verdict rests on; see `storage.wills.Will`.
        detail: by what rule it goes, and what is kept of the address that it goes to (`SENT_TO`).
    """

    row: MessageRow
    message: Message = field(repr=False)
    channel: str
    basis: Basis = field(repr=False)
    rests_on: frozenset[tuple[str, str, frozenset[str]]] = field(default=frozenset(), repr=False)
    detail: Mapping[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def begun(self) -> MessageRow:
        """The message once the attempt has begun."""
        row = self.row
        return replace(
            row,
            state=MessageState.SENDING,
            channel=self.channel,
            reason=None,
            detail=dict(self.detail) or None,
            attempts=row.attempts + 1,
            version=row.version + 1,
        )


class Outbox:
    """Claims messages, begins attempts, and commits what became of them.

    It remembers what its owner works on, for `keep`. Threads may share it.
    """

    def __init__(self, database: Database, lease: Lease) -> None:
        self._database = database
        self._lease = lease
        self._shares = Shares()
        self._held: set[int] = set()

    # -- leases ------------------------------------------------------------------------------------

    def claim(self, now: datetime, *, limit: int, stores: Sequence[str]) -> list[MessageRow]:
        """Lease at most *limit* messages that are due, oldest first.

        Each store gets the same share of them, and what one does not need, others get: however
        much one has to send, another's messages do not wait behind that.
        """
        with self._database.read() as tx:
            ready = tx.messages.stores_with_due(stores, now)
        if not ready:
            return []
        with self._database.write() as tx:
            shares = self._shares.deal(ready, limit)
            claimed = self._claim(tx, now, shares)
            for store in self._hungry(shares, claimed):
                if len(claimed) < limit:
                    claimed += self._claim(tx, now, {store: limit - len(claimed)})
        return self._hold(sorted(claimed, key=lambda row: (row.due_at, row.key)))

    def _claim(self, tx: Transaction, now: datetime, shares: Mapping[str, int]) -> list[MessageRow]:
        return tx.messages.claim(now, shares=shares, **self._until(now))

    def _hungry(self, shares: Mapping[str, int], claimed: Sequence[MessageRow]) -> list[str]:
        """Return the stores that took all of their share, and may have more."""
        taken = Counter(row.store for row in claimed)
        return [store for store, share in shares.items() if taken[store] == share]

    def claim_doubtful(
        self, now: datetime, *, limit: int, stores: Sequence[str]
    ) -> list[MessageRow]:
        """Lease messages whose worker died between the attempt and its outcome."""
        with self._database.read() as tx:
            if not tx.messages.has_doubtful(stores, now):
                return []
        with self._database.write() as tx:
            return self._hold(
                tx.messages.claim_doubtful(now, limit=limit, stores=stores, **self._until(now))
            )

    def keep(self, now: datetime) -> int:
        """Let the leases of what is being worked on last longer, and return how many there are.

        For a heartbeat beside the work: a message that takes longer than its lease stays the
        worker's own, as long as the worker lives.
        """
        held = tuple(self._held)
        if not held:
            return 0
        with self._database.write() as tx:
            return tx.messages.keep(held, **self._until(now))

    def _until(self, now: datetime) -> dict[str, Any]:
        return {"owner": self._lease.owner, "until": now + self._lease.duration}

    def _hold(self, rows: list[MessageRow]) -> list[MessageRow]:
        self._held.update(row.id for row in rows)
        return rows

    # -- attempts and outcomes ---------------------------------------------------------------------

    def begin(self, attempts: Sequence[Attempt], *, now: datetime) -> dict[int, MessageRow]:
        """Commit that attempts begin, before any provider is called.

        An attempt is left out, and its message not to be sent, if the row or its lease changed
        since the claim, its order since the hook was asked (see `Decided.basis`), what people and
        the shop say since the policy was (see `Go.rests_on`), or if another message about the same
        subject set out meanwhile, as one of *attempts* or with another worker: the hook is to know
        of that one first.

        Returns:
            the messages whose attempts began, by the id of their rows.
        """
        with self._database.write() as tx:
            tx.lock(*_locks(one.row for one in attempts))
            begun = self._allowed(tx, attempts, now)
            changes = [Change(one.row, self._sending(one, now)) for one in begun]
            tx.messages.change_all(changes, now=now)
            tx.messages.begin_attempts([one.row for one in begun], now=now)
        return {one.row.id: one.begun for one in begun}

    def _allowed(
        self, tx: Transaction, attempts: Sequence[Attempt], now: datetime
    ) -> list[Attempt]:
        ids = [one.row.id for one in attempts]
        held = tx.messages.held(ids, owner=self._lease.owner, now=now)
        open_now = unsettled(tx, [one.row for one in attempts])
        said = tx.wills.now((one[0], one[1]) for attempt in attempts for one in attempt.rests_on)
        allowed: list[Attempt] = []
        begun: set[tuple[str, str]] = set()
        for one in attempts:
            row = one.row
            is_same = held.get(row.id) == row.version and one.rests_on <= said
            is_same = is_same and open_now[row.id] <= one.basis
            if is_same and begun.isdisjoint((row.store, name) for name in _subjects(row)):
                allowed.append(one)
                begun.add((row.store, row.scope))
        return allowed

    def _sending(self, attempt: Attempt, now: datetime) -> dict[str, Any]:
        row, content = attempt.row, _content(attempt.message)
        return {
            "state": MessageState.SENDING,
            "channel": attempt.channel,
            "attempts": row.attempts + 1,
            "reason": None,
            "detail": attempt.begun.detail,
            "lease_until": now + self._lease.duration,
            **({"message": content} if content != row.message else {}),
        }

    def commit(self, steps: Sequence[Step], *, now: datetime) -> list[Step]:
        """Commit *steps* together, and return those that were not: somebody else was faster.

        A plan may have moved or cancelled the message, or another worker taken it over.

        Raises:
            StorageUnavailable: nothing is committed, or all of it is: committing again is safe.
        """
        refused: list[Step] = []
        if not self._commit_all(steps, now):
            refused = [step for step in steps if not self._commit_all([step], now)]
        self._held.difference_update(step.row.id for step in steps)
        return refused

    def _commit_all(self, steps: Sequence[Step], now: datetime) -> bool:
        """Commit all of *steps*, or nothing."""
        steps = sorted(steps, key=lambda step: step.row.id)
        try:
            with self._database.write() as tx:
                tx.lock(*_locks(step.row for step in steps))
                changes = [Change(step.row, step.values, step.comes_late) for step in steps]
                if tx.messages.change_all(changes, now=now) != len(steps):
                    raise Conflict("a message was changed by somebody else")
                ended = [(one.row, one.outcome, one.why) for one in steps if one.outcome]
                tx.messages.end_attempts(ended, now=now)
                for store, scopes in _by_store(one.row for one in steps if one.replans).items():
                    tx.plans.mark(store, scopes, due_at=now)
        except Conflict:
            return False
        return True

    def following(self, row: MessageRow) -> str | None:
        """Return the key of the next message of the same hook about the same subject."""
        with self._database.read() as tx:
            rows = tx.messages.of_scopes(row.store, [row.scope])
        later = [
            one
            for one in rows
            if (one.hook, one.subject) == (row.hook, row.subject)
            and one.state is MessageState.WAITING
            and (one.due_at, one.id) > (row.due_at, row.id)
        ]
        return min(later, key=lambda one: (one.due_at, one.id)).key if later else None

    def failures(self, row: MessageRow) -> int:
        """Return how many attempts at a message failed by its own fault, the present one with it.

        What failed because a channel was out of order, or was in doubt, does not count.
        """
        if row.attempts <= 1:
            return 1
        with self._database.read() as tx:
            return tx.messages.count_attempts(row.id, "temporary") + 1


def unsettled(tx: Transaction, rows: Sequence[MessageRow]) -> dict[int, Basis]:
    """Return what changed about the messages' subjects and is not planned, read or settled yet.

    By the id of the message's row.
    """
    told: dict[tuple[str, str], set[Mark | datetime | int]] = defaultdict(set)
    by_store: dict[str, list[MessageRow]] = defaultdict(list)
    for row in rows:
        by_store[row.store].append(row)
    for store, some in by_store.items():
        subjects = {name for row in some for name in _subjects(row)}
        for mark in tx.plans.marks_on(store, subjects):
            told[store, mark.subject].add(mark)
        for scope, row_id in tx.messages.being_sent(store, subjects):
            told[store, scope].add(row_id)
        times = tx.records.orders_read(store, {row.order_id for row in some if row.order_id})
        for order_id, (_, since) in times.items():
            if since is not None:
                told[store, str(Ref.order(order_id))].add(since)
    return {
        row.id: frozenset(one for name in _subjects(row) for one in told[row.store, name])
        for row in rows
    }


def _subjects(row: MessageRow) -> set[str]:
    """Return whose changes concern a message."""
    return {row.scope, row.about}


def _locks(rows: Iterable[MessageRow]) -> set[str]:
    """Return the names under which a message's subjects are locked, here and by absorbing."""
    return {f"{row.store}/{name}" for row in rows for name in _subjects(row)}


def _by_store(rows: Iterable[MessageRow]) -> dict[str, list[str]]:
    scopes: dict[str, set[str]] = {}
    for row in rows:
        scopes.setdefault(row.store, set()).add(row.scope)
    return {store: sorted(scopes[store]) for store in sorted(scopes)}


def _content(message: Message) -> dict[str, Any]:
    return message.model_dump(mode="json", exclude_defaults=True)
