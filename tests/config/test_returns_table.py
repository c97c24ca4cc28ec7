"""`[hooks.returns]`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storelink.config.load import load_config
from storelink.errors import ConfigError
from storelink.hooks import ReturnsUpdates

STORE = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
consumer_key = "ck_x"
consumer_secret = "cs_x"
webhook_secret = "s"
"""


def hook_of(folder: Path, text: str) -> ReturnsUpdates:
    path = folder / "storelink.toml"
    path.write_text(f"{STORE}\n[hooks.returns]\n{text}\n", encoding="utf-8")
    (hook,) = load_config(path)["hooks"]
    assert isinstance(hook, ReturnsUpdates)
    return hook


@pytest.mark.parametrize(("text", "days"), [("", 7), ('expires_after = "2d"', 2)])
def test_an_empty_table_is_enough(tmp_path: Path, text: str, days: int) -> None:
    assert timedelta(days=days) == hook_of(tmp_path, text).expires_after


def test_what_is_misspelled_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"hooks\.returns\.expire"):
        hook_of(tmp_path, 'expire = "2d"')
