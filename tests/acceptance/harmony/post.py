"""The mail of the town: it writes down what it took, and fails as mail servers do."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from storelink.clock import Clock
from storelink.contracts.channel import Accepted, Channel
from storelink.contracts.manifest import Manifest
from storelink.errors import Rejected, RetryLater
from storelink.models import Contact, Outgoing
from storelink.testing import RecordingChannel


class WorkerDied(BaseException):
    """The worker is gone in this very moment: nothing of its own cleans up."""


@dataclass(frozen=True, slots=True)
class MailFaults:
    """What goes wrong with mail, as shares from 0 to 1.

    Attributes:
        later: it is not taken now.
        refused: it never will be.
        lost: the answer is lost; half of these messages were taken.
        died: the worker dies with the answer in its hands.
    """

    later: float = 0.0
    refused: float = 0.0
    lost: float = 0.0
    died: float = 0.0


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


class Post(Channel):
    """Reaches everybody who has an e-mail address; like SMTP, it drops no repeats.

    Attributes:
        letters: what was handed over, by the message's key.
        happened: how often what went wrong.
    """

    def __init__(self, clock: Clock, *, faults: MailFaults | None = None, seed: int = 0) -> None:
        self._clock, self._faults = clock, faults or MailFaults()
        self._chance = random.Random(f"{seed}/post")
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
        fault = self._fault()
        self.happened[fault] += 1
        if fault == "later":
            raise RetryLater("busy", code="450 4.2.1")
        if fault == "refused":
            letter.is_refused = True
            raise Rejected("no such mailbox", code="550 5.1.1")
        if fault != "lost before":
            letter.at = letter.at if letter.times else self._clock.now()
            letter.mail = letter.mail if letter.times else message
            letter.times += 1
        if fault.startswith("lost"):
            letter.doubts += 1
            raise ConnectionResetError("the answer never came")
        self._in_hand = message.key
        if fault == "died":
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

    def _fault(self) -> str:
        faults, drawn = self._faults, self._chance.random()
        shares = (
            ("later", faults.later),
            ("refused", faults.refused),
            ("lost before", faults.lost / 2),
            ("lost after", faults.lost / 2),
            ("died", faults.died),
        )
        for name, share in shares:
            if drawn < share:
                return name
            drawn -= share
        return "taken"
