"""The command line, as a shell sees it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storelink.testing.journeys import Journeys

Shell = Callable[..., subprocess.CompletedProcess[str]]

APP = """
from datetime import UTC, datetime, timedelta
from storelink import Message, Storelink
from storelink.events import OrderPaid
from storelink.hooks import ThankYou
from storelink.testing import RecordingChannel
from storelink.testing.journeys import Journeys
from storelink_woocommerce import WooCommerce

link = Storelink(
    "sqlite:///shop.db",
    stores={
        "shop": WooCommerce(url="https://shop.example", webhook_secret=list(Journeys().secrets))
    },
    channels=[RecordingChannel()],
    hooks=[ThankYou(expires_after=timedelta(days=36500))],
    since=datetime(2020, 1, 1, tzinfo=UTC),
)

@link.hook(OrderPaid)
def broken(order):
    return Message("there_is_no_such_template")
"""
PLACED = next(one for one in Journeys().deliveries if one.name.startswith("0003_order.created"))
ORDER = "2311"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")

    def run(*words: str, stdin: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "storelink", *words],
            cwd=tmp_path,
            input=stdin.decode(),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "STORELINK_APP": "shop:link"},
        )
        assert done.returncode == code, done.stderr
        return done

    return run


@pytest.fixture
def order(shell: Shell) -> str:
    """An order that was received through the shell."""
    headers = [f"-H{name}: {value}" for name, value in PLACED.headers.items()]
    done = shell("receive", "shop", "-", *headers, "--json", stdin=PLACED.body)
    assert json.loads(done.stdout)["state"] == "absorbed"
    return ORDER


def test_receive_worker_explain(shell: Shell, order: str) -> None:
    """From a webhook to a message, with nothing but a shell."""
    report = json.loads(shell("worker", "--once", "--json").stdout)
    assert report["messages"]["sent"] == 1
    told = shell("explain", "shop", f"#{order}").stdout
    assert "Thank-you: Sent on" in told
    assert "broken: Not sent yet: its template must be repaired first" in told
    body = json.loads(shell("explain", "shop", order, "--json").stdout)
    assert [line["state"] for line in body["messages"]] == ["sent", "waiting"]


def test_listings_have_a_table_and_json(shell: Shell, order: str) -> None:
    shell("worker", "--once")
    for words in (["events"], ["inbox"], ["outbox", "list"], ["plugins"]):
        rows = json.loads(shell(*words, "--json").stdout)
        assert rows
        assert len(shell(*words).stdout.splitlines()) == len(rows) + 1
    kinds = {row["type"] for row in json.loads(shell("events", "--json").stdout)}
    assert kinds == {"order.placed", "order.paid"}
    assert "surekha" not in shell("outbox", "list", "--json").stdout


def test_a_message_is_shown_cancelled_and_not_sent(shell: Shell, order: str) -> None:
    shell("worker", "--once")
    key = f"shop/broken/order:{order}/order/{order}/paid"
    assert json.loads(shell("outbox", "show", key, "--json").stdout)["state"] == "waiting"
    assert shell("outbox", "cancel", key).stdout == f"{key}: cancelled\n"
    done = shell("outbox", "cancel", key, code=6)
    assert done.stderr.startswith(f"error: {key} is cancelled")
    assert "Cancelled" in shell("explain", "shop", order).stdout


def test_errors_are_one_line_and_an_exit_code(shell: Shell, order: str) -> None:
    wrong = shell("receive", "shop", "-", stdin=b"{}", code=3)
    assert wrong.stderr == "error: the request has no X-WC-Webhook-Signature header\n"
    unknown = shell("receive", "nowhere", "-", stdin=b"{}", code=2)
    assert unknown.stderr == "error: no store is called 'nowhere'; configured: shop\n"
    assert "no order '5'" in shell("explain", "shop", "5", code=1).stderr
    assert "no message 'x'" in shell("outbox", "show", "x", code=1).stderr
    assert "cannot be imported" in shell("--app", "nowhere:link", "events", code=2).stderr


def test_a_whole_request_can_be_received(shell: Shell) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in PLACED.headers.items())
    raw = f"POST /hook HTTP/1.1\r\n{head}\r\n".encode() + PLACED.body
    assert "absorbed" in shell("receive", "shop", "-", "--request", stdin=raw).stdout
    assert "duplicate" in shell("receive", "shop", "-", "--request", stdin=raw).stdout


def test_what_was_kept_is_replayed(shell: Shell, order: str) -> None:
    assert "No delivery was kept" in shell("replay", "--kept").stderr
    assert "absorbed" in shell("replay", "1").stdout
    assert "no row 99" in shell("replay", "99", code=1).stderr


def test_the_worker_stops_on_a_signal(shell: Shell, order: str, tmp_path: Path) -> None:
    """What was begun is finished, and the exit code is 0."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "storelink", "worker", "--poll", "0.05"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "STORELINK_APP": "shop:link"},
    )
    assert worker.stderr is not None
    assert "The worker runs" in worker.stderr.readline()
    until = time.monotonic() + 20
    while "Sent on" not in shell("explain", "shop", order).stdout:
        assert time.monotonic() < until
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=20) == 0
    worker.stderr.close()


def test_init_writes_a_file_once(tmp_path: Path) -> None:
    def init() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "storelink", "init"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert init().returncode == 0
    assert "[stores.atelier]" in (tmp_path / "storelink.toml").read_text(encoding="utf-8")
    again = init()
    assert (again.returncode, again.stderr) == (
        2,
        "error: storelink.toml exists already; it was left as it is\n",
    )
