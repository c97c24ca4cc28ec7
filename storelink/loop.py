"""The embedded worker's loop: run every stage until nothing is left to do, then wait.

The stages are passed in, in the order of the flow of data; each does a bounded amount of work and
says how much it did.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from storelink.errors import StorageUnavailable
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

Stage = Callable[[], int]
"""Does some work and returns how much; 0 means that there was none."""

MAX_ROUNDS = 10_000
GRACE = timedelta(seconds=10)
"""For how long the end of the worker waits for what reads stores."""
AGAIN_SECONDS = 5.0


@dataclass(slots=True)
class RunReport:
    """What a run of the worker did.

    Attributes:
        absorbed: deliveries that had waited in the inbox.
        read: objects that were read from a platform.
        planned: subjects that were planned.
        called: handlers that were called.
        messages: how many messages had which outcome.
    """

    absorbed: int = 0
    read: int = 0
    planned: int = 0
    called: int = 0
    messages: dict[str, int] = field(default_factory=dict)

    def counting(self, name: str, stage: Stage) -> Stage:
        """Return *stage* so that what it does is counted here under *name*."""

        def counted() -> int:
            done = stage()
            setattr(self, name, getattr(self, name) + done)
            return done

        return counted

    def add(self, outcomes: Mapping[str, int]) -> int:
        """Count messages by outcome, and return how many there were."""
        for outcome, number in outcomes.items():
            self.messages[outcome] = self.messages.get(outcome, 0) + number
        return sum(outcomes.values())


def run_until_idle(stages: Sequence[Stage], *, stop: Callable[[], bool] = lambda: False) -> None:
    """Run the stages in turn until a whole round finds no work, or *stop* says so.

    Raises:
        RuntimeError: a stage finds work for ever.
    """
    for _ in range(MAX_ROUNDS):
        worked = 0
        for stage in stages:
            if stop():
                return
            worked += stage()
        if not worked:
            return
    raise RuntimeError(f"the worker still found work after {MAX_ROUNDS} rounds")


def run(
    stages: Callable[[], Sequence[Stage]], *, stopped: threading.Event, poll_seconds: float
) -> None:
    """Run fresh *stages* until *stopped* is set, waiting *poll_seconds* whenever idle."""
    while not stopped.is_set():
        try:
            run_until_idle(stages(), stop=stopped.is_set)
        except StorageUnavailable as error:
            log.warning("%s; trying again", error)
        stopped.wait(poll_seconds)


@contextmanager
def until_signal() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set inside the block."""
    stopped, before = threading.Event(), {}
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # not in the main thread: somebody else handles signals
            before[name] = signal.signal(name, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextmanager
def beside(
    works: Sequence[Callable[[], None]],
    *,
    stopped: threading.Event,
    grace: timedelta = GRACE,
) -> Iterator[None]:
    """Do each of *works* in a thread of its own during the block, until *stopped* is set.

    One that is still waiting for a store when *grace* is over is left behind: whatever it does is
    repeatable, and the end of the process ends it.
    """
    threads = [
        threading.Thread(target=_steadily, args=(work, stopped), daemon=True) for work in works
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        end = time.monotonic() + grace.total_seconds()
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0.0))
        left = sum(thread.is_alive() for thread in threads)
        if left:
            log.warning("%s readings of stores did not end in time; they go on another time", left)


def _steadily(work: Callable[[], None], stopped: threading.Event) -> None:
    """Do *work* again, should it fail: nobody sees a thread die."""
    while not stopped.is_set():
        try:
            work()
        except Exception as error:  # noqa: BLE001  the next time may go well
            log.error("reading the stores failed: %s", trace(error))
            stopped.wait(AGAIN_SECONDS)
