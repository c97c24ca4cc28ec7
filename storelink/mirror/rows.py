"""Between what the mirror means and the rows that hold it."""

from __future__ import annotations

import functools
from datetime import datetime

from storelink.events import text
from storelink.events.types import Event
from storelink.mirror.facts import Fact
from storelink.mirror.forgetting import mark_of
from storelink.mirror.merge import Cell, Held, Version
from storelink.models.contact import Contact, person_key
from storelink.models.ref import Kind
from storelink.storage import EventRow, RecordRow


def held_of(row: RecordRow) -> Held:
    """Return what a row of the mirror says."""
    return Held(
        kind=row.kind,
        id=row.id,
        order_id=row.order_id,
        within=row.within,
        seen=Version(*row.seen),
        cells=dict(zip(row.cells, map(_cell, row.cells.values()), strict=True)),
        read_at=row.read_at,
        read_state_at=row.read_state_at,
        needs_read_since=row.needs_read_since,
        needs_read=row.needs_read,
        deleted_since=row.deleted_since,
    )


_cell = functools.partial(tuple.__new__, Cell)
"""Make a cell of a row's list; an order has dozens, so that each detour shows."""


def record_row(store: str, held: Held, absorbed_at: datetime) -> RecordRow:
    """Return the row that holds *held*."""
    # What lies in a trash can still be read, and is in no list: counts leave it out.
    created_at = None if held.value("deleted_at") else held.value("created_at")
    is_order = held.kind is Kind.ORDER
    return RecordRow(
        store=store,
        kind=held.kind,
        id=held.id,
        order_id=held.order_id,
        person=person_of(held),
        number=held.value("number") if is_order else None,
        within=held.within,
        seen=list(held.seen),
        cells=dict(held.cells),
        read_at=held.read_at,
        read_state_at=held.read_state_at,
        needs_read_since=held.needs_read_since,
        needs_read=held.needs_read,
        deleted_since=held.deleted_since,
        absorbed_at=absorbed_at,
        created_at=datetime.fromisoformat(created_at) if created_at else None,
        checkout_id=held.value("checkout_id") if is_order else None,
    )


def person_of(held: Held) -> str | None:
    """Return whose order, checkout, account or review it is."""
    if erased := mark_of(held):
        return erased
    if held.kind in (Kind.ORDER, Kind.CHECKOUT):
        contact = held.value("contact") or {}
        return _person(contact.get("email"), contact.get("phone"), held.value("customer_id"))
    if held.kind is Kind.CUSTOMER:
        return _person(held.value("email"), held.value("phone"), held.id)
    if held.kind is Kind.REVIEW:
        return _person(held.value("email"), None, None)
    return None


@functools.lru_cache(maxsize=1024)
def _person(email: str | None, phone: str | None, customer_id: str | None) -> str | None:
    return person_key(Contact(email=email, phone=phone), customer_id)


def event_row(fact: Fact, known_at: datetime) -> EventRow:
    """Return the row of a fact."""
    event = fact.event
    body = text.dump(event)
    return EventRow(
        id=event.id,
        store=event.store,
        type=body["type"],
        at=event.at,
        exact=event.exact,
        version=list(fact.version),
        order_id=event.order_id,
        customer_id=event.customer_id,
        data={key: value for key, value in body.items() if key not in _COLUMNS},
        known_at=known_at,
        checkout_id=body.get("checkout_id"),
    )


_COLUMNS = {"type", *Event.model_fields}


def event_of(row: EventRow, *, historic: bool = False) -> Event:
    """Return the event that a row says; *historic*: it is older than its store's connection."""
    columns = {name: getattr(row, name) for name in _OWN}
    return text.load({**row.data, **columns, "historic": historic})


_OWN = ("type", "id", "store", "at", "exact", "order_id", "customer_id")
