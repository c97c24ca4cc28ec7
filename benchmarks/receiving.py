"""From a webhook to events: verified, stored, absorbed, committed."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from base64 import b64encode
from collections.abc import Sequence

from benchmarks.databases import ByHand
from benchmarks.measure import Bench, Figure, Watch, rate
from benchmarks.shop import JOURNEYS, SECRET, Request, deliveries, opened, take
from storelink import Storelink


def receive(bench: Bench, database: str) -> Figure:
    """Receive deliveries that are new."""
    backend, size = bench.backend(database), bench.sizes.copies
    hand = backend.by_hand(backend.fresh())
    hand.execute("CREATE TABLE inbox (id SERIAL PRIMARY KEY, body BLOB)")
    copies = itertools.count()

    with opened(backend.fresh()) as link:

        def turn() -> tuple[float, float]:
            copy = next(copies)
            some = list(deliveries(range(copy, copy + 1)))
            return _keeping(hand, some), _taking(link, some, new=True)

        turn()  # both are warm before they are measured
        return rate(len(JOURNEYS.deliveries), turn, bench.sizes.rounds, of_turns=size)


def repeat(bench: Bench, database: str) -> Figure:
    """Recognize deliveries that came before."""
    backend, size = bench.backend(database), bench.sizes.copies
    hand = backend.by_hand(backend.fresh())
    hand.execute("CREATE TABLE inbox (key TEXT PRIMARY KEY, body BLOB)")
    known = list(deliveries(range(size)))
    with opened(backend.fresh()) as link:
        for request in known:
            hand.execute("INSERT INTO inbox VALUES (?, ?)", (request.key, request.body))
            take(link, request)

        def turn() -> tuple[float, float]:
            watch = Watch()
            for request in known:
                _check(request)
                hand.execute("SELECT 1 FROM inbox WHERE key = ?", (request.key,)).fetchone()
            return watch.seconds, _taking(link, known, new=False)

        return rate(len(known), turn, bench.sizes.rounds)


def _keeping(hand: ByHand, requests: Sequence[Request]) -> float:
    """Verify, parse and insert each by hand, one durable commit each; return the seconds."""
    watch = Watch()
    for request in requests:
        _check(request)
        hand.execute("INSERT INTO inbox (body) VALUES (?)", (request.body,))
    return watch.seconds


def _taking(link: Storelink, requests: Sequence[Request], *, new: bool) -> float:
    """Let storelink receive each; return the seconds."""
    watch = Watch()
    news = [take(link, request) for request in requests]
    seconds = watch.seconds
    if (wrong := news.count(not new)) > 0:
        raise RuntimeError(f"{wrong} deliveries were not taken as they should be")
    return seconds


def _check(request: Request) -> None:
    made = b64encode(hmac.digest(SECRET.encode(), request.body, hashlib.sha256)).decode()
    if not hmac.compare_digest(made, request.signature):
        raise RuntimeError("a delivery is not signed")
    json.loads(request.body)
