"""The benchmarks run, and what they write has its shape; their figures are no business of tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.catalog import Benchmark, Kind, benchmarks
from benchmarks.chart import Bar, bar_chart
from benchmarks.measure import Bench, Figure
from benchmarks.report import is_good, page

ROOT = Path(__file__).parents[2]
KEYS = {"value", "floor", "ratio", "unit"}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "--quick", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_figure_is_measured_and_written(tmp_path: Path) -> None:
    done = run("--to", str(tmp_path), "--json")

    assert (0, "") == (done.returncode, done.stderr if done.returncode else "")
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results == json.loads(done.stdout)
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    usual = {one.name for one in benchmarks() if not one.only_full}
    left_out = {name for name in usual - results.keys() if "postgresql" in name}
    assert usual == results.keys() | left_out
    assert [] == [name for name in usual if f"`{name}`" not in text]
    assert results.keys() == {line.split("`")[1] for line in text.splitlines() if "| `" in line}
    for result in results.values():
        assert KEYS == result.keys()
        assert min(result["value"], result["floor"], result["ratio"]) > 0
        assert result["unit"] in ("per s", "ms", "MB")


def test_new_figures_are_put_beside_the_others(tmp_path: Path) -> None:
    before = {"value": 3.0, "floor": 1.0, "ratio": 3.0, "unit": "ms"}
    (tmp_path / "results.json").write_text(json.dumps({"import_app": before}), encoding="utf-8")

    done = run("--to", str(tmp_path), "--only", "import_storelink")

    assert 0 == done.returncode
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert ["import_storelink", "import_app"] == list(results)
    assert before == results["import_app"]


def test_a_name_that_no_figure_has_is_an_error(tmp_path: Path) -> None:
    done = run("--to", str(tmp_path), "--only", "nothing")

    assert (1, "no figure's name begins with nothing\n") == (done.returncode, done.stderr)
    assert [] == list(tmp_path.iterdir())


def test_the_committed_page_and_figures_are_of_the_same_run() -> None:
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")

    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert list(results) == [row.split("`")[1] for row in rows]
    assert [f"{one['ratio']:.2f}" for one in results.values()] == [
        row.split("|")[4].strip() for row in rows
    ]


def test_figures_have_four_digits() -> None:
    result = Figure(value=2345.678, floor=1000.0, unit="per s").to_dict()

    assert {"value": 2346.0, "floor": 1000.0, "ratio": 2.346, "unit": "per s"} == result


@pytest.mark.parametrize(
    ("kind", "goal", "ratio", "expected"),
    [
        (Kind.SHARE, 0.4, 0.5, True),
        (Kind.SHARE, 0.4, 0.3, False),
        (Kind.GROWTH, 2, 1.1, True),
        (Kind.GROWTH, 2, 2.1, False),
        (Kind.START, None, 9.0, True),
    ],
)
def test_a_goal_is_reached_upward_or_downward(
    kind: Kind, goal: float | None, ratio: float, expected: bool
) -> None:
    assert expected == is_good(one("it", kind, goal), {"ratio": ratio})


def test_the_page_names_the_floor_the_machine_and_what_is_missing() -> None:
    known = [one("receive", Kind.SHARE, 0.4), one("claim", Kind.GROWTH, 2)]
    results = {"receive": {"value": 1234.5, "floor": 2469.0, "ratio": 0.5, "unit": "per s"}}

    text = page(known, results, machine=["2 cores"], left_out={"claim": "no server"})

    row = "| `receive` | 1,234 per s | 2,469 per s | 0.50 | ≥ 0.4 |"
    assert row in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "- `receive`: what. *Floor:* floor." in text
    assert "- 2 cores" in text
    assert "- `claim`: no server" in text


def test_the_chart_takes_the_colors_of_its_page() -> None:
    chart = bar_chart(
        [Bar("a < b", 0.5, goal=0.4), Bar("late", 0.2, goal=0.4, is_good=False)], title="Shares"
    )

    svg = ET.fromstring(chart)
    texts = [part for part in svg if part.tag.endswith("text")]
    assert ["floor", "a < b", "0.50", "late", "0.20"] == [part.text for part in texts]
    assert {"currentColor"} == {part.get("fill") for part in texts}
    bars = [part for part in svg if part.tag.endswith("rect")]
    assert 2.5 == pytest.approx(
        float(bars[0].get("width", "")) / float(bars[1].get("width", "")), rel=0.01
    )
    assert bars[0].get("fill") != bars[1].get("fill")


def one(name: str, kind: Kind, goal: float | None) -> Benchmark:
    def measure(bench: Bench) -> Figure:
        raise AssertionError("not measured here")

    return Benchmark(name=name, kind=kind, what="what", floor="floor", measure=measure, goal=goal)
