"""Statements on the outbox."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)

from storelink.models.enums import MessageState
from storelink.storage.columns import Micros
from storelink.storage.rows import MessageRow
from storelink.storage.statement import Statement, among, columns
from storelink.storage.tables import attempts, outbox, stores


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one message, made only if the message is still what it was.

    Attributes:
        row: the message as it was read.
        values: what changes, by column.
        since_attempt: let everything pass that happened since, but for another attempt.
    """

    row: MessageRow
    values: Mapping[str, Any] = field(repr=False)
    since_attempt: bool = False


class Messages:
    """Statements on the tables `outbox` and `attempts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- writing -----------------------------------------------------------------------------------

    def add(self, *rows: Mapping[str, Any]) -> None:
        """Insert messages."""
        new = {"version": 1, "attempts": 0, "doubts": 0, "expires_at": None}
        _ADD.run_many(self._connection, ({**new, **row} for row in rows))

    def change(self, row: MessageRow, *, now: datetime, **values: Any) -> bool:
        """Change *row* if nobody else changed it since it was read, and say whether it was so."""
        return self.change_all([Change(row, values)], now=now) == 1

    def change_all(self, changes: Iterable[Change], *, now: datetime) -> int:
        """Make those of *changes* whose message is still what it was; return how many were made."""
        alike: dict[tuple[str, tuple[str, ...]], list[dict[str, Any]]] = {}
        for change in changes:
            what = "attempts" if change.since_attempt else "version"
            values = {f"new_{name}": value for name, value in change.values.items()}
            values |= {"which": change.row.id, "expected": getattr(change.row, what), "now": now}
            alike.setdefault((what, tuple(change.values)), []).append(values)
        return sum(
            _changing(*shape).run_many(self._connection, same) for shape, same in alike.items()
        )

    # -- leases ------------------------------------------------------------------------------------

    def claim(
        self, now: datetime, *, owner: str, until: datetime, shares: Mapping[str, int]
    ) -> list[MessageRow]:
        """Lease due messages to *owner*: of each store its oldest, as many as *shares* says.

        Nobody else gets them before *until*.
        """
        chosen: list[MessageRow] = []
        for store, share in shares.items():
            chosen += _DUE.rows(
                self._connection, store=store, now=now, limit=share, owner=owner, until=until
            )
        return self._lease(chosen, now=now, owner=owner, until=until)

    def claim_doubtful(
        self,
        now: datetime,
        *,
        owner: str,
        until: datetime,
        limit: int,
        stores: Sequence[str],
    ) -> list[MessageRow]:
        """Lease messages whose worker died between the attempt and its outcome."""
        lost = _LOST.rows(
            self._connection, now=now, stores=stores, limit=limit, owner=owner, until=until
        )
        return self._lease(lost, now=now, owner=owner, until=until)

    def _lease(
        self, rows: Sequence[MessageRow], *, now: datetime, owner: str, until: datetime
    ) -> list[MessageRow]:
        """Make rows what they were selected as: leased."""
        if rows:
            ids = [row.id for row in rows]
            _LEASE.run(self._connection, ids=ids, now=now, owner=owner, until=until)
        return sorted(rows, key=_age)

    def keep(self, ids: Collection[int], *, owner: str, until: datetime) -> int:
        """Let leases of *owner* last until *until*, and return how many there still were."""
        if not ids:
            return 0
        return _KEEP.run(self._connection, ids=sorted(ids), owner=owner, until=until)

    def held(self, ids: Collection[int], *, owner: str, now: datetime) -> dict[int, int]:
        """Return those messages whose lease is *owner*'s, with their versions.

        Nobody else can change them until the transaction ends.
        """
        return dict(_HELD.rows(self._connection, ids=sorted(ids), owner=owner, now=now))

    # -- looking -----------------------------------------------------------------------------------

    def stores_with_due(self, stores: Sequence[str], now: datetime) -> list[str]:
        """Return those of *stores* that have a message to claim."""
        return [name for (name,) in _READY.rows(self._connection, stores=stores, now=now)]

    def has_doubtful(self, stores: Sequence[str], now: datetime) -> bool:
        """Say whether there is a message for `claim_doubtful`."""
        return bool(_ANY_LOST.rows(self._connection, stores=stores, now=now))

    def next_due(self, stores: Sequence[str]) -> datetime | None:
        """Return when a message can next be claimed: it is due, and nobody's lease is on it."""
        ((free,),) = _NEXT.rows(self._connection, stores=stores)
        # Whatever is due before the first free one is leased: few, however many wait.
        ((leased,),) = _NEXT_LEASED.rows(self._connection, stores=stores, before=free or _NEVER)
        ((doubtful,),) = _NEXT_DOUBTFUL.rows(self._connection, stores=stores)
        return min((one for one in (free, leased, doubtful) if one is not None), default=None)

    def get(self, key: str) -> MessageRow | None:
        """Return the message of that idempotency key."""
        return self.by_keys([key]).get(key)

    def by_keys(self, keys: Iterable[str], *, alone: bool = False) -> dict[str, MessageRow]:
        """Return those messages that there are, by idempotency key.

        Args:
            keys: the keys.
            alone: let nobody else change them until the transaction ends.
        """
        found = _BY_KEYS[alone].rows(self._connection, keys=keys)
        return {row.key: row for row in found}

    def of_scopes(
        self, store: str, scopes: Iterable[str], *, alone: bool = False
    ) -> list[MessageRow]:
        """Return the messages that the plans of *scopes* decide on; *alone* as in `by_keys`."""
        return _OF_SCOPES[alone].rows(self._connection, store=store, scopes=scopes)

    def being_sent(self, store: str, scopes: Collection[str]) -> list[tuple[str, int]]:
        """Return the scopes, and the ids, of messages whose attempt has begun and not ended."""
        return _BEING_SENT.rows(self._connection, store=store, scopes=scopes)

    def of_orders(self, store: str, order_ids: Iterable[str]) -> list[MessageRow]:
        """Return the messages of these orders."""
        found = _OF_ORDERS[False].rows(self._connection, store=store, orders=order_ids)
        return sorted(found, key=_age)

    def all(
        self,
        *,
        store: str | None = None,
        state: MessageState | None = None,
        last: datetime | None = None,
    ) -> list[MessageRow]:
        """Return messages, by the time that they are due: at *last*, or earlier."""
        given = [outbox.c.store == store] if store is not None else []
        given += _is(state) if state is not None else []
        given += [outbox.c.due_at <= last] if last is not None else []
        wanted = select(*_COLUMNS).where(*given).order_by(outbox.c.due_at, outbox.c.key)
        return [row_of(*row) for row in self._connection.execute(wanted)]

    def counts(self) -> dict[MessageState, int]:
        """Return how many messages are in each state."""
        wanted = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return {MessageState(state): number for state, number in self._connection.execute(wanted)}

    # -- attempts ----------------------------------------------------------------------------------

    def begin_attempts(self, rows: Iterable[MessageRow], *, now: datetime) -> None:
        """Write down that an attempt at each of *rows* begins."""
        _BEGIN.run_many(
            self._connection,
            ({"outbox_id": row.id, "number": row.attempts + 1, "started_at": now} for row in rows),
        )

    def end_attempts(self, ends: Iterable[tuple[MessageRow, str, str]], *, now: datetime) -> None:
        """Write down how the last attempts ended: rows, each with the outcome and its detail."""
        names = ("which", "last", "now", "new_outcome", "new_detail")
        told = ((row.id, row.attempts, now, outcome, detail) for row, outcome, detail in ends)
        _END.run_many(self._connection, (dict(zip(names, one, strict=True)) for one in told))

    def count_attempts(self, row_id: int, outcome: str) -> int:
        """Return how many attempts at one message ended with *outcome*."""
        found = _COUNT.first(self._connection, which=row_id, outcome=outcome)
        return int(found[0]) if found else 0

    def attempts_of(self, row_id: int) -> list[dict[str, Any]]:
        """Return the attempts at one message, oldest first."""
        wanted = select(attempts).where(attempts.c.outbox_id == row_id)
        found = self._connection.execute(wanted.order_by(attempts.c.number)).mappings()
        return [dict(row) for row in found]


