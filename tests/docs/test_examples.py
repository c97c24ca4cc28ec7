"""The examples run as a new user would run them, and say what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(name: str, folder: Path) -> list[str]:
    script = ROOT / "examples" / name
    done = subprocess.run(
        [sys.executable, str(script)], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_the_first_message(tmp_path: Path) -> None:
    lines = run("first_message.py", tmp_path)
    assert lines[0] == "1 message: Thank you for your order #1001"
    assert "  Thank-you: Sent on 1 January 2026, 12:00 UTC by recording." in lines


def test_a_hook_of_your_own(tmp_path: Path) -> None:
    lines = run("custom_hook.py", tmp_path)
    assert lines[:3] == ["#1001 was paid", "#1004 was paid", "#1007 was paid"]
    assert lines[3] == "['A little extra for order #1004']"
    notes = [line.strip() for line in lines if line.startswith("  gift_note:")]
    assert notes == [
        "gift_note: Not sent: its own condition was not met.",
        "gift_note: Sent on 1 January 2026, 14:00 UTC by recording.",
        "gift_note: Cancelled on 1 January 2026, 12:00 UTC: the order was refunded in full.",
    ]


def test_every_command_and_hook_is_documented() -> None:
    """A command or a setting that nobody can read about does not exist."""
    from storelink.cli.main import cli
    from storelink.config.settings import Hooks

    pages = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert [] == [name for name in cli.commands if f"storelink {name}" not in pages]
    assert [] == [name for name in Hooks.model_fields if f"[hooks.{name}]" not in pages]
