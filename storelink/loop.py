"""The embedded worker's loop: run every stage until nothing is left to do, then wait.

The stages are passed in, in the order of the flow of data; each does a bounded amount of work and
says how much it did.
"""

from __future__ import annotations

import itertools
import logging
import math
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

FLOW = ("absorb", "read", "plan", "call", "deliver")
"""The stages between a webhook and a message, in the order of the flow of data."""
MAX_ROUNDS = 10_000
"""After so many rounds with work, there must be less of it."""
SLICE_SECONDS = 1.0
"""Waiting is interrupted so often to see whether it is to end."""
UNAVAILABLE_SECONDS = 1.0
"""How long to wait for a database that is not available."""
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


def run_until_idle(
    stages: Sequence[Stage],
    *,
    stop: Callable[[], bool] = lambda: False,
    left: Callable[[], int] | None = None,
) -> None:
    """Run the stages in turn until a whole round finds no work, or *stop* says so.

    Args:
        stages: what does the work.
        stop: looked at before each stage.
        left: counts what is left to do now: a backlog becomes less, however large it is. Without
            it, the rounds go on for as long as there is work.

    Raises:
        RuntimeError: it became no less in `MAX_ROUNDS` rounds: a stage does the same for ever.
    """
    before = math.inf
    for number in itertools.count(1):
        worked = 0
        for stage in stages:
            if stop():
                return
            worked += stage()
        if not worked:
            return
        if left is not None and number % MAX_ROUNDS == 0:
            now_left = left()
            if now_left >= before:
                raise RuntimeError(f"{MAX_ROUNDS} rounds left as much to do as there was before")
            before = now_left


def run(
    stages: Callable[[], Sequence[Stage]],
    *,
    stopped: threading.Event,
    rest: Callable[[], None],
) -> None:
    """Run fresh *stages* until *stopped* is set; *rest* waits for work whenever idle."""
    while not stopped.is_set():
        try:
            run_until_idle(stages(), stop=stopped.is_set)
            rest()
        except StorageUnavailable as error:
            log.warning("%s; trying again", error)
            stopped.wait(UNAVAILABLE_SECONDS)


def rest(
    wait: Callable[[float], bool],
    *,
    stopped: threading.Event,
    poll: timedelta,
    due_in: timedelta | None,
) -> None:
    """Wait until something may be to do: *wait* says so, or it is due, or *poll* is over.

    Args:
        wait: waits so many seconds, and says whether there may be work.
        stopped: ends the waiting within a second.
        poll: how long to wait at most; a second at least.
        due_in: when the next thing is due; what is due and not ours is looked at once a second.
    """
    seconds = max(poll.total_seconds(), SLICE_SECONDS)
    if due_in is not None:
        seconds = min(seconds, max(due_in.total_seconds(), SLICE_SECONDS))
    while seconds > 0 and not stopped.is_set() and not wait(min(seconds, SLICE_SECONDS)):
        seconds -= SLICE_SECONDS


@contextmanager
def kept(keep: Callable[[], object], *, every: timedelta) -> Iterator[None]:
    """Call *keep* again and again during the block, beside it: long work loses no lease."""
    ended = threading.Event()

    def go_on() -> None:
        while not ended.wait(every.total_seconds()):
            try:
                keep()
            except Exception as error:  # noqa: BLE001  the next time may go well
                log.warning("the leases could not be kept: %s", trace(error))

    thread = threading.Thread(target=go_on, name="storelink-leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(GRACE.total_seconds())


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
