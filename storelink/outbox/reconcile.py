"""Making the outbox say what the hooks decided: insert, reschedule, revive, cancel.

What a hook took back it may ask for again. What the policy stopped stays so, however often it is
asked for, because the policy would say the same: else the two would take turns for ever. It is
looked at once more when what the policy looks at may be another: its order changed, or its
person agreed. Either has the *order* planned, and the planner begins with `Holds.look_again`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storelink.contracts.hook import Decision, Reason, Send, Skip
from storelink.models.enums import MessageState
from storelink.models.ref import Ref
from storelink.outbox.steps import FREE
from storelink.storage import MessageRow, Transaction
from storelink.storage.messages import Change

FOR_GOOD = (Reason.BY_HAND, Reason.ERASED)
"""Why a message was cancelled that no hook may ask for again."""
STOPPED = frozenset(
    {
        Reason.NO_CONSENT,
        Reason.REFUSED,
        Reason.SUPPRESSED,
        Reason.QUIET_HOURS,
        Reason.NO_ADDRESS,
        Reason.PLATFORM_SENDS,
    }
)
"""Why a message was cancelled by the policy, and not by a hook."""


def key_of(store: str, hook: str, subject: Ref, step: str) -> str:
    """Return the idempotency key of a message: it is sent at most once under it."""
    return f"{store}/{hook}/{subject}" + (f"/{step}" if step else "")


@dataclass(frozen=True, slots=True)
class Answers:
    """What hooks decided about one subject.

    Attributes:
        store: the store's name.
        scope: the order or person that the hooks were asked about.
        decided: the decisions of each hook, by its name; a hook that is not named is left alone.
    """

    store: str
    scope: Ref = field(repr=False)
    decided: Mapping[str, Sequence[Decision]] = field(repr=False)

    @property
    def by_key(self) -> dict[str, tuple[str, Decision]]:
        """Every decision with its hook's name, by the idempotency key of its message."""
        return {
            key_of(self.store, hook, decision.subject, decision.step): (hook, decision)
            for hook, decisions in self.decided.items()
            for decision in decisions
        }


def reconcile(tx: Transaction, every: Sequence[Answers], *, now: datetime) -> int:
    """Make the outbox agree with what the hooks decided, and return how many messages are new."""
    wanted = [(one, one.by_key) for one in every]
    rows = tx.messages.by_keys([key for _, keys in wanted for key in keys], alone=True)
    planned = _of_scopes(tx, every)
    new: list[dict[str, Any]] = []
    changes: list[Change] = []
    for one, keys in wanted:
        for key, (hook, decision) in keys.items():
            row = rows.get(key)
            if isinstance(decision, Send):
                values = _wanted(one.store, hook, one.scope, key, decision)
                if row is None:
                    new.append(_new(values, now))
                else:
                    changes += _want(row, values, now)
            elif row is not None:
                changes += _refuse(row, decision)
        for row in planned.get((one.store, str(one.scope)), ()):
            if row.hook in one.decided and row.key not in keys:
                changes += _take_back(row, Reason.WITHDRAWN)
    tx.messages.add(*new)
    tx.messages.change_all(changes, now=now)
    return len(new)


def _of_scopes(
    tx: Transaction, every: Iterable[Answers]
) -> dict[tuple[str, str], list[MessageRow]]:
    """Return the messages that were planned for the same subjects before."""
    scopes: dict[str, list[str]] = defaultdict(list)
    for one in every:
        scopes[one.store].append(str(one.scope))
    found: dict[tuple[str, str], list[MessageRow]] = defaultdict(list)
    for store, some in scopes.items():
        for row in tx.messages.of_scopes(store, some, alone=True):
            found[store, row.scope].append(row)
    return found


def cancel(tx: Transaction, row: MessageRow, reason: Reason, *, now: datetime) -> bool:
    """Take a waiting message back, and say whether it was still waiting."""
    changes = _take_back(row, reason)
    return bool(changes) and tx.messages.change_all(changes, now=now) == 1


def _take_back(
    row: MessageRow, reason: Reason, detail: Mapping[str, Any] | None = None
) -> list[Change]:
    if row.state is not MessageState.WAITING:
        return []
    told = {"reason": reason, "detail": dict(detail or {})}
    return [Change(row, {"state": MessageState.CANCELLED, **told, **FREE})]


def _refuse(row: MessageRow, skip: Skip) -> list[Change]:
    """Take a message back, or say the newer reason why it was taken back."""
    is_refused = row.state is MessageState.CANCELLED and row.reason not in FOR_GOOD
    told = {"reason": skip.reason, "detail": dict(skip.detail)}
    if is_refused and (row.reason, row.detail) != (skip.reason, told["detail"]):
        return [Change(row, told)]
    return _take_back(row, skip.reason, skip.detail)


def _new(wanted: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    return {**wanted, "state": MessageState.WAITING, "created_at": now, "updated_at": now}


def _want(row: MessageRow, wanted: dict[str, Any], now: datetime) -> list[Change]:
    """Let the message exist as *wanted*, unless it was already sent or is being sent."""
    if row.state is MessageState.WAITING:
        if row.reason is not None:  # a retry is under way, and keeps its own time
            wanted = {**wanted, "due_at": max(wanted["due_at"], row.due_at)}
        changed = {name: new for name, new in wanted.items() if getattr(row, name) != new}
        return [Change(row, {**changed, **FREE})] if changed else []
    if may_revive(row, wanted["expires_at"], now):
        told = {"state": MessageState.WAITING, "reason": None, "detail": None}
        return [Change(row, {**wanted, **told})]
    return []


def may_revive(row: MessageRow, expires_at: datetime | None, now: datetime) -> bool:
    """What a hook took back it may ask for again; what others cancelled stays cancelled."""
    if row.state is MessageState.CANCELLED:
        return row.reason not in FOR_GOOD and row.reason not in STOPPED
    # One that was given up before its time, because something kept it for longer, stays given up.
    is_later = expires_at != row.expires_at and (expires_at is None or expires_at > now)
    return row.state is MessageState.EXPIRED and is_later


def _wanted(store: str, hook: str, scope: Ref, key: str, send: Send) -> dict[str, Any]:
    return {
        "key": key,
        "store": store,
        "hook": hook,
        "scope": str(scope),
        "subject": str(send.subject),
        "step": send.step,
        "order_id": send.order_id,
        "message": send.message.model_dump(mode="json", exclude_defaults=True),
        "message_class": send.message.message_class.value,
        "cause": send.cause.id,
        "due_at": send.due_at,
        "expires_at": send.expires_at,
    }


def silence_history(decisions: Iterable[Decision], *, connected_at: datetime) -> list[Decision]:
    """Replace messages about what happened before the store was connected by the reason why."""
    return [
        Skip(
            subject=decision.subject,
            step=decision.step,
            order_id=decision.order_id,
            reason=Reason.HISTORY,
            detail={"at": decision.cause.at.isoformat()},
        )
        if isinstance(decision, Send) and decision.cause.at < connected_at
        else decision
        for decision in decisions
    ]
