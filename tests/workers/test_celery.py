"""The whole way on Celery, with a real Redis and real worker processes."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery, signals
from workers.shop import STORES, Shop, kill_all, opened, process, until

from storelink import Storelink
from storelink.errors import StorageUnavailable
from storelink.workers.celery import CeleryEngine

A_MOMENT = 2.0


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Shop:
    """Two stores with six orders each."""
    return Shop(database_url, tmp_path, lease=A_MOMENT)


@contextmanager
def celery(shop: Shop, redis_url: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a worker with two processes, and the beat."""
    command = ["-m", "celery", "-A", "workers.celery_shop", "worker", "-B", "-l", "WARNING"]
    command += ["-c", "2", "-Q", "celery,big", "-s", str(shop.folder / "beat")]
    command += ["--without-gossip", "--without-mingle"]
    with process(shop, *command, SHOP_REDIS=redis_url, **environment) as started:
        yield started


def is_all_sent(shop: Shop) -> bool:
    return shop.everything().keys() == shop.sent().keys()


def is_all_called(shop: Shop) -> bool:
    return 2 * shop.orders == len({what for _, what in shop.lines("called")})


def is_idle(redis_url: str) -> bool:
    with redis.Redis.from_url(redis_url) as client:
        return not any(client.llen(name) for name in ("celery", "big"))


def test_what_is_received_is_planned_called_and_sent(shop: Shop, redis_url: str) -> None:
    shop.receive_all()
    with celery(shop, redis_url) as worker:
        until(lambda: is_all_sent(shop) and is_all_called(shop))
        worker.send_signal(signal.SIGTERM)
        assert 0 == worker.wait(60)
    assert shop.everything() == shop.sent()


def test_what_webhooks_left_open_is_read(shop: Shop, redis_url: str) -> None:
    shop = replace(shop, parcels=True)
    shop.receive_all()
    with celery(shop, redis_url):
        until(lambda: is_all_sent(shop))
    assert shop.everything() == shop.sent()


def test_what_no_webhook_told_is_swept(shop: Shop, redis_url: str) -> None:
    with opened(shop):
        pass  # the stores are connected, and nothing is received
    with celery(shop, redis_url):
        until(lambda: is_all_sent(shop))
    assert shop.everything() == shop.sent()


def test_every_task_twice_does_everything_once(shop: Shop, redis_url: str) -> None:
    shop = replace(shop, orders=30)
    shop.receive_all()
    with celery(shop, redis_url, SHOP_TWICE="yes"):
        until(lambda: is_all_sent(shop) and is_all_called(shop))
        until(lambda: is_idle(redis_url))
    assert shop.everything() == shop.sent()


@pytest.mark.parametrize("step", ["claim", "decide", "begin"])
def test_a_process_that_is_killed_in_the_middle_of_a_task_loses_nothing(
    shop: Shop, redis_url: str, step: str
) -> None:
    shop.receive_all()
    with celery(shop, redis_url, SHOP_DIE_AT=step):
        until(lambda: is_all_sent(shop))
        assert (shop.folder / "died").exists()
    assert shop.everything() == shop.sent()


def test_a_whole_worker_that_is_killed_loses_nothing(shop: Shop, redis_url: str) -> None:
    """Also what it had fetched; Redis would give it back after an hour, a tick does so sooner."""
    shop = replace(shop, orders=60)
    shop.receive_all()
    with celery(shop, redis_url) as worker:
        until(lambda: shop.lines("sent"))
        kill_all(worker)
    with celery(shop, redis_url):
        until(lambda: is_all_sent(shop))
    times = shop.sent()
    assert shop.everything().keys() == times.keys()
    doubted = {key: number for key, number in times.items() if number > 1}
    assert len(doubted) <= 2  # each of two processes was perhaps between attempt and outcome


def test_each_process_opens_its_own_after_the_fork(shop: Shop, redis_url: str) -> None:
    with celery(shop, redis_url) as worker:
        until(lambda: shop.lines("opened"))
        parents = {parent for _, parent in shop.lines("opened")}
        assert {str(worker.pid)} == parents


