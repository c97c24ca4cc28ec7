"""Public holidays, by country and its parts."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date

import pytest

from storelink.policy.holidays import check_place, is_holiday
from storelink.policy.zones import subdivision

CHRISTMAS, BOXING_DAY = date(2026, 12, 25), date(2026, 12, 26)

CASES = [
    ("FR", "75", date(2026, 7, 14), True),
    ("FR", "75", date(2026, 7, 13), False),
    ("fr", "FR-75", date(2026, 5, 14), True),  # Ascension moves
    ("FR", "75", BOXING_DAY, False),
    ("FR", "67", BOXING_DAY, True),  # Alsace and Moselle
    ("FR", "68", date(2026, 4, 3), True),
    ("FR", "57", BOXING_DAY, True),
    ("FR", "2A", BOXING_DAY, False),
    ("FR", "75C", BOXING_DAY, False),
    ("FR", "974", date(2026, 12, 20), True),  # the end of slavery on Réunion
    ("DE", "BY", date(2026, 1, 6), True),
    ("DE", "HH", date(2026, 1, 6), False),
    ("DE", "Augsburg", date(2026, 8, 8), True),
    ("DE", "BE", date(2026, 8, 8), False),
    ("GB", "SCT", date(2026, 11, 30), True),
    ("US", "US-TX", date(2026, 11, 26), True),
    ("IN", "MH", date(2026, 8, 15), True),
]


@pytest.mark.parametrize(("country", "region", "day", "expected"), CASES)
def test_the_calendar_is_that_of_the_part(
    country: str, region: str, day: date, expected: bool
) -> None:
    assert expected == is_holiday(country, region, day)


@pytest.mark.parametrize("region", [None, "", "Bas-Rhin", "??"])
def test_where_the_part_is_not_known_every_part_counts(region: str | None) -> None:
    assert is_holiday("FR", region, BOXING_DAY)
    assert not is_holiday("FR", region, date(2026, 12, 28))


@pytest.mark.parametrize(
    ("country", "region"),
    [("FR", "75C"), ("FR", "57"), ("DE", "DE-BY"), ("DE", "Augsburg"), ("BE", "Flemish"),
     ("BE", "VLG"), ("NL", "NH"), ("GB", "SCT"), ("US", None)],
)  # fmt: skip
def test_a_part_is_one_of_those_that_the_calendar_or_else_the_standard_has(
    country: str, region: str | None
) -> None:
    check_place(country, region)


@pytest.mark.parametrize(
    ("country", "region", "told"),
    [
        ("GB", "LND", "GB has no part 'LND', but ENG, NIR, SCT, WLS"),
        ("usa", None, "'usa' is written 'US'"),
        ("NYSE", None, "'NYSE' is no code of a country"),
        ("Atlantis", None, "'Atlantis' is no code of a country"),
    ],
)
def test_what_is_no_place_is_named_with_what_is(
    country: str, region: str | None, told: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        check_place(country, region)


@pytest.mark.parametrize("country", [None, "", "ZZ", "Atlantis"])
def test_a_country_that_nobody_knows_has_no_holidays(country: str | None) -> None:
    assert not is_holiday(country, None, CHRISTMAS)


def test_a_french_postcode_tells_the_department() -> None:
    assert "67" == subdivision("FR", None, "67000")
    assert "974" == subdivision("FR", "", "97400")
    assert "20" == subdivision("fr", None, "20090")
    assert subdivision("FR", None, None) is None
    assert subdivision("DE", None, "67000") is None


def test_the_calendars_are_loaded_when_they_are_asked() -> None:
    code = "import sys, storelink.policy.holidays; print('holidays' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False" == done.stdout.strip()
