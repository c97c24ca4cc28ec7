"""Messages decided again and settled, through a channel that takes everything at once."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from typing import Any, Final
from unittest import mock

from benchmarks.databases import Backend, ByHand
from benchmarks.measure import Bench, Figure, Watch, rate
from benchmarks.shop import STORE, NullChannel, opened, planned
from storelink.hooks import ThankYou
from storelink.models.message import Outgoing
from storelink.workers.process import collect_seldom

A_COMMIT: Final = 100


class NullWriting:
    """Takes the place of what renders: every message has the same words."""

    def __init__(self, *parts: Any) -> None:
        pass

    def __call__(self, case: Any) -> Outgoing:
        """Return a message of a few words."""
        return Outgoing(
            key=case.row.key,
            store=case.row.store,
            to=case.to.address,
            to_name="",
            subject="Thank you",
            text="Thank you.",
            html=None,
            locale="en",
            message_class=case.approved.send.message.message_class,
        )


def settle(bench: Bench, database: str, workers: int = 1) -> Figure:
    """Deliver thank-yous through a null channel, with some processes at once."""
    backend, orders = bench.backend(database), bench.sizes.orders
    made = planned(backend, orders)
    hand = waiting_by_hand(backend)
    with together(workers) as run:

        def turn() -> tuple[float, float]:
            url = backend.copy(made)
            seconds = run(url)
            _all_settled(url, orders)
            return by_hand(hand, orders), seconds

        turn()  # starts the processes
        return rate(orders, turn, bench.sizes.rounds)


@contextmanager
def together(workers: int) -> Iterator[Callable[[str], float]]:
    """Start processes, and give what lets them work together on the database of a URL.

    It returns the seconds from the first one's start to the last one's end.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        workers, context, initializer=_know, initargs=(context.Barrier(workers),)
    ) as pool:

        def run(url: str) -> float:
            spans = [one.result() for one in [pool.submit(work, url) for _ in range(workers)]]
            return max(end for _, end in spans) - min(start for start, _ in spans)

        yield run


_GATES: list[Barrier] = []
"""Where the workers of a process's pool wait for one another."""


def _know(gate: Barrier) -> None:
    _GATES.append(gate)
    collect_seldom()  # as `storelink worker` does


def work(url: str) -> tuple[float, float]:
    """Deliver until nothing is due; return when it began and ended, by the common clock."""
    options = {"hooks": [ThankYou()], "attempts_per_commit": A_COMMIT}
    with (
        mock.patch("storelink.app.Writing", NullWriting),
        opened(url, NullChannel(), **options) as link,
    ):
        _GATES[0].wait()
        start = time.time()
        link.work("deliver", STORE)
        return start, time.time()


def waiting_by_hand(backend: Backend) -> ByHand:
    """Return a connection to an outbox as one would make it by hand."""
    hand = backend.by_hand(backend.fresh())
    hand.execute(
        "CREATE TABLE outbox (id SERIAL PRIMARY KEY, key TEXT UNIQUE, due_at BIGINT, "
        "state TEXT, owner TEXT, message TEXT)"
    )
    hand.execute("CREATE INDEX due ON outbox (state, due_at)")
    return hand


def by_hand(hand: ByHand, messages: int) -> float:
    """Claim and settle so many rows, some at a time; return the seconds."""
    hand.execute("DELETE FROM outbox")
    rows: Sequence[tuple[str, int]] = [(f"key {number}", number) for number in range(messages)]
    hand.execute("BEGIN")
    hand.many("INSERT INTO outbox (key, due_at, state) VALUES (?, ?, 'waiting')", rows)
    hand.execute("COMMIT")
    watch = Watch()
    while claimed := _claim(hand):
        hand.execute("BEGIN")
        hand.many("UPDATE outbox SET state = 'sent', owner = NULL WHERE id = ?", claimed)
        hand.execute("COMMIT")
    return watch.seconds


def _claim(hand: ByHand) -> Sequence[tuple[int]]:
    """Take rows that are due: one statement, one commit."""
    due = f"SELECT id FROM outbox WHERE state = 'waiting' ORDER BY due_at LIMIT {A_COMMIT}"
    rows = hand.execute(
        f"UPDATE outbox SET state = 'sending', owner = 'me' WHERE id IN ({due}) RETURNING id"
    ).fetchall()
    return [(row[0],) for row in rows]


def _all_settled(url: str, expected: int) -> None:
    with opened(url) as link:
        sent = len(link.messages(state="sent"))
    if sent != expected:
        raise RuntimeError(f"of {expected} messages {sent} were settled")