def test_a_process_that_starts_opens_nothing_yet(
    shop: Shop, redis_url: str, engine: CeleryEngine
) -> None:
    """Celery kills one that takes four seconds to start, again and again."""
    signals.worker_process_init.send(sender=None)
    assert engine._link is None


def test_what_is_wrong_with_the_set_up_is_said(redis_url: str, caplog: Any) -> None:
    app = Celery("shop", broker=redis_url)
    CeleryEngine(app, lambda: Storelink.from_config("nowhere.toml"))
    app.tasks["storelink.tick"]()
    assert "nowhere.toml" in caplog.text


# -- without workers -------------------------------------------------------------------------------


@pytest.fixture
def engine(shop: Shop, redis_url: str) -> CeleryEngine:
    app = Celery("shop", broker=redis_url)
    return CeleryEngine(app, lambda: opened(shop), queue={"two": "big"}.get)


def lengths(redis_url: str) -> dict[str, int]:
    with redis.Redis.from_url(redis_url) as client:
        return {name: client.llen(name) for name in ("celery", "big")}


def test_a_store_has_a_queue_of_its_own(shop: Shop, redis_url: str, engine: CeleryEngine) -> None:
    shop.receive_all(["two"])
    with opened(shop) as link:
        for store in STORES:
            engine.hint(link, store)
        until(lambda: not engine._is_hinting)
    assert 0 == lengths(redis_url)["celery"]
    assert 0 < lengths(redis_url)["big"]


def test_who_asks_often_fills_no_queue(shop: Shop, redis_url: str, engine: CeleryEngine) -> None:
    shop.receive_all()
    with opened(shop) as link:
        engine.hint(link, "one")
        until(lambda: not engine._is_hinting)
        before = lengths(redis_url)
        for _ in range(10):
            engine.hint(link, "one")
            until(lambda: not engine._is_hinting)
    assert 0 < before["celery"]
    assert before == lengths(redis_url)


def test_a_hint_without_a_broker_is_no_error_and_holds_nobody_up(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engine = CeleryEngine(Celery("shop", broker="redis://127.0.0.1:1/0"), lambda: opened(shop))
    shop.receive_all()
    with opened(shop) as link:
        engine.hint(link, "one")
        assert engine._is_hinting  # it is still trying
        until(lambda: not engine._is_hinting)
        engine.hint(link, "one")
    assert 1 == caplog.text.count("no hint could be given")


def test_a_task_names_a_stage_and_a_store_and_no_time(
    shop: Shop, redis_url: str, engine: CeleryEngine
) -> None:
    options: list[dict[str, Any]] = []
    task = engine._tasks["plan"]
    send = task.apply_async
    task.apply_async = lambda args, **some: (
        options.append({"args": args, **some}) or send(args, **some)
    )
    shop.receive_all()
    with opened(shop) as link:
        engine.hint(link, "one")
        until(lambda: not engine._is_hinting)
    assert [("one",)] == [one["args"] for one in options]
    assert not [one for one in options if {"eta", "countdown"} & one.keys()]
    assert (True, True, True) == (task.acks_late, task.reject_on_worker_lost, task.ignore_result)


def test_ticks_that_come_up_late_are_one_tick(shop: Shop, engine: CeleryEngine) -> None:
    asked: list[object] = []
    engine._send = lambda jobs, **_: asked.append(list(jobs))  # type: ignore[method-assign]
    try:
        for _ in range(100):
            engine._tick("tick", 60.0, ("plan",))
        assert 1 == len(asked)
    finally:
        engine._end()


def test_a_database_that_is_away_does_not_fail_a_task(
    shop: Shop, engine: CeleryEngine, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StorageUnavailable("the database cannot be used now")

    monkeypatch.setattr("storelink.working.Working.work", away)
    try:
        engine._work("plan", "one")
        assert "a later tick tries again" in caplog.text
    finally:
        engine._end()
