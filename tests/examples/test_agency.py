"""The example of an agency: many stores of both platforms in one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "examples" / "agency_many_stores" / "agency.py"


def test_fifty_stores_live_in_one_process(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--days", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    *troubles, last = done.stdout.splitlines()
    assert last.startswith("50 stores, ")
    assert last.endswith(" stores, 0 twice")
    words = last.replace(",", "").split()
    placed, known = words[2], words[5]
    assert placed == known
    days = {line.partition(",")[0] for line in troubles if line.startswith("day ")}
    assert {"day 1", "day 2"} == days
