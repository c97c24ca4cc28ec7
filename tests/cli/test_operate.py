"""`storelink health` and `prune`, metrics beside a worker, and the form of the log."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

Shell = Callable[..., subprocess.CompletedProcess[str]]

APP = """
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from storelink import Money, Storelink
from storelink.contracts.sandbox import Item
from storelink.hooks import ThankYou
from storelink.models import Contact
from storelink.testing import FakeStore, FrozenClock, RecordingChannel

is_new = not Path("shop.db").exists()
clock = FrozenClock(datetime(2026, 11, 2, tzinfo=UTC))
store = FakeStore(clock=clock)
link = Storelink(
    "sqlite:///shop.db",
    stores={"shop": store},
    channels=[RecordingChannel()],
    hooks=[ThankYou()],
    clock=clock,
)
if is_new:
    store.place(Contact(email="ada@example.com"), [Item("Mug", Money("12.00", "EUR"))])
    for webhook in store.take():
        link.receive("shop", headers=webhook.headers, body=webhook.body)
clock.advance(timedelta(minutes=int(os.environ.get("MINUTES", "0"))))
"""
COMMAND = [sys.executable, "-m", "storelink"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")
    return tmp_path


@pytest.fixture
def shell(folder: Path) -> Shell:
    def run(*words: str, minutes: int = 0, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*COMMAND, *words],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env=environment(minutes),
        )
        assert code == done.returncode, done.stderr
        return done

    return run


def environment(minutes: int = 0) -> dict[str, str]:
    return {**os.environ, "STORELINK_APP": "shop:link", "MINUTES": str(minutes)}


def test_health_says_how_it_is_and_exits_with_1_when_messages_do_not_go_out(shell: Shell) -> None:
    assert "ok" == json.loads(shell("health", "--json").stdout)["status"]
    assert "plan-late" in shell("health", minutes=10).stdout
    told = shell("health", minutes=40, code=1).stdout
    assert told.startswith("fail\n")
    assert "1:00:00" not in told
    assert "0:40:00" in told
    body = json.loads(shell("health", "--json", minutes=40, code=1).stdout)
    assert ("fail", 2400.0) == (body["status"], body["lag"]["plan"])
    assert ["shop"] == [one["store"] for one in body["stores"]]


def test_prune_deletes_what_is_older_and_a_dry_run_does_not(shell: Shell) -> None:
    assert "0 absorbed, 0 read, 3 planned, 0 called, 1 sent\n" == shell("worker", "--once").stdout
    old = ("prune", "--older-than", "30m")
    assert "0 webhooks" in shell(*old).stdout
    told = shell(*old, "--dry-run", minutes=40).stdout
    assert told.startswith("2 webhooks, 0 calls, 1 attempts, 0 documents")
    assert told.endswith("would be deleted\n")
    done = json.loads(shell(*old, "--json", minutes=40).stdout)
    assert (2, 1, False) == (done["webhooks"], done["attempts"], done["dry_run"])
    assert [] == json.loads(shell("inbox", "--json").stdout)
    assert 1 == len(json.loads(shell("outbox", "list", "--json").stdout))
    assert "no time span" in shell("prune", "--older-than", "soon", code=2).stderr


def test_what_was_given_up_and_what_came_back_is_asked_for(shell: Shell) -> None:
    assert "No call failed.\n" == shell("failures").stdout
    assert [] == json.loads(shell("failures", "--store", "shop", "--json").stdout)
    assert "no store is called" in shell("failures", "--store", "none", code=2).stderr
    assert "no call failed for 'x'" in shell("failures", "--retry", "x", code=1).stderr
    assert "set its bounce_mailbox" in shell("bounces", "read", code=1).stderr


def test_the_log_can_be_json(shell: Shell) -> None:
    told = shell("--log-level", "info", "--log-format", "json", "worker", "--once").stderr
    (sent,) = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert ("message sent", "shop", "1001") == (sent["message"], sent["store"], sent["order"])
    assert "" == shell("worker", "--once").stderr
    assert "Invalid value" in shell("--log-format", "xml", "events", code=2).stderr


def test_a_worker_shows_its_metrics(folder: Path) -> None:
    worker = subprocess.Popen(
        [*COMMAND, "worker", "--metrics-port", "0"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        assert worker.stderr is not None
        address = re.search(r"http://\S+/metrics", worker.stderr.readline())
        assert address
        page = requests.get(address[0], timeout=30).text
        assert 'storelink_lag_seconds{stage="deliver",store="shop"} 0.0' in page
        worker.send_signal(signal.SIGTERM)
        assert 0 == worker.wait(timeout=60)
    finally:
        worker.kill()
        worker.communicate()
