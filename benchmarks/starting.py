"""What it takes to import storelink, and to start its command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Bench, Figure, Watch, times

FLOOR = ("-c", "import pydantic")
CONFIGURATION = """
database = "sqlite:///{folder}/storelink.db"
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
webhook_secret = "an invented secret"
[channels.email]
url = "smtp://localhost:1025"
sender = "Atelier <hello@atelier.example>"
[hooks.thank_you]
"""


def importing(bench: Bench, module: str) -> Figure:
    """Import a module in a fresh interpreter."""
    return _compared(bench, ["-c", f"import {module}"])


def command(bench: Bench, words: Sequence[str]) -> Figure:
    """Run a command from the start of its process to the end."""
    path = Path(bench.folder) / "storelink.toml"
    path.write_text(CONFIGURATION.format(folder=bench.folder), encoding="utf-8")
    return _compared(bench, ["-m", "storelink", "--config", str(path), *words])


def _compared(bench: Bench, words: Sequence[str]) -> Figure:
    _run(words)  # makes the database, and fills the caches of files
    return times(lambda: (_run(FLOOR), _run(words)), bench.sizes.rounds)


def _run(words: Sequence[str]) -> float:
    watch = Watch()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return watch.seconds
