"""Back up, go on, restore: with `since` raised, nobody gets anything twice."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, START, World

from storelink import Storelink
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.models import MessageState
from storelink.testing import FrozenClock, Timeline


def by_api(source: sqlite3.Connection, target: Path) -> None:
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def by_statement(source: sqlite3.Connection, target: Path) -> None:
    source.execute("VACUUM INTO ?", (str(target),))


class Accident:
    """A shop whose database was copied on the first day, and lost on the eleventh."""

    def __init__(self, folder: Path, copy: Callable[[sqlite3.Connection, Path], None]) -> None:
        self.copy, self.clock = folder / "copy.db", FrozenClock(START)
        self.world = World(f"sqlite:///{folder}/link.db", clock=self.clock)
        with self.world.link:
            self.world.delivered_order(ADA)  # she is asked for a review after a week
            self.world.link.sweep("shop")  # as a worker does: the copy knows how far it had read
            self.world.clock.advance(HOUR)
            with closing(sqlite3.connect(folder / "link.db")) as source:
                copy(source, self.copy)
            self.world.delivered_order(BOB)
            self.world.wait(10 * DAY)

    def restored(self, **options: object) -> Storelink:
        """The shop, the buyers and the provider are as they were; only we know less."""
        return Storelink(
            f"sqlite:///{self.copy}",
            stores={"shop": self.world.store},
            channels=[self.world.channel],
            hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()],
            clock=self.clock,
            **options,  # type: ignore[arg-type]
        )

    def twice(self) -> list[str]:
        return [key for key, number in Counter(self.world.sent()).items() if number > 1]


@pytest.fixture(params=[by_api, by_statement])
def accident(request: pytest.FixtureRequest, tmp_path: Path) -> Accident:
    return Accident(tmp_path, request.param)


def live(accident: Accident, link: Storelink) -> None:
    """Read what is missing, and let a month pass."""
    link.sweep("shop")
    Timeline(link, "shop", accident.world.store, accident.clock).wait(30 * DAY)


def test_with_since_at_the_loss_nothing_is_sent_twice(accident: Accident) -> None:
    with accident.restored(since=accident.clock.now()) as link:
        live(accident, link)
        assert 2 == len(link.orders("shop"))
    assert [] == accident.twice()


def test_without_it_what_was_sent_after_the_copy_is_sent_again(accident: Accident) -> None:
    """Why `since` has to be raised."""
    with accident.restored() as link:
        live(accident, link)
    assert accident.twice()


def test_what_happens_after_the_loss_is_told_as_always(accident: Accident) -> None:
    accident.clock.advance(timedelta(minutes=1))
    with accident.restored(since=accident.clock.now()) as link:
        timeline = Timeline(link, "shop", accident.world.store, accident.clock)
        accident.clock.advance(timedelta(minutes=1))
        order = timeline.place(ADA, [MUG])
        assert accident.world.sent()[-1] == f"thank_you/order:{order}"


def test_what_waited_in_the_copy_is_cancelled_and_says_why(accident: Accident) -> None:
    """Nobody can tell whether it was sent after the copy was made."""
    with accident.restored() as link:
        waiting = [one.key for one in link.messages(state=MessageState.WAITING)]
    with accident.restored(since=accident.clock.now()) as link:
        live(accident, link)
        assert {"history"} == {str(link.message(key).reason) for key in waiting}
