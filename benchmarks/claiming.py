"""What it costs to claim due messages, with few and with many of them waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from benchmarks.databases import Backend
from benchmarks.measure import Bench, Figure, Watch, times
from benchmarks.shop import NOW, STORE, planned
from storelink.outbox.life import Lease, Outbox
from storelink.storage import Database
from storelink.storage.tables import outbox

A_CLAIM = 50
STORES = 10
MICROSECONDS_A_MONTH = 30 * 24 * 3600 * 1_000_000


def claim(bench: Bench, database: str, waiting: int | None = None) -> Figure:
    """Claim messages of a few stores, half of which are due."""
    backend, sizes = bench.backend(database), bench.sizes
    few = claiming(backend, sizes.waiting)
    many = claiming(backend, waiting or sizes.many_waiting)
    few(), many()
    return times(lambda: (few(), many()), sizes.claims)


def claiming(backend: Backend, waiting: int) -> Callable[[], float]:
    """Fill a database, and return what makes one claim and returns its seconds."""
    url = backend.copy(planned(backend, 1))
    fill(backend, url, waiting)
    box = Outbox(Database(url), Lease("benchmark"))
    stores = [f"{STORE}-{number}" for number in range(STORES)]

    def once() -> float:
        watch = Watch()
        rows = box.claim(NOW, limit=A_CLAIM, stores=stores)
        seconds = watch.seconds
        if not rows:
            raise RuntimeError("nothing was claimed")
        return seconds

    return once


def fill(backend: Backend, url: str, waiting: int) -> None:
    """Multiply the one message of a database: due from half a month ago to in half a month."""
    names = [column.name for column in outbox.columns if column.name != "id"]
    values = dict(zip(names, names, strict=True))
    step = MICROSECONDS_A_MONTH // waiting
    first = int((NOW - timedelta(days=15)).timestamp() * 1_000_000)
    values["key"] = "key || '/' || i"
    values["store"] = f"store || '-' || (i % {STORES})"
    values["order_id"] = values["scope"] = values["subject"] = "CAST(i AS TEXT)"
    values["due_at"] = f"{first} + i * CAST({step} AS BIGINT)"
    hand = backend.by_hand(url)
    numbers = (
        "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {})"
    )
    hand.execute("BEGIN")
    hand.execute(
        f"INSERT INTO stores (name, platform, connected_at) {numbers.format(STORES - 1)} "
        "SELECT name || '-' || i, platform, connected_at FROM stores, numbers"
    )
    hand.execute(
        f"INSERT INTO outbox ({', '.join(names)}) {numbers.format(waiting - 1)} "
        f"SELECT {', '.join(values[name] for name in names)} FROM outbox, numbers"
    )
    hand.execute("COMMIT")
    hand.execute("ANALYZE")
