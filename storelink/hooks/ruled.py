"""What the policy says of one message, as it is told to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storelink.contracts.hook import Reason
from storelink.models.enums import MessageState
from storelink.policy.question import Outcome
from storelink.storage import MessageRow

FOR_NOW = frozenset({Reason.QUIET_HOURS, Reason.PREFERRED_TIME, Reason.TOO_MANY})
"""Why the policy lets a message wait for a certain moment."""
BY_POLICY = FOR_NOW | {
    Reason.NO_CONSENT,
    Reason.REFUSED,
    Reason.SUPPRESSED,
    Reason.MUTED,
    Reason.INCOMPLETE,
    Reason.SWITCHED_OFF,
    Reason.STAGING,
    Reason.HELD_BACK,
    Reason.PLATFORM_SENDS,
}
"""Why the policy lets a message wait, or stops it."""

_STOPPED = (MessageState.CANCELLED, MessageState.EXPIRED)
_RULES = "rules"
"""Where a verdict's detail has the version of the rulebook that it goes by."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the policy says of a message.

    Attributes:
        until: until when one waits that waits; if not for a certain moment, when it is looked at
            again.
        detail: values for the sentence of *reason*, and the rule with its source.
    """

    decision: Outcome
    reason: Reason | None = None
    until: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values; what no rule of the rulebook decided has no rule."""
        return {
            "decision": self.decision.value,
            "until": self.until.isoformat() if self.until else None,
            "rule": self.detail.get("rule"),
            "source": self.detail.get("source"),
            "version": self.detail.get(_RULES),
        }


def remembered(row: MessageRow) -> Ruled | None:
    """Return what the policy said of a message when it was last asked, as far as that is kept."""
    reason, detail = Reason(row.reason) if row.reason else None, row.detail or {}
    if row.state is MessageState.WAITING:
        return Ruled(Outcome.DEFER, reason, row.due_at, detail) if reason in BY_POLICY else None
    if row.state in _STOPPED:
        is_its = reason in BY_POLICY or _RULES in detail
        return Ruled(Outcome.SUPPRESS, reason, None, detail) if is_its else None
    return Ruled(Outcome.SEND, detail=detail) if _RULES in detail else None


def ruled(row: MessageRow, foretold: Ruled | None) -> Ruled | None:
    """Return what to tell of a message: what it would be now, or else what it was.

    A message that may go when it is due, and is due only then because the policy put it off, is
    still put off.
    """
    then = remembered(row)
    if foretold is None or (foretold.decision is Outcome.SEND and then is not None):
        return then
    return foretold
