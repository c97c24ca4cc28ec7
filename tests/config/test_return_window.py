"""`[returns]`: what customers can ask to send back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storelink import Returns
from storelink.config.load import load_config
from storelink.errors import ConfigError

STORE = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
consumer_key = "ck_x"
consumer_secret = "cs_x"
webhook_secret = "s"
"""


def rules_of(folder: Path, text: str) -> Returns | None:
    path = folder / "storelink.toml"
    path.write_text(f"{STORE}\n{text}\n", encoding="utf-8")
    found: Returns | None = load_config(path)["returns"]
    return found


def test_without_the_table_nobody_can_ask(tmp_path: Path) -> None:
    assert rules_of(tmp_path, "") is None


def test_an_empty_table_is_enough(tmp_path: Path) -> None:
    assert Returns() == rules_of(tmp_path, "[returns]")


def test_what_it_says_counts(tmp_path: Path) -> None:
    text = '[returns]\nwindow = "60d"\ntransit = "3d"\nexchange = false\nexcluded = ["7"]'
    expected = Returns(
        window=timedelta(days=60),
        transit=timedelta(days=3),
        exchange=False,
        excluded=frozenset({"7"}),
    )
    assert expected == rules_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "named"),
    [('windows = "3d"', r"returns\.windows"), ('window = "-3d"', r"returns")],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        rules_of(tmp_path, f"[returns]\n{text}")
