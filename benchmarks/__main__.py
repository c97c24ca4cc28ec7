"""What storelink costs, as ratios against named baselines measured in the same run.

Run with `make bench`. Each figure is the median of some rounds; ratios travel between machines,
seconds do not.
"""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from storelink import Storelink
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.testing import FrozenClock, RecordingChannel
from storelink.testing.journeys import Journeys
from storelink_woocommerce import WooCommerce

ROUNDS = 5
JOURNEYS = Journeys()
DELIVERIES = JOURNEYS.deliveries


def median(work: Callable[[Path], float]) -> float:
    """Run *work*, which measures itself, in folders of its own."""
    seconds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            seconds.append(work(Path(folder)))
    return statistics.median(seconds)


def durable_inserts(folder: Path) -> float:
    """Insert each recorded body into SQLite, one durable commit each."""
    database = sqlite3.connect(folder / "plain.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE inbox (id INTEGER PRIMARY KEY, body BLOB)")
    started = time.perf_counter()
    for delivery in DELIVERIES:
        database.execute("INSERT INTO inbox (body) VALUES (?)", (delivery.body,))
    return time.perf_counter() - started


def opened(folder: Path) -> tuple[Storelink, FrozenClock]:
    """Open the recorded shop on a file."""
    clock = FrozenClock(DELIVERIES[-1].received_at)
    adapter = WooCommerce(url="https://shop.example", webhook_secret=list(JOURNEYS.secrets))
    link = Storelink(
        f"sqlite:///{folder / 'shop.db'}",
        stores={"shop": adapter},
        channels=[RecordingChannel()],
        hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()],
        clock=clock,
        since=datetime(2026, 11, 1, tzinfo=UTC),
    )
    return link, clock


def receive(folder: Path) -> float:
    """Verify, store and absorb each recorded delivery."""
    link, _ = opened(folder)
    with link:
        started = time.perf_counter()
        for delivery in DELIVERIES:
            link.receive("shop", headers=delivery.headers, body=delivery.body)
        return time.perf_counter() - started


def receive_again(folder: Path) -> float:
    """Recognize each delivery as a repeat."""
    link, _ = opened(folder)
    with link:
        for delivery in DELIVERIES:
            link.receive("shop", headers=delivery.headers, body=delivery.body)
        started = time.perf_counter()
        for delivery in DELIVERIES:
            link.receive("shop", headers=delivery.headers, body=delivery.body)
        return time.perf_counter() - started


def work(folder: Path) -> float:
    """Plan what was absorbed and deliver what is due, per message sent, times the deliveries."""
    link, _ = opened(folder)
    with link:
        for delivery in DELIVERIES:
            link.receive("shop", headers=delivery.headers, body=delivery.body)
        started = time.perf_counter()
        sent = link.run_once().messages["sent"]
        return (time.perf_counter() - started) / sent * len(DELIVERIES)


def importing(module: str) -> Callable[[Path], float]:
    """Import a module in a fresh interpreter."""

    def run(_: Path) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
        return time.perf_counter() - started

    return run


def main() -> None:
    """Measure and print."""
    print(f"{'what':44} {'ms each':>9} {'ratio':>7}  baseline")
    count = len(DELIVERIES)
    base = median(durable_inserts)
    print(f"{'plain SQLite insert, durable':44} {base / count * 1000:9.3f} {1:7.1f}")
    for name, job in (
        ("receive: verify, store, absorb, commit", receive),
        ("receive again: recognize a repeat", receive_again),
        ("plan, decide, render, deliver: per message", work),
    ):
        seconds = median(job)
        each, ratio = seconds / count * 1000, seconds / base
        print(f"{name:44} {each:9.3f} {ratio:7.1f}  plain SQLite insert")
    base = median(importing("pydantic"))
    print(f"{'import pydantic':44} {base * 1000:9.1f} {1:7.1f}")
    for module in ("storelink", "storelink.models", "storelink.app"):
        seconds = median(importing(module))
        print(f"{'import ' + module:44} {seconds * 1000:9.1f} {seconds / base:7.1f}  pydantic")


if __name__ == "__main__":
    main()
