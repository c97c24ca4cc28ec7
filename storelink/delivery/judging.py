"""What the policy is asked about messages, and what its verdicts make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from storelink.contracts.hook import Reason, Send
from storelink.delivery.routing import Route
from storelink.models.enums import MessageClass
from storelink.models.message import Outgoing
from storelink.models.recipient import Recipient
from storelink.outbox import steps
from storelink.outbox.life import Basis
from storelink.outbox.steps import Step
from storelink.policy.moment import postpone
from storelink.policy.question import Need
from storelink.policy.verdict import Go, Stop, Verdict, Wait
from storelink.storage import MessageRow


class Approved(NamedTuple):
    """A message whose hook says that it should be sent."""

    row: MessageRow
    send: Send
    to: Recipient
    basis: Basis


class Case(NamedTuple):
    """A message, and which way it would go.

    Attributes:
        others: the ways that are left, should it be stopped on this one.
        passed: the channels that it may not go by, and what stops it there.
        verdict: by what it goes, once it was judged.
        at: the moment that is asked about, if that is not now: what is known now is all that is.
    """

    approved: Approved
    to: Route
    others: tuple[Route, ...] = ()
    passed: tuple[tuple[str, Stop], ...] = ()
    verdict: Go = Go()
    at: datetime | None = None

    def when(self, now: datetime) -> datetime:
        """Return the moment that is asked about."""
        return self.at or now

    @property
    def needs(self) -> frozenset[Need]:
        """What the law wants in it."""
        return self.verdict.needs

    @property
    def row(self) -> MessageRow:
        """The message."""
        return self.approved.row

    @property
    def recipient(self) -> Recipient:
        """Who receives it."""
        return self.approved.to

    @property
    def medium(self) -> str:
        """What laws call the way that it would go."""
        return self.to.channel.medium


class Writer(Protocol):
    """Turns a decided message into text."""

    def __call__(self, case: Case) -> Outgoing:
        """Return the rendered message.

        Raises:
            TemplateError: a template is missing or broken.
        """


def _nothing(row: MessageRow) -> None:
    """Find no message that follows."""


class Policy(Protocol):
    """Says of messages whether they may go now, many at once."""

    def __call__(self, cases: Sequence[Case], now: datetime) -> Mapping[int, Verdict | Exception]:
        """Return the verdict on each, or what went wrong with it, by the id of its row.

        Of what is only foretold, a case tells the moment (`Case.when`).

        Raises:
            StorageUnavailable: the database is away.
        """


def anything_goes(cases: Sequence[Case], now: datetime) -> Mapping[int, Verdict | Exception]:
    """Let everything go now: for who has a policy elsewhere."""
    return {case.row.id: Go() for case in cases}


OF_THE_WAY = frozenset({Reason.NO_CONSENT, Reason.REFUSED, Reason.SUPPRESSED, Reason.QUIET_HOURS})
"""What stops a message on one way, and may not on another."""
NOT_BY = "not_by"
"""Where a detail has the channels that a message may not go by, each with the reason's code."""


def judged(
    policy: Policy, cases: Sequence[Case], now: datetime
) -> dict[int, tuple[Case, Verdict | Exception]]:
    """Ask the policy which way messages go: the first one on which nothing stops them for good.

    What only has to wait on a way, waits for it. If every way is barred, what stops the message is
    what stopped it on the first.

    Returns:
        the case, with the way, and the verdict, by the id of the message's row.

    Raises:
        StorageUnavailable: the database is away.
    """
    found: dict[int, tuple[Case, Verdict | Exception]] = {}
    asked = list(cases)
    while asked:
        verdicts = policy(asked, now)
        found |= {one.row.id: (one, _with_ways(one, verdicts[one.row.id])) for one in asked}
        asked = [one for case in asked for one in _by_another(case, verdicts[case.row.id])]
    return found


def _by_another(case: Case, verdict: Verdict | Exception) -> Iterator[Case]:
    """Yield the case by its next way, if it has one and is stopped on this one."""
    if isinstance(verdict, Stop) and verdict.reason in OF_THE_WAY and case.others:
        to, *others = case.others
        passed = (*case.passed, (case.to.name, verdict))
        yield case._replace(to=to, others=tuple(others), passed=passed)


def _with_ways(case: Case, verdict: Verdict | Exception) -> Verdict | Exception:
    """Return the verdict with the ways that the message may not go, and what stops it there."""
    if not case.passed or isinstance(verdict, Exception):
        return verdict
    barred, final = dict(case.passed), verdict
    if isinstance(verdict, Stop) and verdict.reason in OF_THE_WAY:
        (first, final), *_ = case.passed
        barred = {**barred, case.to.name: verdict}
        del barred[first]
    told = {name: str(stop.reason) for name, stop in barred.items()}
    return replace(final, detail={**final.detail, NOT_BY: told})


def ruled(
    row: MessageRow, verdict: Verdict, following: Callable[[MessageRow], str | None] = _nothing
) -> Step | None:
    """Return what a verdict makes of a message; `None` if it may go now.

    One that would have to wait until it is pointless is given up at once, with what held it up.

    Args:
        row: the message.
        verdict: the verdict.
        following: finds the key of the message that goes later and says what this one says.
    """
    match verdict:
        case Go():
            return None
        case Wait(until, reason, detail):
            return _put_off(row, until, reason, detail, following)
        case Stop(Reason.EXPIRED, detail):
            return steps.expired(row, detail=detail)
        case Stop(reason, detail):
            return steps.cancelled(row, reason, detail=detail)


def _put_off(
    row: MessageRow,
    until: datetime,
    reason: Reason | None,
    detail: Mapping[str, Any],
    following: Callable[[MessageRow], str | None],
) -> Step:
    """Put a message off, or say what became of it instead: there is no third way."""
    if row.expires_at is None or until < row.expires_at:
        return steps.postponed(row, until, reason, detail=detail)
    found = postpone(
        until,
        message_class=MessageClass(row.message_class),
        expires_at=row.expires_at,
        why=reason or Reason.EXPIRED,
        following=following(row),
    )
    if found.into is not None:
        return steps.merged(row, found.into)
    why = _HELD_UP.get(reason) if reason else None
    return steps.expired(row, detail={"why": why, **detail} if why else detail)


_HELD_UP = {Reason.TOO_MANY: "the customer had been sent enough"}
"""What held a message up until it was too late, where the detail does not say so."""


def class_of(case: Case) -> MessageClass:
    """Return why a message is sent."""
    return case.approved.send.message.message_class


def is_needed(case: Case) -> bool:
    """Say whether the order needs a message."""
    return class_of(case) is MessageClass.TRANSACTIONAL
