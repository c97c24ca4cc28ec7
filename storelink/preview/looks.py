"""How a mail looks in light and in dark colors, whatever the machine that shows it prefers."""

from __future__ import annotations

import re
from typing import Final

LOOKS: Final = ("light", "dark")

SIZES: Final = {"desktop": 760, "phone": 390}
"""Widths of what mails are read on, in CSS pixels."""

_DARK: Final = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
_BOTH: Final = re.compile(r"color-scheme:\s*light dark")


def looking(html: str, look: str) -> str:
    """Return *html* as a reader sees it who prefers *look*, one of `LOOKS`.

    >>> looking("@media (prefers-color-scheme: dark) {}", "dark")
    '@media all {}'
    """
    switched = _DARK.sub("all" if look == "dark" else "not all", html)
    return _BOTH.sub(f"color-scheme: {look}", switched)
