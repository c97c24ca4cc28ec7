"""A process of storelink's own looks for cycles seldom; one that only uses storelink does not."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

from storelink.workers.process import OBJECTS, collect_seldom


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_is_loaded_is_not_looked_through_again() -> None:
    collect_seldom()
    assert OBJECTS == gc.get_threshold()[0]
    assert gc.get_freeze_count() > OBJECTS


def test_a_signal_of_celery_can_call_it() -> None:
    collect_seldom(sender=None, signal=None)
    assert OBJECTS == gc.get_threshold()[0]


def test_cycles_are_still_found() -> None:
    collect_seldom()
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1


def test_an_application_with_a_storelink_in_it_keeps_its_own_ways() -> None:
    code = (
        "import gc; before = gc.get_threshold(); import storelink.app, storelink.workers.process; "
        "assert gc.get_threshold() == before and gc.get_freeze_count() == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
