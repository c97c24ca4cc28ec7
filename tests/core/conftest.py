"""What the tests of the core share."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from core.world import World
from hypothesis import HealthCheck, settings

# The same examples on every machine and in every run; HYPOTHESIS_PROFILE=search looks further.
settings.register_profile(
    "storelink",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "storelink"))


@pytest.fixture
def errors_are_expected() -> None:
    """A test that asks for this provokes an error on purpose."""


@pytest.fixture(autouse=True)
def _no_error_in_the_log(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """A test fails when storelink logs an error that was not provoked."""
    yield
    if "errors_are_expected" in request.fixturenames:
        return
    errors = [
        record.getMessage()
        for record in caplog.get_records("call")
        if record.levelno >= logging.ERROR and record.name.startswith("storelink")
    ]
    assert errors == []


@pytest.fixture
def new_world(backend: str, new_database: Callable[[], str]) -> Iterator[Callable[..., World]]:
    """Makes shops on a database of each kind (SQLite's in memory), and closes them."""
    with ExitStack() as open_ones:

        def make(database: str | None = None, **options: Any) -> World:
            if database is None:
                database = "sqlite://" if backend == "sqlite" else new_database()
            world = World(database, **options)
            open_ones.enter_context(world.link)
            return world

        yield make


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop with the three built-in hooks."""
    return new_world()
