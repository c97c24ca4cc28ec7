"""Saying what would be sent to whom now, and why not, without doing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from storelink.contracts.channel import Channel
from storelink.contracts.hook import Reason, Send
from storelink.delivery.judging import Approved, Case, Policy
from storelink.delivery.routing import route
from storelink.hooks.again import AskAgain
from storelink.hooks.words import because
from storelink.models.enums import MessageState
from storelink.outbox.life import Decided
from storelink.policy.safety import masked
from storelink.policy.verdict import Go, Stop, Verdict, Wait, check
from storelink.storage import Database, MessageRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Would:
    """What would become of one message now.

    Attributes:
        outcome: `"send"`, `"wait"` or `"drop"`.
        to: the address, so that nobody can write to it; `None` if there is none.
        reason: the reason's code; `None` of what would be sent.
        why: the reason in words.
        until: when a message that would wait is looked at again.
    """

    key: str
    store: str
    hook: str
    order_id: str
    outcome: str
    channel: str | None = None
    to: str | None = field(default=None, repr=False)
    reason: Reason | None = None
    why: str = ""
    until: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        until = self.until.isoformat() if self.until else None
        return {**asdict(self), "until": until}


def rehearse(
    database: Database,
    decider: AskAgain,
    policy: Policy,
    channels: Mapping[str, Channel],
    *,
    stores: Sequence[str],
    now: datetime,
) -> list[Would]:
    """Say of each message that is due now what would become of it, by the time that it is due.

    The hooks and the policy are asked as they are before an attempt, on what is known: nothing is
    planned anew, and no platform is read. What they write is undone.

    Raises:
        StorageUnavailable: the database cannot be read, or somebody else writes for too long.
    """
    with database.read() as tx:
        waiting = tx.messages.all(state=MessageState.WAITING)
    rows = [row for row in waiting if row.store in stores and row.due_at <= now]
    decided = decider.decide(rows, now)
    cases: list[Case] = []
    found: dict[int, Would] = {}
    for row in rows:
        one = _asked(row, decided[row.id], channels, now)
        if isinstance(one, Case):
            cases.append(one)
        else:
            found[row.id] = one
    with database.rehearsal():
        verdicts = policy(cases, now) if cases else {}
    found |= {case.row.id: _ruled(case, verdicts[case.row.id]) for case in cases}
    return [found[row.id] for row in rows]


def _asked(
    row: MessageRow, told: Decided | Exception, channels: Mapping[str, Channel], now: datetime
) -> Case | Would:
    """Return which way a message would go, if its hook wants it to."""
    if isinstance(told, Exception):
        return _would(row, "wait", Reason.HOOK_ERROR, {"why": type(told).__name__})
    send, order, basis = told
    if not isinstance(send, Send) or order is None:
        reason = Reason.WITHDRAWN if isinstance(send, Send) else send.reason
        return _would(row, "drop", reason, {} if isinstance(send, Send) else send.detail)
    verdict = check(send, now)
    if not isinstance(verdict, Go):
        return _verdict(row, verdict)
    to = route(order.contact, channels)
    if to is None:
        return _would(row, "drop", Reason.NO_ADDRESS, {})
    return Case(Approved(row, send, order, basis), to)


def _ruled(case: Case, verdict: Verdict | Exception) -> Would:
    way = {"channel": case.to.name, "to": masked(case.to.address)}
    if isinstance(verdict, Exception):
        return _would(case.row, "wait", Reason.HOOK_ERROR, {"why": type(verdict).__name__}, **way)
    return _verdict(case.row, verdict, **way)


def _verdict(row: MessageRow, verdict: Verdict, **way: Any) -> Would:
    match verdict:
        case Go():
            return _would(row, "send", None, {}, **way)
        case Stop(reason, detail):
            return _would(row, "drop", reason, detail, **way)
        case Wait(until, reason, detail):
            is_late = row.expires_at is not None and until >= row.expires_at
            return _would(row, "drop" if is_late else "wait", reason, detail, until=until, **way)


def _would(
    row: MessageRow, outcome: str, reason: Reason | None, detail: Mapping[str, Any], **more: Any
) -> Would:
    return Would(
        key=row.key,
        store=row.store,
        hook=row.hook,
        order_id=row.order_id,
        outcome=outcome,
        reason=reason,
        why=because(reason, detail) if reason else "",
        **more,
    )
