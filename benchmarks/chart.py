"""A bar chart as SVG: no script, no library, legible on light and on dark ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

WIDTH: Final = 760
_LABELS: Final = 240
_RIGHT: Final = 70
_ROW: Final = 30
_BAR: Final = 16
_TOP: Final = 26
_COLOR, _LATE = "#2a9d8f", "#d1495b"
_INK: Final = "currentColor"
_STROKE: Final[dict[str, Any]] = {"stroke": _INK, "stroke_width": 2}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        goal: where a mark stands, if anywhere.
        is_good: whether the goal is reached; it is drawn in another color if not.
    """

    label: str
    value: float
    goal: float | None = None
    is_good: bool = True


def bar_chart(bars: Sequence[Bar], *, title: str, floor: float = 1.0) -> str:
    """Return an `<svg>` of horizontal bars, and a line at *floor*.

    Texts take the color of the page that the chart stands on.
    """
    longest = max([floor, *(max(bar.value, bar.goal or 0) for bar in bars)])
    scale = (WIDTH - _LABELS - _RIGHT) / (longest * 1.02)
    height, at_floor = _TOP + _ROW * len(bars) + 6, _LABELS + floor * scale
    line = {"x1": at_floor, "x2": at_floor, "y1": _TOP - 6, "y2": height, **_STROKE}
    parts = [
        _tag("text", "floor", x=at_floor, y=14, text_anchor="middle", fill=_INK),
        *(_bar(bar, _TOP + _ROW * row, scale) for row, bar in enumerate(bars)),
        _tag("line", **line, stroke_dasharray="3 3", opacity=0.6),
    ]
    return _tag(
        "svg",
        "\n" + "\n".join(parts) + "\n",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        width="100%",
        role="img",
        aria_label=title,
        font_family="inherit",
        font_size=13,
    )


def _bar(bar: Bar, top: int, scale: float) -> str:
    middle, length = top + _ROW // 2, bar.value * scale
    color, text_y = _COLOR if bar.is_good else _LATE, middle + 4
    parts = [
        _tag("text", escape(bar.label), x=_LABELS - 10, y=text_y, text_anchor="end", fill=_INK),
        _tag("rect", x=_LABELS, y=middle - _BAR // 2, width=length, height=_BAR, fill=color),
    ]
    after = length
    if bar.goal is not None:
        at = _LABELS + bar.goal * scale
        parts.append(_tag("line", x1=at, x2=at, y1=top + 3, y2=top + _ROW - 3, **_STROKE))
        after = max(length, bar.goal * scale) if bar.goal * scale < length + _RIGHT else length
    parts.append(_tag("text", f"{bar.value:.2f}", x=_LABELS + after + 8, y=text_y, fill=_INK))
    return "".join(parts)


def _tag(name: str, content: str = "", **attributes: Any) -> str:
    """Return an element; an underscore in an attribute's name stands for a hyphen."""
    written = "".join(
        f' {key.replace("_", "-")}="{escape(_short(value))}"' for key, value in attributes.items()
    )
    return f"<{name}{written}>{content}</{name}>"


def _short(value: Any) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
