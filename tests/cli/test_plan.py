"""`storelink plan`, and `storelink explain` about people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from storelink.cli.main import cli

APP = """
from datetime import UTC, datetime
from pathlib import Path
from storelink import Money, Storelink
from storelink.contracts.sandbox import Item
from storelink.hooks import CareTips, ReviewRequest, Tip
from storelink.models import Contact, ShipmentStatus
from storelink.rendering import Brand
from storelink.testing import FakeStore, FrozenClock, RecordingChannel, anything_goes

is_new = not Path("shop.db").exists()
clock = FrozenClock(datetime(2026, 11, 2, 23, 30, tzinfo=UTC))
store = FakeStore(clock=clock)
link = Storelink(
    "sqlite:///shop.db",
    stores={"shop": store},
    channels=[RecordingChannel()],
    hooks=[ReviewRequest(), CareTips(tips=[Tip(product="product-Mug", text="Wash it.")])],
    brand=Brand(name="Shop", time_zone="Europe/Berlin"),
    clock=clock,
    policy=anything_goes,
)
ada = Contact(email="ada@example.com")
order = store.place(ada, [Item("Mug", Money("12.00", "EUR"))])
parcel = store.ship(order, number="A1", carrier="DHL")
store.scan(order, parcel, ShipmentStatus.DELIVERED)
cart = store.begin_checkout(ada, [Item("Mug", Money("12.00", "EUR"))])
if is_new:
    for webhook in store.take():
        link.receive("shop", headers=webhook.headers, body=webhook.body)
    link.run_once()
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    name = f"plan_{os.getpid()}_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")

    def invoke(*words: str, code: int = 0) -> Result:
        sys.modules.pop(name, None)
        done = CliRunner().invoke(cli, ["--app", f"{name}:link", *words])
        assert code == done.exit_code, done.output
        return done

    return invoke


def test_a_plan_is_a_table_for_each_day_of_the_shop(run: Run) -> None:
    lines = run("plan", "--store", "shop", "--days", "8").output.splitlines()
    days = [line.strip() for line in lines if line.strip().endswith("2026")]
    assert ["Wednesday, 4 November 2026", "Tuesday, 10 November 2026"] == days
    (tip,) = (line for line in lines if "Care tips" in line)
    assert ["00:30", "a…@e….com", "Care", "tips"] == tip.split()[:4]
    assert "was delivered." in tip


def test_a_plan_is_json_without_an_address(run: Run) -> None:
    ask = ("plan", "--store", "shop", "--json")
    (row,) = json.loads(run(*ask, "--hook", "care_tips").output)
    assert ("send", "waiting", "a…@e….com", None) == (
        row["outcome"], row["state"], row["to"], row["rule"],
    )  # fmt: skip
    assert [] == json.loads(run(*ask, "--days", "1", "--hook", "review_request").output)
    quiet = run("plan", "--store", "shop", "--days", "1", "--hook", "review_request").output
    assert "Nothing is planned for the next 1 day." in quiet
    run("plan", "--store", "elsewhere", code=1)
    run("plan", "--store", "shop", "--days", "0", code=2)


def test_without_the_library_for_tables_it_is_plain(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    lines = run("plan", "--store", "shop").output.splitlines()
    assert ["", "Wednesday, 4 November 2026"] == lines[:2]
    assert lines[2].split() == ["TIME", "TO", "MESSAGE", "WHY"]


def test_a_person_is_explained_by_address_or_checkout(run: Run) -> None:
    told = run("explain", "shop", "--person", "ada@example.com").output
    assert told.startswith("a…@e….com (shop): 1 checkout, no account")
    body = json.loads(run("explain", "shop", "--person", "ada@example.com", "--json").output)
    (checkout,) = body["checkouts"]
    assert "1 checkout" in run("explain", "shop", "--checkout", checkout).output
    run("explain", "shop", code=2)
    run("explain", "shop", "1001", "--checkout", checkout, code=2)
    run("explain", "shop", "--person", "eve@example.com", code=1)
