"""Saying what would be sent to whom now, and why not, without doing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from storelink.contracts.channel import Channel
from storelink.contracts.hook import Reason, Send
from storelink.delivery.judging import Approved, Case, Policy, judged
from storelink.delivery.routing import routes
from storelink.errors import StorageUnavailable
from storelink.hooks.again import AskAgain
from storelink.hooks.explain import Open
from storelink.hooks.ruled import Ruled
from storelink.hooks.words import because
from storelink.models.enums import MessageState
from storelink.outbox.life import Decided
from storelink.policy.question import Outcome
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
        detail: values for the sentence of *reason*, and the rule of the policy with its source.
        until: when a message that would wait is looked at again.
    """

    key: str
    store: str
    hook: str
    order_id: str | None
    outcome: str
    channel: str | None = None
    to: str | None = field(default=None, repr=False)
    reason: Reason | None = None
    why: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict, repr=False)
    until: datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        until = self.until.isoformat() if self.until else None
        return {**asdict(self), "detail": dict(self.detail), "until": until}

    @property
    def ruled(self) -> Ruled:
        """The same, as an explanation tells it."""
        return Ruled(_OUTCOMES[self.outcome], self.reason, self.until, self.detail)


_OUTCOMES = {"send": Outcome.SEND, "wait": Outcome.DEFER, "drop": Outcome.SUPPRESS}


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
        one = case_of(row, decided[row.id], channels, now)
        if isinstance(one, Case):
            cases.append(one)
        else:
            found[row.id] = one
    found |= would_all(database, policy, cases, now)
    return [found[row.id] for row in rows]


def foretell(
    database: Database,
    policy: Policy,
    channels: Mapping[str, Channel],
    some: Sequence[Open],
    now: datetime,
) -> dict[str, Ruled]:
    """Return what the policy would say of messages when they are due, by their keys.

    It is asked on what is known now, and nothing of it is written down. Of messages about which it
    cannot be asked, because something fails or the database is too busy, nothing is told.
    """
    rows = {row.id: row for row, _, _ in some}
    asked = {
        row.id: case_of(
            row, Decided(send, to, frozenset()), channels, max(now, row.due_at, send.due_at)
        )
        for row, send, to in some
    }
    found = {row_id: one for row_id, one in asked.items() if isinstance(one, Would)}
    cases = [one for one in asked.values() if isinstance(one, Case)]
    with suppress(StorageUnavailable):
        found |= would_all(database, policy, cases, now)
    return {
        rows[row_id].key: one.ruled
        for row_id, one in found.items()
        if one.outcome != "wait" or one.until is not None  # otherwise something failed
    }


def would_all(
    database: Database, policy: Policy, cases: Sequence[Case], now: datetime
) -> dict[int, Would]:
    """Return what would become of messages at the moments of their cases, by the row's id.

    They count in each other's budgets, in the order of their times; nothing of it is written.

    Raises:
        StorageUnavailable: the database cannot be read, or somebody else writes for too long.
    """
    with database.rehearsal():
        verdicts = judged(policy, cases, now)
    return {row_id: _ruled(*one) for row_id, one in verdicts.items()}


def case_of(
    row: MessageRow, told: Decided | Exception, channels: Mapping[str, Channel], at: datetime
) -> Case | Would:
    """Return which way a message would go at *at*, if its hook wants it to."""
    if isinstance(told, Exception):
        return _would(row, "wait", Reason.HOOK_ERROR, {"why": type(told).__name__})
    send, to, basis = told
    if not isinstance(send, Send) or to is None:
        reason = Reason.WITHDRAWN if isinstance(send, Send) else send.reason
        return _would(row, "drop", reason, {} if isinstance(send, Send) else send.detail)
    verdict = check(send, at)
    if not isinstance(verdict, Go):
        return _verdict(row, verdict)
    try:
        ways = routes(to.contact, channels)
    except Exception as error:  # noqa: BLE001  a channel is somebody else's code
        return _would(row, "wait", Reason.TEMPLATE, {"why": type(error).__name__})
    if not ways:
        return _would(row, "drop", Reason.NO_ADDRESS, {})
    return Case(Approved(row, send, to, basis), ways[0], tuple(ways[1:]), at=at)


def _ruled(case: Case, verdict: Verdict | Exception) -> Would:
    way = {"channel": case.to.name, "to": masked(case.to.address)}
    if isinstance(verdict, Exception):
        return _would(case.row, "wait", Reason.HOOK_ERROR, {"why": type(verdict).__name__}, **way)
    return _verdict(case.row, verdict, **way)


def _verdict(row: MessageRow, verdict: Verdict, **way: Any) -> Would:
    match verdict:
        case Go(_, detail):
            return _would(row, "send", None, detail, **way)
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
        detail=detail,
        **more,
    )
