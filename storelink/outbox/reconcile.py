"""Making the outbox say what the hooks decided: insert, reschedule, revive, cancel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from storelink.contracts.hook import Decision, Reason, Send, Skip
from storelink.models.enums import MessageState
from storelink.models.ref import Ref
from storelink.storage import MessageRow, Transaction


def key_of(store: str, hook: str, subject: Ref, step: str) -> str:
    """Return the idempotency key of a message: it is sent at most once under it."""
    return f"{store}/{hook}/{subject}" + (f"/{step}" if step else "")


def reconcile(
    tx: Transaction,
    store: str,
    scope: Ref,
    decided: Mapping[str, Sequence[Decision]],
    *,
    now: datetime,
) -> None:
    """Make the outbox agree with what the hooks decided about *scope*.

    Args:
        tx: the transaction.
        store: the store's name.
        scope: the order or person that the hooks were asked about.
        decided: the decisions of each hook, by its name; a hook that is not named is left alone.
        now: the present instant.
    """
    wanted = {
        key_of(store, hook, decision.subject, decision.step): (hook, decision)
        for hook, decisions in decided.items()
        for decision in decisions
    }
    rows = tx.messages.by_keys(wanted)
    for key, (hook, decision) in wanted.items():
        row = rows.get(key)
        if isinstance(decision, Send):
            _want(tx, row, _wanted(store, hook, scope, key, decision), now)
        elif row is not None:
            _refuse(tx, row, decision, now)
    for row in tx.messages.of_scope(store, str(scope)):
        if row.hook in decided and row.key not in wanted:
            cancel(tx, row, Reason.WITHDRAWN, now=now)


def cancel(
    tx: Transaction,
    row: MessageRow,
    reason: Reason,
    *,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> bool:
    """Take a waiting message back, and say whether it was still waiting."""
    if row.state is not MessageState.WAITING:
        return False
    told = {"reason": reason, "detail": dict(detail or {})}
    return tx.messages.change(
        row, now=now, state=MessageState.CANCELLED, **told, lease_owner=None, lease_until=None
    )


def _refuse(tx: Transaction, row: MessageRow, skip: Skip, now: datetime) -> None:
    """Take a message back, or say the newer reason why it was taken back."""
    is_refused = row.state is MessageState.CANCELLED and row.reason != Reason.BY_HAND
    told = {"reason": skip.reason, "detail": dict(skip.detail)}
    if is_refused and (row.reason, row.detail) != (skip.reason, told["detail"]):
        tx.messages.change(row, now=now, **told)
    cancel(tx, row, skip.reason, now=now, detail=skip.detail)


def _want(tx: Transaction, row: MessageRow | None, wanted: dict[str, Any], now: datetime) -> None:
    """Let the message exist as *wanted*, unless it was already sent or is being sent."""
    if row is None:
        tx.messages.add(
            {**wanted, "state": MessageState.WAITING, "created_at": now, "updated_at": now}
        )
    elif row.state is MessageState.WAITING:
        if row.reason is not None:  # a retry is under way, and keeps its own time
            wanted = {**wanted, "due_at": max(wanted["due_at"], row.due_at)}
        changed = {name: new for name, new in wanted.items() if getattr(row, name) != new}
        if changed:
            tx.messages.change(row, now=now, **changed, lease_owner=None, lease_until=None)
    elif _may_revive(row, wanted, now):
        tx.messages.change(
            row, now=now, **wanted, state=MessageState.WAITING, reason=None, detail=None
        )


def _may_revive(row: MessageRow, wanted: Mapping[str, Any], now: datetime) -> bool:
    """What a hook took back it may ask for again; what a person cancelled stays cancelled."""
    if row.state is MessageState.CANCELLED:
        return row.reason != Reason.BY_HAND
    expires_at = wanted["expires_at"]
    return row.state is MessageState.EXPIRED and (expires_at is None or expires_at > now)


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
