"""Whose turn it is: one worker at a time reads a store."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storelink.clock import Clock
from storelink.errors import Conflict
from storelink.storage import Database, Transaction

LENGTH = timedelta(minutes=5)
"""For how long a turn lasts unless it is kept; each page keeps it."""
LONGEST = timedelta(hours=1)
"""A turn that would end later was taken while a clock was wrong."""


def _new_owner() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4()}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One worker's turn at one thing with one store."""

    store: str
    name: str
    owner: str = field(default_factory=_new_owner)

    def take(self, tx: Transaction, *, now: datetime, longer: timedelta = timedelta()) -> None:
        """Take the turn, or keep it for a while longer.

        Raises:
            Conflict: it is another worker's.
        """
        tx.lock(f"{self.store}/{self._position}")
        held = tx.positions.get(self.store, self._position)
        if held is not None and held["owner"] != self.owner and not _is_over(held, now):
            raise Conflict(
                f"another worker is at the {self.name} of {self.store} already; "
                f"its turn ends at {held['until']} unless it goes on"
            )
        until = (now + min(LENGTH + longer, LONGEST)).isoformat()
        value = {"owner": self.owner, "until": until}
        tx.positions.put(self.store, self._position, value, now=now)

    def give_back(self, tx: Transaction) -> None:
        """Let others have the turn."""
        tx.lock(f"{self.store}/{self._position}")
        held = tx.positions.get(self.store, self._position)
        if held is not None and held["owner"] == self.owner:
            tx.positions.delete(self.store, self._position)

    @property
    def _position(self) -> str:
        return f"turn/{self.name}"


@contextmanager
def turn(database: Database, clock: Clock, store: str, name: str) -> Iterator[Turn]:
    """Have the turn inside the block.

    Raises:
        Conflict: it is another worker's.
    """
    mine = Turn(store, name)
    with database.write() as tx:
        mine.take(tx, now=clock.now())
    try:
        yield mine
    finally:
        with database.write() as tx:
            mine.give_back(tx)


def _is_over(held: dict[str, str], now: datetime) -> bool:
    left = datetime.fromisoformat(held["until"]) - now
    return not timedelta() < left <= LONGEST or _is_dead(held["owner"])


def _is_dead(owner: str) -> bool:
    """Say whether the owner's process surely ended: nobody needs to wait for its turn to end."""
    host, process, _ = owner.split("/")
    if os.name != "posix" or host != socket.gethostname() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)  # signal 0 only asks whether there is such a process
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
