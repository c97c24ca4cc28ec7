"""The mail of the town: it writes down what it took, and fails as mail servers do."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storelink.clock import Clock
from storelink.contracts.channel import Accepted, Channel
from storelink.contracts.manifest import Manifest
from storelink.errors import Rejected, RetryLater
from storelink.models import Contact, Outgoing
from storelink.testing import RecordingChannel


class WorkerDied(BaseException):
    """The worker is gone in this very moment: nothing of its own cleans up."""


class Fate(StrEnum):
    """What becomes of a message that is handed over."""

    TAKEN = "taken"
    LATER = "later"
    """It is not taken now."""
    REFUSED = "refused"
    """It never will be."""
    LOST_BEFORE = "lost before"
    """The connection breaks before it is taken, and nobody can tell."""
    LOST_AFTER = "lost after"
    """It is taken, and the answer is lost."""
    DIED = "died"
    """It is taken, and the worker dies with the answer in its hands."""


BAD_DAYS = (*Fate, Fate.LATER, *[Fate.TAKEN] * 27)
"""Of so many messages, each has one of these fates, in an order by chance."""


@dataclass(slots=True)
class Letter:
    """What became of one message.

    Attributes:
        times: how often it was taken, and *at* when for the first time.
        doubts: how often the worker could not know whether it was taken.
    """

    mail: Outgoing = field(repr=False)
    at: datetime
    times: int = 0
    doubts: int = 0
    is_refused: bool = False

    def take(self, mail: Outgoing, at: datetime) -> None:
        """Arrive once more."""
        if not self.times:
            self.mail, self.at = mail, at
        self.times += 1


class Post(Channel):
    """Reaches everybody who has an e-mail address; like SMTP, it drops no repeats.

    Args:
        clock: tells when a message came.
        fates: what becomes of so many messages one after the other; by default all are taken.
        seed: decides their order.

    Attributes:
        letters: what was handed over, by the message's key.
        happened: how often what went wrong.
    """

    def __init__(
        self, clock: Clock, *, fates: Sequence[Fate] = (Fate.TAKEN,), seed: int = 0
    ) -> None:
        self._clock, self._fates = clock, fates
        self._left, self._chance = list[Fate](), random.Random(f"{seed}/post")
        self.letters: dict[str, Letter] = {}
        self.happened: Counter[str] = Counter()
        self._in_hand: str | None = None

    @property
    def manifest(self) -> Manifest[Channel]:
        """What mail can do."""
        return RecordingChannel().manifest

    @property
    def medium(self) -> str:
        """What laws take it for."""
        return "email"

    def address(self, contact: Contact) -> str | None:
        """Return the e-mail address."""
        return contact.email or None

    def send(self, message: Outgoing) -> Accepted:
        """Take *message*, or fail by chance."""
        letter = self.letters.setdefault(message.key, Letter(message, self._clock.now()))
        fate = self._fate()
        self.happened[fate] += 1
        if fate is Fate.LATER:
            raise RetryLater("busy", code="450 4.2.1")
        if fate is Fate.REFUSED:
            letter.is_refused = True
            raise Rejected("no such mailbox", code="550 5.1.1")
        if fate is not Fate.LOST_BEFORE:
            letter.take(message, self._clock.now())
        if fate in {Fate.LOST_BEFORE, Fate.LOST_AFTER}:
            letter.doubts += 1
            raise ConnectionResetError("the answer never came")
        self._in_hand = message.key
        if fate is Fate.DIED:
            raise WorkerDied
        return Accepted(provider_id=f"<{message.key}>")

    def settled(self) -> None:
        """Hear that what came of the last message is written down."""
        self._in_hand = None

    def forgotten(self) -> None:
        """Hear that the worker died."""
        if self._in_hand is not None:
            self.letters[self._in_hand].doubts += 1
        self._in_hand = None

    def _fate(self) -> Fate:
        if not self._left:
            self._left = self._chance.sample(self._fates, len(self._fates))
        return self._left.pop()
