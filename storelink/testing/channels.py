"""A channel for tests: it keeps what it was given, and fails when told."""

from __future__ import annotations

import threading
from collections import deque

from pydantic import BaseModel, ConfigDict

from storelink.contracts.channel import Accepted, Channel
from storelink.contracts.manifest import Capability, Manifest
from storelink.models.contact import Contact
from storelink.models.message import Outgoing


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    deduplicates: bool = False


class RecordingChannel(Channel):
    """Reaches everybody who has an e-mail address, and keeps every message in `sent`.

    Args:
        deduplicates: drop a message whose key was accepted before, and say so in the manifest.
        medium: what laws take it for; `"sms"` reaches everybody who has a phone instead.

    Attributes:
        sent: the accepted messages, oldest first.
    """

    def __init__(self, *, deduplicates: bool = False, medium: str = "email") -> None:
        self.sent: list[Outgoing] = []
        self._medium = medium
        self._deduplicates = deduplicates
        self._failures: deque[tuple[Exception, bool]] = deque()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"RecordingChannel({len(self.sent)} sent)"

    @property
    def manifest(self) -> Manifest[Channel]:
        """What this channel can do."""
        drops = {Capability.DEDUPLICATES} if self._deduplicates else set()
        return Manifest(
            name="recording",
            title="Recording channel",
            factory=RecordingChannel,
            settings=_Settings,
            capabilities=frozenset({Capability.HTML, Capability.ATTACHMENTS} | drops),
        )

    @property
    def medium(self) -> str:
        """What laws take it for."""
        return self._medium

    def address(self, contact: Contact) -> str | None:
        """Return the e-mail address; the phone number, if it is no e-mail."""
        return (contact.email if self._medium == "email" else contact.phone) or None

    def fail_next(self, error: Exception, *, times: int = 1) -> None:
        """Let the next messages fail with *error*; they are not accepted."""
        self._failures.extend([(error, False)] * times)

    def lose_next_answer(self, error: Exception) -> None:
        """Accept the next message and fail with *error* nevertheless."""
        self._failures.append((error, True))

    def send(self, message: Outgoing) -> Accepted:
        """Keep *message*, or fail as told."""
        with self._lock:
            error, is_accepted = self._failures.popleft() if self._failures else (None, True)
            if is_accepted and not self._is_repeat(message):
                self.sent.append(message)
            if error is not None:
                raise error
        return Accepted(provider_id=f"recording/{message.key}")

    def _is_repeat(self, message: Outgoing) -> bool:
        return self._deduplicates and any(one.key == message.key for one in self.sent)
