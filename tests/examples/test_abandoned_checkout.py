"""The example of a left cart runs as a new user would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "hooks" / "abandoned_checkout.py"


def test_who_ordered_hears_no_more_and_who_said_why_gets_an_answer(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "" == done.stderr
    said, *mails = done.stdout.splitlines()
    assert "Ada says: price" == said
    people = [line.partition(":")[0] for line in mails]
    assert {"ada@example.com": 3, "bea@example.com": 1} == {
        one: people.count(one) for one in people
    }
