"""Long lists of ids, in pieces that a statement can take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LONGEST = 500
"""SQLite takes 32766 values in one statement by default, PostgreSQL 65535."""


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Return *ids*, each once, in pieces of at most `LONGEST`."""
    every = list(dict.fromkeys(ids))
    for start in range(0, len(every), LONGEST):
        yield every[start : start + LONGEST]
