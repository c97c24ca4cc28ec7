"""The scripts about greetings, win-back and codes for the next order show what they say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "hooks"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("greetings", ["Diwali: our best wishes", "A little anniversary"]),
        ("win_back", ["24 April: missed, after 30 days usually", "Something for your next visit"]),
        ("next_purchase", ["codes after order 2: 1", "codes after order 3: 2", "was taken back"]),
    ],
)
def test_the_script_shows_what_it_is_about(
    name: str, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert [] == [one for one in told if one not in printed]
