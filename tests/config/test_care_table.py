"""`[hooks.proactive_care]` in `storelink.toml`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storelink.config.load import load_config
from storelink.errors import ConfigError
from storelink.hooks import ProactiveCare
from storelink.policy.workdays import Workdays

STORE = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
webhook_secret = "whsec"
"""


def hook_of(folder: Path, table: str) -> ProactiveCare:
    file = folder / "storelink.toml"
    file.write_text(f"{STORE}\n[hooks.proactive_care]\n{table}", encoding="utf-8")
    [hook] = load_config(file)["hooks"]
    assert isinstance(hook, ProactiveCare)
    return hook


def test_what_it_says(tmp_path: Path) -> None:
    table = 'ships_within = "36h"\nescalate_after = "3d"\ncountry = "DE"\nregion = "BY"\n'
    hook = hook_of(tmp_path, f'{table}zone = "Europe/Berlin"\nexpires_after = "5d"')
    assert Workdays("DE", "BY", "Europe/Berlin") == hook.shop
    assert timedelta(hours=36) == hook.ships_within
    assert [3, 5] == [hook.escalate_after.days, hook.expires_after.days]


def test_an_empty_table_keeps_the_defaults(tmp_path: Path) -> None:
    hook, usual = hook_of(tmp_path, ""), ProactiveCare()
    assert vars(usual) == vars(hook)


@pytest.mark.parametrize("table", ['country = "Germany"', 'zone = "Mars/Olympus"'])
def test_what_does_not_exist_is_refused(tmp_path: Path, table: str) -> None:
    with pytest.raises(ConfigError, match="proactive_care"):
        hook_of(tmp_path, table)
