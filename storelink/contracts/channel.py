"""What a channel (e-mail, later SMS and others) must do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

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


class Channel(ABC):
    """One way to reach people."""

    @property
    @abstractmethod
    def manifest(self) -> Manifest[Channel]:
        """What this plugin is and can do."""

    @abstractmethod
    def address(self, contact: Contact) -> str | None:
        """Return where this channel reaches *contact*, or `None` if it cannot."""

    @abstractmethod
    def send(self, message: Outgoing) -> Accepted:
        """Hand *message* to the provider.

        The same `message.key` is always sent with the same provider id, so that a repeated
        attempt can be recognized; with `Capability.DEDUPLICATES` the provider drops the repeat.

        Raises:
            RetryLater: it was surely not accepted, and may be later.
            Rejected: it never will be.
            Exception: anything else means that it is not known whether it was accepted.
        """

    def check(self, now: datetime) -> Iterable[Finding]:
        """Look whether messages could be sent now, and send none; what goes wrong is a finding."""
        return ()

    def close(self) -> None:  # noqa: B027  a channel without connections has nothing to close
        """Give back connections. The channel may be used again afterwards."""
