"""`storelink returns`: what customers want to send back, for whoever looks after the shop."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from storelink import Money, Returns, Storelink
from storelink.cli.main import cli
from storelink.cli.shared import Opener
from storelink.contracts.sandbox import Item
from storelink.models import Contact, ReturnWish, WantedLine
from storelink.testing import FakeStore, FrozenClock, Timeline

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    clock = FrozenClock(datetime(2026, 11, 2, 9, tzinfo=UTC))
    store = FakeStore(clock=clock)
    database = f"sqlite:///{tmp_path / 'shop.db'}"

    def opened(opener: Opener | None = None) -> Storelink:
        return Storelink(database, stores={"shop": store}, clock=clock, returns=Returns())

    with opened() as link:
        told = Timeline(link, "shop", store, clock)
        order = told.place(Contact(email="ada@example.com"), [Item("Mug", Money("12.00", "EUR"))])
        told.deliver(order, told.ship(order))
        line = WantedLine(line_id="1", quantity=1, reason="too-heavy")
        link.returns.request("shop", order, [line], ReturnWish.EXCHANGE, note="In red?")
        link.run_once()
    monkeypatch.setattr(Opener, "open", opened)
    return lambda *words: CliRunner().invoke(cli, ["returns", *words])


def the_id(run: Run) -> str:
    [one] = json.loads(run("list", "--json").output)
    return str(one["id"])


def test_the_list_says_what_is_asked_for_and_by_which_id_it_goes(run: Run) -> None:
    told = run("list").output
    for word in ("#1001", "requested", "exchange", "1 x Mug", the_id(run)):
        assert word in told
    assert "ada@example.com" not in told


def test_as_json_it_says_everything_once(run: Run) -> None:
    [one] = json.loads(run("list", "--store", "shop", "--json").output)
    assert ("1001", "#1001", "In red?") == (one["order_id"], one["number"], one["note"])
    assert [{"quantity": 1, "title": "Mug", "reason": "unknown"}] == one["lines"]
    told = json.loads(run("approve", "shop", one["id"], "--json").output)
    assert {**one, "state": "open"} == told


def test_a_return_goes_its_way_and_out_of_the_list(run: Run) -> None:
    key = the_id(run)
    for step in ("approve", "received", "exchanged"):
        done = run(step, "shop", key)
        assert 0 == done.exit_code, done.output
        assert "#1001" in done.output
    assert "Nothing comes back." in run("list").output
    assert key in run("list", "--all").output


def test_what_cannot_be_is_said_in_a_line(run: Run) -> None:
    assert "no return 'r9'" in str(run("decline", "shop", "r9").exception)
    assert "no store is called 'x'" in str(run("list", "--store", "x").exception)
    run("decline", "shop", the_id(run))
    [one] = json.loads(run("list", "--all", "--json").output)
    assert "declined" == one["state"]
    assert run("approve", "shop", one["id"]).exception is not None
