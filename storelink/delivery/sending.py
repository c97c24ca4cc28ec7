"""Handing one message over, and what its channel's answer means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storelink.clock import Clock
from storelink.contracts.channel import Channel
from storelink.contracts.hook import Reason
from storelink.contracts.manifest import Capability
from storelink.delivery.gate import Gate
from storelink.delivery.routing import Route
from storelink.errors import Rejected, RetryLater, StorageUnavailable
from storelink.models.message import Outgoing
from storelink.outbox import steps
from storelink.outbox.steps import Step
from storelink.storage import MessageRow


@dataclass(frozen=True, slots=True)
class Ready:
    """A message whose attempt has begun: the row, where it goes, what it says."""

    row: MessageRow
    to: Route = field(repr=False)
    outgoing: Outgoing = field(repr=False)


class Sender:
    """Hands messages to channels, and learns from what they answer.

    Args:
        channels: by name.
        gate: is told how the channels fare.
        clock: the clock.
        failures: how often a message has failed by its own fault.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        gate: Gate,
        clock: Clock,
        *,
        failures: Callable[[MessageRow], int],
    ) -> None:
        self._channels, self._gate, self._clock = channels, gate, clock
        self._failures = failures

    def send(self, ready: Ready, down: dict[str, datetime]) -> Step:
        """Hand a message over, and return what came of it.

        Args:
            ready: the message.
            down: until when channels rest that went out of order since the gate let the message
                through; nothing is tried with them. If the channel does so now, it is added.
        """
        row, name = ready.row, ready.to.name
        if name in down:
            return steps.unsent(row, until=down[name], why="others failed just before")
        try:
            accepted = ready.to.channel.send(ready.outgoing)
        except RetryLater as error:
            return (
                self._outage(row, name, error, down)
                if error.outage
                else self._retry(row, name, error)
            )
        except Rejected as error:
            self._gate.worked(name)
            return steps.failed(row, Reason.REJECTED, _why(error))
        except Exception as error:  # noqa: BLE001  nobody knows whether it was accepted
            self._failed(name, down)
            return self.doubt(row, type(error).__name__)
        self._gate.worked(name)
        return steps.sent(row, accepted, now=self._clock.now())

    def doubt(self, row: MessageRow, why: str) -> Step:
        """Return what becomes of a message of which nobody knows whether it was accepted."""
        channel = self._channels.get(row.channel or "")
        safe = channel is not None and Capability.DEDUPLICATES in channel.manifest.capabilities
        return steps.doubt(row, why, repeat_is_safe=safe, now=self._clock.now())

    def _outage(
        self, row: MessageRow, name: str, error: RetryLater, down: dict[str, datetime]
    ) -> Step:
        """Let the message wait for its channel."""
        self._failed(name, down, after=error.after)
        soon = self._clock.now() + self._gate.wait(name, row.attempts, after=error.after)
        return steps.outage(row, _why(error), until=down.get(name, soon))

    def _failed(
        self, name: str, down: dict[str, datetime], *, after: timedelta | None = None
    ) -> None:
        until = self._gate.failed(name, self._clock.now(), after=after)
        if until is not None:
            down[name] = until

    def _retry(self, row: MessageRow, name: str, error: RetryLater) -> Step:
        """Let the message wait for the next attempt, or give it up."""
        self._gate.worked(name)
        failures = self._own_failures(row)
        if self._gate.gives_up(name, failures):
            return steps.failed(row, Reason.GAVE_UP, _why(error))
        wait = self._gate.wait(name, failures, after=error.after)
        return steps.retry(row, _why(error), now=self._clock.now(), wait=wait)

    def _own_failures(self, row: MessageRow) -> int:
        try:
            return self._failures(row)
        except StorageUnavailable:  # what came of the attempt matters more than how often
            return row.attempts


def _why(error: RetryLater | Rejected) -> str:
    return f"{error.code} {error}".strip()
