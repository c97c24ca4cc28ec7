"""`[hooks.greetings]`, `[hooks.win_back]` and `[hooks.next_purchase]`."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from storelink.config.load import load_config
from storelink.errors import ConfigError
from storelink.hooks import Greetings, NextPurchaseReward, WinBack

STORE = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
webhook_secret = "s"
birthday_meta = "birth_date"
"""
HOOKS = """
[hooks.greetings]
festivals = { IN = ["Diwali"], "*" = ["New Year's Day"] }
reward = { percent = 10, valid_for = "30d" }
at = "08:30"
within = "104w"

[hooks.win_back]
patience = 2
first_after = "180d"

[hooks.next_purchase]
after_orders = 2
every = 5
reward = { percent = "7.5" }
"""


def load(tmp_path: Path, text: str) -> dict[str, object]:
    file = tmp_path / "storelink.toml"
    file.write_text(STORE + text)
    return load_config(file)


def test_what_the_tables_say_the_hooks_do(tmp_path: Path) -> None:
    greet, win, code = load(tmp_path, HOOKS)["hooks"]  # type: ignore[misc]
    assert isinstance(greet, Greetings)
    assert isinstance(win, WinBack)
    assert isinstance(code, NextPurchaseReward)
    assert (time(8, 30), timedelta(weeks=104)) == (greet.at, greet.within)
    assert {"IN": ("Diwali",), "*": ("New Year's Day",)} == greet.calendar.festivals
    assert greet.reward is not None
    assert timedelta(days=30) == greet.reward.valid_for
    assert (2, timedelta(days=180), timedelta(days=90)) == (
        win.patience, win.first_after, win.typical,
    )  # fmt: skip
    assert (2, 5, Decimal("7.5")) == (code.after_orders, code.every, code.reward.percent)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[hooks.greetings]\nfestivals = { IN = ["Divali"] }', "IN does not know 'Divali'"),
        ('[hooks.greetings]\nat = "8"', "hooks.greetings.at"),
        ("[hooks.win_back]\npatience = -1", "hooks.win_back.patience"),
        ("[hooks.next_purchase]", "hooks.next_purchase.reward"),
        ("[hooks.next_purchase]\nreward = { percent = 0 }", "hooks.next_purchase.reward.percent"),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(tmp_path, text)
