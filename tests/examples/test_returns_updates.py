"""The example of refunds runs as a new user would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "hooks" / "returns_updates.py"


def test_each_refund_is_told_with_its_amount_in_the_readers_language(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "" == done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("Erstattung")]
    assert ["Erstattung: 9,00\u00a0€", "Erstattung: 64,00\u00a0€"] == told
