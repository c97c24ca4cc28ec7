"""`storelink erase`, `export` and `privacy`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Shell = Callable[..., subprocess.CompletedProcess[str]]

APP = """
from datetime import UTC, datetime
from pathlib import Path
from storelink import Money, Storelink
from storelink.contracts.sandbox import Item
from storelink.hooks import ThankYou
from storelink.models import Contact, NoticeKind
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
    store.notify(NoticeKind.CUSTOMER_DATA_REQUESTED, customer_id="7", order_ids=["1001"])
    for webhook in store.take():
        link.receive("shop", headers=webhook.headers, body=webhook.body)
    link.run_once()
"""
ADA = ("--email", "Ada@Example.com")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")

    def run(*words: str, code: int = 0, says: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "storelink", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            input=says,
            env={**os.environ, "STORELINK_APP": "shop:link"},
        )
        assert code == done.returncode, done.stderr
        return done

    return run


def test_erasing_says_what_it_will_do_asks_first_and_does_it(shell: Shell) -> None:
    expected = "shop: 1 objects, 1 messages (0 of them waiting), 3 webhooks, 0 answers"
    assert f"{expected} would be erased\n" == shell("erase", "shop", *ADA, "--dry-run").stdout
    refused = shell("erase", "shop", *ADA, says="n\n", code=1)
    assert f"{expected} would be erased" in refused.stderr
    assert "" == refused.stdout.replace("Aborted!", "").strip()
    assert "ada@example.com" in shell("export", "shop", *ADA).stdout
    assert f"{expected} erased\n" == shell("erase", "shop", *ADA, says="y\n").stdout
    body = json.loads(shell("erase", "shop", *ADA, "--yes", "--json").stdout)
    assert (0, 0, "shop") == (body["objects"], body["webhooks"], body["store"])
    left = json.loads(shell("export", "shop", *ADA).stdout)
    assert [{}] == [order["contact"] for order in left["orders"]]


def test_nobody_named_and_no_such_store_are_errors(shell: Shell) -> None:
    assert "say who is meant" in shell("erase", "shop", "--yes", code=2).stderr
    assert "nowhere" in shell("export", "nowhere", *ADA, code=2).stderr


def test_a_request_is_listed_exported_and_answered(shell: Shell) -> None:
    (row,) = json.loads(shell("privacy", "requests", "--json").stdout)
    assert ("customer.data_requested", False) == (row["what"], row["done"])
    body = json.loads(shell("export", "shop", "--request", row["id"]).stdout)
    assert ["1001"] == [order["id"] for order in body["orders"]]
    assert "answered" in shell("privacy", "answered", row["id"]).stdout
    assert "No platform" in shell("privacy", "requests", "--open").stdout
    shell("export", "shop", "--request", row["id"], *ADA, code=2)
    assert "nowhere" in shell("export", "nowhere", "--request", row["id"], code=2).stderr
