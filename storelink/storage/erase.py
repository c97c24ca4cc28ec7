"""Statements that find what speaks of a person, and take the person out of it.

Rare, and the same for both databases: SQLAlchemy runs them. What is overwritten is gone from a
SQLite file, too, once `Database.checkpoint` was called; PostgreSQL drops old rows when it vacuums.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Text, and_, delete, or_, select, type_coerce, update
from sqlalchemy.sql.expression import ColumnElement

from storelink.models.ref import Kind
from storelink.storage.inbox import row_of as inbox_row
from storelink.storage.messages import row_of as message_row
from storelink.storage.records import row_of as record_row
from storelink.storage.rows import EventRow, InboxRow, InboxState, MessageRow, RecordRow
from storelink.storage.statement import columns
from storelink.storage.tables import (
    attempts,
    calls,
    events,
    inbox,
    outbox,
    plans,
    records,
)

PERSONAL = (Kind.ORDER, Kind.CHECKOUT, Kind.CUSTOMER, Kind.CONSENT, Kind.REVIEW, Kind.COUPON)
"""The kinds of objects that name a person; parts belong to whom their order belongs."""
ERASED = "a person was erased from it"
"""Why a delivery is empty."""


class Erasing:
    """Statements on all tables that speak of people."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def overwrite(self) -> None:
        """Let what this connection changes or deletes be overwritten, not only left to be."""
        if self._connection.dialect.name == "sqlite":
            self._connection.exec_driver_sql("PRAGMA secure_delete = ON").close()

    # -- finding -----------------------------------------------------------------------------------

    def naming(
        self,
        store: str,
        *,
        people: Collection[str],
        words: Collection[str],
        accounts: Collection[str],
    ) -> list[RecordRow]:
        """Return the objects that may be these people's: more may be found than was meant.

        Args:
            store: the store's name.
            people: keys of people, as the mirror has them.
            words: addresses and phones; case is ignored.
            accounts: the ids of customers.
        """
        told = type_coerce(records.c.cells, Text)
        says = [told.ilike(_pattern(word)) for word in sorted(words) if word.strip()]
        says += [told.ilike(f'%"{_pattern(one)}"%') for one in sorted(accounts)]
        is_account = and_(records.c.kind == Kind.CUSTOMER, records.c.id.in_(accounts))
        return self._records(store, or_(records.c.person.in_(people), is_account, *says))

    def strays(self, store: str) -> Iterator[RecordRow]:
        """Return the parts of orders that are nobody's, as far as is known."""
        order = records.alias()
        owned = select(order.c.id).where(
            order.c.store == store,
            order.c.kind == Kind.ORDER.value,
            order.c.id == records.c.order_id,
            order.c.person.is_not(None),
        )
        wanted = select(*columns(records, RecordRow)).where(
            records.c.store == store, records.c.order_id.is_not(None), ~owned.exists()
        )
        return (record_row(*row) for row in self._connection.execute(wanted))

    def personal(self, store: str, *, after: tuple[str, str], limit: int) -> list[RecordRow]:
        """Return the next objects of a store that name anybody, by kind and id."""
        is_later = or_(
            records.c.kind > after[0], and_(records.c.kind == after[0], records.c.id > after[1])
        )
        return self._records(store, is_later, limit=limit)

    def _records(
        self, store: str, which: ColumnElement[bool], *, limit: int | None = None
    ) -> list[RecordRow]:
        kinds = [kind.value for kind in PERSONAL]
        wanted = (
            select(*columns(records, RecordRow))
            .where(records.c.store == store, records.c.kind.in_(kinds), which)
            .order_by(records.c.kind, records.c.id)
            .limit(limit)
        )
        return [record_row(*row) for row in self._connection.execute(wanted)]

    def deliveries(self, store: str, *, after: int, limit: int) -> list[InboxRow]:
        """Return the next deliveries that are not empty, by the ids of their rows."""
        wanted = (
            select(*columns(inbox, InboxRow))
            .where(inbox.c.store == store, inbox.c.id > after, inbox.c.body != b"")
            .order_by(inbox.c.id)
            .limit(limit)
        )
        return [inbox_row(*row) for row in self._connection.execute(wanted)]

    def messages(
        self,
        store: str,
        *,
        order_ids: Collection[str],
        scopes: Collection[str],
        alone: bool = False,
    ) -> list[MessageRow]:
        """Return the messages about these orders, or planned for these people.

        With *alone*, nobody else can change them until the transaction ends.
        """
        ours = or_(
            outbox.c.order_id.in_(order_ids),
            outbox.c.scope.in_(scopes),
            outbox.c.subject.in_(scopes),
        )
        wanted = select(*columns(outbox, MessageRow)).where(outbox.c.store == store, ours)
        ordered = wanted.order_by(outbox.c.id)
        if alone:
            ordered = ordered.with_for_update()
        return [message_row(*row) for row in self._connection.execute(ordered)]

    def events_of(
        self, store: str, *, order_ids: Collection[str], customer_ids: Collection[str]
    ) -> list[Mapping[str, Any]]:
        """Return the facts about these orders and accounts, oldest first."""
        ours = or_(events.c.order_id.in_(order_ids), events.c.customer_id.in_(customer_ids))
        wanted = select(events).where(events.c.store == store, ours).order_by(events.c.at)
        return [dict(row) for row in self._connection.execute(wanted).mappings()]

    def notices(self, store: str | None, types: Collection[str]) -> list[EventRow]:
        """Return what platforms told of these *types*, oldest first."""
        wanted = select(*columns(events, EventRow)).where(events.c.type.in_(types))
        if store is not None:
            wanted = wanted.where(events.c.store == store)
        ordered = wanted.order_by(events.c.at, events.c.id)
        return [EventRow(*row) for row in self._connection.execute(ordered)]

    # -- erasing -----------------------------------------------------------------------------------

    def empty(self, ids: Collection[int]) -> int:
        """Leave of deliveries only that they came, and return how many that changed."""
        change = (
            update(inbox)
            .where(inbox.c.id.in_(ids), inbox.c.body != b"")
            .values(body=b"", headers={}, state=InboxState.IGNORED.value, reason=ERASED)
        )
        return self._connection.execute(change).rowcount

    def anonymize(self, row: MessageRow, *, content: Mapping[str, Any], scope: str) -> None:
        """Leave of a message that there was one; its life goes on as it was.

        Args:
            row: the message.
            content: what is left of what it said.
            scope: what is left of the subject that it was planned for.
        """
        change = update(outbox).where(outbox.c.id == row.id)
        left = {"message": dict(content), "detail": None, "provider_id": None}
        # What a provider says of it from now on is about a message that is another one.
        version = outbox.c.version + 1
        self._connection.execute(change.values(version=version, scope=scope, **left))
        said = update(attempts).where(attempts.c.outbox_id == row.id)
        self._connection.execute(said.values(detail=None))

    def anonymize_events(
        self,
        store: str,
        *,
        order_ids: Collection[str] = (),
        customer_ids: Collection[str] = (),
        keep: Sequence[str],
    ) -> None:
        """Take accounts out of the facts about these orders and accounts, but for types *keep*."""
        ours = or_(events.c.order_id.in_(order_ids), events.c.customer_id.in_(customer_ids))
        change = update(events).where(
            events.c.store == store, events.c.customer_id.is_not(None), ours
        )
        told = change.where(events.c.type.not_in(keep))
        self._connection.execute(told.values(customer_id=None))

    def unsay(self, store: str, *, order_ids: Collection[str], known: Collection[str]) -> None:
        """Drop what facts of types that are not *known* say of these orders; calls' errors, too."""
        ours = and_(events.c.store == store, events.c.order_id.in_(order_ids))
        strange = update(events).where(ours, events.c.type.not_in(known))
        self._connection.execute(strange.values(data={}))
        failed = update(calls).where(calls.c.event_id.in_(select(events.c.id).where(ours)))
        self._connection.execute(failed.values(error=None))

    def unmark(self, store: str, subjects: Collection[str]) -> None:
        """Let these subjects not be planned."""
        ours = (plans.c.store == store, plans.c.subject.in_(subjects))
        self._connection.execute(delete(plans).where(*ours))


def _pattern(word: str) -> str:
    """Return what finds a word in JSON that is ASCII: other characters are escapes there."""
    return "%".join(["", *_PLAIN.findall(word), ""])


_PLAIN = re.compile(r"[A-Za-z0-9@.+/:-]+")
