"""A process that is killed while it reads a list leaves its place, and nothing twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from core.crash import worker
from core.world import ADA, MUG, START

from storelink import Storelink
from storelink.contracts.store import Page
from storelink.intake import taking
from storelink.models import Kind
from storelink.testing import FakeStore, FrozenClock

KILLED = -signal.SIGKILL
PAGES, PAGE = 5, 2
NEVER = 99


class Mortal(FakeStore):
    """A store that notes the cursors that it is asked for, also by the dead.

    Args:
        notes: the file.
        die_at: its n-th page of orders is asked for by a process that dies of it.
    """

    def __init__(self, notes: Path, die_at: int = NEVER) -> None:
        clock = FrozenClock(START)
        super().__init__(clock=clock)
        self.clock, self.page_size = clock, PAGE
        self._notes, self._left = notes, die_at
        for _ in range(PAGES * PAGE):
            self.place(ADA, [MUG])

    def changed(self, kind: Kind, **options: Any) -> Page:
        if kind is Kind.ORDER:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)
            with self._notes.open("a", encoding="utf-8") as file:
                file.write(f"{options.get('cursor')}\n")
        return super().changed(kind, **options)


def read(database: str, what: str, store: tuple[Path, int], die_within: int = NEVER) -> None:
    """Sweep or backfill, and die before the n-th page is committed, if not before."""
    made = Mortal(*store)
    truth, left = taking.absorb, die_within

    def absorb(*args: Any, **options: Any) -> Any:
        nonlocal left
        done = truth(*args, **options)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    taking.absorb = absorb  # type: ignore[attr-defined]
    with Storelink(database, stores={"shop": made}, clock=made.clock) as link:
        link.sweep("shop") if what == "sweep" else link.backfill("shop", kinds=["order"])


@pytest.mark.parametrize("what", ["sweep", "backfill"])
@pytest.mark.parametrize(
    ("die_asking", "die_within", "repeated"),
    [(2, NEVER, 0), (5, NEVER, 0), (NEVER, 1, 1), (NEVER, 3, 1), (NEVER, 5, 1)],
)
def test_who_is_killed_repeats_one_page_at_most(
    tmp_path: Path, what: str, die_asking: int, die_within: int, repeated: int
) -> None:
    database, notes = f"sqlite:///{tmp_path}/link.db", tmp_path / "notes"
    assert KILLED == worker.run(read, database, what, (notes, die_asking), die_within)
    assert 0 == worker.run(read, database, what, (notes, NEVER))
    asked = notes.read_text(encoding="utf-8").splitlines()
    assert PAGES + repeated == len(asked)
    assert PAGES == len(set(asked))
    store = Mortal(tmp_path / "other")
    with Storelink(database, stores={"shop": store}, clock=store.clock) as link:
        assert PAGES * PAGE == len(link.orders("shop"))
        events = [event.id for event in link.events(store="shop")]
        assert len(set(events)) == len(events)
