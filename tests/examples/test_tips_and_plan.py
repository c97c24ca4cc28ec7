"""The examples of tips, invitation and plan run as a new user would run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LATE = (
    "Mon 05 Jan 12:00  c…@e….com  "
    "Late-order notice: The order should have been shipped, and was not."
)
FOLDER = Path(__file__).parents[2] / "examples" / "hooks"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "care_tips",
            ["Vor dem ersten Mal einbrennen.", "Mehr dazu: https://atelier.example/pan.pdf"],
        ),
        (
            "community_invite",
            ["after order 1: 0 invitations", "after order 3: 1 invitations",
             "Join the community: https://atelier.example/friends"],
        ),
        (
            "plan",
            [LATE],
        ),
    ],
)  # fmt: skip
def test_the_example_says_what_it_says(tmp_path: Path, name: str, told: list[str]) -> None:
    command = [sys.executable, str(FOLDER / f"{name}.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "" == done.stderr
    assert [] == [line for line in told if line not in done.stdout.splitlines()]
