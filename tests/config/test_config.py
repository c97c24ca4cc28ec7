"""The configuration file and the environment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storelink import Storelink
from storelink.cli.work import STARTER
from storelink.config.load import load_config
from storelink.contracts import Rate, Retry
from storelink.errors import ConfigError, PluginError

MINIMAL = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
webhook_secret = "hidden-in-tests"
"""


@pytest.fixture
def write(tmp_path: Path):
    def write_it(text: str) -> Path:
        path = tmp_path / "storelink.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_it


def test_the_starter_file_opens(write) -> None:
    """What `storelink init` writes can be used as it is."""
    path = write(STARTER)
    with Storelink.from_config(path) as link:
        assert link.messages() == []
    assert (path.parent / "storelink.db").exists()


def test_hooks_take_their_settings(write) -> None:
    hooks = load_config(
        write(f'{MINIMAL}\n[hooks.review_request]\nafter = "3d"\ntransit = "36h"\n')
    )["hooks"]
    assert [(hook.name, hook.after, hook.transit) for hook in hooks] == [
        ("review_request", timedelta(days=3), timedelta(hours=36))
    ]


def test_a_hook_without_a_table_is_off_and_an_empty_table_is_on(write) -> None:
    hooks = load_config(write(f"{MINIMAL}\n[hooks.tracking]\n"))["hooks"]
    assert [hook.name for hook in hooks] == ["tracking"]
    assert hooks[0].created_expires_after == timedelta(days=14)


def test_the_environment_goes_before_the_file(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORELINK_DATABASE", "sqlite:////elsewhere.db")
    monkeypatch.setenv("STORELINK_STORES__ATELIER__URL", "https://other.example")
    config = load_config(write(MINIMAL))
    assert config["database"] == "sqlite:////elsewhere.db"
    assert repr(config["stores"]["atelier"]) == "WooCommerce('https://other.example')"


def test_a_relative_database_starts_at_the_files_folder(write) -> None:
    path = write(f'database = "sqlite:///data/shop.db"\n{MINIMAL}')
    assert load_config(path)["database"] == f"sqlite:///{path.parent}/data/shop.db"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nonsense", "not TOML"),
        ("database = 'sqlite://'", "stores"),
        (f"colour = 'red'\n{MINIMAL}", "colour"),
        ("[stores.atelier]\nurl = 'https://a.example'", "stores.atelier.platform"),
        (MINIMAL.replace("https://atelier.example", "not a url"), "stores.atelier.url"),
        (MINIMAL + "ur1 = 'x'", "stores.atelier.ur1"),
        (f"{MINIMAL}\n[hooks.review_request]\nafter = 'soon'", "hooks.review_request.after"),
        (f"{MINIMAL}\n[hooks.reviews]", "hooks.reviews"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_is_shown(write, text: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(text))
    assert named in str(caught.value)
    assert "hidden-in-tests" not in str(caught.value)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="storelink init"):
        load_config(tmp_path / "storelink.toml")


def test_an_unknown_platform_lists_the_installed_ones(write) -> None:
    with pytest.raises(PluginError, match="shopify, woocommerce"):
        load_config(write(MINIMAL.replace("woocommerce", "bigcartel")))


def test_rates_and_waits_are_settings(tmp_path: Path) -> None:
    text = """
attempts_per_commit = 20
[stores.shop]
platform = "woocommerce"
url = "https://shop.example"
message_rate = "100/min"
[channels.email]
url = "smtp://localhost:1025"
sender = "shop@example.com"
rate = "10/s"
retry = { first = "10s", attempts = 5 }
"""
    path = tmp_path / "storelink.toml"
    path.write_text(text, encoding="utf-8")
    options = load_config(path)
    (channel,) = options["channels"]
    assert (20, {"shop": Rate.parse("100/min")}) == (
        options["attempts_per_commit"],
        options["store_rates"],
    )
    assert Rate.parse("10/s") == channel.rate
    assert Retry(timedelta(seconds=10), timedelta(hours=1), 5) == channel.retry
    path.write_text(text.replace('"10/s"', '"fast"'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"channels\.email\.rate: a rate is a number of"):
        load_config(path)
    path.write_text(text.replace('"10s"', '"2h"'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"channels\.email\.retry: 0 < first <= longest"):
        load_config(path)
