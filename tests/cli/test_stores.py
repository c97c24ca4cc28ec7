"""The commands about whole stores, as a shell sees them."""

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
from storelink import Money, Storelink
from storelink.errors import AccessDenied
from storelink.models import Contact, Kind
from storelink.testing import FakeStore, FrozenClock, Item

clock = FrozenClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))


class Denied(FakeStore):
    def changed(self, kind, **options):
        if kind is Kind.PRODUCT:
            raise AccessDenied("grant the scope read_products", needs="read_products")
        return super().changed(kind, **options)


good, denied = FakeStore(clock=clock), Denied(clock=clock)
for store in (good, denied):
    store.page_size = 2
    for number in range(5):
        store.place(Contact(email="ada@example.com"), [Item("Mug", Money("12.00", "EUR"))])

link = Storelink(
    "sqlite:///shop.db",
    stores={"good": good, "denied": denied},
    clock=clock,
    webhook_url="https://hooks.example/webhooks/{store}",
)
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")

    def run(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "storelink", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "STORELINK_APP": "shop:link"},
        )
        assert code == done.returncode, done.stderr
        return done

    return run


def test_a_sweep_says_what_it_found(shell: Shell) -> None:
    rows = json.loads(shell("sweep", "good", "--json").stdout)
    assert ("orders", 5, 5) == tuple(rows[0][name] for name in ("what", "seen", "changed"))
    assert 5 == len({event["order_id"] for event in json.loads(shell("events", "--json").stdout)})


def test_a_sweep_of_all_stores_tells_what_went_wrong_and_does_the_rest(shell: Shell) -> None:
    done = shell("sweep", code=5)
    assert "error: grant the scope read_products" in done.stderr
    assert "audit of orders" in done.stdout
    events = json.loads(shell("events", "--json").stdout)
    assert {"good", "denied"} == {event["store"] for event in events}


def test_a_sweep_of_an_unknown_store_is_a_wrong_usage(shell: Shell) -> None:
    assert "no store is called 'nowhere'" in shell("sweep", "nowhere", code=2).stderr


def test_a_backfill_tells_its_progress_in_lines(shell: Shell) -> None:
    done = shell("backfill", "good", "--kind", "order")
    assert "orders: 2 of 5" in done.stderr
    assert "orders" in done.stdout


def test_a_backfill_for_machines_is_quiet(shell: Shell) -> None:
    done = shell("backfill", "good", "--kind", "order", "--json")
    assert "" == done.stderr
    (row,) = json.loads(done.stdout)
    assert 5 == row["seen"]


def test_a_backfill_is_done_once_unless_restarted(shell: Shell) -> None:
    words = ("backfill", "good", "--kind", "order", "--json")
    shell(*words)
    assert 0 == json.loads(shell(*words).stdout)[0]["seen"]
    assert 5 == json.loads(shell(*words, "--restart").stdout)[0]["seen"]


def test_a_backfill_that_is_denied_a_part_does_the_rest(shell: Shell) -> None:
    done = shell("backfill", "denied", "--json", code=5)
    assert "grant the scope read_products" in done.stderr
    assert {"orders": 5, "products": 0}.items() <= {
        row["what"]: row["seen"] for row in json.loads(done.stdout)
    }.items()


def test_webhooks_are_registered_where_the_app_says(shell: Shell) -> None:
    rows = json.loads(shell("webhooks", "register", "good", "--json").stdout)
    assert {"created"} == {row["action"] for row in rows}
    assert {"https://hooks.example/webhooks/good"} == {row["address"] for row in rows}


def test_webhooks_are_repaired_to_another_address(shell: Shell) -> None:
    done = shell("webhooks", "repair", "good", "--url", "https://other.example/in", "--json")
    assert {"https://other.example/in"} == {row["address"] for row in json.loads(done.stdout)}


def test_webhooks_are_listed(shell: Shell) -> None:
    assert [] == json.loads(shell("webhooks", "list", "good", "--json").stdout)
    assert "not asked to send any webhook" in shell("webhooks", "list", "good").stdout
