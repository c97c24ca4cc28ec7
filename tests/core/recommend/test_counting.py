"""Counting and ranking: exact whatever fits into memory, and in little of it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tracemalloc
from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.recommending import fill
from benchmarks.shop import NOW, STORE
from storelink.models import Kind
from storelink.recommend import Rebuilding
from storelink.recommend.pairs import Pair, Pairs
from storelink.recommend.ranking import LEAST, NEAREST, nearness, neighbors
from storelink.recommend.rebuild import NEWEST
from storelink.storage import Database
from storelink.testing import FrozenClock

ROOT = Path(__file__).parents[3]
BASKETS = st.lists(st.lists(st.integers(0, 12), unique=True, max_size=5), max_size=30)


@given(baskets=BASKETS, most=st.integers(1, 20))
def test_however_little_fits_into_memory_all_is_counted(
    baskets: list[list[int]], most: int
) -> None:
    with Pairs(most) as pairs:
        for basket in baskets:
            pairs.add(basket)
        found = list(pairs)
    expected = Counter(pair for basket in baskets for pair in permutations(basket, 2))
    assert [(*pair, expected[pair]) for pair in sorted(expected)] == [tuple(one) for one in found]


def test_many_pairs_take_no_more_memory_than_few() -> None:
    def peak(people: int) -> int:
        tracemalloc.start()
        with Pairs(2_000) as pairs:
            for person in range(people):
                pairs.add([person, person + 1, person + 2])
            assert people * 4 + 2 == sum(1 for _ in pairs)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(16_000) < 4 * peak(2_000)


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [
        ((10, 10, 10), (5, 10, 10)),
        ((20, 100, 20), (20, 10_000, 20)),
        ((100, 200, 200), (3, 3, 3)),
        ((50, 60, 60), (5, 5, 5)),
    ],
    ids=[
        "more people bought both",
        "a bestseller is near to nothing",
        "a hundred of two hundred are more than three of three",
        "fifty of sixty are more than five of five",
    ],
)
def test_nearness(nearer: tuple[int, int, int], farther: tuple[int, int, int]) -> None:
    assert nearness(*nearer) > nearness(*farther)


@given(both=st.integers(1, 10**6), more=st.integers(0, 10**6), others=st.integers(0, 10**6))
def test_nearness_is_a_share_the_same_both_ways_and_grows_with_what_is_shared(
    both: int, more: int, others: int
) -> None:
    one, other = both + more, both + others
    near = nearness(both, one, other)
    assert 0 < near < 1
    assert near == nearness(both, other, one)
    assert near < nearness(both + 1, one + 1, other + 1) or math.isclose(near, 1)


def test_only_the_nearest_are_kept_and_coincidences_are_not() -> None:
    pairs = [Pair(0, other, LEAST) for other in range(1, NEAREST + 6)]
    pairs += [Pair(1, 0, LEAST - 1), Pair(2, 0, LEAST)]
    found = dict(neighbors(pairs, lambda number: 10, str))
    assert {"0", "2"} == found.keys()
    assert [str(one) for one in range(1, NEAREST + 1)] == [row.other for row in found["0"]]


def test_of_somebody_who_bought_everything_the_newest_count(tmp_path: Path) -> None:
    """Pairs grow with the square of what one person bought."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    fill(url, 5_000)
    database = Database(url)
    with database.write() as tx:
        rows = tx.records.page(STORE, Kind.ORDER, after="", limit=2_000)
        for row in rows:
            object.__setattr__(row, "person", "buyer@example.com")
        tx.records.put((None, row) for row in rows)
    report = Rebuilding(database, FrozenClock(NOW)).rebuild(STORE)
    assert (1, NEWEST, 0) == (report.people, report.products, report.neighbors)
    database.close()


def test_a_rebuild_can_be_stopped_and_leaves_what_was_known(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    fill(url, 2_000)
    database = Database(url)
    rebuilding = Rebuilding(database, FrozenClock(NOW))
    known = rebuilding.rebuild(STORE).neighbors
    assert known > 0
    assert not rebuilding.rebuild(STORE, stop=lambda: True).complete
    with database.read() as tx:
        assert known == sum(len(some) for some in tx.everything.rows("neighbors"))
    database.close()


def test_a_process_that_counts_stays_small(tmp_path: Path) -> None:
    """60,000 lines; `benchmarks/recommending.py` does the same with 5 million."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    fill(url, 60_000)
    command = [sys.executable, "-m", "benchmarks.recommending", url]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert told["neighbors"] > 1_000
    assert told["megabytes"] < 200
