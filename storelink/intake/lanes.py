"""Lanes: several threads share the stores, so that one that hangs holds up only a few others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence

from storelink.clock import Clock
from storelink.errors import StorageUnavailable
from storelink.intake.read import StoreReader, Tries

log = logging.getLogger(__name__)

LANES = 4
_LOOK_SECONDS = 0.5
"""How often a lane without work looks whether it is to end."""


def lanes(stores: Sequence[str], *, most: int = LANES) -> list[tuple[str, ...]]:
    """Share out *stores*.

    >>> lanes(["a", "b", "c"], most=2)
    [('a', 'c'), ('b',)]
    """
    return [tuple(stores[first::most]) for first in range(min(most, len(stores)))]


class Lane:
    """Reads what is open in some stores, beside the worker's other work, when it is asked to.

    Args:
        stores: those of this lane.
    """

    def __init__(self, reader: StoreReader, clock: Clock, stores: Sequence[str]) -> None:
        self._reader, self._clock, self._stores = reader, clock, frozenset(stores)
        self._asked: dict[str, None] = {}
        self._changed = threading.Condition()

    def ask(self, stores: Iterable[str]) -> None:
        """Let those of *stores* be read that are of this lane, each once however often asked."""
        mine = dict.fromkeys(store for store in stores if store in self._stores)
        if mine:
            with self._changed:
                self._asked |= mine
                self._changed.notify()

    def run(self, stopped: threading.Event) -> None:
        """Read what it is asked to until *stopped* is set."""
        tries = Tries()
        while not stopped.is_set():
            store = self._next()
            if store is None:
                continue
            tries = tries.later(self._clock.now())
            try:
                if self._reader.read_open(tries, stores=[store]):
                    self.ask([store])  # for what is left, when the others had their turn
            except StorageUnavailable as error:
                log.warning("%s; trying again", error)

    def _next(self) -> str | None:
        """Return the store that was asked for first; `None` if none is for a while."""
        with self._changed:
            if not self._asked:
                self._changed.wait(_LOOK_SECONDS)
            for store in self._asked:
                del self._asked[store]
                return store
        return None
