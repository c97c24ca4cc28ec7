"""Deleting what is finished, and old enough to be forgotten; a little at a time.

Each table is walked along its primary key, so that a step costs the same however much is kept, and
whoever writes meanwhile waits for one step at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
)

from storelink.models.enums import MessageState
from storelink.storage.rows import InboxState
from storelink.storage.tables import attempts, budget, calls, documents, inbox, outbox


class Finished(StrEnum):
    """What can be deleted once it is finished: nothing of it is asked again."""

    WEBHOOKS = "webhooks"
    CALLS = "calls"
    ATTEMPTS = "attempts"
    DOCUMENTS = "documents"
    BUDGETS = "budgets"


class Step(NamedTuple):
    """What one step did.

    Attributes:
        deleted: how many rows.
        place: where the next step begins; `None` when the walk came to its end.
    """

    deleted: int
    place: Sequence[Any] | None


class Old:
    """Statements that delete what is old."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, what: Finished, before: datetime) -> int:
        """Return how many rows would be deleted."""
        walk = _WALKS[what]
        wanted = select(func.count()).select_from(walk.keys[0].table).where(walk.is_old(before))
        return self._connection.execute(wanted).scalar_one()

    def delete(
        self,
        what: Finished,
        before: datetime,
        *,
        now: datetime,
        place: Sequence[Any] | None,
        limit: int,
    ) -> Step:
        """Look at the next *limit* rows after *place*, and delete those that were done *before*.

        The walk ends with a row that is later, unless it is later than *now*: that one was
        written while the clock was wrong, and older ones may follow.
        """
        walk = _WALKS[what]
        last = self._connection.execute(walk.last_of_step(place, limit)).first()
        which = [walk.after(place), walk.is_old(before)]
        if last is not None:
            which.append(walk.up_to(last[:-1]))
        done = self._connection.execute(delete(walk.keys[0].table).where(*which))
        if last is None or (not done.rowcount and before <= last[-1] <= now):
            return Step(done.rowcount, None)
        return Step(done.rowcount, last[:-1])


@dataclass(frozen=True, slots=True)
class _Walk:
    """The way through one table.

    Attributes:
        keys: the primary key, or its beginning.
        is_old: which rows can go.
        began: a time that is not later than the row's end, and grows with the key: where a step
            ends with a late one, nothing old follows.
    """

    keys: tuple[ColumnElement[Any], ...]
    is_old: Callable[[datetime], ColumnElement[bool]]
    began: ColumnElement[Any]

    def last_of_step(self, place: Sequence[Any] | None, limit: int) -> Any:
        wanted = select(*self.keys, self.began).where(self.after(place)).order_by(*self.keys)
        return wanted.offset(limit - 1).limit(1)

    def after(self, place: Sequence[Any] | None) -> ColumnElement[bool]:
        return true() if place is None else self._key > _literals(place)

    def up_to(self, place: Sequence[Any]) -> ColumnElement[bool]:
        return self._key <= _literals(place)

    @property
    def _key(self) -> ColumnElement[Any]:
        return self.keys[0] if len(self.keys) == 1 else tuple_(*self.keys)


def _literals(place: Sequence[Any]) -> ColumnElement[Any]:
    return literal(place[0]) if len(place) == 1 else tuple_(*map(literal, place))


def _is_absorbed(before: datetime) -> ColumnElement[bool]:
    done = (InboxState.ABSORBED, InboxState.IGNORED)
    return and_(inbox.c.received_at < before, inbox.c.state.in_(done))


def _is_called(before: datetime) -> ColumnElement[bool]:
    return and_(calls.c.due_at < before, calls.c.state.in_(("done", "failed")))


def _is_attempted(before: datetime) -> ColumnElement[bool]:
    """What is in doubt, or failed, is for a person to look at."""
    done = (MessageState.SENT, MessageState.CANCELLED, MessageState.EXPIRED)
    of_finished = select(outbox.c.id).where(
        outbox.c.id == attempts.c.outbox_id, outbox.c.state.in_(done)
    )
    return and_(attempts.c.finished_at < before, of_finished.exists())


def _is_delivered(before: datetime) -> ColumnElement[bool]:
    """What is still to go, or may have to go again, needs its files."""
    done = (MessageState.SENT, MessageState.CANCELLED, MessageState.EXPIRED)
    of_unfinished = select(outbox.c.id).where(
        outbox.c.store == documents.c.store,
        outbox.c.order_id == documents.c.order_id,
        outbox.c.state.not_in(done),
    )
    return and_(documents.c.issued_at < before, ~of_unfinished.exists())


_created_at = (
    select(outbox.c.created_at).where(outbox.c.id == attempts.c.outbox_id).scalar_subquery()
)
_WALKS = {
    Finished.WEBHOOKS: _Walk((inbox.c.id,), _is_absorbed, inbox.c.received_at),
    # The ids of events tell no time: all are looked at.
    Finished.CALLS: _Walk(
        (calls.c.handler, calls.c.event_id), _is_called, literal_column("0", calls.c.due_at.type)
    ),
    Finished.DOCUMENTS: _Walk(
        (documents.c.store, documents.c.order_id, documents.c.kind),
        _is_delivered,
        literal_column("0", documents.c.issued_at.type),
    ),
    Finished.BUDGETS: _Walk(
        (budget.c.message,),
        lambda before: budget.c.at < before,
        literal_column("0", budget.c.at.type),
    ),
    Finished.ATTEMPTS: _Walk((attempts.c.outbox_id,), _is_attempted, _created_at),
}
