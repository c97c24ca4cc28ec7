"""`storelink recommend`: what is recommended to whom and why, and counting anew."""

from __future__ import annotations

import json
import os
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
from storelink.models import Contact
from storelink.testing import FakeStore, FrozenClock

is_new = not Path("shop.db").exists()
clock = FrozenClock(datetime(2026, 11, 2, tzinfo=UTC))
store = FakeStore(clock=clock)
link = Storelink("sqlite:///shop.db", stores={"shop": store}, clock=clock)
if is_new:
    mug, tea = Item("Mug", Money("12.00", "EUR")), Item("Tea", Money("5.50", "EUR"))
    store.sell(mug), store.sell(tea)
    for who in ("bo", "cy", "di"):
        store.place(Contact(email=f"{who}@example.com"), [mug, tea])
    store.place(Contact(email="ada@example.com"), [mug])
    for webhook in store.take():
        link.receive("shop", headers=webhook.headers, body=webhook.body)
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    name = f"shop_{os.getpid()}_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def invoke(*words: str, code: int = 0) -> Result:
        import sys

        sys.modules.pop(name, None)
        done = CliRunner().invoke(cli, ["--app", f"{name}:link", *words])
        assert code == done.exit_code, done.output
        return done

    return invoke


def test_what_is_recommended_is_shown_with_its_reason(run: Run) -> None:
    ask = ("recommend", "show", "--store", "shop")
    assert "Too little is known" in run(*ask, "--email", "ada@example.com").output
    told = run("recommend", "rebuild").output
    assert "shop: 4 people bought 2 products, which have 2 neighbors.\n" == told

    shown = run(*ask, "--email", "ada@example.com").output
    assert "bought together with Mug by 3 people" in shown
    [found] = json.loads(run(*ask, "--product", "product-Tea", "--json").output)
    assert ("product-Mug", 3, "product-Tea") == (
        found["product"],
        found["people"],
        found["because"],
    )
    [report] = json.loads(run("recommend", "rebuild", "--store", "shop", "--json").output)
    assert {"store": "shop", "people": 4, "products": 2, "neighbors": 2, "complete": True} == report


def test_nobody_and_no_such_store_are_errors(run: Run) -> None:
    for words, said in (
        (("--store", "shop"), "name a person by email"),
        (("--store", "other", "--email", "ada@example.com"), "other"),
    ):
        done = run("recommend", "show", *words, code=1)
        assert said in str(done.exception)
