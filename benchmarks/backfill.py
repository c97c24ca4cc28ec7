"""Backfill: how long reading a large store takes, and how much memory, also across a SIGKILL.

    python -m benchmarks.backfill --platform woocommerce --orders 100000 --json

The store is a sandbox in a process of its own; the reading process is killed halfway, and another
one goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storelink import Storelink, plugins
from storelink.clock import SystemClock
from storelink.intake import Progress
from storelink.models import Kind

PLATFORMS = ("shopify", "woocommerce")
KILLED_AT = 0.5


def shop(platform: str, orders: int) -> None:
    """Be a store with so many orders: say where, and how often it was asked, until told to end."""
    build = plugins.store(platform).sandbox
    assert build is not None
    with build(clock=SystemClock()) as sandbox:
        sandbox.grow(orders)
        print(json.dumps(dict(sandbox.options)), flush=True)
        for _ in sys.stdin:
            print(json.dumps(sum(sandbox.calls.values())), flush=True)


def reader(platform: str, options: dict[str, Any], database: str, orders: int) -> None:
    """Read the whole store, saying how far it is and how much memory that took."""
    adapter = plugins.store(platform).factory(**options)
    with Storelink(database, stores={"shop": adapter}) as link:

        def progress(told: Progress) -> None:
            print(json.dumps({"done": told.done, "mib": peak_mib()}), flush=True)

        report = link.backfill("shop", kinds=[Kind.ORDER], progress=progress)
        planned = time.perf_counter()
        link.run_once()
        told = {
            "finished": True,
            "problems": list(report.problems),
            "orders": count(database),
            "worker_seconds": round(time.perf_counter() - planned, 1),
            "mib": peak_mib(),
            "messages": len(link.messages()),
        }
        print(json.dumps(told), flush=True)


def peak_mib() -> float:
    """Return the most memory that this process had so far, in MiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def count(database: str) -> int:
    """Return how many orders are known."""
    import sqlite3

    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    try:
        wanted = "SELECT count(*) FROM records WHERE kind = 'order'"
        return int(connection.execute(wanted).fetchone()[0])
    finally:
        connection.close()


@dataclass(slots=True)
class Reading:
    """What came of one reading process."""

    seconds: float
    done: int
    first_done: int
    mib: float
    last: dict[str, Any]


@contextmanager
def _running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.backfill", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def read(*arguments: str, kill_at: int | None = None) -> Reading:
    """Run a reading process, and kill it once it has come to *kill_at*."""
    started, mib, first = time.perf_counter(), 0.0, 0
    last: dict[str, Any] = {"done": 0}
    with _running("--role", "reader", *arguments) as process:
        assert process.stdout is not None
        for line in process.stdout:
            last = json.loads(line)
            mib, first = max(mib, last["mib"]), first or last.get("done", 0)
            if kill_at is not None and last.get("done", 0) >= kill_at:
                os.kill(process.pid, signal.SIGKILL)
                break
    return Reading(time.perf_counter() - started, last.get("done", 0), first, mib, last)


def measure(platform: str, orders: int, folder: Path) -> dict[str, Any]:
    """Read a store of so many orders, with a SIGKILL halfway."""
    database = f"sqlite:///{folder / 'backfill.db'}"
    with _running("--role", "shop", "--platform", platform, "--orders", str(orders)) as store:
        assert store.stdin is not None
        assert store.stdout is not None
        options = store.stdout.readline().strip()

        def calls() -> int:
            print(file=store.stdin, flush=True)  # type: ignore[arg-type]
            return int(store.stdout.readline())  # type: ignore[union-attr]

        common = ("--platform", platform, "--orders", str(orders))
        asked = (*common, "--options", options, "--database", database)
        first = read(*asked, kill_at=int(orders * KILLED_AT))
        calls_before = calls()
        second = read(*asked)
        return {
            "platform": platform,
            "orders": orders,
            "known": second.last.get("orders"),
            "killed_at": first.done,
            "went_on_at": second.first_done,
            "calls": [calls_before, calls() - calls_before],
            "seconds": [round(first.seconds, 1), round(second.seconds, 1)],
            "peak_mib": [first.mib, second.mib],
            "worker_seconds": second.last.get("worker_seconds"),
            "messages": second.last.get("messages"),
            "problems": second.last.get("problems"),
        }


def main() -> None:
    """Measure, or be one of the processes of a measurement."""
    parser = argparse.ArgumentParser(prog="benchmarks.backfill", description=__doc__)
    parser.add_argument("--platform", default="shopify", choices=PLATFORMS)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--role", choices=["shop", "reader"], help=argparse.SUPPRESS)
    parser.add_argument("--options", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--database", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.role == "shop":
        shop(asked.platform, asked.orders)
    elif asked.role == "reader":
        reader(asked.platform, asked.options, asked.database, asked.orders)
    else:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(asked.platform, asked.orders, Path(folder))
        print(json.dumps(found, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
