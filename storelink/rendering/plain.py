"""Plain text as people write it."""

from __future__ import annotations

import re

_BLANK_LINES = re.compile(r"\n{3,}")
_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")
"""Blanks at which a line may break; French writes others before its `?` and `!`."""


def tidy(text: str) -> str:
    """Return *text* without trailing blanks and with at most one blank line in a row."""
    lines = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"


def single_spaced(text: str) -> str:
    """Return *text* in one line, with one blank where there were several."""
    return _BLANKS.sub(" ", text).strip()
