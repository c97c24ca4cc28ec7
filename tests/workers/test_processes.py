"""Several worker processes on one database: they share, take over, and never send twice."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from workers.shop import PATIENCE_SECONDS, Shop, opened, until, worker

HOUR = 3600.0
A_MOMENT = 1.0


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Shop:
    """Two stores with six orders each, which are received."""
    shop = Shop(database_url, tmp_path)
    shop.receive_all()
    return shop


def is_all_sent(shop: Shop) -> bool:
    return sum(shop.sent().values()) >= sum(shop.everything().values())


def test_two_workers_share_the_work(database_url: str, tmp_path: Path) -> None:
    """One is held up while it sends; the other one goes on with what is not in its hands."""
    shop = Shop(database_url, tmp_path, orders=60, hold="handing over")
    shop.receive_all()
    with worker(shop) as first:
        until(shop.is_held)
        with worker(shop) as second:
            until(lambda: shop.lines("sent"))
            shop.go()
            until(lambda: is_all_sent(shop))
    assert shop.everything() == shop.sent()
    assert {str(first.pid), str(second.pid)} >= {pid for pid, _ in shop.lines("sent")}


def test_a_worker_that_is_told_to_stop_leaves_the_rest_to_others_at_once(shop: Shop) -> None:
    """It finishes the message under way; nobody waits for its lease of an hour."""
    shop = replace(shop, hold="handing over", lease=HOUR)
    with worker(shop) as first:
        until(shop.is_held)
        first.send_signal(signal.SIGTERM)
        shop.go()
        assert 0 == first.wait(PATIENCE_SECONDS)
    assert 0 < sum(shop.sent().values()) < sum(shop.everything().values())
    with opened(shop) as link:
        link.run_once()
    assert shop.everything() == shop.sent()


def test_a_dead_worker_s_work_is_taken_over_when_its_lease_is_over(shop: Shop) -> None:
    shop = replace(shop, hold="render", lease=A_MOMENT)
    with worker(shop) as first:
        until(shop.is_held)
        first.kill()
        first.wait()
        with worker(shop):
            until(lambda: is_all_sent(shop))
    assert shop.everything() == shop.sent()


def test_a_worker_that_slept_through_its_lease_does_not_send_twice(shop: Shop) -> None:
    shop = replace(shop, hold="render", lease=A_MOMENT)
    with worker(shop) as first:
        until(shop.is_held)
        first.send_signal(signal.SIGSTOP)
        with worker(shop):
            until(lambda: is_all_sent(shop))
        shop.go()
        first.send_signal(signal.SIGCONT)
        first.send_signal(signal.SIGTERM)
        assert 0 == first.wait(PATIENCE_SECONDS)
    assert shop.everything() == shop.sent()


def test_a_worker_that_takes_its_time_keeps_its_lease(shop: Shop) -> None:
    """The provider takes three times as long as the lease lasts; nobody takes the message over."""
    shop = replace(shop, hold="handing over", lease=A_MOMENT)
    with worker(shop):
        until(shop.is_held)
        with worker(shop), opened(shop) as link:
            held_at = link.clock.now()
            until(lambda: (link.clock.now() - held_at).total_seconds() > 3 * A_MOMENT)
            shop.go()
            until(lambda: is_all_sent(shop))
            states = Counter(str(message.state) for message in link.messages())
    assert shop.everything() == shop.sent()
    assert set(states) <= {"sent", "sending"}


def test_one_worker_at_a_time_reads_what_webhooks_left_open(
    database_url: str, tmp_path: Path
) -> None:
    shop = Shop(database_url, tmp_path, orders=20, parcels=True)
    shop.receive_all()
    with worker(shop), worker(shop):
        until(lambda: is_all_sent(shop))
    read = Counter(what for _, what in shop.lines("read"))
    assert {2} == set(read.values())  # once in each store
