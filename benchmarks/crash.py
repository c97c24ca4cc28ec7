"""Crash: processes that are killed with SIGKILL again and again lose nothing, and double nothing.

A store sends its webhooks to one process; two others work. Each is killed at a seeded random
instant or at a named step, and started again at once. In the end, what a real mail server got is
held to what it gets when nobody is killed.

    python -m benchmarks.crash --kills 300 --seed 1 --database sqlite --json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import crash_fleet as fleet
from benchmarks.crash_outcome import Outcome, Verdict, judge, outcome
from benchmarks.crash_store import (
    LEASE,
    OPENED,
    STORE,
    Job,
    MovedClock,
    Step,
    finish,
    open_link,
    write_truth,
)
from storelink.clock import SystemClock
from storelink.testing import FrozenClock
from storelink.testing.mailserver import MailServer

ORDERS = 50
"""Orders of one round."""
KILLS = 250
"""At most so many kills in one round: each has a database of its own."""
WORKERS = 2

Databases = Callable[[Path], Any]
"""Gives, as a context manager, the URL of a fresh database."""


@dataclass(slots=True)
class Report:
    """What all rounds came to.

    Attributes:
        deaths: how many processes died where.
        missed: the steps at which nobody died.
        messages: how many messages the undisturbed runs have, over all rounds.
    """

    verdict: Verdict = field(default_factory=Verdict)
    deaths: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    messages: int = 0
    webhooks: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether nothing is lost, and nothing is twice."""
        return not self.verdict.lost and not self.verdict.twice

    def figures(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        return {
            "kills": self.deaths.total(),
            "lost": len(self.verdict.lost),
            "twice": len(self.verdict.twice),
            "in_doubt": len(self.verdict.in_doubt),
            "settled": dict(self.verdict.settled.most_common()),
            "messages": self.messages,
            "webhooks": self.webhooks,
            "steps": dict(sorted(self.deaths.items())),
            "missed": self.missed,
            "seconds": round(self.seconds, 1),
            "what": (self.verdict.lost + self.verdict.twice)[:20],
        }


@dataclass(frozen=True, slots=True)
class Calm:
    """The undisturbed run, and the names of the steps that it took."""

    outcome: Outcome
    receiving: tuple[str, ...]
    working: tuple[str, ...]


def calm(databases: Databases, folder: Path, *, orders: int, seed: int) -> Calm:
    """Let everything happen once, and nobody die."""
    receiving, working = {*fleet.MOMENTS, fleet.ANSWER}, set(fleet.MOMENTS)
    with databases(folder) as url, MailServer() as server:
        job = Job(url, server.url, folder)
        receive_all(job, write_truth(folder, orders=orders, seed=seed), receiving.add)
        finish(job, OPENED + LEASE, step=working.add)
        found = outcome(job, server.received)
    return Calm(found, tuple(sorted(receiving)), tuple(sorted(working)))


def receive_all(job: Job, webhooks: Any, step: Step = lambda name: None) -> None:
    """Receive *webhooks* in this process."""
    with open_link(job, clock=FrozenClock(OPENED), step=step) as link:
        for one in webhooks:
            link.receive(STORE, headers=one.headers, body=one.body)


def disturbed(
    databases: Databases,
    folder: Path,
    peace: Calm,
    *,
    kills: int,
    orders: int,
    seed: int,
    nth: int,
    told: Callable[[], None],
) -> tuple[Outcome, Counter[str], int]:
    """Let everything happen while processes are killed, and then in peace what is left."""
    with databases(folder) as url, MailServer() as server:
        offset = OPENED - SystemClock().now()
        job = Job(url, server.url, folder, offset)
        platform = fleet.Platform(write_truth(folder, orders=orders, seed=seed))
        webhooks = len(platform.left)
        receiving = fleet.Schedule(f"{seed}/{nth}/receive", peace.receiving)
        working = fleet.Schedule(f"{seed}/{nth}/work", peace.working)
        schedules = [(fleet.receive, receiving), *[(fleet.work, working)] * WORKERS]
        deaths = fleet.disturb(job, platform, schedules, kills=kills, told=told)
        receive_all(job, platform.left)
        finish(job, MovedClock(offset).now() + LEASE)
        return outcome(job, server.received), deaths, webhooks


def run(
    databases: Databases,
    *,
    kills: int,
    seed: int,
    orders: int = ORDERS,
    told: Callable[[], None] = lambda: None,
) -> Report:
    """Kill so many processes, in as many rounds as that takes.

    Args:
        databases: makes a fresh database for each round.
        kills: how many.
        seed: decides what happens in the store, and the schedule of the kills.
        orders: of each round.
        told: called after each kill.
    """
    started, report = time.perf_counter(), Report()
    with tempfile.TemporaryDirectory(prefix="storelink-crash-") as name:
        folder = Path(name)
        peace = calm(databases, _subfolder(folder, "calm"), orders=orders, seed=seed)
        rounds = -(-kills // KILLS)
        for nth in range(rounds):
            found, deaths, webhooks = disturbed(
                databases,
                _subfolder(folder, str(nth)),
                peace,
                kills=kills * (nth + 1) // rounds - kills * nth // rounds,
                orders=orders,
                seed=seed,
                nth=nth,
                told=told,
            )
            report.verdict.add(judge(peace.outcome, found))
            report.deaths += deaths
            report.webhooks += webhooks
            report.messages += len(peace.outcome.mails)
    report.missed = sorted({*peace.receiving, *peace.working} - report.deaths.keys())
    report.seconds = time.perf_counter() - started
    return report


def _subfolder(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    """Give a file in *folder*."""
    yield f"sqlite:///{folder / 'crash.db'}"


@contextmanager
def databases_of(kind: str) -> Iterator[Databases]:
    """Give what makes databases of a kind; a PostgreSQL server runs as long as the block."""
    if kind == "sqlite":
        yield sqlite
        return
    from storelink.testing.postgres import PostgresServer

    with PostgresServer(durable=True) as server:
        yield lambda folder: server.database()


def main() -> int:
    """Kill, and print what came of it."""
    parser = argparse.ArgumentParser(prog="benchmarks.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", default="sqlite", choices=["sqlite", "postgresql"])
    parser.add_argument("--orders", type=int, default=ORDERS, help="in the store, each round")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with databases_of(asked.database) as databases, _progress(asked.kills, asked.json) as told:
        report = run(databases, kills=asked.kills, seed=asked.seed, orders=asked.orders, told=told)
    figures = report.figures()
    figures |= {"seed": asked.seed, "database": asked.database}
    print(json.dumps(figures) if asked.json else _summary(figures))
    return 0 if report.is_good else 1


@contextmanager
def _progress(kills: int, quiet: bool) -> Iterator[Callable[[], None]]:
    """Show how far it is, unless *quiet*."""
    if quiet:
        yield lambda: None
        return
    from rich.progress import Progress

    with Progress() as bar:
        task = bar.add_task("killing", total=kills)
        yield lambda: bar.advance(task)


def _summary(figures: dict[str, Any]) -> str:
    settled = [f"  {number:6} {how}" for how, number in figures["settled"].items()]
    steps = [f"  {number:6} {where}" for where, number in figures["steps"].items()]
    first = (
        "{kills} kills in {seconds} s, {database}, seed {seed}: {messages} messages, "
        "{lost} lost, {twice} twice, {in_doubt} in doubt"
    )
    lines = [first.format(**figures), "how the doubtful ones were settled:", *settled]
    lines += ["where the processes died:", *steps]
    return "\n".join([*lines, *(f"WRONG: {one}" for one in figures["what"])])


if __name__ == "__main__":
    sys.exit(main())
