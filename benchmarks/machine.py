"""What figures were measured on; nothing that names a machine or a person."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def described() -> list[str]:
    """Return the processor and the programs, one a line."""
    cores = os.cpu_count()
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return [
        f"{cores} core{'s' if cores != 1 else ''} ({_processor()})",
        f"{system}, {platform.machine()}",
        f"Python {platform.python_version()}",
    ]


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
