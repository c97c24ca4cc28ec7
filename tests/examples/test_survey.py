"""The example of the survey runs as a new user would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "hooks" / "survey.py"


def test_who_was_unhappy_is_called(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ["call Bea: 1 of 5"] == [one for one in done.stdout.splitlines() if "call" in one]
    assert "" == done.stderr
