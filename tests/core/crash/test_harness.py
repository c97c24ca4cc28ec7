"""The crash harness kills processes at every step: nothing is lost and nothing is twice.

`STORELINK_CRASH_KILLS=10000` kills more; `python -m benchmarks.crash` prints figures.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import crash, crash_fleet
from benchmarks.crash_outcome import Outcome, judge
from benchmarks.crash_store import write_truth
from storelink.models import MessageState

ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("STORELINK_CRASH_KILLS", "225"))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_processes_that_are_killed_lose_nothing_and_double_nothing(
    database: str, request: pytest.FixtureRequest
) -> None:
    if database == "postgresql":
        request.getfixturevalue("postgres")  # skips where there is none
    kills, orders = (KILLS, 40) if database == "sqlite" else (KILLS // 3, 15)
    command = [sys.executable, "-m", "benchmarks.crash", "--json", "--seed", "3"]
    command += ["--kills", str(kills), "--orders", str(orders), "--database", database]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert (0, 0, []) == (told["lost"], told["twice"], told["what"])
    assert (0, kills) == (done.returncode, told["kills"])
    assert told["in_doubt"] <= kills
    if database == "sqlite":
        assert len(told["missed"]) <= 1  # on a busy machine the rarest step may be


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What a few orders come to when nobody is killed."""
    folder = tmp_path_factory.mktemp("calm")
    return crash.calm(crash.sqlite, folder, orders=4, seed=1).outcome


def a_key(calm: Outcome, hook: str) -> str:
    return next(key for key in calm.mails if f"/{hook}/" in key)


def with_mails(calm: Outcome, key: str, times: int, **change: Any) -> Outcome:
    """What it would have come to, had one message arrived so often."""
    mails = Counter(dict.fromkeys(calm.mails[key], times))
    message = replace(calm.messages[key], **change)
    return replace(
        calm, mails={**calm.mails, key: +mails}, messages={**calm.messages, key: message}
    )


def test_the_undisturbed_run_sends_everything_once(calm: Outcome) -> None:
    assert {1} == {mails.total() for mails in calm.mails.values()}
    assert calm.mails.keys() == calm.messages.keys()
    verdict = judge(calm, calm)
    assert ([], [], []) == (verdict.lost, verdict.twice, verdict.in_doubt)


def test_a_mail_that_did_not_arrive_is_lost(calm: Outcome) -> None:
    assert 1 == len(judge(calm, with_mails(calm, a_key(calm, "thank_you"), 0)).lost)


def test_a_mail_that_arrived_twice_without_a_doubt_is_twice(calm: Outcome) -> None:
    assert 1 == len(judge(calm, with_mails(calm, a_key(calm, "thank_you"), 2)).twice)


def test_a_mail_that_nobody_should_get_is_twice(calm: Outcome) -> None:
    found = replace(calm, mails={**calm.mails, "another": Counter({("", "", ""): 1})})
    assert 1 == len(judge(calm, found).twice)


@pytest.mark.parametrize(
    ("hook", "times", "state", "expected"),
    [
        ("thank_you", 0, MessageState.SENT, "lost"),
        ("thank_you", 1, MessageState.SENT, "settled"),
        ("thank_you", 2, MessageState.SENT, "settled"),
        ("thank_you", 3, MessageState.SENT, "twice"),
        ("offer", 0, MessageState.IN_DOUBT, "settled"),
        ("offer", 1, MessageState.IN_DOUBT, "settled"),
        ("offer", 2, MessageState.IN_DOUBT, "twice"),
        ("offer", 0, MessageState.WAITING, "lost"),
    ],
)
def test_a_doubt_is_settled_as_it_is_documented(
    calm: Outcome, hook: str, times: int, state: MessageState, expected: str
) -> None:
    attempts = 2 if hook == "thank_you" else 1
    change = {"state": state, "doubts": 1, "attempts": attempts}
    verdict = judge(calm, with_mails(calm, a_key(calm, hook), times, **change))
    found = {"lost": verdict.lost, "twice": verdict.twice, "settled": list(verdict.settled)}
    assert [expected] == [name for name, what in found.items() if what]
    assert 1 == len(verdict.in_doubt)


@pytest.mark.parametrize("what", ["orders", "events", "called"])
def test_what_is_not_known_is_lost(calm: Outcome, what: str) -> None:
    nothing: Any = {} if what == "orders" else frozenset()
    assert len(getattr(calm, what)) == len(judge(calm, replace(calm, **{what: nothing})).lost)


def test_the_same_seed_is_the_same_schedule() -> None:
    def first(seed: str) -> list[crash_fleet.Death]:
        schedule = crash_fleet.Schedule(seed, ["claim", "send"])
        return list(itertools.islice(_deaths(schedule), 50))

    assert first("1") == first("1")
    assert first("1") != first("2")


def _deaths(schedule: crash_fleet.Schedule) -> Iterator[crash_fleet.Death]:
    while True:
        yield schedule.next(None)


def test_the_same_seed_is_the_same_store(tmp_path: Path) -> None:
    def webhooks(name: str, seed: int) -> list[bytes]:
        folder = tmp_path / name
        folder.mkdir()
        return [one.body for one in write_truth(folder, orders=3, seed=seed)]

    assert webhooks("one", 1) == webhooks("two", 1)
    assert webhooks("three", 1) != webhooks("four", 2)
