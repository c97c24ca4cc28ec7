"""The page of the documentation that shows the figures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from benchmarks.catalog import Benchmark, Kind
from benchmarks.chart import Bar, bar_chart

Results = Mapping[str, Mapping[str, Any]]

_HEAD: Final = """\
# Benchmarks

This page is written by `make bench`, and so is `benchmarks/results.json`.

Every figure stands beside its *floor*: the least that a program of one's own would do for the
same, measured in the same run, in turns. The ratio of the two travels between machines; seconds
and rates do not. Medians count.
"""
_SECTIONS: Final = {
    Kind.SHARE: (
        "Throughput",
        "Ratio: the share of the floor's rate; more is better. A mark shows the goal.",
    ),
    Kind.GROWTH: (
        "Growth",
        "Ratio: to the time or the memory of the smaller case; 1 is flat. A mark shows the limit.",
    ),
    Kind.START: ("Start", "Ratio: in units of what importing pydantic takes; less is better."),
}


def page(
    known: Sequence[Benchmark],
    results: Results,
    *,
    machine: Iterable[str],
    left_out: Mapping[str, str],
) -> str:
    """Return the page in Markdown."""
    parts = [_HEAD, "## Machine", "\n".join(f"- {line}" for line in machine)]
    for kind, (title, words) in _SECTIONS.items():
        shown = [one for one in known if one.kind is kind and one.name in results]
        if shown:
            parts += [f"## {title}", words, _chart(shown, results, title)]
            parts += [_table(shown, results), _words(shown)]
    missing = [f"- `{one.name}`: {_why(one, left_out)}" for one in known if one.name not in results]
    if missing:
        parts += ["## Left out", "\n".join(missing)]
    parts += ["## Measure yourself", _HOW]
    return "\n\n".join(part.strip() for part in parts) + "\n"


_HOW: Final = """\
```console
$ make bench
$ python -m benchmarks --only receive --rounds 9
$ python -m benchmarks --full
$ python -m benchmarks --database postgresql://user@host/postgres
```

`--full` also claims among 10 million messages, and watches the memory over a million events.
PostgreSQL is started in a temporary folder, with durable commits; `--database` names a server to
use instead. `python -m benchmarks --help` tells the rest.
"""


def _chart(shown: Sequence[Benchmark], results: Results, title: str) -> str:
    bars = [
        Bar(one.name, results[one.name]["ratio"], one.goal, is_good(one, results[one.name]))
        for one in shown
    ]
    return f"```{{raw}} html\n{bar_chart(bars, title=title)}\n```"


def _why(one: Benchmark, left_out: Mapping[str, str]) -> str:
    usual = "measured with `--full` only" if one.only_full else "not measured"
    return left_out.get(one.name, usual)


def is_good(one: Benchmark, result: Mapping[str, Any]) -> bool:
    """Say whether a figure reaches its goal; it does if it has none."""
    if one.goal is None:
        return True
    ratio: float = result["ratio"]
    return ratio >= one.goal if one.kind is Kind.SHARE else ratio <= one.goal


def _table(shown: Sequence[Benchmark], results: Results) -> str:
    lines = ["| figure | value | floor | ratio | goal |", "|---|--:|--:|--:|--:|"]
    for one in shown:
        result = results[one.name]
        cells = [f"{number(result[name])} {result['unit']}" for name in ("value", "floor")]
        limit = "≥" if one.kind is Kind.SHARE else "≤"
        cells += [f"{result['ratio']:.2f}", "" if one.goal is None else f"{limit} {one.goal:g}"]
        unbroken = " | ".join(cell.replace(" ", "\N{NO-BREAK SPACE}") for cell in cells)
        lines.append(f"| `{one.name}` | {unbroken} |")
    return "\n".join(lines)


def _words(shown: Sequence[Benchmark]) -> str:
    return "\n".join(f"- `{one.name}`: {one.what}. *Floor:* {one.floor}." for one in shown)


def number(value: float) -> str:
    """Return a number with as many digits as say something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004
