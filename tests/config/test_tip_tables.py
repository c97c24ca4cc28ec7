"""`[hooks.care_tips]` and `[hooks.community_invite]`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storelink.config.load import load_config
from storelink.errors import ConfigError
from storelink.hooks import CareTips, CommunityInvite

STORE = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
consumer_key = "ck_x"
consumer_secret = "cs_x"
webhook_secret = "s"
"""
TIPS = """
[hooks.care_tips]
transit = "3d"

[[hooks.care_tips.tips]]
product = "77"
after = "12h"
url = "https://atelier.example/mug.pdf"

[[hooks.care_tips.tips]]
tag = "cast iron"
text = { en = "Season it.", de = "Einbrennen." }
"""
TWICE = """
[[hooks.care_tips.tips]]
tag = "a"
text = "x"

[[hooks.care_tips.tips]]
tag = "a"
text = "y"
"""


def configured(tmp_path: Path, text: str) -> list[object]:
    path = tmp_path / "storelink.toml"
    path.write_text(STORE + text, encoding="utf-8")
    hooks: list[object] = load_config(path)["hooks"]
    return hooks


def test_tips_stand_in_the_file(tmp_path: Path) -> None:
    (hook,) = configured(tmp_path, TIPS)
    assert isinstance(hook, CareTips)
    first, second = hook.tips
    assert (timedelta(days=3), timedelta(hours=12), "77") == (
        hook.transit, first.after, first.product,
    )  # fmt: skip
    assert {"en": "Season it.", "de": "Einbrennen."} == second.text
    assert timedelta(days=1) == second.after


def test_the_community_stands_in_the_file(tmp_path: Path) -> None:
    text = '[hooks.community_invite]\nurl = "https://c.example"\nafter_orders = 3\n'
    (hook,) = configured(tmp_path, text)
    assert isinstance(hook, CommunityInvite)
    assert ("https://c.example", 3) == (hook.url, hook.after_orders)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[hooks.care_tips]\ntips = []", "hooks.care_tips: there are no tips"),
        (
            '[[hooks.care_tips.tips]]\nproduct = "77"\nurl = "javascript:1"',
            "hooks.care_tips.tips.0.url",
        ),
        ('[[hooks.care_tips.tips]]\nproduct = "77"', "a url, a text or a template"),
        (
            '[[hooks.care_tips.tips]]\nproduct = "77"\nsku = "M"\ntext = "x"',
            "one of product, variant, sku, tag or category",
        ),
        (
            TWICE,
            "give one of them a name",
        ),
        (
            '[[hooks.care_tips.tips]]\ntag = "a"\ntext = "x"\nafter = "-P1D"',
            "hooks.care_tips.tips.0.after",
        ),
        ('[hooks.community_invite]\nurl = "c.example"', "hooks.community_invite: a link"),
        (
            '[hooks.community_invite]\nurl = "https://c.example"\nafter_orders = 0',
            "after_orders is at least 1",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told.replace(".", r"\.")):
        configured(tmp_path, text)
