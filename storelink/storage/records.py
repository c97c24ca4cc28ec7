"""Statements on the mirror's records."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select, union_all, update

from storelink.models.ref import Kind, Ref
from storelink.storage.rows import RecordRow
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import records


class Records:
    """Statements on the table `records`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, store: str, ref: Ref) -> RecordRow | None:
        """Return what is held of one object."""
        return _GET.first(self._connection, of=store, kind_is=ref.kind.value, id_is=ref.id)

    def many(self, store: str, refs: Iterable[Ref]) -> list[RecordRow]:
        """Return what is held of these objects."""
        return self.touched(store, {(ref.kind, ref.id) for ref in refs}, order_ids=())

    def touched(
        self, store: str, names: Collection[tuple[Kind, str]], *, order_ids: Collection[str]
    ) -> list[RecordRow]:
        """Return what is held of these objects, and of every part of these orders."""
        found = _TOUCHED.rows(
            self._connection,
            of=store,
            kinds=[kind.value for kind, _ in names],
            ids=[key for _, key in names],
            orders=order_ids,
        )
        # A number can name an order and a customer, and a part comes by its order, too.
        rows = {(row.kind, row.id): row for row in found}
        return [row for name, row in rows.items() if name in names or row.order_id in order_ids]

    def put(self, rows: Iterable[tuple[RecordRow | None, RecordRow]]) -> None:
        """Write what is held of objects, each with the row as it was; `None` if there was none."""
        changed: list[dict[str, Any]] = []
        others: list[dict[str, Any]] = []
        for before, row in rows:
            values = dict(zip(_COLUMNS, _values(row), strict=True))
            if before is not None and _indexed(before) == _indexed(row):
                changed.append({f"new_{name}": values[name] for name in (*_KEYS, *_STATE)})
            else:
                others.append(values)
        _CHANGE.run_many(self._connection, changed)
        _PUT.run_many(self._connection, others)

    def parts(self, store: str, order_ids: Collection[str]) -> list[RecordRow]:
        """Return the parts (shipments, refunds, returns) of these orders."""
        found = _PARTS.rows(self._connection, of=store, orders=order_ids)
        return sorted(found, key=attrgetter("kind", "id"))

    def came_back(self, store: str, order_ids: Collection[str]) -> list[RecordRow]:
        """Return the refunds and returns of these orders."""
        kinds = [Kind.REFUND.value, Kind.RETURN.value]
        return _SOME_PARTS.rows(self._connection, of=store, orders=order_ids, kinds=kinds)

    def parents(self, store: str, parts: Iterable[Ref]) -> set[str]:
        """Return the orders that some of these parts are known to belong to."""
        return {row.order_id for row in self.many(store, parts) if row.order_id is not None}

    def orders(self, store: str, order_ids: Iterable[str]) -> list[RecordRow]:
        """Return the headers of these orders."""
        return self.many(store, map(Ref.order, order_ids))

    def of_checkouts(self, store: str, checkout_ids: Iterable[str]) -> list[RecordRow]:
        """Return the headers of the orders that came from these checkouts."""
        found = _OF_CHECKOUTS.rows(self._connection, of=store, checkouts=checkout_ids)
        return sorted(found, key=attrgetter("id"))

    def order_ids(self, store: str) -> list[str]:
        """Return the ids of every order of a store."""
        wanted = select(records.c.id).where(records.c.store == store, records.c.kind == Kind.ORDER)
        return list(self._connection.execute(wanted.order_by(records.c.id)).scalars())

    def by_number(self, store: str, number: str) -> list[RecordRow]:
        """Return the orders that carry *number*, with or without a leading `#`."""
        plain = number.removeprefix("#")
        return _BY_NUMBER.rows(self._connection, of=store, numbers=[plain, f"#{plain}"])

    def consents(self, store: str, customer_ids: Iterable[str]) -> list[RecordRow]:
        """Return the consents of some accounts."""
        channels = ("email", "sms", "whatsapp")
        ids = [f"{one}/{channel}" for one in customer_ids for channel in channels]
        return self.many(store, [Ref(kind=Kind.CONSENT, id=one) for one in ids])

    def page(self, store: str, kind: Kind, *, after: str, limit: int) -> list[RecordRow]:
        """Return the objects of a kind whose ids come after *after*, in the order of their ids."""
        return _PAGE.rows(self._connection, of=store, kind_is=kind.value, after=after, limit=limit)

    def page_of_people(
        self, store: str, kind: Kind, *, after: tuple[str, str], limit: int
    ) -> list[RecordRow]:
        """Return people's objects of a kind after *after*, by their people's keys and their ids."""
        person, key = after
        return _PAGE_OF_PEOPLE.rows(
            self._connection, of=store, kind_is=kind.value, whose=person, after=key, limit=limit
        )

    def count_created(
        self, store: str, kind: Kind, start: datetime | None = None, end: datetime | None = None
    ) -> int:
        """Count the objects that stand and were created from *start* on and before *end*.

        With neither, those of unknown creation count, too.
        """
        wanted = select(func.count()).where(*_created(store, kind, start, end))
        return self._connection.execute(wanted).scalar_one()

    def ids_created(
        self, store: str, kind: Kind, start: datetime | None = None, end: datetime | None = None
    ) -> list[str]:
        """Return the ids of the objects that `count_created` counts, oldest first."""
        wanted = select(records.c.id).where(*_created(store, kind, start, end))
        ordered = wanted.order_by(records.c.created_at, records.c.id)
        return list(self._connection.execute(ordered).scalars())

    def orders_read(
        self, store: str, order_ids: Iterable[str]
    ) -> dict[str, tuple[datetime | None, datetime | None]]:
        """Return when orders were last read, and since when each has an open question, by id."""
        found = _ORDERS_READ.rows(self._connection, of=store, orders=order_ids)
        return {order_id: (read_at, since) for order_id, read_at, since in found}

    def of_people(
        self, store: str, kinds: Iterable[Kind], people: Iterable[str]
    ) -> list[RecordRow]:
        """Return some people's objects of these kinds."""
        names = [kind.value for kind in kinds]
        found = _OF_PEOPLE.rows(self._connection, of=store, kinds=names, people=people)
        return sorted(found, key=attrgetter("id"))

    def needing_read(self, *, limit: int, stores: Sequence[str]) -> list[RecordRow]:
        """Return objects that the platform should be asked about, longest waiting first."""
        return _NEEDING_READ.rows(self._connection, stores=stores, limit=limit)


