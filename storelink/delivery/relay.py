"""The relay: the one loop that hands messages to channels.

No transaction is open while a hook decides, a template renders or a provider answers. Between any
two statements of `run_once` the process may die: the message is then found waiting, or in doubt.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from storelink.clock import Clock
from storelink.contracts.channel import Channel
from storelink.contracts.hook import Reason, Send, Skip
from storelink.contracts.observing import Observer
from storelink.delivery.batch import Batch, pieces
from storelink.delivery.gate import Gate, Pacing
from storelink.delivery.judging import (
    Approved,
    Case,
    Policy,
    Writer,
    anything_goes,
    judged,
    ruled,
)
from storelink.delivery.routing import routes
from storelink.delivery.sending import Ready, Sender
from storelink.delivery.telling import tell_attempted, tell_settled
from storelink.errors import StoreUnavailable, TemplateError
from storelink.models.message import Outgoing
from storelink.outbox import steps
from storelink.outbox.life import SENT_TO, Attempt, Decided, Outbox
from storelink.outbox.steps import Step
from storelink.policy.verdict import Go, Verdict, check
from storelink.storage import MessageRow
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=5)
"""How long a message waits for a store that is silent, a broken hook or a broken template."""
FRESH_VERDICT = timedelta(seconds=2)
"""A verdict is asked for anew if so much time went by before the attempt: hours close. What people
say meanwhile is noticed when the attempt begins, however soon that is."""
BATCH = 100
"""How many messages a run claims at once."""

Note = Callable[[str], None]
"""Told the name of each step that is about to begin; for those who watch (or force) the relay."""


class Decider(Protocol):
    """Answers, on fresh state, what the hooks of messages say of them now."""

    def refresh(self, rows: Sequence[MessageRow], now: datetime) -> Mapping[int, Exception]:
        """Read the messages' orders from the platforms, where the mirror may be out of date.

        Returns:
            why an order could not be read, by the id of the message's row.
        """

    def decide(
        self, rows: Sequence[MessageRow], now: datetime
    ) -> Mapping[int, Decided | Exception]:
        """Return what each message's hook decides, or raised, by the id of the message's row."""


@dataclass(slots=True)
class RelayReport:
    """What one run did, counted by outcome."""

    outcomes: dict[str, int] = field(default_factory=dict)

    def count(self, outcome: str) -> None:
        """Count one message."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


@dataclass(frozen=True)
class Written:
    """A message as it would be sent.

    Attributes:
        to: what is kept of the address that it goes to, if anything is.
    """

    case: Case = field(repr=False)
    outgoing: Outgoing = field(repr=False)
    to: str | None = field(default=None, repr=False)

    @functools.cached_property
    def attempt(self) -> Attempt:
        """The attempt to send it."""
        row, send, _, basis = self.case.approved
        go = self.case.verdict
        detail = {**go.detail, SENT_TO: self.to} if self.to else go.detail
        return Attempt(row, send.message, self.case.to.name, basis, go.rests_on, detail)


