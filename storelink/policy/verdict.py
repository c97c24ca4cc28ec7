"""The verdict on one message at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storelink.contracts.hook import Reason, Send


@dataclass(frozen=True, slots=True)
class Go:
    """It may go now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It may go, but not before *until*."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """It may not go any more."""

    reason: Reason


Verdict = Go | Wait | Stop


def check(send: Send, now: datetime) -> Verdict:
    """Say whether *send* may go at *now*: not too early, and not when it has become pointless."""
    if send.expires_at is not None and now >= send.expires_at:
        return Stop(Reason.EXPIRED)
    if now < send.due_at:
        return Wait(send.due_at)
    return Go()
