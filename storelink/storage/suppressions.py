"""Statements on the addresses that must not be written to."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from storelink.storage.rows import SuppressionRow
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import suppressions


class Suppressions:
    """Statements on the table `suppressions`. In which order things are told does not matter."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, *rows: SuppressionRow) -> None:
        """Suppress; of the same reason told twice the later time counts."""
        _PUT.run_many(self._connection, map(_without_end, rows))

    def lift(self, store: str, addresses: Collection[str], *, why: str, at: datetime) -> int:
        """Take back what was suppressed for that reason until *at*; return how many it was."""
        return _LIFT.run(self._connection, of=store, addresses=addresses, reason=why, until=at)

    def standing(self, store: str, addresses: Collection[str]) -> list[SuppressionRow]:
        """Return what stands against *addresses*, the oldest first."""
        return _STANDING.rows(self._connection, of=store, addresses=addresses)

    def of_store(self, store: str) -> list[SuppressionRow]:
        """Return what stands against any address of a store, the oldest first."""
        return _OF_STORE.rows(self._connection, of=store)

    def of(self, store: str, addresses: Collection[str]) -> list[SuppressionRow]:
        """Return what stands and stood against *addresses*, the oldest first."""
        return _OF.rows(self._connection, of=store, addresses=addresses)


def _without_end(row: SuppressionRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _GIVEN}


_GIVEN = [one.name for one in dataclasses.fields(SuppressionRow) if one.name != "lifted_at"]


def _put(dialect: str) -> Any:
    statement = inserting(dialect, suppressions)
    new = statement.excluded
    changed = {"at": new.at, "source": new.source}
    return statement.on_conflict_do_update(
        index_elements=["store", "address", "channel", "why"],
        set_=changed,
        where=suppressions.c.at < new.at,
    )


def _lift(dialect: str) -> Any:
    greatest = func.max if dialect == "sqlite" else func.greatest
    until = bindparam("until", type_=suppressions.c.at.type)
    return (
        update(suppressions)
        .where(
            suppressions.c.store == bindparam("of"),
            among(suppressions.c.address, "addresses"),
            suppressions.c.why == bindparam("reason"),
        )
        .values(lifted_at=greatest(func.coalesce(suppressions.c.lifted_at, until), until))
    )


_PUT: Statement[Any] = Statement(_put, columns=_GIVEN)
_LIFT: Statement[Any] = Statement(_lift)

_SELECT = select(*columns(suppressions, SuppressionRow)).order_by(
    suppressions.c.at, suppressions.c.address, suppressions.c.channel, suppressions.c.why
)
_OF_THE_STORE = suppressions.c.store == bindparam("of")
_OURS = and_(_OF_THE_STORE, among(suppressions.c.address, "addresses"))
_STANDS = or_(suppressions.c.lifted_at.is_(None), suppressions.c.at > suppressions.c.lifted_at)
_OF: Statement[SuppressionRow] = Statement(_SELECT.where(_OURS), make=SuppressionRow)
_STANDING: Statement[SuppressionRow] = Statement(_SELECT.where(_OURS, _STANDS), make=SuppressionRow)
_OF_STORE: Statement[SuppressionRow] = Statement(
    _SELECT.where(_OF_THE_STORE, _STANDS), make=SuppressionRow
)
