"""Saying what would be sent to whom over the coming days, and why, without doing anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from storelink.contracts.channel import Channel
from storelink.contracts.hook import Reason, Send, Skip
from storelink.delivery.judging import Case, Policy
from storelink.hooks import words
from storelink.hooks.ahead import Ahead, Foreseen
from storelink.hooks.explain import PLANNED
from storelink.hooks.registry import Registry
from storelink.hooks.ruled import FOR_NOW
from storelink.models.ref import Ref
from storelink.operations.rehearsing import Would, case_of, would_all
from storelink.outbox.life import Decided
from storelink.storage import Database, MessageRow

ROUNDS = 25
"""How often it is looked where a message goes that the policy puts off."""


_SENTENCES = {
    ("send", False): "{because}.",
    ("send", True): "{because}. Put off: {why}.",
    ("wait", True): "Waits: {why}.",
    ("drop", True): "Will not be sent as things stand: {why}.",
}
"""What is told of a message, by what would become of it, and whether there is a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A message whose time will come, and what would become of it then, as things stand.

    Attributes:
        at: when it would go, or when that is decided (UTC).
        due_at: when its hook wants it; before *at*, if the policy puts it off.
        title: what it is called, for example `"Review request"`.
        step: tells several messages of one hook about one subject apart.
        state: `"waiting"` in the outbox, or `"planned"`: its hook will ask for it.
        because: what makes it due, in words; empty where nobody asks for it any more.
        because_of: the id of that event.
        would: what would become of it; of one that is put off and goes then, why it is put off.
    """

    at: datetime
    due_at: datetime
    title: str
    step: str
    state: str
    because: str
    because_of: str
    would: Would = field(repr=False)

    @property
    def sentence(self) -> str:
        """Why it would go, or why not, for people."""
        told = _SENTENCES[self.would.outcome, bool(self.would.why)]
        return told.format(because=self.because, why=self.would.why)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values, without the address; the rule that decides has its source."""
        detail = self.would.detail
        return {
            "at": self.at.isoformat(),
            "due_at": self.due_at.isoformat(),
            "title": self.title,
            "step": self.step,
            "state": self.state,
            "because": self.because,
            "because_of": self.because_of,
            "sentence": self.sentence,
            **self.would.to_dict(),
            "rule": detail.get("rule"),
            "source": detail.get("source"),
            "version": detail.get("rules"),
        }


def plan(
    database: Database,
    registry: Registry,
    policy: Policy,
    channels: Mapping[str, Channel],
    *,
    store: str,
    now: datetime,
    until: datetime,
) -> list[Planned]:
    """Say of each message of *store* whose time comes by *until* what would become of it.

    Of those that wait, and of those that hooks will ask for if nothing happens but time. Hooks and
    policy are asked with the clock at that time, on what is known now. What is to be sent is taken
    to be sent: it counts in its person's budget, and hooks know of it. What they write is undone.

    Raises:
        StorageUnavailable: the database cannot be read, or somebody else writes for too long.
    """
    found: list[Planned] = []
    for some in Ahead(database, registry, store, now, until).chunks():
        found += _Foretold(database, policy, channels, some, now).messages(until)
    return sorted(found, key=lambda one: (one.at, one.would.key))


class _Foretold:
    """What would become of some people's messages."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        channels: Mapping[str, Channel],
        some: Sequence[Foreseen],
        now: datetime,
    ) -> None:
        self._database, self._policy, self._channels = database, policy, channels
        # Of messages that are due together, a worker takes them by their keys.
        self._some = {one.row.id: one for one in sorted(some, key=lambda one: one.row.key)}
        self._now = now
        self._times = {one.row.id: one.at for one in some}
        self._put_off: dict[int, Would] = {}

    def messages(self, until: datetime) -> Iterator[Planned]:
        """Yield each message with its time; one that is put off is looked at again then."""
        found: dict[int, Would] = {}
        ask: Iterable[int] = self._some
        for _ in range(ROUNDS):
            found |= self._ask(ask)
            late = {
                row_id: time
                for row_id, one in found.items()
                if (time := _new_time(one, until)) and time > self._times[row_id]
            }
            if not late:
                break
            self._times |= late
            self._put_off |= {key: found[key] for key in late if key not in self._put_off}
            ask = self._of_people(late)
        for row_id, one in found.items():
            yield self._planned(row_id, one)

    def _ask(self, row_ids: Iterable[int]) -> dict[int, Would]:
        asked = {row_id: self._case(row_id) for row_id in row_ids}
        cases = [one for one in asked.values() if isinstance(one, Case)]
        known = {row_id: one for row_id, one in asked.items() if isinstance(one, Would)}
        return known | would_all(self._database, self._policy, cases, self._now)

    def _case(self, row_id: int) -> Case | Would:
        one = self._some[row_id]
        said = one.said or Skip(Ref.parse(one.row.subject), Reason.WITHDRAWN, step=one.row.step)
        told = said if isinstance(said, Exception) else Decided(said, one.to, frozenset())
        return case_of(one.row, told, self._channels, self._times[row_id])

    def _of_people(self, row_ids: Iterable[int]) -> list[int]:
        """Return the messages of the same people: a place that one leaves, another can take."""
        people = {self._person(row_id) for row_id in row_ids}
        return [row_id for row_id in self._some if self._person(row_id) in people]

    def _person(self, row_id: int) -> str:
        to = self._some[row_id].to
        return (to.person if to else None) or str(row_id)

    def _planned(self, row_id: int, would: Would) -> Planned:
        one, before = self._some[row_id], self._put_off.get(row_id)
        if would.outcome == "send" and before is not None:
            would = replace(would, reason=before.reason, why=before.why, detail=before.detail)
        row: MessageRow = one.row
        cause = one.said.cause if isinstance(one.said, Send) else None
        return Planned(
            at=self._times[row_id],
            due_at=one.at,
            title=words.title(row.hook, row.step, Ref.parse(row.subject)),
            step=row.step,
            state=PLANNED if row.id < 0 else row.state.value,
            because=words.happened(cause) if cause else "",
            because_of=row.cause,
            would=would,
        )


def _new_time(would: Would, until: datetime) -> datetime | None:
    """Return when a message goes that only waits for a certain moment, if it is not too far."""
    is_put_off = would.outcome == "wait" and would.reason in FOR_NOW
    return would.until if is_put_off and would.until and would.until <= until else None
