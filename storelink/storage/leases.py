"""Lending due rows of a table to one worker at a time, fairly among stores."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
    update,
)

from storelink.storage.statement import Statement, among, columns, given

T = TypeVar("T")

_NEVER = datetime.max.replace(tzinfo=UTC)


class Leases(Generic[T]):
    """The leases of one table with the columns store, due_at, lease_owner and lease_until.

    What is leased is due; so all leased rows of a store come before its first free row that is
    not due yet, and an index on (store, due_at) finds everything.

    Args:
        table: the table.
        row: the dataclass of its rows.
        key: the columns that name a row, without the store.
        where: which rows can be lent at all.
    """

    def __init__(
        self, table: Table, row: type[T], *key: str, where: Sequence[ColumnElement[bool]] = ()
    ) -> None:
        self._table, self._row, self._key, self._where = table, row, key, where
        self._names = [field.name for field in dataclasses.fields(row)]  # type: ignore[arg-type]
        self._ready: Statement[str] = Statement(self._build_ready, make=str)
        self._take: Statement[T] = Statement(self._build_take(), make=row)
        self._first_free: Statement[Any] = Statement(self._build_first_free)
        self._first_leased: Statement[Any] = Statement(
            select(func.min(table.c.lease_until)).where(
                among(table.c.store, "stores"), table.c.due_at < bindparam("before"), *where
            )
        )

    def claim(
        self,
        connection: Connection,
        now: datetime,
        *,
        owner: str,
        until: datetime,
        limit: int,
        stores: Collection[str],
        **values: Any,
    ) -> list[T]:
        """Lease due rows to *owner*; nobody else gets them before *until*.

        Each store that has something due gets the same share of *limit*, its oldest rows first;
        what one leaves of its share goes to the others.
        """
        ready = self._ready.rows(connection, stores=stores, now=now, limit=limit, **values)
        share = math.ceil(limit / len(ready)) if ready else 0
        found: list[T] = []
        for asked in (share, limit) if len(ready) > 1 else (share,):
            for store in ready:
                left = min(asked, limit - len(found))
                if left:
                    found += self._take.rows(
                        connection,
                        of=store,
                        now=now,
                        owner=owner,
                        until=until,
                        limit=left,
                        **values,
                    )
        return sorted(found, key=self._age)

    def next_due(
        self, connection: Connection, stores: Collection[str], **values: Any
    ) -> datetime | None:
        """Return when a row of *stores* can next be claimed: it is due, and nobody has it."""
        ((free,),) = self._first_free.rows(connection, stores=stores, **values)
        ((leased,),) = self._first_leased.rows(
            connection, stores=stores, before=free or _NEVER, **values
        )
        return min((one for one in (free, leased) if one is not None), default=None)

    def _age(self, row: T) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in ("due_at", "store", *self._key))

    def _is_free(self) -> ColumnElement[bool]:
        """Say that a row is due and nobody works on it."""
        table, now = self._table, bindparam("now", type_=self._table.c.due_at.type)
        is_free = or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
        return and_(table.c.due_at <= now, is_free, *self._where)

    def _build_ready(self, dialect: str) -> Any:
        """Which stores have something, one probe for each: those first that wait longest."""
        stores = given(dialect, "stores")
        oldest = self._oldest(stores, self._is_free()).label("oldest")
        found = select(stores.c.value, oldest).subquery()
        ready = select(found.c.value).where(found.c.oldest.is_not(None))
        return ready.order_by(found.c.oldest, found.c.value).limit(bindparam("limit"))

    def _build_take(self) -> Any:
        table = self._table
        key = [table.c[name] for name in self._key]
        of_store = table.c.store == bindparam("of")
        due = (
            select(*key)
            .where(of_store, self._is_free())
            .order_by(table.c.due_at)
            .limit(bindparam("limit"))
            .with_for_update(skip_locked=True)
            .cte("due")  # which PostgreSQL runs once, so that the limit holds
        )
        return (
            update(table)
            .where(of_store, tuple_(*key).in_(select(due)))
            .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
            .returning(*columns(table, self._row))
        )

    def _build_first_free(self, dialect: str) -> Any:
        stores = given(dialect, "stores")
        first = self._oldest(stores, self._table.c.lease_until.is_(None), *self._where)
        return select(func.min(first)).select_from(stores)

    def _oldest(self, stores: Any, *conditions: ColumnElement[bool]) -> Any:
        """When the first of such rows is due, of each of *stores*."""
        table = self._table
        return (
            select(table.c.due_at)
            .where(table.c.store == stores.c.value, *conditions)
            .order_by(table.c.due_at)
            .limit(1)
            .correlate(stores)
            .scalar_subquery()
        )
