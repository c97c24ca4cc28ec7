"""`storelink off`, `on`, `deliver --dry-run` and `safety`; what `check` and `health` say."""

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
import os
from datetime import UTC, datetime
from pathlib import Path
from storelink import Money, Storelink
from storelink.contracts.sandbox import Item
from storelink.delivery.safe import Safety
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
    safety=Safety(environment=os.environ.get("PLACE", "production")),
)
store.place(Contact(email="ada@example.com"), [Item("Mug", Money("12.00", "EUR"))])
if is_new:
    for webhook in store.take():
        link.receive("shop", headers=webhook.headers, body=webhook.body)
    link.work("plan", "shop")
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "shop.py").write_text(APP, encoding="utf-8")

    def run(
        *words: str, code: int = 0, place: str = "production"
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "storelink", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "STORELINK_APP": "shop:link", "PLACE": place},
        )
        assert code == done.returncode, done.stderr
        return done

    return run


def test_a_dry_run_says_who_gets_what_and_a_switch_stops_it(shell: Shell) -> None:
    (row,) = json.loads(shell("deliver", "--dry-run", "--json").stdout)
    assert ("send", "a…@e….com", "shop/thank_you/order:1001") == (
        row["outcome"],
        row["to"],
        row["key"],
    )
    shell("deliver", code=2)
    assert "hook thank_you" in shell("off", "--hook", "thank_you", "--why", "a typo").stdout
    assert "it was switched off (a typo)" in shell("deliver", "--dry-run").stdout
    assert "switched-off" in json.loads(shell("health", "--json").stdout)["problems"][0]["code"]
    checked = json.loads(shell("check", "--json").stdout)
    assert "switched-off" in {one["code"] for one in checked}
    assert "a typo" in shell("safety", "status").stdout
    shell("off", "--hook", "nothing", "--why", "x", code=2)
    assert "on\n" == shell("on", "--hook", "thank_you").stdout
    assert "it is not off" in shell("on", "--hook", "thank_you", code=1).stderr


def test_elsewhere_nothing_is_sent_until_it_is_armed(shell: Shell) -> None:
    shell("safety", "disarm", "shop")
    assert "1 postponed" in shell("worker", "--once").stdout
    status = json.loads(shell("safety", "status", "--json").stdout)
    assert {"shop": "nobody has armed the store"} == status["locked"]
    assert ["staging"] == [one["reason"] for one in status["held"]]
    assert "production" in shell("safety", "arm", "shop", place="staging", code=2).stderr
    assert "armed" in shell("safety", "arm", "shop").stdout
    assert "1 sent" in shell("worker", "--once").stdout
    assert "0 messages" in shell("safety", "release", "thank_you").stdout
