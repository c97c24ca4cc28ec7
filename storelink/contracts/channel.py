"""What a channel (e-mail, later SMS and others) must do."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from storelink.contracts.finding import Finding
from storelink.contracts.manifest import Manifest
from storelink.models.contact import Contact
from storelink.models.message import Outgoing


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message.

    Attributes:
        provider_id: the provider's id of it, for example the Message-ID of a mail.
        detail: what the provider answered, for people.
    """

    provider_id: str
    detail: str = ""


class Trouble(StrEnum):
    """What came of a message after the provider took it."""

    HARD_BOUNCE = "hard_bounce"
    """Nobody gets what is sent to the address."""
    SOFT_BOUNCE = "soft_bounce"
    """It could not be delivered this time, for example because the mailbox is full."""
    COMPLAINT = "complaint"
    """The person told the mail provider that it was unwanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody reports of a message that the provider took.

    Attributes:
        ids: the `provider_id` of the message; several if it is one of them.
        code: for people, without personal data: `"5.1.1"`, `"abuse"`.
        at: when it was reported, if that is known.
    """

    ids: tuple[str, ...]
    trouble: Trouble
    code: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """How a message is tried again after a temporary failure: less and less often, not for ever.

    >>> Retry().wait(3)
    datetime.timedelta(seconds=240)

    Attributes:
        first: how long to wait after the first failure; after each further one, twice as long.
        longest: the longest wait.
        attempts: after so many failures, the message is given up. What fails because nothing can
            be sent by the channel at all does not count.
    """

    first: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    attempts: int = 30

    def __post_init__(self) -> None:
        if self.first <= timedelta() or self.longest < self.first or self.attempts < 1:
            raise ValueError("0 < first <= longest, and at least one attempt")

    def wait(self, failures: int) -> timedelta:
        """Return how long to wait after so many failures."""
        doublings: int = min(max(failures - 1, 0), 32)
        return min(self.first * (1 << doublings), self.longest)


_RATE = re.compile(r"([1-9]\d*)\s*/\s*([smhd]|sec|min|hour|day)")
_PER = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """How many messages may be sent in a time. It holds for each worker process on its own.

    >>> Rate.parse("10/s").interval
    datetime.timedelta(microseconds=100000)
    """

    number: int
    per: timedelta

    def __post_init__(self) -> None:
        if self.number < 1 or self.per <= timedelta():
            raise ValueError("a rate is at least one message in some time")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rate: `"10/s"`, `"100/min"`, `"2000/hour"`, `"20000/day"`.

        Raises:
            ValueError: it is none.
        """
        match = _RATE.fullmatch(text.strip())
        if match is None:
            raise ValueError("a rate is a number of messages in a time, for example '10/s'")
        return cls(int(match[1]), _PER[match[2][0]])

    @property
    def interval(self) -> timedelta:
        """The time from one message to the next."""
        return self.per / self.number


class Channel(ABC):
    """One way to reach people.

    Attributes:
        retry: how a message is tried again after a temporary failure.
        rate: how many messages each worker process may hand over; `None` for as many as there are.
    """

    retry: Retry = Retry()
    rate: Rate | None = None

    @property
    @abstractmethod
    def manifest(self) -> Manifest[Channel]:
        """What this plugin is and can do."""

    @property
    def medium(self) -> str:
        """What laws and people's consents call it: `"email"`, `"sms"`, `"whatsapp"`.

        By default the plugin's name. One that no law knows is judged as if it were a text message.
        """
        return self.manifest.name

    @abstractmethod
    def address(self, contact: Contact) -> str | None:
        """Return where this channel reaches *contact*, or `None` if it cannot."""

    @abstractmethod
    def send(self, message: Outgoing) -> Accepted:
        """Hand *message* to the provider.

        The same `message.key` is always sent with the same provider id, so that a repeated
        attempt can be recognized; with `Capability.DEDUPLICATES` the provider drops the repeat.

        Raises:
            RetryLater: it was surely not accepted, and may be later. Say so with `outage` when
                nothing can be sent now, whatever the message: then the channel rests for a while,
                and no message loses an attempt.
            Rejected: it never will be.
            Exception: anything else means that it is not known whether it was accepted.
        """

    def draft(self, message: Outgoing) -> bytes | None:
        """Return *message* as it would be handed over, and send nothing.

        `None` if that is nothing that could be opened, as a mail can be.

        Raises:
            Rejected: it would be refused before it is handed over.
        """
        return None

    def check(self, now: datetime) -> Iterable[Finding]:
        """Look whether messages could be sent now, and send none; what goes wrong is a finding."""
        return ()

    @property
    def hears_reports(self) -> bool:
        """Whether there is anything to read for `read_reports`."""
        return False

    def read_reports(self, take: Callable[[Report | None], object]) -> int:
        """Let every report be taken that was not yet, and return how many mails or the like it was.

        What could not be taken, because *take* raised something, is read again the next time.

        Args:
            take: is given a report; `None` for what came in and is none of ours.

        Raises:
            ConfigError: it cannot be read as it is set up.
        """
        return 0

    def close(self) -> None:  # noqa: B027  a channel without connections has nothing to close
        """Give back connections. The channel may be used again afterwards."""
