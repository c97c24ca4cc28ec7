"""The relay: the one loop that hands messages to channels.

No transaction is open while a hook decides, a template renders or a provider answers. Between any
two statements of `run_once` the process may die: the message is then found waiting, or in doubt.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from storelink.clock import Clock
from storelink.contracts.channel import Channel
from storelink.contracts.hook import Decision, Reason, Send, Skip
from storelink.contracts.manifest import Capability
from storelink.delivery.routing import Route, route
from storelink.errors import Conflict, Rejected, RetryLater, StoreUnavailable, TemplateError
from storelink.models.message import Outgoing
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.outbox.life import Basis, Decided, Outbox
from storelink.policy import Go, Stop, Wait, check
from storelink.storage import MessageRow
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=5)
"""How long a message waits for a store that is silent, a broken hook or a broken template."""

Step = Callable[[str], None]
"""Told the name of each step that is about to begin; for those who watch (or force) the relay."""


class Decider(Protocol):
    """Answers, on fresh state, what the hook of a message says of it now."""

    def refresh(self, row: MessageRow, now: datetime) -> None:
        """Read the message's order from the platform, if the mirror may be out of date."""

    def decide(self, row: MessageRow, now: datetime) -> Decided:
        """Return the hook's decision on this message, and the order it is about."""


class Writer(Protocol):
    """Turns a decided message into text."""

    def __call__(self, row: MessageRow, send: Send, order: Order, to: Route) -> Outgoing:
        """Return the rendered message."""


@dataclass(slots=True)
class RelayReport:
    """What one run did, counted by outcome."""

    outcomes: dict[str, int] = field(default_factory=dict)

    def count(self, outcome: str) -> None:
        """Count one message."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class Relay:
    """Delivers what is due."""

    def __init__(
        self,
        outbox: Outbox,
        decider: Decider,
        writer: Writer,
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        step: Step = lambda name: None,
    ) -> None:
        self._outbox, self._decider, self._writer = outbox, decider, writer
        self._channels, self._clock, self._step = channels, clock, step

    def run_once(self, stores: list[str], *, limit: int = 20) -> RelayReport:
        """Deliver messages that are due now, one after the other."""
        report = RelayReport()
        for row in self._outbox.claim_doubtful(self._clock.now(), limit=limit, stores=stores):
            report.count(self._alone(row, self._settle_lost))
        self._step("claim")
        for row in self._outbox.claim(self._clock.now(), limit=limit, stores=stores):
            report.count(self._alone(row, self._deliver))
        return report

    def _alone(self, row: MessageRow, step: Callable[[MessageRow], str]) -> str:
        """Work on one message; leave it to the next round if it changed meanwhile."""
        try:
            return step(row)
        except Conflict:
            self._outbox.release(row, now=self._clock.now())
            return "changed"

    def _deliver(self, row: MessageRow) -> str:
        self._step("decide")
        decided = self._refresh(row) or self._decide(row)
        if isinstance(decided, str):
            return decided
        send, order, basis = decided
        self._step("render")
        written = self._write(row, send, order)
        if isinstance(written, str):
            return written
        to, outgoing = written
        self._step("begin")
        now = self._clock.now()
        begun = self._outbox.begin(row, send.message, channel=to.name, basis=basis, now=now)
        self._step("send")
        return self._send(begun, to, outgoing)

    def _refresh(self, row: MessageRow) -> str | None:
        """Make sure that the state is fresh; without it the message waits."""
        try:
            self._decider.refresh(row, self._clock.now())
        except StoreUnavailable as error:
            return self._wait(row, Reason.STORE_SILENT, str(error), after=error.after)
        except Exception as error:  # noqa: BLE001  an adapter is somebody else's code
            log.error("the order of message %s could not be read: %s", row.id, trace(error))
            return self._wait(row, Reason.STORE_SILENT, type(error).__name__)
        return None

    def _decide(self, row: MessageRow) -> tuple[Send, Order, Basis] | str:
        """Ask the hook and the policy again, on fresh state; settle everything but a go."""
        now = self._clock.now()
        try:
            decision, order, basis = self._decider.decide(row, now)
        except Exception as error:  # noqa: BLE001  a hook is somebody else's code
            log.error("hook %s failed on message %s: %s", row.hook, row.id, trace(error))
            return self._wait(row, Reason.HOOK_ERROR, type(error).__name__)
        if isinstance(decision, Skip) or order is None:
            self._cancel(row, decision, now)
            return "cancelled"
        match check(decision, now):
            case Stop():
                self._outbox.expire(row, now=now)
                return "expired"
            case Wait(until):
                self._outbox.postpone(row, until, now=now)
                return "postponed"
            case Go():
                return decision, order, basis

    def _cancel(self, row: MessageRow, decision: Decision, now: datetime) -> None:
        """Take the message back; of a person's other messages, one may go instead."""
        skip = decision if isinstance(decision, Skip) else None
        self._outbox.cancel(
            row,
            skip.reason if skip else Reason.WITHDRAWN,
            now=now,
            detail=skip.detail if skip else None,
            replan=Ref.parse(row.scope).kind is Kind.PERSON,
        )

    def _write(self, row: MessageRow, send: Send, order: Order) -> tuple[Route, Outgoing] | str:
        """Choose the channel and render; settle what cannot be."""
        try:
            to = route(order.contact, self._channels)
            if to is not None:
                return to, self._writer(row, send, order, to)
        except TemplateError as error:
            log.error("message %s: %s", row.id, error)
            return self._wait(row, Reason.TEMPLATE, str(error))
        except Exception as error:  # noqa: BLE001  a channel is somebody else's code
            log.error("message %s could not be written: %s", row.id, trace(error))
            return self._wait(row, Reason.TEMPLATE, type(error).__name__)
        self._outbox.cancel(row, Reason.NO_ADDRESS, now=self._clock.now())
        return "cancelled"

    def _send(self, row: MessageRow, to: Route, outgoing: Outgoing) -> str:
        """Hand over, and commit what came of it."""
        try:
            accepted = to.channel.send(outgoing)
        except RetryLater as error:
            self._outbox.retry(row, _why(error), now=self._clock.now(), after=error.after)
            return "retry"
        except Rejected as error:
            self._outbox.failed(row, Reason.REJECTED, _why(error), now=self._clock.now())
            return "failed"
        except Exception as error:  # noqa: BLE001  nobody knows whether it was accepted
            return self._settle_doubt(row, type(error).__name__)
        self._step("settle")
        self._outbox.sent(row, accepted, now=self._clock.now())
        self._step("settled")
        return "sent"

    def _settle_lost(self, row: MessageRow) -> str:
        return self._settle_doubt(row, "the worker died while sending")

    def _settle_doubt(self, row: MessageRow, why: str) -> str:
        channel = self._channels.get(row.channel or "")
        safe = channel is not None and Capability.DEDUPLICATES in channel.manifest.capabilities
        self._outbox.doubt(row, why, repeat_is_safe=safe, now=self._clock.now())
        return "in doubt"

    def _wait(
        self, row: MessageRow, reason: Reason, why: str, *, after: timedelta | None = None
    ) -> str:
        now = self._clock.now()
        if row.expires_at is not None and now >= row.expires_at:
            self._outbox.expire(row, now=now)
            return "expired"
        until = now + (after or LOOK_AGAIN)
        self._outbox.postpone(row, until, now=now, reason=reason, why=why)
        return "waiting"


def _why(error: RetryLater | Rejected) -> str:
    return f"{error.code} {error}".strip()