def row_of(store: str, kind: str, *values: Any) -> RecordRow:
    """Return what is held of an object, from the values of its row."""
    return RecordRow(store, Kind(kind), *values)


_COLUMNS = tuple(field.name for field in dataclasses.fields(RecordRow))
_KEYS = ("store", "kind", "id")
_STATE = (
    *("within", "seen", "cells", "read_at", "read_state_at"),
    *("needs_read", "deleted_since", "absorbed_at"),
)
_values = attrgetter(*_COLUMNS)
_indexed = attrgetter(*(name for name in _COLUMNS if name not in (*_KEYS, *_STATE)))

_SELECT = select(*columns(records, RecordRow))
_OF_STORE = records.c.store == bindparam("of")
_OF_KIND = records.c.kind == bindparam("kind_is")
_OF_ORDERS = _SELECT.where(
    _OF_STORE, among(records.c.order_id, "orders"), records.c.kind != Kind.ORDER
)

_GET = Statement(
    _SELECT.where(_OF_STORE, _OF_KIND, records.c.id == bindparam("id_is")), make=row_of
)
_TOUCHED = Statement(
    union_all(
        _SELECT.where(_OF_STORE, among(records.c.kind, "kinds"), among(records.c.id, "ids")),
        _OF_ORDERS,
    ),
    make=row_of,
)
_PARTS = Statement(_OF_ORDERS, make=row_of)
_SOME_PARTS = Statement(_OF_ORDERS.where(among(records.c.kind, "kinds")), make=row_of)
_OF_CHECKOUTS = Statement(
    _SELECT.where(_OF_STORE, among(records.c.checkout_id, "checkouts")), make=row_of
)
_OF_PEOPLE = Statement(
    _SELECT.where(_OF_STORE, among(records.c.kind, "kinds"), among(records.c.person, "people")),
    make=row_of,
)
_PAGE = Statement(
    _SELECT.where(_OF_STORE, _OF_KIND, records.c.id > bindparam("after"))
    .order_by(records.c.id)
    .limit(bindparam("limit")),
    make=row_of,
)
_IS_LATER = or_(records.c.person > bindparam("whose"), records.c.id > bindparam("after"))
_PAGE_OF_PEOPLE = Statement(
    _SELECT.where(_OF_STORE, _OF_KIND, records.c.person >= bindparam("whose"), _IS_LATER)
    .order_by(records.c.person, records.c.id)
    .limit(bindparam("limit")),
    make=row_of,
)
_ORDERS_READ: Statement[tuple[str, datetime | None, datetime | None]] = Statement(
    select(records.c.id, records.c.read_at, records.c.needs_read_since).where(
        _OF_STORE, records.c.kind == Kind.ORDER.value, among(records.c.id, "orders")
    )
)
_BY_NUMBER = Statement(_SELECT.where(_OF_STORE, among(records.c.number, "numbers")), make=row_of)
_NEEDING_READ = Statement(
    _SELECT.where(records.c.needs_read_since.is_not(None), among(records.c.store, "stores"))
    .order_by(records.c.needs_read_since, records.c.store, records.c.id)
    .limit(bindparam("limit")),
    make=row_of,
)


def _upsert(dialect: str) -> Any:
    statement = inserting(dialect, records)
    changed = {name: statement.excluded[name] for name in _COLUMNS if name not in _KEYS}
    return statement.on_conflict_do_update(index_elements=list(_KEYS), set_=changed)


_PUT = Statement(_upsert, columns=_COLUMNS)
# A change that names no indexed column leaves every index as it is.
_CHANGE = Statement(
    update(records)
    .where(*(records.c[name] == bindparam(f"new_{name}") for name in _KEYS))
    .values({name: bindparam(f"new_{name}") for name in _STATE})
)


def _created(
    store: str, kind: Kind, start: datetime | None, end: datetime | None
) -> list[ColumnElement[bool]]:
    """Return the conditions of `count_created`; what stands is told as `Held.is_deleted` does."""
    stands = or_(records.c.deleted_since.is_(None), records.c.deleted_since <= records.c.read_at)
    is_dated = records.c.created_at.is_not(None)  # not so of what is in a trash
    conditions = [records.c.store == store, records.c.kind == kind, stands, is_dated]
    if start is not None:
        conditions.append(records.c.created_at >= start)
    if end is not None:
        conditions.append(records.c.created_at < end)
    return conditions