_NEVER = datetime.max.replace(tzinfo=UTC)


def _age(row: MessageRow) -> tuple[datetime, str]:
    return row.due_at, row.key


_COLUMNS = columns(outbox, MessageRow)
_STATE = [column.name for column in _COLUMNS].index("state")


def row_of(*values: Any) -> MessageRow:
    """Return a message, from the values of its row."""
    row: list[Any] = list(values)
    row[_STATE] = MessageState(row[_STATE])
    return MessageRow(*row)


# SQLite takes a partial index only for a statement that says its condition with the same literals.
_WAITING = outbox.c.state == literal_column("'waiting'")
_SENDING = outbox.c.state == literal_column("'sending'")
_OPEN: Any = text("outbox.state IN ('sending', 'in_doubt', 'failed')")


def _is(state: MessageState) -> Iterable[ColumnElement[bool]]:
    """Return the conditions of *state*, so that a small index is used where there is one."""
    if state in (MessageState.SENDING, MessageState.IN_DOUBT, MessageState.FAILED):
        yield _OPEN
    yield outbox.c.state == literal_column(f"'{state.value}'")


_MAY_BE_CLAIMED = and_(
    _WAITING,
    outbox.c.due_at <= bindparam("now"),
    or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= bindparam("now")),
)
_MINE = and_(among(outbox.c.id, "ids"), outbox.c.lease_owner == bindparam("owner"))
_FREED_LATER = outbox.c.lease_until > outbox.c.due_at

