"""How much memory it takes to count what people bought together."""

from __future__ import annotations

import itertools
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.databases import LeftOut
from benchmarks.measure import MEGABYTES, Bench, Figure
from benchmarks.shop import NOW, STORE
from storelink.models.ref import Kind
from storelink.recommend import Rebuilding
from storelink.storage import Database, RecordRow
from storelink.testing import FrozenClock

LINES_EACH: Final = 5
"""How many lines an order has."""
ORDERS_EACH: Final = 1.5
"""How many orders a person has placed."""
FEWER: Final = 50
"""The floor counts so many times fewer lines."""
_A_COMMIT: Final = 5_000
_MOST_PRODUCTS: Final = 50_000


def memory(bench: Bench) -> Figure:
    """Compare the largest size of a process that counts many lines with one that counts few."""
    many, few = (_peak(bench, lines) for lines in (bench.sizes.lines, bench.sizes.lines // FEWER))
    return Figure(many, few, MEGABYTES)


def _peak(bench: Bench, lines: int) -> float:
    url = bench.backend("sqlite").fresh()
    fill(url, lines)
    command = [sys.executable, "-m", "benchmarks.recommending", url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return float(told["megabytes"])


def fill(url: str, lines: int) -> None:
    """Let a database know orders with so many lines, of many people, some things dearer to all."""
    database, rows = Database(url), _rows(lines)
    while some := list(itertools.islice(rows, _A_COMMIT)):
        with database.write() as tx:
            tx.records.put((None, row) for row in some)
    database.close()


def _rows(lines: int) -> Iterator[RecordRow]:
    chance, orders = random.Random(lines), max(lines // LINES_EACH, 1)
    people, products = int(orders / ORDERS_EACH) + 1, min(_MOST_PRODUCTS, max(lines // 50, 20))
    for number in range(orders):
        # Pareto's law: a few products are in most carts, as shops know it.
        bought = [int(chance.paretovariate(0.8)) % products for _ in range(LINES_EACH)]
        yield _row(number, f"{chance.randrange(people)}@example.com", bought)


def _row(number: int, person: str, bought: list[int]) -> RecordRow:
    placed_at = (NOW - timedelta(minutes=number)).isoformat()
    told: dict[str, Any] = {
        "number": f"#{number}",
        "status": "completed",
        "payment_status": "paid",
        "currency": "EUR",
        "placed_at": placed_at,
        "contact": {"email": person, "first_name": "Somebody", "last_name": "Else"},
        "lines": [
            {
                "id": str(place),
                "title": f"Product {product}",
                "product_id": str(10_000 + product),
                "quantity": 1,
                "total": {"amount": "12.00", "currency": "EUR"},
                "gift_card": False,
            }
            for place, product in enumerate(bought)
        ],
    }
    return RecordRow(
        store=STORE,
        kind=Kind.ORDER,
        id=str(number),
        order_id=None,
        person=person,
        number=f"#{number}",
        within=None,
        seen=[0, 0],
        cells={name: (0, 0, value, False, "") for name, value in told.items()},
        read_at=NOW,
        read_state_at=NOW,
        needs_read_since=None,
        needs_read=None,
        deleted_since=None,
        absorbed_at=NOW,
        created_at=NOW,
    )


def _megabytes() -> float:
    """Return the most memory that this process had so far.

    The kernel's own count: what `getrusage` tells begins with the size of whoever started us.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        raise LeftOut("this system does not tell how large a process was") from None
    [kib] = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kib) * 1024 / 1e6


def _count(url: str) -> dict[str, Any]:
    database = Database(url)
    report = Rebuilding(database, FrozenClock(NOW)).rebuild(STORE)
    database.close()
    return {**report.to_dict(), "megabytes": _megabytes()}


if __name__ == "__main__":
    print(json.dumps(_count(sys.argv[1])))
