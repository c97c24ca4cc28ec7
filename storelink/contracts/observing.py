"""What those who watch are told: a few plain values, after the fact, without personal data."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """A webhook was answered.

    Attributes:
        topic: the platform's name of what it is about; empty if nothing was stored.
        result: a state of the inbox (`"absorbed"`, `"kept"`, `"ignored"`, `"new"`), `"duplicate"`,
            or, if nothing was stored, `"refused"` or `"busy"`.
        events: how many events became known with it.
        inbox_id: its row in the inbox, if it has one.
    """

    store: str
    topic: str
    result: str
    events: int = 0
    inbox_id: int | None = None


@dataclass(frozen=True, slots=True)
class Attempted:
    """A message was handed to a channel.

    Attributes:
        outcome: `"sent"`, `"temporary"`, `"channel down"`, `"failed"` or `"in doubt"`.
        seconds: how long the channel took.
        key: the message's idempotency key.
        order: the id of the order that it is about, if it is about one.
    """

    store: str
    channel: str
    outcome: str
    seconds: float
    key: str
    order: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """A message was decided on, and not handed to a channel.

    Attributes:
        outcome: `"cancelled"`, `"expired"`, `"postponed"`, `"waiting"` (for a repair), or
            `"released"` (given back as it was).
    """

    store: str
    outcome: str
    key: str
    order: str | None


@dataclass(frozen=True, slots=True)
class Swept:
    """A store was swept.

    Attributes:
        result: `"ok"`, `"problems"` (parts of it went wrong), `"failed"`, or `"left alone"`.
        events: how many events became known.
        seconds: how long it took.
    """

    store: str
    result: str
    events: int
    seconds: float


Happening = Received | Attempted | Settled | Swept
Observer = Callable[[Happening], object]
"""Is told what happened, in the thread in which it did: it should be quick."""


class Observers:
    """Tells everybody who watches; nobody of them can hold up or break the work."""

    def __init__(self) -> None:
        self._watching: tuple[Observer, ...] = ()

    def add(self, observer: Observer) -> None:
        """Let *observer* be told from now on."""
        self._watching = (*self._watching, observer)

    def __call__(self, happening: Happening) -> None:
        """Tell what happened."""
        for observer in self._watching:
            try:
                observer(happening)
            except Exception as error:  # noqa: BLE001  it is somebody else's code
                log.error("an observer failed: %s", type(error).__name__)
