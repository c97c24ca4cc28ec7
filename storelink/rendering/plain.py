"""HTML made from plain text, for messages that have no HTML of their own."""

from __future__ import annotations

import re

from markupsafe import Markup

from storelink.rendering.links import linked

_BLANK_LINES = re.compile(r"\n{3,}")


def tidy(text: str) -> str:
    """Return *text* without trailing blanks and with at most one blank line in a row."""
    lines = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"


def paragraphs(text: str) -> list[Markup]:
    """Return the paragraphs of *text* as HTML: escaped, with line breaks and safe links."""
    blocks = tidy(text).strip().split("\n\n")
    return [Markup("<br>\n").join(linked(line) for line in block.split("\n")) for block in blocks]
