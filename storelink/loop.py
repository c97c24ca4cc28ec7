"""The embedded worker's loop: run every stage until nothing is left to do, then wait.

The stages are passed in, in the order of the flow of data; each does a bounded amount of work and
says how much it did.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from storelink.errors import StorageUnavailable

log = logging.getLogger(__name__)

Stage = Callable[[], int]
"""Does some work and returns how much; 0 means that there was none."""

MAX_ROUNDS = 10_000


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
