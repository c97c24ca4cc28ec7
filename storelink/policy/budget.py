"""How many messages a person may get: pure.

A budget belongs to a person, whatever the channel and whichever hook asks. What the order needs
is exempt: it neither counts nor waits, so that no review request can crowd out a delay notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from storelink.errors import ConfigError
from storelink.models.enums import MessageClass

EXEMPT = MessageClass.TRANSACTIONAL
LONGEST = timedelta(days=366)
"""For how long a message can count."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *most* messages of *classes*, counted together, within any *period*.

    It counts those of every channel, unless it is about one *channel*. The least gap between two
    messages is such a limit, too: at most one within that time. A period is half open: what was
    sent at noon no longer counts at the noon at which it ends.

    >>> Limit.gap(timedelta(hours=20), MessageClass.MARKETING).most
    1

    Raises:
        ConfigError: it lets nothing pass ever, counts for longer than `LONGEST`, or limits what the
            order needs.
    """

    classes: frozenset[MessageClass]
    most: int
    period: timedelta
    channel: str | None = None

    def __post_init__(self) -> None:
        if self.most < 1 or self.period <= timedelta():
            raise ConfigError("a limit lets at least one message pass, in a time that is not empty")
        if self.period > LONGEST:
            raise ConfigError("a limit counts for a year at most: what went before is forgotten")
        if EXEMPT in self.classes or not self.classes:
            raise ConfigError("a limit is for messages that the order does not need")

    @classmethod
    def gap(cls, least: timedelta, *classes: MessageClass) -> Limit:
        """Return the limit that lets *least* pass between two messages."""
        return cls(frozenset(classes), 1, least)

    def counts(self, message_class: MessageClass, channel: str) -> bool:
        """Say whether it is about such messages."""
        return message_class in self.classes and self.channel in (None, channel)


Limits = tuple[Limit, ...]

_BOTH = frozenset({MessageClass.RELATIONSHIP, MessageClass.MARKETING})

DEFAULT: Limits = (
    Limit(_BOTH, 1, timedelta(hours=20)),
    Limit(_BOTH, 4, timedelta(days=7)),
    Limit(frozenset({MessageClass.RELATIONSHIP}), 2, timedelta(days=7)),
    Limit(frozenset({MessageClass.MARKETING}), 3, timedelta(days=7)),
)
"""What a shop gets that says nothing; no law says so.

Twenty hours, and not a day: a message that waits for the next morning is not to be late for it.
Three of marketing: whoever left a cart gets as many reminders within a few days.
"""


class Spent(NamedTuple):
    """A message that a person got, or is about to get."""

    at: datetime
    message_class: MessageClass
    channel: str = ""


def spare(
    spent: Iterable[Spent],
    limits: Limits,
    message_class: MessageClass,
    now: datetime,
    *,
    channel: str = "",
) -> datetime | None:
    """Return when the next message of that class may go; `None` if it may go now.

    Who lets one go only then, in whatever order and by whatever clock they ask, never exceeds a
    limit: what a faster clock has let go counts, although it lies ahead.
    """
    if message_class is EXEMPT:
        return None
    counted = list(spent)
    ours = (limit for limit in limits if limit.counts(message_class, channel))
    free = (_free(counted, limit, now) for limit in ours)
    return max((at for at in free if at is not None), default=None)


def horizon(limits: Limits) -> timedelta:
    """Return for how long a message counts at most."""
    return max((limit.period for limit in limits), default=timedelta())


def _free(spent: Sequence[Spent], limit: Limit, now: datetime) -> datetime | None:
    """Return when *limit* lets one more pass, if it does not now."""
    since = now - limit.period
    counts = [at for at, of, channel in spent if at > since and limit.counts(of, channel)]
    if len(counts) < limit.most:
        return None
    return sorted(counts)[-limit.most] + limit.period
