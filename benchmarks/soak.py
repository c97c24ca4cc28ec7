"""Soak: four workers, one restarted every minute, and a flood of webhooks, for as long as you like.

The webhooks come shuffled, and some of them twice. SIGTERM and SIGKILL take turns. The first worker
and the receiver are left alone, so that one can see whether their memory grows.

    python -m benchmarks.soak --minutes 30 --database postgresql --seed 1 --json
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from typing import Any

from benchmarks import crash_fleet as fleet
from benchmarks.crash import Databases, calm, databases_of, receive_all
from benchmarks.crash_outcome import Verdict, judge, outcome
from benchmarks.crash_store import LEASE, OPENED, Job, MovedClock, finish, write_truth
from storelink.clock import SystemClock
from storelink.contracts.sandbox import Webhook
from storelink.testing.mailserver import MailServer

WORKERS = 4
RESTART_SECONDS, SAMPLE_SECONDS = 60.0, 5.0
STOP_SECONDS = 30.0
"""How long a worker may take to end after SIGTERM."""
_LOCK = re.compile(r"the database (?:cannot be used|went away)|all connections|deadlock|is locked")
_ALIVE = fleet.Death("never", after=float("inf"))


@dataclass(slots=True)
class Report:
    """What was seen.

    Attributes:
        mib: the memory of each process that was left alone, sample by sample.
        stops: the seconds that each SIGTERM took.
        answers: what the receiver answered.
        log: how many lines of the processes' logs were of which level, and how many of locks.
    """

    verdict: Verdict = field(default_factory=Verdict)
    mib: dict[str, list[float]] = field(default_factory=dict)
    stops: list[float] = field(default_factory=list)
    kills: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    log: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    left: int = 0
    seconds: float = 0.0

    def figures(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        verdict = self.verdict
        return {
            "lost": len(verdict.lost),
            "twice": len(verdict.twice),
            "in_doubt": len(verdict.in_doubt),
            "settled": dict(verdict.settled.most_common()),
            "messages": self.messages,
            "left_for_the_end": self.left,
            "answers": dict(+self.answers),
            "lock_errors": self.log["lock"] + self.answers[fleet.COME_AGAIN],
            "log": dict(self.log),
            "sigkill": self.kills,
            "sigterm": len(self.stops),
            "slowest_stop": round(max(self.stops, default=0.0), 2),
            "mib": {name: _growth(samples) for name, samples in self.mib.items()},
            "seconds": round(self.seconds, 1),
            "what": (verdict.lost + verdict.twice)[:20],
        }


def _growth(samples: Sequence[float]) -> dict[str, float]:
    """Return the memory after a tenth of the time, in the end, and the most."""
    if not samples:
        return {}
    return {"early": samples[len(samples) // 10], "late": samples[-1], "most": max(samples)}


class Soak:
    """One receiver and the workers, while the flood comes.

    Args:
        job: what they share.
        webhooks: the flood.
        seconds: how long it lasts.
        report: is filled.
    """

    def __init__(
        self, job: Job, webhooks: Sequence[Webhook], *, seconds: float, report: Report
    ) -> None:
        self._platform, self._total = fleet.Platform(webhooks), len(webhooks)
        self._seconds, self._report = seconds, report
        always = fleet.Always(_ALIVE)
        self._receiver = fleet.Seat(job, fleet.receive, always)
        self._workers = [fleet.Seat(job, fleet.work, always) for _ in range(WORKERS)]
        self._watched = {"receiver": self._receiver, "worker": self._workers[0]}

    def run(self) -> list[Webhook]:
        """Let the flood come, and return what nobody took in time."""
        started = now = time.monotonic()
        sampled = restarted = started
        while now - started < self._seconds:
            self._feed((now - started) / self._seconds)
            if now - sampled > SAMPLE_SECONDS:
                self._sample()
                sampled = now
            if now - restarted > min(RESTART_SECONDS, self._seconds / 6):
                self._restart()
                restarted = now
            now = time.monotonic()
        self._sample()
        for seat in (*self._workers, self._receiver):
            seat.close()
        return list(self._platform.left)

    def _feed(self, share: float) -> None:
        """Hand over what is due at this share of the time, and wait a little for the answer."""
        if connection.wait([self._receiver.pipe], 0.02):
            said = self._receiver.hear()
            if said is not None:
                self._report.answers[said] += said != fleet.READY
                self._platform.hear(said)
        self._platform.send(self._receiver.pipe, most=int(self._total * min(share * 1.1, 1.0)))

    def _sample(self) -> None:
        for name, seat in self._watched.items():
            self._report.mib.setdefault(name, []).append(round(_mib(seat.pid), 1))

    def _restart(self) -> None:
        """Restart one of the workers but the first, by SIGKILL and SIGTERM in turn."""
        number = self._report.kills + len(self._report.stops)
        seat = self._workers[1 + number % (WORKERS - 1)]
        if number % 2:
            seat.close()
            self._report.kills += 1
        else:
            self._report.stops.append(seat.stop(STOP_SECONDS))
        seat.start()


def _mib(pid: int) -> float:
    """Return the resident memory of a process (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def run(databases: Databases, *, minutes: float, seed: int, rate: float) -> Report:
    """Soak for so long, and hold what came of it to what comes of the same store in peace.

    Args:
        databases: gives the database.
        minutes: how long the flood lasts.
        seed: decides what happens in the store.
        rate: orders a second; each has five or six webhooks, and about three messages.
    """
    report, started = Report(), time.perf_counter()
    orders = max(int(minutes * 60 * rate), 1)
    with tempfile.TemporaryDirectory(prefix="storelink-soak-") as name:
        folder = Path(name)
        (folder / "calm").mkdir()
        with databases(folder) as url, MailServer() as server:
            offset = OPENED - SystemClock().now()
            job = Job(url, server.url, folder, offset)
            webhooks = write_truth(folder, orders=orders, seed=seed)
            left = Soak(job, webhooks, seconds=minutes * 60, report=report).run()
            report.left = len(left)
            receive_all(job, left)
            finish(job, MovedClock(offset).now() + LEASE)
            found = outcome(job, server.received)
        with databases_of("sqlite") as others:
            peace = calm(others, folder / "calm", orders=orders, seed=seed)
        report.log = _count((folder / "log").read_text(encoding="utf-8"))
    report.verdict, report.messages = judge(peace.outcome, found), len(peace.outcome.mails)
    report.seconds = time.perf_counter() - started
    return report


def _count(log: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in log.splitlines():
        found[line.partition(":")[0].lower() if line.startswith(("WARN", "ERR")) else "more"] += 1
        found["lock"] += bool(_LOCK.search(line))
    return +found


@contextmanager
def _asked_for(database: str) -> Iterator[Databases]:
    """Give databases of a kind, or the one that has this URL, which is to be empty."""
    if "://" in database:

        @contextmanager
        def the_one(_: Path) -> Iterator[str]:
            yield database

        yield the_one
        return
    with databases_of(database) as databases:
        yield databases


def main() -> int:
    """Soak, and print what came of it."""
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--database", default="postgresql", help="sqlite, postgresql or a URL")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2, help="orders a second")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with _asked_for(asked.database) as databases:
        report = run(databases, minutes=asked.minutes, seed=asked.seed, rate=asked.rate)
    figures = report.figures()
    print(json.dumps(figures, indent=None if asked.json else 2))
    return 1 if figures["lost"] or figures["twice"] else 0


if __name__ == "__main__":
    sys.exit(main())
