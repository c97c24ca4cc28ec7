"""Colors that can be read: contrast by the WCAG, and shades that reach it."""

from __future__ import annotations

import functools
from typing import Final

WHITE: Final = "#ffffff"
INK: Final = "#16191d"
BLACK: Final = "#000000"
READABLE: Final = 4.5
"""The contrast that WCAG 2.2 (1.4.3, level AA) asks of text."""

_STEPS: Final = 20
_LINEAR_UP_TO: Final = 0.04045  # IEC 61966-2-1 (sRGB)


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast of two colors (`"#rrggbb"`), from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@functools.lru_cache
def text_on(background: str) -> str:
    """Return white, near-black or black: the first that reads well on *background*.

    One of them always does.

    >>> text_on("#1f4d3a"), text_on("#ffd84d")
    ('#ffffff', '#16191d')
    """
    candidates = (color for color in (WHITE, INK) if contrast(color, background) >= READABLE)
    return next(candidates, BLACK)


@functools.lru_cache
def readable(color: str, background: str) -> str:
    """Return *color*, darkened or lightened until it reads well as text on *background*."""
    target = text_on(background)
    shades = (_mix(color, target, step / _STEPS) for step in range(_STEPS + 1))
    return next((one for one in shades if contrast(one, background) >= READABLE), target)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= _LINEAR_UP_TO else float(((share + 0.055) / 1.055) ** 2.4)


def _mix(color: str, other: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)
