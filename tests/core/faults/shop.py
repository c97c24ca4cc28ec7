"""A shop whose surroundings fail at chosen steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from core.world import ADA, BOB, HOUR, MUG, TEA, World

from storelink.errors import StorageUnavailable
from storelink.models import MessageState, Outgoing
from storelink.testing import RecordingChannel

STEPS = ("claim", "decide", "render", "begin", "send", "settle", "settled")
ORDERS = 3


def nothing() -> None:
    """Do nothing."""


class Once:
    """Does something when a step begins for the first time."""

    def __init__(self, step: str, act: Callable[[], None]) -> None:
        self.is_done = False
        self._step, self._act = step, act

    def __call__(self, name: str) -> None:
        if name == self._step and not self.is_done:
            self.is_done = True
            self._act()


class TroubledChannel(RecordingChannel):
    """Takes every message; while it takes the first one, something happens."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__()
        self._once = Once("send", act)

    def send(self, message: Outgoing) -> object:  # type: ignore[override]
        """Take the message."""
        accepted = super().send(message)
        self._once("send")
        return accepted


class JumpingClock:
    """A clock that somebody sets, also back."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def jump(self, by: timedelta) -> None:
        self._now += by

    advance = jump

    def set(self, now: datetime) -> None:
        self._now = now


def place_orders(world: World) -> list[str]:
    """Let people buy, and return the keys of their thank-yous."""
    bought = ((ADA, MUG), (BOB, TEA), (ADA, TEA))
    ids = [world.store.place(contact, [item]) for contact, item in bought]
    world.absorb()
    return [f"thank_you/order:{order_id}" for order_id in ids]


def work(world: World, *, repair: Callable[[], None] = nothing, hours: int = 6) -> int:
    """Work, hour by hour; return how often the database could not be used."""
    failures = 0
    for _ in range(hours):
        try:
            world.link.run_once()
        except StorageUnavailable:
            failures += 1
        repair()
        world.clock.advance(HOUR)
    world.link.run_once()
    return failures


def wrong(world: World, keys: list[str]) -> list[str]:
    """Say what is wrong, if not everybody has got the message once, and nobody was in doubt."""
    sent = Counter(world.sent())
    found = [f"{key} was sent {sent[key]} times" for key in keys if sent[key] != 1]
    found += [f"{key} was not asked for" for key in sent.keys() - set(keys)]
    for one in map(world.message, keys):
        if (one.state, one.doubts) != (MessageState.SENT, 0):
            found.append(f"{one.key} is {one.state} ({one.reason}), in doubt {one.doubts} times")
    return found
