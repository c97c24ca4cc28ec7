"""Who is served next, and how much of a batch: the same for every store."""

from __future__ import annotations

from collections.abc import Sequence


class Shares:
    """Deals batches out to stores, beginning each time with another one.

    >>> shares = Shares()
    >>> shares.deal(["a", "b", "c"], 2)
    {'a': 1, 'b': 1}
    >>> shares.deal(["a", "b", "c"], 2)
    {'c': 1, 'a': 1}
    """

    def __init__(self) -> None:
        self._last = ""

    def deal(self, stores: Sequence[str], limit: int) -> dict[str, int]:
        """Return equal shares of *limit*, by store; where there are too many, of some of *stores*.

        Raises:
            ValueError: there is nobody, or nothing, to be served.
        """
        if not stores or limit < 1:
            raise ValueError("shares need stores, and something to be shared")
        names = sorted(stores)
        after = [name for name in names if name > self._last]
        served = (after + names[: len(names) - len(after)])[:limit]
        self._last = served[-1]
        return dict.fromkeys(served, limit // len(served))
