"""A country as people write it is the country that the rules know, where that is certain."""

from __future__ import annotations

from datetime import date

import pytest
from core.world import START

from storelink.contracts import Reason
from storelink.delivery.lawful import verdict_of
from storelink.delivery.spending import place_of
from storelink.models import Address, MessageClass
from storelink.policy import Confidence, Zone, judge
from storelink.policy.countries import code_of
from storelink.policy.hours import Hours, next_open
from storelink.policy.question import Basis, Outcome, Question, Standing
from storelink.policy.verdict import Stop
from storelink.policy.zones import everywhere


@pytest.mark.parametrize(
    ("written", "known"),
    [
        (" us ", "US"),
        ("de", "DE"),
        ("Germany", "DE"),
        ("UNITED STATES", "US"),
        ("Côte d’Ivoire", "CI"),
        ("Freedonia", "Freedonia"),
        ("XX", "XX"),
        ("  ", None),
        (None, None),
    ],
)
def test_a_country_is_known_by_its_code_or_its_name(written: str | None, known: str | None) -> None:
    assert known == code_of(written)


def test_the_rules_of_a_country_hold_however_its_name_is_written() -> None:
    home = Address(country=" United States", region="us-ca")
    assert ("US", "CA") == place_of(home)


def test_who_can_be_reached_at_no_hour_is_not_said_to_have_refused() -> None:
    zone = Zone(everywhere(), Confidence.UNKNOWN)
    standing = Standing(Basis.CONFIRMED, START, "checkout")
    question = Question(
        message_class=MessageClass.MARKETING,
        channel="sms",
        at=START,
        country="US",
        zone=zone,
        standing=standing,
    )
    ruling = judge(question)
    assert (Outcome.SUPPRESS, True) == (ruling.outcome, ruling.never_open)
    verdict = verdict_of(ruling, question, "1")
    assert isinstance(verdict, Stop)
    assert Reason.QUIET_HOURS == verdict.reason
    assert "No hour of the next two weeks" in verdict.detail["why"]


def test_a_week_whose_only_day_is_a_holiday_is_waited_for() -> None:
    hours = Hours.parse("Fri 9:00-17:00; holidays closed")
    friday = date(2026, 11, 6)
    found = next_open(hours, START, ["UTC"], closed_on=lambda day: day == friday)
    assert START.replace(day=13) == found
