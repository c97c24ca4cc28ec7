"""Links from data: only those that do no harm."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

MAX_LINK: Final = 2_048

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\"'<>\\^`{|}\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"'\u2066-\u2069]+", re.IGNORECASE)
_TRAILING = ".,;:!?)]»”’"


def safe_url(value: object) -> str:
    """Return *value* if it is a link that may stand in a mail, otherwise `""`.

    Such a link is absolute, `http`, `https` or `mailto`, and has no blanks, quotes or control
    characters. A `javascript:` or `data:` link is none, and neither is `www.example.com`.

    >>> safe_url("https://track.example/?n=1"), safe_url("javascript:alert(1)")
    ('https://track.example/?n=1', '')
    """
    url = value.strip() if isinstance(value, str) else ""
    if len(url) > MAX_LINK or _FORBIDDEN.search(url):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme in ("http", "https"):
        return url if host else ""
    return url if parts.scheme == "mailto" and "@" in parts.path else ""


def linked(text: str) -> Markup:
    """Return *text* as HTML in which its links can be followed; all else is escaped."""
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        url = match.group().rstrip(_TRAILING)
        if safe_url(url):
            parts += [escape(text[end : match.start()]), _anchor(url)]
            end = match.start() + len(url)
    return Markup("".join([*parts, escape(text[end:])]))  # noqa: S704  every part is escaped


def _anchor(url: str) -> Markup:
    shown = url.removeprefix("mailto:")
    return Markup('<a href="{}" class="link" dir="ltr" style="{}">{}</a>').format(
        url, "word-break:break-all", shown
    )
