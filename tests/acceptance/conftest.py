"""Shops over the recorded journeys."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from acceptance.shop import Shop

from storelink.testing.journeys import PACKAGED, Journeys


@pytest.fixture(scope="session")
def journeys() -> Journeys:
    """The shipped set, or the one that `STORELINK_JOURNEYS` names."""
    return Journeys(os.environ.get("STORELINK_JOURNEYS", PACKAGED))


@pytest.fixture
def shop(journeys: Journeys) -> Iterator[Shop]:
    """A shop that answers reads with the recorded truth, once it is told to know it."""
    one = Shop(journeys)
    with one.link:
        yield one


@pytest.fixture
def webhook_shop(journeys: Journeys) -> Iterator[Shop]:
    """A shop of which nothing is known but its webhooks."""
    one = Shop(journeys, readable=False)
    with one.link:
        yield one