_OLDEST_DUE = (
    select(outbox.c.id)
    .where(outbox.c.store == stores.c.name, _MAY_BE_CLAIMED)
    .order_by(outbox.c.due_at)
    .limit(1)
    .scalar_subquery()
)
_OLDEST_FREE = (
    select(outbox.c.due_at)
    .where(outbox.c.store == stores.c.name, _WAITING, outbox.c.lease_owner.is_(None))
    .order_by(outbox.c.due_at)
    .limit(1)
    .scalar_subquery()
)
# One probe into the index of each store's waiting messages: flat, however many there are.
_READY: Statement[tuple[str]] = Statement(
    select(stores.c.name)
    .where(among(stores.c.name, "stores"), _OLDEST_DUE.is_not(None))
    .order_by(stores.c.name)
)
_LEASED = {
    "version": outbox.c.version + 1,
    "lease_owner": bindparam("owner", type_=Text()),
    "lease_until": bindparam("until", type_=Micros()),
}
_ONCE_LEASED = [_LEASED.get(one.name, one).label(one.name) for one in _COLUMNS]
_DUE: Statement[MessageRow] = Statement(
    select(*_ONCE_LEASED)
    .where(outbox.c.store == bindparam("store"), _MAY_BE_CLAIMED)
    .order_by(outbox.c.due_at, outbox.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True),
    make=row_of,
)
_IS_LOST = and_(
    among(outbox.c.store, "stores"), _OPEN, _SENDING, outbox.c.lease_until <= bindparam("now")
)
_ANY_LOST: Statement[tuple[int]] = Statement(select(outbox.c.id).where(_IS_LOST).limit(1))
_LOST: Statement[MessageRow] = Statement(
    select(*_ONCE_LEASED)
    .where(_IS_LOST)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True),
    make=row_of,
)
_LEASE: Statement[Any] = Statement(
    update(outbox)
    .where(among(outbox.c.id, "ids"))
    .values(
        version=outbox.c.version + 1,
        updated_at=bindparam("now"),
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
    )
)
# Who holds a row is about to change it; to wait for several would be in anybody's way.
_FREE_OF_OTHERS = (
    select(outbox.c.id)
    .where(_MINE, outbox.c.lease_until < bindparam("until"))
    .with_for_update(skip_locked=True)
)
_KEEP: Statement[Any] = Statement(
    update(outbox).where(outbox.c.id.in_(_FREE_OF_OTHERS)).values(lease_until=bindparam("until"))
)
_HELD: Statement[tuple[int, int]] = Statement(
    select(outbox.c.id, outbox.c.version)
    .where(_MINE, outbox.c.lease_until > bindparam("now"))
    .order_by(outbox.c.id)
    .with_for_update()
)
_NEXT: Statement[tuple[datetime | None]] = Statement(
    select(func.min(_OLDEST_FREE)).where(among(stores.c.name, "stores"))
)
_NEXT_LEASED: Statement[tuple[datetime | None]] = Statement(
    select(func.min(case((_FREED_LATER, outbox.c.lease_until), else_=outbox.c.due_at))).where(
        among(outbox.c.store, "stores"), _WAITING, outbox.c.due_at < bindparam("before")
    )
)
_NEXT_DOUBTFUL: Statement[tuple[datetime | None]] = Statement(
    select(func.min(outbox.c.lease_until)).where(among(outbox.c.store, "stores"), _OPEN, _SENDING)
)

