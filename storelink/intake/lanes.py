"""Lanes: several threads share the stores, so that one that hangs holds up only a few others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from storelink.clock import Clock
from storelink.errors import StorageUnavailable
from storelink.intake.read import StoreReader, Tries

log = logging.getLogger(__name__)

LANES = 4


def lanes(stores: Sequence[str], *, most: int = LANES) -> list[tuple[str, ...]]:
    """Share out *stores*.

    >>> lanes(["a", "b", "c"], most=2)
    [('a', 'c'), ('b',)]
    """
    return [tuple(stores[first::most]) for first in range(min(most, len(stores)))]


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads what is open in some stores, beside the worker's other work."""

    reader: StoreReader
    clock: Clock
    stores: Sequence[str]
    poll_seconds: float

    def run(self, stopped: threading.Event) -> None:
        """Read whatever is open until *stopped* is set."""
        tries = Tries()
        while not stopped.is_set():
            tries = tries.later(self.clock.now())
            try:
                while not stopped.is_set() and self.reader.read_open(tries, stores=self.stores):
                    pass
            except StorageUnavailable as error:
                log.warning("%s; trying again", error)
            stopped.wait(self.poll_seconds)
