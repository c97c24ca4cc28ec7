"""The example of returns runs as a new user would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "hooks" / "returns_updates.py"


def test_each_step_is_told_in_the_readers_language_and_the_refund_with_its_amount(
    tmp_path: Path,
) -> None:
    command = [sys.executable, str(EXAMPLE)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "" == done.stderr
    lines = done.stdout.splitlines()
    assert "wants refund" in lines[0]
    told = iter(lines)  # each of these, in this order
    assert all(
        one in told
        for one in (
            "Ihre Rücksendung aus der Bestellung #1001: Anfrage erhalten",
            "Ihre Rücksendung aus der Bestellung #1001 ist genehmigt",
            "Ihre Rücksendung aus der Bestellung #1001 ist angekommen",
            "Ihre Erstattung zur Bestellung #1001",
            "Erstattung: 9,00\u00a0€",
        )
    )
