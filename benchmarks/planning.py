"""From events to messages: each marked order is asked about, and its messages are written."""

from __future__ import annotations

import json
from itertools import islice

from benchmarks.databases import ByHand
from benchmarks.measure import Bench, Figure, Watch, rate
from benchmarks.shop import STORE, absorbed, opened, paid_orders
from storelink.hooks import ThankYou

A_COMMIT = 100


def plan(bench: Bench, database: str) -> Figure:
    """Plan marked orders, each of which gets a message."""
    backend, orders = bench.backend(database), bench.sizes.orders
    made = absorbed(backend, orders)
    bodies = [request.body.decode() for request in islice(paid_orders(), orders)]
    hand = backend.by_hand(backend.fresh())
    hand.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, body TEXT)")
    hand.execute("CREATE TABLE marks (id INTEGER PRIMARY KEY)")
    hand.execute("CREATE TABLE outbox (id SERIAL PRIMARY KEY, key TEXT UNIQUE, message TEXT)")
    hand.many("INSERT INTO orders VALUES (?, ?)", enumerate(bodies))

    def floor() -> float:
        hand.execute("DELETE FROM outbox")
        hand.many("INSERT INTO marks VALUES (?)", ((number,) for number in range(orders)))
        watch = Watch()
        by_hand(hand, orders)
        return watch.seconds

    def value() -> float:
        with opened(backend.copy(made), hooks=[ThankYou()]) as link:
            watch = Watch()
            link.work("plan", STORE)
            seconds = watch.seconds
            if len(link.messages(state="waiting")) != orders:
                raise RuntimeError("not every order was planned")
        return seconds

    return rate(orders, lambda: (floor(), value()), bench.sizes.rounds)


def by_hand(hand: ByHand, orders: int) -> None:
    """Read and parse each marked order, insert its message, and remove the mark."""
    for first in range(0, orders, A_COMMIT):
        hand.execute("BEGIN")
        for number in range(first, min(first + A_COMMIT, orders)):
            body = hand.execute("SELECT body FROM orders WHERE id = ?", (number,)).fetchone()[0]
            message = json.dumps({"to": json.loads(body)["billing"]["email"]})
            hand.execute("INSERT INTO outbox (key, message) VALUES (?, ?)", (number, message))
            hand.execute("DELETE FROM marks WHERE id = ?", (number,))
        hand.execute("COMMIT")
