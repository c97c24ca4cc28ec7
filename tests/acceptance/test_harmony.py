"""All hooks together never contradict themselves, whatever happens to a customer."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from acceptance.harmony.lives import live, people
from acceptance.harmony.post import Fate
from acceptance.harmony.storm import SLACK, StormyTown, storm
from acceptance.harmony.town import DAY, HOUR, START, Town, someone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storelink.models import ShipmentStatus

Act = Callable[[Town], object]
back, item = st.integers(0, 1), st.integers(0, 2)
SCANS = (
    ShipmentStatus.DELIVERED,
    ShipmentStatus.DELIVERED,
    ShipmentStatus.DELAYED,
    ShipmentStatus.EXCEPTION,
)
WAITS = (HOUR, 5 * HOUR, 26 * HOUR, 3 * DAY, 8 * DAY, 35 * DAY)
waits: st.SearchStrategy[Act] = st.sampled_from(WAITS).map(lambda time: lambda one: one.wait(time))
acts: st.SearchStrategy[Act] = st.one_of(
    waits,
    waits,
    waits,
    st.builds(lambda n, paid: lambda one: one.buy(0, n, paid=paid), item, st.booleans()),
    item.map(lambda n: lambda one: one.buy(0, n)),
    item.map(lambda n: lambda one: one.leave(0, n)),
    back.map(lambda n: lambda one: one.ship(0, n)),
    back.map(lambda n: lambda one: one.ship(0, n)),
    st.builds(lambda how, n: lambda one: one.scan(0, how, n), st.sampled_from(SCANS), back),
    st.builds(lambda whole, n: lambda one: one.refund(0, n, whole=whole), st.booleans(), back),
    back.map(lambda n: lambda one: one.cancel(0, n)),
    back.map(lambda n: lambda one: one.send_back(0, n)),
    back.map(lambda n: lambda one: one.take_back(0, n)),
    st.sampled_from([0, 6, 10]).map(lambda rating: lambda one: one.answer(0, rating)),
    st.booleans().map(lambda yes: lambda one: one.say(0, yes=yes)),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(acts, min_size=3, max_size=16), st.integers(0, 3), st.booleans())
def test_no_history_makes_the_hooks_contradict_themselves(
    history: Sequence[Act], where: int, agreed: bool
) -> None:
    town = Town([someone("ada", where)])
    with town.link:
        if agreed:
            town.say(0, yes=True)
        for act in history:
            act(town)
        town.wait(timedelta(days=60))
        assert {} == town.contradictions()


CUSTOMERS = int(os.environ.get("STORELINK_HARMONY_CUSTOMERS", "0"))
DAYS = timedelta(int(os.environ.get("STORELINK_HARMONY_DAYS", "45")))
SEED = 2
EVERY_HOOK = {
    "thank_you",
    "tracking",
    "proactive_care",
    "review_request",
    "survey",
    "abandoned_checkout",
    "win_back",
    "care_tips",
    "next_purchase",
}


def test_a_shop_of_many_lives_shows_no_contradiction() -> None:
    """`STORELINK_HARMONY_CUSTOMERS=1000 STORELINK_HARMONY_DAYS=90` is the whole shop."""
    town = Town(people(CUSTOMERS or 24, seed=1))
    with town.link:
        live(town, seed=1, lasts=DAYS)
        assert set() == EVERY_HOOK - {note.hook for note in town.log()}
        assert {} == town.contradictions()


FAULTS = {"drop", "duplicate", "shuffle", "unavailable", "throttled", "cut", "lost", *Fate}


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_no_weather_makes_a_shop_on_a_platform_contradict_itself(
    platform: str, tmp_path: Path
) -> None:
    """Webhooks, calls of the API and mail fail, and workers die.

    `STORELINK_HARMONY_CUSTOMERS=1000 STORELINK_HARMONY_DAYS=90` is the whole shop, for some half an
    hour; `-s` shows its figures.
    """
    started, count = time.perf_counter(), CUSTOMERS or 12
    with storm(platform, people(count, SEED), folder=tmp_path, seed=SEED) as town:
        live(town, seed=SEED, lasts=DAYS if CUSTOMERS else 24 * DAY)
        town.settle()
        found = town.contradictions(SLACK)
        show(town, seconds=time.perf_counter() - started)
        assert {} == found
        assert set() == FAULTS - set(+town.happened())


def show(town: StormyTown, *, seconds: float) -> None:
    """Print how much was looked at, and what went wrong meanwhile."""
    figures = {
        "customers": len(town.people),
        "days": (town.clock.now() - START).days,
        "messages": len(town.log()),
        "orders": sum(map(len, town.orders.values())),
        "acts": len(town.truth.acts),
        "seconds": round(seconds),
        "faults": dict(town.happened()),
    }
    print(f"\n{town.shop.platform}: {figures}")  # noqa: T201  for those who ask with -s


def test_a_delay_that_is_the_first_word_of_the_carrier_is_told_once() -> None:
    town = Town([someone("ada")])
    with town.link:
        town.buy(0)
        town.ship(0)
        town.wait(3 * DAY)
        town.scan(0, ShipmentStatus.DELAYED)
        assert {} == town.contradictions()
