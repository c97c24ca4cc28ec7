"""Counting pairs of numbers in a bounded memory: what does not fit is sorted onto the disk.

Counts are held in memory until there are too many; then they are written, sorted, to a temporary
file, and counting begins anew. In the end all that was written is read once, side by side, and
what belongs together is added up (an external merge sort: Knuth, The Art of Computer Programming,
volume 3, section 5.4).
"""

from __future__ import annotations

import heapq
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, permutations
from operator import itemgetter
from types import TracebackType
from typing import Final, NamedTuple, Self

MOST: Final = 300_000
"""How many pairs are counted in memory; each takes about 130 bytes."""
_AT_ONCE: Final = 512
"""How many pairs of one run are read at a time."""
_BITS: Final = 32
_LOW: Final = (1 << _BITS) - 1
_ITEM: Final = 2 * array("Q").itemsize


class Pair(NamedTuple):
    """Two numbers that were seen together, and how often."""

    one: int
    other: int
    seen: int


class Pairs:
    """Counts which numbers are seen together. A context manager: its file goes with the block.

    >>> with Pairs() as pairs:
    ...     pairs.add([1, 2])
    ...     pairs.add([2, 1, 3])
    ...     [tuple(pair) for pair in pairs if pair.one == 1]
    [(1, 2, 2), (1, 3, 1)]

    Args:
        most: how many pairs are counted in memory.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most, self._held = most, Counter[int]()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  it is closed with the block
        self._runs: list[tuple[int, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, numbers: Sequence[int]) -> None:
        """Count every pair of *numbers*, which differ, in both orders."""
        self._held.update(one << _BITS | other for one, other in permutations(numbers, 2))
        if len(self._held) >= self._most:
            self._spill()

    def __iter__(self) -> Iterator[Pair]:
        """Return all pairs, ordered by their first number, then by their second."""
        self._spill()
        merged = heapq.merge(*(self._read(*run) for run in self._runs))
        for key, counts in groupby(merged, key=itemgetter(0)):
            yield Pair(key >> _BITS, key & _LOW, sum(count for _, count in counts))

    def _spill(self) -> None:
        """Write what is held as one more run."""
        told = array("Q", (part for key in sorted(self._held) for part in (key, self._held[key])))
        start = self._file.seek(0, 2)
        told.tofile(self._file)
        self._runs.append((start, start + len(told) * told.itemsize))
        self._held.clear()

    def _read(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        while start < end:
            size = min(_AT_ONCE * _ITEM, end - start)
            self._file.seek(start)
            told = array("Q")
            told.frombytes(self._file.read(size))
            start += size
            numbers = iter(told)
            yield from zip(numbers, numbers, strict=True)
