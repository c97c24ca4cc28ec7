"""The example of proactive care runs as a new user would run it, and says what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "examples" / "hooks" / "proactive_care.py"


def test_the_example_tells_what_is_late(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "" == done.stderr
    assert [
        "09 January: please look into #1001, it is stalled",
        "Your order #1001 takes a little longer",
        "On its way: your order #1001",
        "Your parcel from order #1001 takes longer than usual",
        "Delivered: your order #1001",
    ] == done.stdout.splitlines()
