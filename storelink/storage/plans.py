"""Statements on the marks: which subject needs planning, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storelink.models.ref import Kind
from storelink.storage.leases import Leases
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import plans, records


@dataclass(frozen=True, slots=True)
class Mark:
    """A subject that needs planning. The stamp tells whether it was marked again meanwhile."""

    store: str
    subject: str = field(repr=False)
    due_at: datetime
    stamp: int


class Plans:
    """Statements on the table `plans`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mark(self, store: str, subjects: str | Sequence[str], *, due_at: datetime) -> None:
        """Let *subjects* be planned at *due_at*, or earlier if they are already marked so.

        One that is being planned at this moment will be planned once more.
        """
        names = [subjects] if isinstance(subjects, str) else subjects
        _MARK.run_many(
            self._connection,
            [{"store": store, "subject": name, "due_at": due_at, "stamp": 1} for name in names],
        )

    def mark_everybody(self, store: str, *, due_at: datetime) -> None:
        """Let every person be planned who ordered in a store or has an account there."""
        _MARK_EVERYBODY.run(self._connection, of=store, then=due_at)

    def claim(
        self, now: datetime, *, owner: str, until: datetime, limit: int, stores: Collection[str]
    ) -> list[Mark]:
        """Lease marks that are due to *owner*, fairly among *stores*; nobody else gets them.

        A lease ends with `done`, with `release`, when the subject is marked anew, or at *until*.
        """
        return _LEASES.claim(
            self._connection, now, owner=owner, until=until, limit=limit, stores=stores
        )

    def void(self, store: str, subjects: Collection[str]) -> None:
        """Let what was decided about *subjects*, and is not committed, count no more.

        They are planned again.
        """
        _VOID.run(self._connection, of=store, subjects=subjects)

    def release(self, marks: Iterable[Mark]) -> None:
        """Give marks back as they are."""
        _RELEASE.run_many(self._connection, map(_named, sorted(marks, key=_name)))

    def marks_on(self, store: str, subjects: Collection[str]) -> frozenset[Mark]:
        """Return the marks on *subjects*, whenever they are due.

        What changed is marked by the clock of whoever absorbed it, which may be ahead of others.
        """
        return frozenset(_MARKS_ON.rows(self._connection, of=store, subjects=subjects))

    def until(self, store: str, last: datetime) -> list[Mark]:
        """Return the marks of *store* that are due by *last*, the earliest first."""
        return _UNTIL.rows(self._connection, of=store, last=last)

    def next_due(self, stores: Collection[str]) -> datetime | None:
        """Return when the next subject is to be planned, and nobody is at it."""
        return _LEASES.next_due(self._connection, stores)

    def done(self, mark: Mark, *, again_at: datetime | None) -> None:
        """Remove *mark*, or move it to *again_at*; if it was marked meanwhile, it stays due."""
        if again_at is None:
            _REMOVE.run(self._connection, **_named(mark))
        else:
            _MOVE.run(self._connection, again_at=again_at, **_named(mark))

    def done_all(self, ends: Iterable[tuple[Mark, datetime | None]]) -> None:
        """Do `done` for many marks, each with its `again_at`."""
        every = sorted(ends, key=lambda end: _name(end[0]))
        _REMOVE.run_many(self._connection, (_named(mark) for mark, at in every if at is None))
        _MOVE.run_many(
            self._connection, ({"again_at": at, **_named(mark)} for mark, at in every if at)
        )


def _name(mark: Mark) -> tuple[str, str]:
    """Return what everybody sorts marks by, so that two never wait for each other."""
    return mark.store, mark.subject


def _named(mark: Mark) -> dict[str, Any]:
    return {"of": mark.store, "which": mark.subject, "stamped": mark.stamp}


_LEASES = Leases(plans, Mark, "subject")
_FREE = {"lease_owner": None, "lease_until": None}

_SAME = and_(
    plans.c.store == bindparam("of"),
    plans.c.subject == bindparam("which"),
    plans.c.stamp == bindparam("stamped"),
)
_REMOVE = Statement(delete(plans).where(_SAME))
_MOVE = Statement(update(plans).where(_SAME).values(due_at=bindparam("again_at"), **_FREE))
_VOID = Statement(
    update(plans)
    .where(
        plans.c.store == bindparam("of"),
        among(plans.c.subject, "subjects"),
        plans.c.lease_owner.is_not(None),
    )
    .values(stamp=plans.c.stamp + 1, **_FREE)
)
_RELEASE = Statement(update(plans).where(_SAME).values(_FREE))

_SELECT = select(*columns(plans, Mark))
_UNTIL = Statement(
    _SELECT.where(plans.c.store == bindparam("of"), plans.c.due_at <= bindparam("last"))
    .order_by(plans.c.due_at, plans.c.subject),
    make=Mark,
)  # fmt: skip
_MARKS_ON = Statement(
    _SELECT.where(plans.c.store == bindparam("of"), among(plans.c.subject, "subjects")),
    make=Mark,
)


def _sooner(dialect: str, statement: sqlite.Insert | postgresql.Insert) -> Any:
    """Let a mark that is there already be due at the earlier time, and be planned once more."""
    least = func.min if dialect == "sqlite" else func.least
    changed = {
        "due_at": least(plans.c.due_at, statement.excluded.due_at),
        "stamp": plans.c.stamp + 1,
        **_FREE,
    }
    return statement.on_conflict_do_update(index_elements=["store", "subject"], set_=changed)


def _upsert(dialect: str) -> Any:
    return _sooner(dialect, inserting(dialect, plans))


def _everybody(dialect: str) -> Any:
    people = (
        select(
            records.c.store,
            literal_column("'person:'") + records.c.person,
            bindparam("then", type_=plans.c.due_at.type),
            literal_column("1"),
        )
        .where(
            records.c.store == bindparam("of"),
            or_(*(records.c.kind == literal_column(f"'{one}'") for one in _THEIRS)),
            records.c.person.is_not(None),
            records.c.person.not_like(literal_column("'erased/%'")),
        )
        .distinct()
    )
    statement = inserting(dialect, plans)
    statement = statement.from_select(["store", "subject", "due_at", "stamp"], people)
    return _sooner(dialect, statement)


_THEIRS = (Kind.ORDER, Kind.CUSTOMER)
_MARK = Statement(_upsert, columns=("store", "subject", "due_at", "stamp"))
_MARK_EVERYBODY: Statement[Any] = Statement(_everybody)
