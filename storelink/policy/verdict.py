"""The verdict on one message at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storelink.contracts.hook import Reason, Send
from storelink.policy.question import Need

Said = tuple[str, str, frozenset[str]]
"""The name of a store, what something was said about there, and what was said of that."""


@dataclass(frozen=True, slots=True)
class Go:
    """It may go now.

    Attributes:
        needs: what it must bring along.
        detail: the rule that it goes by, with its source.
        rests_on: what people and the shop said until now; once they say more, it counts no longer.
    """

    needs: frozenset[Need] = frozenset()
    detail: Mapping[str, Any] = field(default_factory=dict)
    rests_on: frozenset[Said] = frozenset()


@dataclass(frozen=True, slots=True)
class Wait:
    """It may go, but not before *until*.

    Attributes:
        detail: values for the sentence of *reason*, and the rule with its source.
    """

    until: datetime
    reason: Reason | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stop:
    """It may not go any more.

    Attributes:
        detail: values for the sentence of *reason*, and the rule with its source.
    """

    reason: Reason
    detail: Mapping[str, Any] = field(default_factory=dict)


Verdict = Go | Wait | Stop


def check(send: Send, now: datetime) -> Verdict:
    """Say whether *send* may go at *now*: not too early, and not when it has become pointless."""
    if send.expires_at is not None and now >= send.expires_at:
        return Stop(Reason.EXPIRED)
    if now < send.due_at:
        return Wait(send.due_at)
    return Go()
