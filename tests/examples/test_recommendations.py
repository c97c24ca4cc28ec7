"""The example of recommendations runs as a new user would run it, and says what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "examples" / "hooks" / "recommendations.py"


def test_the_example_recommends_with_a_reason(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "" == done.stderr
    lines = done.stdout.splitlines()
    assert "Tea: bought together with Mug by 6 people" == lines[0]
    assert "  Look at it: https://atelier.example/tea" in lines
    assert [] == [line for line in lines if "Pot" in line]
