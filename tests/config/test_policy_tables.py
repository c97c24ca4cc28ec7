"""What `storelink.toml` says of policy and safety."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storelink.config.load import load_config
from storelink.delivery.lawful import Rules
from storelink.errors import ConfigError
from storelink.models import MessageClass
from storelink.policy.budget import DEFAULT
from storelink.policy.hours import Hours

STORE = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
webhook_secret = "secret"
"""


def loaded(folder: Path, text: str) -> dict[str, Any]:
    file = folder / "storelink.toml"
    file.write_text(text + STORE)
    return load_config(file)


def rules(folder: Path, text: str) -> Rules:
    made = loaded(folder, text)["policy"]
    assert isinstance(made, Rules)
    return made


def test_a_file_that_says_nothing_asks_for_nothing_beyond_the_law(tmp_path: Path) -> None:
    assert Rules() == rules(tmp_path, "")
    assert loaded(tmp_path, "")["site_url"] is None


def test_wishes_limits_and_moments_are_read(tmp_path: Path) -> None:
    made = rules(
        tmp_path,
        """
        [[policy.wishes]]
        classes = ["marketing"]
        hours = "Mon-Sat 9:00-20:00; holidays closed"
        [[policy.limits]]
        classes = ["relationship", "marketing"]
        most = 2
        period = "7d"
        [policy.moments.review_request]
        opens = 18:00:00
        closes = 20:00:00
        weekdays = ["Mon", "Thu"]
        """,
    )
    (wish,), (limit,) = made.stricter.wishes, made.limits
    assert Hours.parse("Mon-Sat 9:00-20:00; holidays closed") == wish.hours
    assert frozenset({MessageClass.MARKETING}) == wish.classes
    assert (2, timedelta(days=7)) == (limit.most, limit.period)
    assert frozenset({0, 3}) == made.moments["review_request"].weekdays


def test_no_limits_can_be_wished_for_only_in_so_many_words(tmp_path: Path) -> None:
    assert DEFAULT == rules(tmp_path, "[policy]\nagreed = []").limits
    assert () == rules(tmp_path, "[policy]\nlimits = []").limits


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[policy.overrides]\n"de.nope" = "why"', "policy: an override names no rule"),
        ('[policy.overrides]\n"de.uwg-7" = " "', "the override of de.uwg-7 needs a reason"),
        (
            (
                '[[policy.wishes]]\nclasses = ["marketing"]\ncountries = ["DE"]\n'
                'channels = ["email"]\nbasis = "none"'
            ),
            "a wish asks for less than de.uwg-7 does",
        ),
        ('[policy.moments.x]\nweekdays = ["Monday"]', "policy.moments.x.weekdays.0"),
        ('[[policy.limits]]\nclasses = ["transactional"]\nmost = 1\nperiod = "1d"', "policy: "),
        ("[safety]\nmost_an_hour = -1", "safety.most_an_hour"),
        ('[safety]\nenviroment = "staging"', "safety.enviroment"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, text)
    assert words in str(raised.value)


def test_the_brake_can_be_taken_off(tmp_path: Path) -> None:
    assert loaded(tmp_path, "[safety]\nmost_an_hour = 0")["safety"].brake is None
    braked = loaded(tmp_path, "[safety]\nmost_an_hour = 50")["safety"].brake
    assert braked is not None
    assert 50 == braked.floor
