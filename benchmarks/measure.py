"""What a measurement is: a figure beside its floor, both measured in turns in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.databases import Backend, LeftOut, Postgresql, Sqlite

PER_SECOND, MILLISECONDS, MEGABYTES = "per s", "ms", "MB"


@dataclass(frozen=True, slots=True)
class Figure:
    """One result.

    Attributes:
        value: ours.
        floor: what it is compared with.
        unit: of both. Of `per s` more is better, of `ms` and `MB` less.
    """

    value: float
    floor: float
    unit: str

    @property
    def ratio(self) -> float:
        """The value in units of its floor."""
        return self.value / self.floor

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as `results.json` has it, with four digits."""
        numbers = {"value": self.value, "floor": self.floor, "ratio": self.ratio}
        return {name: float(f"{number:.4g}") for name, number in numbers.items()} | {
            "unit": self.unit
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured.

    Attributes:
        rounds: how often floor and value take turns; the medians count.
        copies: how often the recorded deliveries are multiplied for one round of receiving.
        orders: how many orders one round of planning or delivering is about.
        claims: how many claims are timed.
        waiting: the smaller number of waiting messages that claims are compared at.
        many_waiting: the larger one.
        events: through how many events the memory is watched.
        lines: of how many order lines it is counted what was bought together.
    """

    rounds: int = 5
    copies: int = 6
    orders: int = 600
    claims: int = 60
    waiting: int = 10_000
    many_waiting: int = 1_000_000
    events: int = 20_000
    lines: int = 250_000


USUAL = Sizes()
FULL = Sizes(rounds=9, copies=20, orders=5_000, claims=90, events=1_000_000, lines=5_000_000)
QUICK = Sizes(
    rounds=1, copies=1, orders=12, claims=3, waiting=300, many_waiting=600, events=400, lines=5_000
)
"""Shows that everything runs; its figures mean nothing."""

MOST_WAITING = 10_000_000


@dataclass(slots=True)
class Bench:
    """Where and how much is measured.

    Args:
        folder: a place for databases, on a disk like the one that they would be on.
        server: the URL of a PostgreSQL server to use, instead of starting one.
    """

    folder: Path
    sizes: Sizes
    server: str | None = None
    stack: ExitStack = field(default_factory=ExitStack)
    _backends: dict[str, Backend] = field(default_factory=dict)

    def backend(self, name: str) -> Backend:
        """Return SQLite or PostgreSQL; the latter is started when it is first needed.

        Raises:
            LeftOut: there is no PostgreSQL.
        """
        if name not in self._backends:
            made: Backend = Sqlite(self.folder) if name == "sqlite" else Postgresql(self.server)
            self.stack.enter_context(made)
            self._backends[name] = made
        return self._backends[name]

    def versions(self) -> list[str]:
        """Return the names and versions of the databases that there are."""
        versions = []
        for name in ("sqlite", "postgresql"):
            with suppress(LeftOut):
                versions.append(self.backend(name).version)
        return versions


Turn = Callable[[], tuple[float, float]]
"""Does a piece of work by hand, then the same with storelink; returns the seconds of each."""


def medians(turn: Turn, rounds: int, *, of_turns: int = 1) -> tuple[float, float]:
    """Return the median seconds of rounds, each of some turns."""
    sums = [
        [sum(seconds) for seconds in zip(*(turn() for _ in range(of_turns)), strict=True)]
        for _ in range(rounds)
    ]
    floor, value = (statistics.median(seconds) for seconds in zip(*sums, strict=True))
    return floor, value


def rate(count: int, turn: Turn, rounds: int, *, of_turns: int = 1) -> Figure:
    """Compare how many things each does in a second, if there are *count* in a turn."""
    floor, value = medians(turn, rounds, of_turns=of_turns)
    done = count * of_turns
    return Figure(done / value, done / floor, PER_SECOND)


def times(turn: Turn, rounds: int) -> Figure:
    """Compare how long each takes."""
    floor, value = medians(turn, rounds)
    return Figure(value * 1000, floor * 1000, MILLISECONDS)


class Watch:
    """Tells the seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return time.perf_counter() - self._started
