"""Whether a process that runs for long keeps its size: much is absorbed and delivered in one."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.databases import LeftOut
from benchmarks.measure import MEGABYTES, Bench, Figure
from benchmarks.shop import STORE, NullChannel, deliveries, opened

SAMPLES = 200
WARM = 0.05
"""In this share of a run, caches fill."""
STATM = Path("/proc/self/statm")


def flat(bench: Bench) -> Figure:
    """Compare the memory in the last quarter with that in the first."""
    if not STATM.exists():
        raise LeftOut("this system has no /proc to read the size of a process from")
    url = bench.backend("sqlite").fresh()
    command = [sys.executable, "-m", "benchmarks.memory", url, str(bench.sizes.events)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    samples = json.loads(done.stdout)
    quarter = len(samples) // 4
    first, last = samples[:quarter], samples[-quarter:]
    return Figure(statistics.mean(last), statistics.mean(first), MEGABYTES)


def sizes(url: str, events: int) -> Iterator[float]:
    """Absorb and deliver until so many events are known; yield the megabytes now and then."""
    known, next_sample = 0, events * WARM
    with opened(url, NullChannel()) as link:
        for number in count():
            for request in deliveries(range(number, number + 1)):
                receipt = link.receive(STORE, headers=request.headers, body=request.body)
                known += len(receipt.events)
                if known >= next_sample:
                    next_sample += events / SAMPLES
                    yield _megabytes()
            link.work("plan", STORE)
            link.work("deliver", STORE)
            if known >= events:
                return


def _megabytes() -> float:
    pages = int(STATM.read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    print(json.dumps(list(sizes(sys.argv[1], int(sys.argv[2])))))