class Relay:
    """Delivers what is due. What came of an attempt is owed to the database until it has it.

    Args:
        outbox: where the messages are.
        decider: asks the hooks.
        writer: renders.
        channels: by name; the first that reaches a person is taken.
        clock: the clock.
        policy: says who may be written to, and when.
        began: is told which attempts began, and when.
        kept: says what is kept of an address that is written to; `None`: nothing.
        pacing: how many attempts one commit begins, and how fast messages go out.
        step: is told of each step.
        observe: is told what became of each message.
    """

    def __init__(  # noqa: PLR0913  all that the loop asks
        self,
        outbox: Outbox,
        decider: Decider,
        writer: Writer,
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        policy: Policy = anything_goes,
        began: Callable[[Iterable[MessageRow], datetime], None] = lambda rows, now: None,
        kept: Callable[[str], str | None] = lambda address: None,
        pacing: Pacing | None = None,
        step: Note = lambda name: None,
        observe: Observer = lambda happening: None,
    ) -> None:
        self._outbox, self._decider, self._writer = outbox, decider, writer
        self._channels, self._clock, self._step = channels, clock, step
        self._policy, self._began, self._kept, self._observe = policy, began, kept, observe
        self._pacing = pacing or Pacing()
        self._gate = Gate(channels, self._pacing)
        self._sender = Sender(channels, self._gate, clock, failures=outbox.failures)
        self._owed: list[Step] = []
        self._paying = threading.Lock()

    def run_once(
        self, stores: list[str], *, limit: int = BATCH, stop: Callable[[], bool] = lambda: False
    ) -> RelayReport:
        """Deliver messages that are due now.

        Args:
            stores: whose messages.
            limit: how many at most.
            stop: is asked between two messages; if it says so, the rest is given back.

        Raises:
            StorageUnavailable: the database is away. What was sent until then is not forgotten:
                the next run begins with committing it.
        """
        report = RelayReport()
        self._settle(report)
        self._settle_lost(stores, limit, report)
        self._step("claim")
        rows = self._outbox.claim(self._clock.now(), limit=limit, stores=stores)
        batch = Batch(rows)
        with batch.ending(self._owed):
            approved = self._decide(rows, batch)
            cases, judged_at = self._judge(approved, batch), self._clock.now()
            for some in pieces(cases, self._pacing.attempts_per_commit):
                if stop():
                    break
                if self._clock.now() - judged_at > FRESH_VERDICT:  # the provider takes its time
                    some = self._judge([one.approved for one in some], batch)  # noqa: PLW2901
                written = self._write(some, batch)
                begun = self._begin(written, batch)
                self._send(begun, batch, stop)
                self._settle(report)
        self._settle(report)
        return report

    def settle(self) -> None:
        """Commit what earlier runs could not, for want of the database: usually nothing.

        Raises:
            StorageUnavailable: it is still away.
        """
        self._settle(RelayReport())

    def _settle_lost(self, stores: list[str], limit: int, report: RelayReport) -> None:
        """Settle messages whose worker died between the attempt and its outcome."""
        now = self._clock.now()
        for row in self._outbox.claim_doubtful(now, limit=limit, stores=stores):
            self._owed.append(self._sender.doubt(row, "the worker died while sending"))
        self._settle(report)

    def _decide(self, rows: Sequence[MessageRow], batch: Batch) -> list[Approved]:
        """Ask the hooks again, on fresh state; owe the outcome of all that should not be sent."""
        for _ in rows:
            self._step("decide")
        silent = self._decider.refresh(rows, self._clock.now())
        known = [row for row in rows if row.id not in silent]
        decided = self._decider.decide(known, self._clock.now())
        approved: list[Approved] = []
        for row in rows:
            found = silent[row.id] if row.id in silent else decided[row.id]
            if isinstance(found, Exception):
                self._owe(batch, self._not_decided(row, found, is_silent=row.id in silent))
            elif isinstance(found.decision, Send) and found.to is not None:
                approved.append(Approved(row, found.decision, found.to, found.basis))
            else:
                self._owe(batch, _refused(row, found.decision))
        return approved

    def _judge(self, approved: Sequence[Approved], batch: Batch) -> list[Case]:
        """Ask the policy which way each may go; owe the outcome of all that may not go now."""
        found = [self._case(one) for one in approved]
        cases = [one for one in found if isinstance(one, Case)]
        verdicts = judged(self._policy, cases, self._clock.now())
        allowed: list[Case] = []
        for one in found:
            what = self._ruled(*verdicts[one.row.id]) if isinstance(one, Case) else one
            if isinstance(what, Case):
                allowed.append(what)
            else:
                self._owe(batch, what)
        return allowed

    def _case(self, one: Approved) -> Case | Step:
        """Return which ways a message could go; or what becomes of one that goes nowhere now."""
        row = one.row
        untimely = ruled(row, check(one.send, self._clock.now()))
        if untimely is not None:
            return untimely
        try:
            ways = routes(one.to.contact, self._channels)
        except Exception as error:  # noqa: BLE001  a channel is somebody else's code
            return self._unwritten(row, error)
        if not ways:
            return steps.cancelled(row, Reason.NO_ADDRESS)
        return Case(one, ways[0], tuple(ways[1:]))

    def _ruled(self, case: Case, verdict: Verdict | Exception) -> Case | Step:
        """Return a message that may go, with its verdict; or what becomes of it instead."""
        if isinstance(verdict, Exception):
            told = "the policy failed on message %s: %s"
            log.error(told, case.row.id, trace(verdict), extra=_about(case.row))
            return self._wait(case.row, Reason.HOOK_ERROR, type(verdict).__name__)
        held = ruled(case.row, verdict, self._outbox.following)
        return held or case._replace(verdict=verdict if isinstance(verdict, Go) else Go())

    def _write(self, some: Sequence[Case], batch: Batch) -> list[Written]:
        """Ask the gate, and render; owe the outcome of all that does not pass."""
        written: list[Written] = []
        for one in some:
            self._step("render")
            found = self._written(one)
            if isinstance(found, Written):
                written.append(found)
            else:
                self._owe(batch, found)
        return written

    def _written(self, case: Case) -> Written | Step:
        row, to, now = case.row, case.to, self._clock.now()
        try:
            hold = self._gate.ask(row.id, store=row.store, channel=to.name, now=now)
            if hold is not None:
                return self._held(row, hold.until, hold.reason)
            outgoing = self._writer(case)
            return Written(case, outgoing, self._kept(outgoing.to))
        except TemplateError as error:
            log.error("message %s: %s", row.id, error, extra=_about(row))
            return self._wait(row, Reason.TEMPLATE, str(error))
        except Exception as error:  # noqa: BLE001  a channel is somebody else's code
            return self._unwritten(row, error)

    def _unwritten(self, row: MessageRow, error: Exception) -> Step:
        told = "message %s could not be written: %s"
        log.error(told, row.id, trace(error), extra=_about(row))
        return self._wait(row, Reason.TEMPLATE, type(error).__name__)

    def _begin(self, written: Sequence[Written], batch: Batch) -> list[Ready]:
        """Commit the attempts; give back what changed since it was claimed, or decided on."""
        if not written:
            return []
        self._step("begin")
        for one in written:  # nobody knows whether a commit that fails was made
            row = one.case.row
            batch.otherwise(row, steps.released(row), steps.unsent(one.attempt.begun))
        now = self._clock.now()
        begun = self._outbox.begin([one.attempt for one in written], now=now)
        self._began(begun.values(), now)
        ready: list[Ready] = []
        for one in written:
            row_id = one.case.row.id
            if row_id not in begun:
                self._owe(batch, steps.released(one.case.row, "changed"))
            else:
                batch.otherwise(begun[row_id], steps.unsent(begun[row_id]))
                ready.append(Ready(begun[row_id], one.case.to, one.outgoing))
        return ready

    def _send(self, begun: Sequence[Ready], batch: Batch, stop: Callable[[], bool]) -> None:
        """Hand over, and owe what came of it."""
        down: dict[str, datetime] = {}
        for ready in begun:
            if stop():
                return
            self._step("send")
            batch.otherwise(ready.row, self._sender.doubt(ready.row, "sending was interrupted"))
            started = self._clock.now()
            step = self._sender.send(ready, down)
            tell_attempted(self._observe, step, self._clock.now() - started)
            self._owe(batch, step)

    def _owe(self, batch: Batch, step: Step) -> None:
        self._owed.append(step)
        batch.done(step.row)

    def _settle(self, report: RelayReport) -> None:
        """Commit what is owed, and count it; if the database is away, it stays owed."""
        with self._paying:
            owed = list(self._owed)
            if not owed:
                return
            self._step("settle")
            refused = self._outbox.commit(owed, now=self._clock.now())
            del self._owed[: len(owed)]
        self._step("settled")
        for step in owed:
            report.count("changed" if step in refused else step.name)
            if step not in refused:
                tell_settled(self._observe, step)

    def _not_decided(self, row: MessageRow, error: Exception, *, is_silent: bool) -> Step:
        """Let a message wait whose store is silent, or whose hook failed."""
        if isinstance(error, StoreUnavailable):
            return self._wait(row, Reason.STORE_SILENT, str(error), after=error.after)
        if is_silent:
            told = "the order of message %s could not be read: %s"
            log.error(told, row.id, trace(error), extra=_about(row))
            return self._wait(row, Reason.STORE_SILENT, type(error).__name__)
        told = "hook %s failed on message %s: %s"
        log.error(told, row.hook, row.id, trace(error), extra=_about(row))
        return self._wait(row, Reason.HOOK_ERROR, type(error).__name__)

    def _wait(
        self, row: MessageRow, reason: Reason, why: str, *, after: timedelta | None = None
    ) -> Step:
        return self._held(row, self._clock.now() + (after or LOOK_AGAIN), reason, why)

    def _held(self, row: MessageRow, until: datetime, reason: Reason, why: str = "") -> Step:
        """Let a message wait until *until*, unless it is too late for it already."""
        if row.expires_at is not None and self._clock.now() >= row.expires_at:
            return steps.expired(row)
        return steps.held_up(row, until, reason, why)


def _about(row: MessageRow) -> dict[str, str | None]:
    """Return what a line of the log tells beside its message."""
    return {"stage": "deliver", "store": row.store, "order": row.order_id, "key": row.key}


def _refused(row: MessageRow, decision: Send | Skip) -> Step:
    """Take the message back."""
    skip = decision if isinstance(decision, Skip) else None
    return steps.cancelled(
        row,
        skip.reason if skip else Reason.WITHDRAWN,
        detail=skip.detail if skip else None,
    )