_BEING_SENT: Statement[tuple[str, int]] = Statement(
    select(outbox.c.scope, outbox.c.id).where(
        outbox.c.store == bindparam("store"), among(outbox.c.scope, "scopes"), _OPEN, _SENDING
    )
)


def _rows_where(*conditions: ColumnElement[bool]) -> dict[bool, Statement[MessageRow]]:
    """Return a statement, and the same one that lets nobody else change what it finds."""
    wanted = select(*_COLUMNS).where(*conditions).order_by(outbox.c.id)
    return {
        False: Statement(wanted, make=row_of),
        True: Statement(wanted.with_for_update(), make=row_of),
    }


_BY_KEYS = _rows_where(among(outbox.c.key, "keys"))
_OF_SCOPES = _rows_where(outbox.c.store == bindparam("store"), among(outbox.c.scope, "scopes"))
_OF_ORDERS = _rows_where(outbox.c.store == bindparam("store"), among(outbox.c.order_id, "orders"))

_NEW = (
    "key", "store", "hook", "scope", "subject", "step", "order_id", "message", "message_class",
    "cause", "due_at", "expires_at", "state", "version", "attempts", "doubts", "created_at",
    "updated_at",
)  # fmt: skip
_ADD: Statement[Any] = Statement(insert(outbox), columns=_NEW)


@functools.cache
def _changing(what: str, names: tuple[str, ...]) -> Statement[Any]:
    """Return the statement that sets the columns *names* if *what* is still as expected."""
    new = {name: bindparam(f"new_{name}", type_=outbox.c[name].type) for name in names}
    is_same = and_(outbox.c.id == bindparam("which"), outbox.c[what] == bindparam("expected"))
    version = outbox.c.version + 1
    return Statement(
        update(outbox).where(is_same).values(version=version, updated_at=bindparam("now"), **new)
    )


_BEGIN: Statement[Any] = Statement(insert(attempts), columns=("outbox_id", "number", "started_at"))
_END: Statement[Any] = Statement(
    update(attempts)
    .where(attempts.c.outbox_id == bindparam("which"), attempts.c.number == bindparam("last"))
    .values(
        finished_at=bindparam("now"),
        outcome=bindparam("new_outcome"),
        detail=bindparam("new_detail"),
    )
)
_COUNT: Statement[tuple[int]] = Statement(
    select(func.count()).where(
        attempts.c.outbox_id == bindparam("which"), attempts.c.outcome == bindparam("outcome")
    )
)
