"""An incentive is given whatever the review says; what would not be honest does not construct."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from storelink import Money
from storelink.hooks import Incentive, ReviewRequest
from storelink.hooks.incentive import is_google

TEN = Incentive(percent="10")


@pytest.mark.parametrize(
    "condition", ["min_rating", "stars", "sentiment", "only_positive", "after_survey", "min_score"]
)
def test_an_incentive_cannot_depend_on_what_the_review_says(condition: str) -> None:
    options: dict[str, Any] = {"percent": "10", condition: 4}
    with pytest.raises(ValidationError, match=f"{condition}: everybody .*16 CFR 465.4"):
        Incentive(**options)


@pytest.mark.parametrize(
    "url",
    [
        "https://g.page/r/Cabc/review",
        "https://search.google.com/local/writereview?placeid=abc",
        "https://www.google.de/maps/place/atelier",
        "https://maps.app.goo.gl/abc",
        "https://maps.google.co.in/?cid=1",
    ],
)
def test_a_link_to_google_cannot_carry_an_incentive(url: str) -> None:
    with pytest.raises(ValueError, match="Google's Maps user-contributed content policy"):
        ReviewRequest(review_url=url, incentive=TEN)
    assert url == ReviewRequest(review_url=url).review_url


@pytest.mark.parametrize(
    "url", ["https://shop.example/google.html", "https://notgoogle.com/r", "https://xg.page/r"]
)
def test_a_link_elsewhere_can(url: str) -> None:
    assert not is_google(url)
    assert TEN is ReviewRequest(review_url=url, incentive=TEN).incentive


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"percent": "10", "amount": Money(5, "EUR")},
        {"percent": "0"},
        {"percent": "101"},
        {"amount": Money(0, "EUR")},
        {"percent": "10", "valid_for": timedelta()},
    ],
)
def test_an_incentive_takes_one_thing_off(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Incentive(**options)
