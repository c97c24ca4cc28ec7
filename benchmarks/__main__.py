"""What storelink costs, as ratios to named floors measured in the same run.

    python -m benchmarks --only receive --rounds 9

Writes `benchmarks/results.json` and the page `docs/benchmarks.md`. With `--only`, what was measured
before stays beside the new figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks import machine, report
from benchmarks.catalog import Benchmark, benchmarks
from benchmarks.databases import LeftOut
from benchmarks.measure import FULL, QUICK, USUAL, Bench, Watch

ROOT = Path(__file__).parents[1]


@dataclass(slots=True)
class Run:
    """What came of a run."""

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def main() -> None:
    """Measure, print and write."""
    options = _options()
    chosen = [one for one in benchmarks() if _is_wanted(one, options)]
    if not chosen:
        sys.exit(f"no figure's name begins with {' or '.join(options.only)}")
    sizes = FULL if options.full else QUICK if options.quick else USUAL
    if options.rounds:
        sizes = replace(sizes, rounds=options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), sizes, options.database)
        with bench.stack:
            run = measure(bench, chosen, quiet=options.json)
            lines = [*machine.described(), *bench.versions()]
    if options.json:
        print(json.dumps(run.results, indent=2))
    _write(run, lines, options, keep=options.only is not None)


def measure(bench: Bench, chosen: Sequence[Benchmark], *, quiet: bool) -> Run:
    """Measure one after the other; what cannot be measured here is left out, with the reason."""
    run = Run()
    told = sys.stderr if quiet else sys.stdout
    print(f"{'':28} {'value':>10} {'floor':>10}        {'ratio':>7} {'took':>6}", file=told)
    for one in chosen:
        watch = Watch()
        try:
            result = one.measure(bench).to_dict()
        except LeftOut as error:
            run.left_out[one.name] = str(error)
            print(f"{one.name:28} left out: {error}", file=told)
            continue
        run.results[one.name] = result
        print(f"{one.name:28} {_line(result)} {watch.seconds:5.0f}s", file=told, flush=True)
    return run


def _line(result: Mapping[str, Any]) -> str:
    value, floor = (report.number(result[name]) for name in ("value", "floor"))
    return f"{value:>10} {floor:>10} {result['unit']:6} {result['ratio']:7.2f}"


def _write(run: Run, lines: Sequence[str], options: argparse.Namespace, *, keep: bool) -> None:
    """Write the figures and the page."""
    data = (options.to or ROOT / "benchmarks") / "results.json"
    text = (options.to or ROOT / "docs") / "benchmarks.md"
    before = json.loads(data.read_text(encoding="utf-8")) if keep and data.exists() else {}
    known = benchmarks()
    found = {**before, **run.results}
    results = {one.name: found[one.name] for one in known if one.name in found}
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    written = report.page(known, results, machine=lines, left_out=run.left_out)
    text.write_text(written, encoding="utf-8")
    print(f"\n{data}\n{text}", file=sys.stderr)


def _is_wanted(one: Benchmark, options: argparse.Namespace) -> bool:
    is_named = any(one.name.startswith(name) for name in options.only or [""])
    return is_named and (options.full or not one.only_full)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="begins so; may be repeated"
    )
    parser.add_argument("--rounds", type=int, help="how often floor and value take turns")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="measure more of everything, for hours")
    size.add_argument("--quick", action="store_true", help="only show that everything runs")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--database", metavar="URL", help="a PostgreSQL server to use")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="write there instead")
    return parser.parse_args()


if __name__ == "__main__":
    main()
