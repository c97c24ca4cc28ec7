"""What `storelink.toml` says of policy and safety."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storelink import Storelink
from storelink.config.load import load_config
from storelink.consent import Box
from storelink.delivery.lawful import Rules
from storelink.errors import ConfigError
from storelink.models import MessageClass
from storelink.policy.budget import DEFAULT
from storelink.policy.hours import Hours
from storelink.testing import FakeStore, FrozenClock

STORE = """
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
webhook_secret = "secret"
"""

BOX = """
[[stores.atelier.boxes]]
attribute = "_news"
wording = "Yes, send me offers."
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
        (f"{BOX}classes = []", "stores.atelier.boxes.0.classes"),
        (f'{BOX}classes = ["transactional"]', "boxes.0.classes.0: what an order needs, needs no"),
        (f'{BOX}clases = ["marketing"]', "stores.atelier.boxes.0.clases"),
        (f"{BOX}yes = []", "stores.atelier.boxes.0.yes"),
        (f"{BOX}{BOX}", "stores.atelier.boxes: '_news' is named twice for email"),
        ('[[stores.atelier.boxes]]\nattribute = "_news"', "stores.atelier.boxes.0.wording"),
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


def test_the_boxes_at_the_checkout_are_read_and_kept_from_the_adapter(tmp_path: Path) -> None:
    more = """classes = ["marketing", "relationship"]\nchannel = "sms"\nyes = ["Ja "]\n"""
    made = rules(tmp_path, BOX + BOX + more)
    plain = Box(attribute="_news", wording="Yes, send me offers.")
    both = (MessageClass.MARKETING, MessageClass.RELATIONSHIP)
    texted = replace(plain, classes=both, channel="sms", yes=frozenset({"ja"}))
    assert {"atelier": (plain, texted)} == made.boxes


def test_the_doctor_says_what_a_box_is_about(tmp_path: Path) -> None:
    given = {**loaded(tmp_path, BOX), "database": "sqlite://", "channels": []}
    store = FakeStore(clock=FrozenClock())
    with Storelink(**{**given, "stores": {"atelier": store}}) as link:
        found = [one.finding for one in link.check() if one.finding.about == "consent"]
    (detail,) = (one.detail for one in found)
    assert detail == (
        "_news = 1 or on or true or yes among an order's attributes is a consent to marketing "
        "messages by email: 'Yes, send me offers.'"
    )
