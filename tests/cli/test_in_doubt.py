"""Settling what nobody knows, by the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from storelink.cli.main import cli
from storelink.models import MessageState
from storelink.storage import Database
from storelink.testing.outbox_suite import NOW, add

Run = Callable[..., Result]

CONFIG = """
database = "sqlite:///link.db"
[stores.a]
platform = "woocommerce"
url = "https://a.example"
webhook_secret = "s"
[stores.b]
platform = "woocommerce"
url = "https://b.example"
webhook_secret = "s"
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A shop with two messages in doubt of store `a`, and one of store `b`."""
    config = tmp_path / "storelink.toml"
    config.write_text(CONFIG, encoding="utf-8")
    database = Database(f"sqlite:///{tmp_path}/link.db")
    add(database, "1", "2", store="a")
    add(database, "3", store="b")
    add(database, "4", store="b")
    with database.write() as tx:
        for row in tx.messages.all():
            if row.order_id != "4":
                tx.messages.change(row, now=NOW, state=MessageState.IN_DOUBT, reason="in_doubt")
    database.close()

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(config), *words])

    return invoke


def keys(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    return [row["key"] for row in json.loads(done.output)]


def test_what_is_in_doubt_is_listed(run: Run) -> None:
    expected = ["a/note/order:1", "a/note/order:2", "b/note/order:3"]
    assert expected == keys(run("outbox", "list", "--in-doubt", "--json"))


def test_messages_are_settled_by_their_keys(run: Run) -> None:
    done = run("outbox", "settle", "a/note/order:1", "b/note/order:3", "--sent")
    assert done.output == "a/note/order:1: sent\nb/note/order:3: sent\n"


def test_all_of_a_store_are_settled_at_once(run: Run) -> None:
    words = ("outbox", "settle", "--all-in-doubt", "--store", "a", "--not-sent", "--json")
    assert ["a/note/order:1", "a/note/order:2"] == keys(run(*words))
    assert ["b/note/order:3"] == keys(run("outbox", "list", "--in-doubt", "--json"))
    again = run("outbox", "settle", "--all-in-doubt", "--store", "a", "--sent")
    assert again.output == "No message is in doubt.\n"


@pytest.mark.parametrize("words", [[], ["x", "--all-in-doubt"], ["x", "--store", "a"]])
def test_it_must_be_clear_which_ones(run: Run, words: list[str]) -> None:
    done = run("outbox", "settle", *words, "--sent")
    assert (2, True) == (done.exit_code, "--all-in-doubt" in done.output)
