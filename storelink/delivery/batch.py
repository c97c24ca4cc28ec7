"""What one run works on, and what becomes of it should the run end early."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from storelink.outbox.steps import Step, released
from storelink.storage import MessageRow

T = TypeVar("T")


class Batch:
    """The messages of one run that have no outcome yet.

    Each has steps that put it right if the run ends before it has one: of several, only the one
    that fits what the database holds is made.
    """

    def __init__(self, rows: Iterable[MessageRow]) -> None:
        self._left: dict[int, tuple[Step, ...]] = {row.id: (released(row),) for row in rows}

    def otherwise(self, row: MessageRow, *steps: Step) -> None:
        """Say what becomes of a message if the run ends now."""
        self._left[row.id] = steps

    def done(self, row: MessageRow) -> None:
        """Say that a message has an outcome."""
        self._left.pop(row.id, None)

    @contextmanager
    def ending(self, owed: list[Step]) -> Iterator[None]:
        """Add to *owed*, at the end of the block, what puts right the messages that are left."""
        try:
            yield
        finally:
            owed += [step for steps in self._left.values() for step in steps]
            self._left.clear()


def pieces(every: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Return *every* in pieces of *size*; the last one may be smaller."""
    for start in range(0, len(every), size):
        yield every[start : start + size]
